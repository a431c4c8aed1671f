"""No peer looks ahead, and what a calendar says is known when it was said."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers import peer
from benchmarks.peers.event_features import NAMES, event_features
from benchmarks.run import with_band
from benchmarks.trace import EVENT_COLUMNS, MINUTE, Trace, no_events

# The peers that run in this process; those of a binary have tests of their own.
IN_PROCESS = [
    "last_value",
    "last_value_banded",
    "lightgbm_quantiles",
    "statsforecast_ets",
    "statsforecast_mstl",
    "holt_winters",
    "fft",
    "prophet",
]

START = np.datetime64("2026-01-01T00:00", "s")


def trace(values, step_minutes, events=None):
    stamps = START + np.arange(len(values)) * step_minutes * MINUTE
    events = no_events() if events is None else events
    day = 1440 // step_minutes
    return Trace("t", "T", stamps, np.array(values, float), step_minutes, events, (1, 2), 5 * day, 6)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_what_comes_later_changes_no_forecast(name):
    day, random = 48, np.random.default_rng(7)
    values = 100 + 50 * np.sin(np.arange(7 * day) * 2 * np.pi / day) + random.normal(0, 5, 7 * day)
    cut = 6 * day
    changed = values.copy()
    changed[cut + 1 :] *= 3
    made = [forecast(name, trace(series, 30)) for series in (values, changed)]
    origins = trace(values, 30).origins
    before, after = origins <= cut, origins > cut + 2
    np.testing.assert_array_equal(made[0][before], made[1][before])
    assert np.isfinite(made[0][origins >= 5 * day]).all()
    assert (made[0][after] != made[1][after]).any()


def forecast(name, series):
    raw = peer(name).forecast(series, series.origins, None)
    return raw if raw.ndim == 3 else with_band(series, series.origins, raw)


def event(starts_at, withdrawn_at=np.datetime64("NaT", "s"), size=10.0):
    row = [starts_at, starts_at + 60 * MINUTE, "on-sale", size, withdrawn_at]
    return pd.DataFrame([row], columns=EVENT_COLUMNS)


def check_feature(name, events, origin, expected):
    features = event_features(trace(np.ones(600), 1, events), 5)
    np.testing.assert_equal(features[origin, NAMES.index(name)], expected)


def test_features_are_those_of_the_target():
    events = event(START + 300 * MINUTE)
    check_feature("until_start", events, 285, 10)
    check_feature("since_start", events, 285, np.nan)
    check_feature("since_start", events, 295, 0)
    check_feature("since_end", events, 295, -60)
    check_feature("last_size", events, 295, 10)
    check_feature("until_start", events, 100, np.nan)


def test_an_announcement_that_was_withdrawn_is_not_seen_from_then_on():
    events = event(START + 300 * MINUTE, START + 280 * MINUTE)
    check_feature("until_start", events, 279, 16)
    check_feature("until_start", events, 280, np.nan)
    check_feature("since_start", events, 300, np.nan)
