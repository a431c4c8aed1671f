"""The judge, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.score import check_quantiles, classes, covered, near_event, wql
from benchmarks.trace import EVENT_COLUMNS, Trace, no_events


def check_wql(forecast, actual, expected):
    assert wql(np.array(forecast, float), np.array(actual, float)) == pytest.approx(expected)


def test_a_miss_costs_its_quantile_above_and_the_rest_below():
    # Errors of +10: twice 10 × (.1 + .5 + .9 + .95 + .99) over a sum of 100, and the mean of five.
    check_wql([[90] * 5], [100], 2 * 10 * 3.44 / 100 / 5)
    # Errors of −10: twice 10 × (.9 + .5 + .1 + .05 + .01).
    check_wql([[110] * 5], [100], 2 * 10 * 1.56 / 100 / 5)
    check_wql([[100] * 5], [100], 0)


def test_losses_are_summed_before_they_are_divided():
    # One perfect forecast of 300 beside one of 100 that misses by 10.
    check_wql([[300] * 5, [90] * 5], [300, 100], 2 * 10 * 3.44 / 400 / 5)


def test_an_actual_on_the_quantile_is_covered():
    forecast = np.array([[1, 2, 3, 4, 5]] * 4, float)
    assert covered(forecast, np.array([4, 4.1, 3, 9]), 0.95) == 0.5


@pytest.mark.parametrize("forecast", [[[1, 2, 3, 4, float("nan")]], [[1, 2, 3, 5, 4]]])
def test_quantiles_that_are_missing_or_cross_are_refused(forecast):
    with pytest.raises(ValueError, match="peer on trace"):
        check_quantiles(np.array(forecast), "peer on trace")


def test_an_event_reaches_from_half_an_hour_before_to_130_minutes_after():
    start = np.array(["1998-06-13T12:30"], "datetime64[s]")
    targets = np.array(["11:59", "12:00", "14:40", "14:41"])
    targets = np.array([f"1998-06-13T{target}" for target in targets], "datetime64[s]")
    assert near_event(targets, start).tolist() == [False, True, True, False]


def trace(values, events=None):
    stamps = np.datetime64("2026-01-01T00:00", "s") + np.arange(len(values)) * np.timedelta64(60, "s")
    events = no_events() if events is None else pd.DataFrame(events, columns=EVENT_COLUMNS)
    return Trace("t", "T", stamps, np.array(values, float), 1, events, (1,), 0, 1)


def test_a_ramp_is_a_quarter_more_than_what_was_last_seen():
    masks = classes(trace([4, 5, 6, 8, 0, 1, 2]), np.arange(6), 1)
    assert masks["ramp"].tolist() == [True, False, True, False, False, True]
    assert "event" not in masks
