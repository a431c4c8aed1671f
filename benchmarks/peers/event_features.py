"""What a calendar says about a target, as numbers: the same for every peer that can use them.

An announcement counts from the origin on which it is known; one that was withdrawn is not seen by origins after that.
"""

from itertools import chain

import numpy as np
import pandas as pd

from benchmarks.trace import MINUTE

# How long before its start and after it an event is seen.
BEFORE_MINUTES, AFTER_MINUTES = 120, 360

NAMES = ["until_start", "next_size", "next_kind", "since_start", "since_end", "last_size", "last_kind", "together"]


def event_features(trace, horizon):
    """For the target `horizon` steps after each step, the columns of NAMES; NaN where no event is near."""
    features = np.full((len(trace.values), len(NAMES)), np.nan)
    column = {name: at for at, name in enumerate(NAMES)}
    kinds = {kind: code for code, kind in enumerate(sorted(set(trace.events["kind"])))}
    started = trace.events.sort_values("starts_at", kind="stable")
    together = started.groupby("starts_at")["kind"].transform("size")
    # The nearest event is written last: in reverse order those to come, in order those that have begun.
    coming = [(event, True) for event in started[::-1].itertuples()]
    begun = [(event, False) for event in started.itertuples()]
    for event, is_coming in chain(coming, begun):
        reach = (-BEFORE_MINUTES, 0) if is_coming else (0, AFTER_MINUTES)
        origins, since = in_reach(trace, event, horizon, reach)
        part = ("until_start", "next_size", "next_kind") if is_coming else ("since_start", "last_size", "last_kind")
        features[origins, column[part[0]]] = np.abs(since)
        features[origins, column[part[1]]] = event.size
        features[origins, column[part[2]]] = kinds[event.kind]
        features[origins, column["together"]] = together[event.Index]
        if not is_coming:
            length = (event.ends_at - event.starts_at).total_seconds() / 60
            features[origins, column["since_end"]] = since - length
    return features


def in_reach(trace, event, horizon, reach):
    """Origins whose target lies within `reach` minutes of the start and that know of the event; minutes since start."""
    start = event.starts_at.to_datetime64()
    low = np.searchsorted(trace.stamps, start + reach[0] * MINUTE) - horizon
    high = np.searchsorted(trace.stamps, start + reach[1] * MINUTE) - horizon
    origins = np.arange(max(0, low), min(max(0, high), len(trace.stamps) - horizon))
    if not pd.isna(event.withdrawn_at):
        origins = origins[trace.stamps[origins] < event.withdrawn_at.to_datetime64()]
    return origins, (trace.stamps[origins + horizon] - start) / MINUTE
