"""The on-sale suite: sales injected into recorded traffic, and what a calendar that is right, late, cancelled or false
does to the forecasts of them.

Each sale multiplies demand by 5 to 30 within one or two minutes, holds for 20 to 40 minutes and decays over an hour.
All chance comes from one seed. The recorded traffic below is that of the traces in the user's folder.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.trace import EVENT_COLUMNS, MINUTE, Trace, no_events, read_grid

SEED = 4

# The first sales come after the first day, and are scored after this share of the trace.
QUIET_DAYS = 1
SCORED_FROM = 0.35

LEAD_MINUTES = 5

# What is announced: the start, and that it is over an hour later.
ANNOUNCED_MINUTES = 60

# The size in the calendar is the extra demand, with this much of noise (standard deviation of its logarithm).
SIZE_NOISE = 0.15

# Sales start on a quarter of an hour of these hours; a day's are at least this far apart, announcements of sales that
# never come too, so that each can be looked at alone.
HOURS = range(6, 22)
APART_MINUTES = 240

VERSIONS = {
    "right": "the calendar is right",
    "late": "every sale starts 5 to 15 minutes after the calendar says",
    "cancelled": "beside the true ones, sales are announced and withdrawn 5 to 30 minutes before their start",
    "false": "beside the true ones, sales are announced that never come",
    "none": "no calendar",
}


@dataclass(frozen=True)
class Baseline:
    """Recorded traffic to inject sales into."""

    name: str
    title: str
    file: str
    until: str | None = None


BASELINES = [
    Baseline("nasa", "NASA, 1 min", "nasa_http_jul95_1min.csv"),
    Baseline("france98", "France 98 before June, 1 min", "wc98_open_1min.csv", "1998-06-01"),
    Baseline("amzn", "AMZN tweets, 5 min", "nab_tweets_amzn_5min.csv"),
]


@dataclass(frozen=True)
class Suite:
    """One baseline with its sales, as it looks with each version of the calendar."""

    title: str
    sales: pd.DataFrame
    """`starts_at`, `multiple` and `hold` of the true ones."""
    idle: np.ndarray
    """Starts of the sales that are announced and never come."""
    traces: dict[str, Trace]


def suites(folder):
    """The suite of each baseline that is there."""
    return [build(folder, baseline) for baseline in BASELINES if (Path(folder) / baseline.file).exists()]


def build(folder, baseline):
    """Injects sales, and writes the versions of the calendar."""
    stamps, values, step_minutes = read_grid(Path(folder) / baseline.file)
    if baseline.until:
        end = np.searchsorted(stamps, np.datetime64(baseline.until))
        stamps, values = stamps[:end], values[:end]
    random = np.random.default_rng([SEED, BASELINES.index(baseline)])
    starts, idle = draw_starts(random, stamps)
    sales = pd.DataFrame(
        {
            "starts_at": starts,
            "multiple": np.exp(random.uniform(np.log(5), np.log(30), len(starts))),
            "rise": random.integers(1, 3, len(starts)),
            "hold": random.integers(20, 41, len(starts)),
        }
    )
    extra = [extra_demand(random, stamps, values, step_minutes, sale) for sale in sales.itertuples()]
    busy = np.round(values + np.sum([demand for demand, _ in extra], axis=0))
    sizes = np.array([peak for _, peak in extra]) * np.exp(random.normal(0, SIZE_NOISE, len(sales)))
    calendars = versions(random, starts, sizes, idle)
    plain = Trace(
        name="",
        title="",
        stamps=stamps,
        values=busy,
        step_minutes=step_minutes,
        events=no_events(),
        horizons=(LEAD_MINUTES // step_minutes,),
        first=int(len(stamps) * SCORED_FROM),
        every=1,
    )
    traces = {
        version: replace(
            plain, name=f"on-sale-{baseline.name}-{version}", title=f"{baseline.title}, {version}", events=events
        )
        for version, events in calendars.items()
    }
    return Suite(baseline.title, sales, idle, traces)


def draw_starts(random, stamps):
    """Starts of true sales, one or two a day, and of those that never come, about one in two days."""
    true, idle = [], []
    first_day, last_day = stamps[0].astype("datetime64[D]") + QUIET_DAYS + 1, stamps[-1].astype("datetime64[D]")
    for day in np.arange(first_day, last_day):
        free = [day + np.timedelta64(hour * 60 + quarter * 15, "m") for hour in HOURS for quarter in range(4)]
        wanted = [true] * int(random.integers(1, 3)) + [idle] * int(random.integers(0, 2))
        for list_ in wanted:
            if free:
                start = free[random.integers(len(free))]
                list_.append(start.astype("datetime64[s]"))
                free = [other for other in free if abs(other - start) >= APART_MINUTES * MINUTE]
    return np.array(sorted(true)), np.array(sorted(idle))


def extra_demand(random, stamps, values, step_minutes, sale):
    """What one sale adds to each step, and its peak a step."""
    before = (stamps >= sale.starts_at - 60 * MINUTE) & (stamps < sale.starts_at)
    level = max(np.nanmean(values[before]), np.nanmedian(values))
    peak = (sale.multiple - 1) * level
    # A step of five minutes is the mean of its minutes.
    minutes = (stamps - sale.starts_at.to_datetime64()) / MINUTE
    shape = np.mean([shape_of(minutes + offset, sale) for offset in range(step_minutes)], axis=0)
    return peak * shape * np.exp(random.normal(0, 0.05, len(stamps))), peak


def shape_of(minutes, sale):
    """1 while it holds: up within `rise` minutes, down over an hour to a twentieth, then nothing."""
    up = np.clip((minutes + 1) / sale.rise, 0, 1)
    decay = np.exp(-3 * np.maximum(0, minutes - sale.hold) / 60)
    return np.where((minutes >= 0) & (minutes < sale.hold + 90), up * decay, 0)


def versions(random, starts, sizes, idle):
    """The calendar as it is in each version."""
    false = np.concatenate([starts, idle])
    false_sizes = np.concatenate([sizes, random.choice(sizes, len(idle))])
    withdrawn_at = np.full(len(false), np.datetime64("NaT", "s"))
    withdrawn_at[len(starts) :] = idle - random.integers(5, 31, len(idle)) * MINUTE
    return {
        "right": announced(starts, sizes),
        "late": announced(starts - random.integers(5, 16, len(starts)) * MINUTE, sizes),
        "cancelled": announced(false, false_sizes, withdrawn_at),
        "false": announced(false, false_sizes),
        "none": no_events(),
    }


def announced(starts, sizes, withdrawn_at=np.datetime64("NaT", "s")):
    """Calendar entries of sales, in the order of time."""
    events = pd.DataFrame(
        {
            "starts_at": starts,
            "ends_at": starts + ANNOUNCED_MINUTES * MINUTE,
            "kind": "on-sale",
            "size": sizes,
            "withdrawn_at": withdrawn_at,
        }
    )
    return events[EVENT_COLUMNS].sort_values("starts_at", ignore_index=True)
