"""MSTL of statsforecast: seasonal decomposition by loess, the trend forecast by AutoETS.

Source: https://github.com/Nixtla/statsforecast; Bandara, Hyndman and Bergmeir, "MSTL" (2021). Settings: documented
defaults, one season of a day, on the logarithm of the last four days, refit at the first origin of each day: a fit on
minutes takes seconds, so it cannot follow each origin. The band is the harness's, as the package's own is Gaussian.
"""

import warnings

import numpy as np

from benchmarks.peers.daily import by_day

TITLE = "MSTL (statsforecast)"
SETTINGS = "season of a day, on the log of the last 4 days, refit daily"
HAS_QUANTILES = False

WINDOW_DAYS = 4


def forecast(trace, origins, tools):
    """Point forecasts, from one fit a day."""
    from statsforecast.models import MSTL

    warnings.simplefilter("ignore")
    day, log, ahead = trace.steps_per_day, np.log1p(trace.filled), np.array(trace.horizons)
    made = np.full((len(origins), len(trace.horizons)), np.nan)
    for rows, seen in by_day(trace, origins):
        past = log[max(0, seen - WINDOW_DAYS * day) : seen]
        if len(past) < 2 * day:
            continue
        path = MSTL(season_length=[day]).forecast(y=past, h=day + trace.horizons[-1])["mean"]
        made[rows] = np.expm1(path[origins[rows][:, None] + ahead - seen])
    return np.maximum(made, 0)
