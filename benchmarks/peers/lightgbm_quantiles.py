"""LightGBM, a model for each quantile and horizon, with the same events as Prescale has.

Source: https://github.com/microsoft/LightGBM. Settings: documented defaults (100 trees of 31 leaves, rate 0.1),
objective `quantile`, refit at the first origin of each day on all that came before. It forecasts the logarithm of
demand over its last three minutes' mean, from lags and trailing means as differences of logarithms, time of day, day of
week, and for the target the time to and since an event's start and end, its kind, its size (as it is, and over the
present level) and how many start together. Quantiles are its own, sorted where they cross.
"""

import numpy as np

from benchmarks.peers.daily import by_day
from benchmarks.peers.event_features import NAMES, event_features
from benchmarks.trace import QUANTILES

TITLE = "LightGBM quantiles + events"
SETTINGS = "defaults, refit daily"
HAS_QUANTILES = True

MEANS_MINUTES = (5, 15, 30, 60, 120, 360, 1440)
LAGS = range(8)


def forecast(trace, origins, tools):
    """Quantiles of its own, from one fit a day, horizon and quantile."""
    level = np.log(trailing_mean(trace.filled, max(1, 3 // trace.step_minutes)) + 1)
    past = past_features(trace, level)
    made = np.empty((len(origins), len(trace.horizons), len(QUANTILES)))
    for at, horizon in enumerate(trace.horizons):
        features = np.hstack([past, target_features(trace, horizon, level)])
        target = np.full(len(level), np.nan)
        target[:-horizon] = np.log(trace.values[horizon:] + 1) - level[:-horizon]
        for rows, seen in by_day(trace, origins):
            growth = fit_and_predict(features, target, seen - horizon, origins[rows])
            made[rows, at] = np.exp(level[origins[rows], None] + growth) - 1
    return np.maximum(np.sort(made, axis=-1), 0)


def fit_and_predict(features, target, seen, origins):
    """Quantiles of the growth at `origins`, learned from the first `seen` rows, whose targets have come."""
    import lightgbm

    is_known = np.flatnonzero(np.isfinite(target[:seen]))
    data = lightgbm.Dataset(features[is_known], target[is_known], params={"verbose": -1})
    columns = []
    for quantile in QUANTILES:
        settings = {"objective": "quantile", "alpha": quantile, "num_threads": 1, "verbose": -1, "seed": 1}
        columns.append(lightgbm.train(settings, data, num_boost_round=100).predict(features[origins], num_threads=1))
    return np.stack(columns, axis=-1)


def past_features(trace, level):
    """What is known at each step: level, lags and trailing means over it, time of day, day of week."""
    log = np.log(trace.filled + 1)
    columns = [level]
    columns += [shifted(log, lag) - level for lag in LAGS]
    for minutes in MEANS_MINUTES:
        columns.append(np.log(trailing_mean(trace.filled, max(1, minutes // trace.step_minutes)) + 1) - level)
    angle = 2 * np.pi * trace.minute_of_day / 1440
    weekday = (trace.stamps.astype("datetime64[D]").astype(int) + 3) % 7
    return np.stack([*columns, np.sin(angle), np.cos(angle), weekday], axis=1)


def target_features(trace, horizon, level):
    """What the calendar says about the target; sizes also over the present level. Nothing without a calendar."""
    if len(trace.events) == 0:
        return np.empty((len(level), 0))
    events = event_features(trace, horizon)
    sizes = np.log(events[:, [NAMES.index("next_size"), NAMES.index("last_size")]])
    return np.hstack([events, sizes - level[:, None]])


def trailing_mean(values, steps):
    """Mean of the last `steps` values, of fewer at the start."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - steps)
    return (total[end] - total[start]) / (end - start)


def shifted(values, steps):
    """The values `steps` ago; the first one before the start."""
    return np.concatenate([np.repeat(values[0], steps), values[: len(values) - steps]])
