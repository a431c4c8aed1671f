"""The one judge: weighted quantile loss and coverage of forecasts against what came.

WQL is the mean over the quantiles of twice the pinball loss summed, over the sum of actuals; lower is better. It knows
nothing of who made a forecast.
"""

import numpy as np

from benchmarks.trace import MINUTE, QUANTILES

# A target is at an event from half an hour before its start to 130 minutes after it.
EVENT_FROM_MINUTES, EVENT_TO_MINUTES = -30, 130

# A target is on a ramp when it is at least this many times what was last seen.
RAMP = 1.25


def wql(forecast, actual):
    """Mean weighted quantile loss of `forecast` (targets × quantiles); NaN where nothing came."""
    total = actual.sum()
    if total == 0:
        return float("nan")
    error = actual[:, None] - forecast
    pinball = np.maximum(QUANTILES * error, (QUANTILES - 1) * error)
    return float((2 * pinball.sum(axis=0) / total).mean())


def covered(forecast, actual, quantile):
    """Share of actuals at or below the forecast of `quantile`; NaN where nothing came."""
    if len(actual) == 0:
        return float("nan")
    column = list(QUANTILES).index(quantile)
    return float((actual <= forecast[:, column]).mean())


def check_quantiles(forecast, who):
    """Refuses forecasts that no judge should score."""
    if not np.isfinite(forecast).all():
        raise ValueError(f"{who}: a forecast is missing or not finite")
    if (np.diff(forecast, axis=-1) < 0).any():
        raise ValueError(f"{who}: quantiles cross")


def classes(trace, origins, horizon):
    """Which targets are in which class, as masks: all, event, ramp. The latter two are left out where none is."""
    actual, last = trace.values[origins + horizon], trace.values[origins]
    event = near_event(trace.stamps[origins + horizon], trace.events["starts_at"].to_numpy())
    ramp = actual >= RAMP * np.maximum(last, 1)
    masks = {"all": np.ones(len(origins), bool), "event": event, "ramp": ramp}
    return {name: mask for name, mask in masks.items() if mask.any()}


def near_event(targets, starts):
    """Whether each target lies around one of the starts."""
    gap = (targets[:, None] - starts.astype("datetime64[s]")[None, :]) / MINUTE
    return ((gap >= EVENT_FROM_MINUTES) & (gap <= EVENT_TO_MINUTES)).any(axis=1)
