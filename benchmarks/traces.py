"""The traces of the benchmark as they lie in the user's folder, and the protocol for each.

They are read from there and never copied: their licences differ. The protocol is that of a rolling origin, in one pass
in the order of time.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.trace import EVENT_COLUMNS, MINUTE, Trace, no_events, read_grid, stamps_of

# Minutes from one origin to the next, for each trace alike: what the slowest peer can do within minutes.
EVERY_MINUTES = 15

# How long an event lasts whose calendar does not say so: that of `prescale import csv`.
EVENT_MINUTES = 120


@dataclass(frozen=True)
class Source:
    """One file of the folder, and how it is measured."""

    name: str
    title: str
    file: str
    horizons_minutes: tuple[int, ...]
    first: str | float
    """The first scored origin: a stamp, or a share of the file."""
    events_file: str | None = None


SOURCES = [
    Source("france98", "France 98, 1 min", "wc98_open_1min.csv", (5, 15), "1998-06-13", "wc98_open_events.csv"),
    Source("nasa", "NASA, 1 min", "nasa_http_jul95_1min.csv", (15,), 0.35),
    Source("amzn", "AMZN tweets, 5 min", "nab_tweets_amzn_5min.csv", (15,), 0.30),
    Source("aapl", "AAPL tweets, 5 min", "nab_tweets_aapl_5min.csv", (15,), 0.30),
    Source("elb", "load balancer, 5 min", "nab_elb_requests_5min.csv", (15,), 0.30),
]


def read(folder, source):
    """Reads one trace; raises FileNotFoundError where the folder lacks it."""
    stamps, values, step_minutes = read_grid(Path(folder) / source.file)
    events = read_events(Path(folder) / source.events_file) if source.events_file else no_events()
    every = max(1, EVERY_MINUTES // step_minutes)
    return Trace(
        name=source.name,
        title=source.title,
        stamps=stamps,
        values=values,
        step_minutes=step_minutes,
        events=events,
        horizons=tuple(minutes // step_minutes for minutes in source.horizons_minutes),
        first=first_origin(source.first, stamps, every),
        every=every,
    )


def first_origin(first, stamps, every):
    """The first multiple of `every` at or after a stamp, or a share of the trace."""
    is_share = isinstance(first, float)
    index = int(len(stamps) * first) if is_share else int(np.searchsorted(stamps, np.datetime64(first)))
    return -(-index // every) * every


def read_events(path):
    """A calendar of starts, as CSV with `timestamp` and `kind`."""
    frame = pd.read_csv(path)
    starts = stamps_of(frame["timestamp"])
    events = pd.DataFrame(
        {
            "starts_at": starts,
            "ends_at": starts + EVENT_MINUTES * MINUTE,
            "kind": frame["kind"],
            "size": np.nan,
            "withdrawn_at": np.datetime64("NaT", "s"),
        }
    )
    return events[EVENT_COLUMNS]
