"""Additive Holt-Winters, as the Predictive Horizontal Pod Autoscaler runs it, by statsmodels.

Source: https://github.com/jthomperoo/predictive-horizontal-pod-autoscaler, `algorithms/holt_winters`. Settings:
additive trend and season, a season of a day, four stored seasons, run at each origin. There the user types α, β and γ
(its example has 0.9 for each, which at a season of a day follows noise); here statsmodels estimates them anew each
day, which is kinder. The autoscaler has no quantiles: the band is the harness's.
"""

import warnings

import numpy as np

from benchmarks.peers.daily import by_day

TITLE = "Holt-Winters (PHPA's method)"
SETTINGS = "additive, season of a day, 4 stored; run at each origin, α β γ estimated daily"
HAS_QUANTILES = False

STORED_SEASONS = 4


def forecast(trace, origins, tools):
    """Point forecasts, smoothed anew at each origin with the day's parameters."""
    warnings.simplefilter("ignore")
    day, values, ahead = trace.steps_per_day, trace.filled, np.array(trace.horizons) - 1
    made = np.full((len(origins), len(trace.horizons)), np.nan)
    for rows, seen in by_day(trace, origins):
        if seen < 2 * day:
            continue
        estimated = smoothing(stored(values, seen, day), day).fit().params
        fixed = {name: estimated[name] for name in ("smoothing_level", "smoothing_trend", "smoothing_seasonal")}
        for row in rows:
            past = stored(values, origins[row] + 1, day)
            fitted = smoothing(past, day).fit(**fixed, optimized=False)
            made[row] = fitted.forecast(trace.horizons[-1])[ahead]
    return np.maximum(made, 0)


def stored(values, seen, day):
    """The last whole days of history that the autoscaler keeps."""
    days = min(STORED_SEASONS, seen // day)
    return values[seen - days * day : seen]


def smoothing(past, day):
    """The model, its first states by the heuristic of statsmodels: to estimate a day of them would take minutes."""
    from statsmodels.tsa.api import ExponentialSmoothing

    return ExponentialSmoothing(
        past, trend="add", seasonal="add", seasonal_periods=day, initialization_method="heuristic"
    )
