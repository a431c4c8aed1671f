"""A recorded trace on an even grid, with its calendar, and the origins from which it is forecast.

A stamp is the start of its step. A sample that is missing is NaN, never 0.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

QUANTILES = np.array([0.1, 0.5, 0.9, 0.95, 0.99])

MINUTE = np.timedelta64(60, "s")

# Peers without quantiles learn their band on these days before the first scored origin.
WARM_UP_MINUTES = 3 * 1440

EVENT_COLUMNS = ["starts_at", "ends_at", "kind", "size", "withdrawn_at"]


@dataclass(frozen=True)
class Trace:
    """One series, what is announced about it, and which forecasts of it are asked for."""

    name: str
    title: str
    stamps: np.ndarray
    values: np.ndarray
    step_minutes: int
    events: pd.DataFrame
    horizons: tuple[int, ...]
    """In steps, ascending."""
    first: int
    """Index of the first scored origin."""
    every: int
    """Steps from one origin to the next."""

    def __post_init__(self):
        if list(self.events.columns) != EVENT_COLUMNS:
            raise ValueError(f"events have the columns {list(self.events.columns)}, not {EVENT_COLUMNS}")
        if self.first % self.every != 0:
            raise ValueError(f"first {self.first} is not a multiple of every {self.every}")

    @property
    def origins(self):
        """Indices of the steps after which forecasts are made: those of the warm-up first, then the scored ones."""
        warm_up = WARM_UP_MINUTES // self.step_minutes // self.every * self.every
        start = max(0, self.first - warm_up)
        return np.arange(start, len(self.values) - self.horizons[-1], self.every)

    @property
    def filled(self):
        """The values, a gap holding the last one before it: for peers that cannot do with gaps."""
        return pd.Series(self.values).ffill().bfill().to_numpy()

    @property
    def steps_per_day(self):
        """How many steps a day has."""
        return 1440 // self.step_minutes

    @property
    def minute_of_day(self):
        """Minutes since midnight, UTC, of each step."""
        return ((self.stamps - self.stamps[0].astype("datetime64[D]")) // MINUTE) % 1440

    def without_events(self):
        """The same trace, as it looks to somebody who has no calendar."""
        return Trace(**{**self.__dict__, "events": self.events.iloc[:0]})


def no_events():
    """A calendar with nothing in it."""
    return pd.DataFrame({column: [] for column in EVENT_COLUMNS})


def stamps_of(column):
    """UTC stamps as numpy has them."""
    return pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy().astype("datetime64[s]")


def read_grid(path):
    """Stamps, values and minutes a step of a CSV `timestamp,value`; the grid starts at its first stamp."""
    frame = pd.read_csv(path)
    stamps = stamps_of(frame["timestamp"])
    step = pd.Series(np.diff(stamps)).mode()[0].to_timedelta64().astype("timedelta64[s]")
    index = (stamps - stamps[0]) // step
    values = np.full(int(index[-1]) + 1, np.nan)
    values[index] = frame["value"]
    return stamps[0] + np.arange(len(values)) * step, values, int(step // MINUTE)
