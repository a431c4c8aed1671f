"""An online conformal band around a forecast that has no quantiles of its own.

The quantiles of a peer's own errors are tracked by stochastic gradient, as in Gibbs and Candès, "Adaptive conformal
inference under distribution shift" (2021), and the quantile tracker of Angelopoulos, Candès and Tibshirani,
"Conformal PID control" (2023). Errors are taken on the scale of the fourth root, on which counts of any size scatter
alike, and in units of their own recent size. An error counts once its target has come, and not before.
"""

import numpy as np

from benchmarks.trace import QUANTILES

# Where tracking starts, in units of the recent error: wide, as errors have heavy tails.
START = np.array([-1.9, 0.0, 1.9, 2.6, 4.2])

# The recent size of errors is an exponential average over this many forecasts.
RECENT = 20

# The learning rate: from 0.08 downwards to this.
LEAST_RATE = 0.01


def to_scale(value):
    """The fourth root, zero included."""
    return (np.maximum(value, 0) + 1) ** 0.25


def from_scale(value):
    """Back from the fourth root; nothing is below zero."""
    return np.maximum(np.maximum(value, 0) ** 4 - 1, 0)


def banded(centre, actual, delay):
    """Quantiles (forecasts × quantiles) around `centre`.

    `actual` is what came for each forecast, NaN where nothing did; it is looked at `delay` forecasts later.
    """
    if delay < 1:
        raise ValueError(f"delay {delay} is not at least 1: an error cannot be known when its forecast is made")
    centre, actual = to_scale(centre), to_scale(actual)
    tracked = Tracker()
    scales = np.full(len(centre), np.nan)
    quantiles = np.full((len(centre), len(QUANTILES)), np.nan)
    for now in range(len(centre)):
        then = now - delay
        if then >= 0:
            tracked.learn(actual[then] - centre[then], scales[then])
        scales[now] = tracked.scale
        quantiles[now] = from_scale(centre[now] + tracked.scale * np.maximum.accumulate(tracked.quantiles))
    return quantiles


class Tracker:
    """Quantiles of an error in units of its recent size, and that size."""

    def __init__(self):
        self.quantiles = START.copy()
        self.scale = 0.0
        self.seen = 0

    def learn(self, error, scale):
        """Learns an error of a forecast made when the recent size was `scale`. A missing one teaches nothing."""
        if not np.isfinite(error):
            return
        self.seen += 1
        # At first a plain mean, so that one early error does not set the size for long.
        self.scale += (abs(error) - self.scale) / min(self.seen, RECENT)
        if scale > 0:
            rate = max(LEAST_RATE, 0.08 * (1 + self.seen / 100) ** -0.6)
            step = rate * np.maximum(np.abs(self.quantiles), 0.3)
            is_below = error / scale <= self.quantiles
            self.quantiles = self.quantiles + np.where(is_below, -step * (1 - QUANTILES), step * QUANTILES)
