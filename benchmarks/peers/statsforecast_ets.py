"""AutoETS of statsforecast: exponential smoothing, the form chosen by information criterion.

Source: https://github.com/Nixtla/statsforecast. Settings: documented defaults without a season (`season_length=1`),
chosen and fitted anew at each origin on the logarithm of the last six hours; a season of a day is too long for ETS.
The band is the harness's, as the package's own is Gaussian.
"""

import numpy as np

TITLE = "AutoETS (statsforecast)"
SETTINGS = "on the log of the last 6 h, refit at each origin"
HAS_QUANTILES = False

WINDOW_MINUTES = 360


def forecast(trace, origins, tools):
    """Point forecasts, fitted at each origin."""
    from statsforecast.models import AutoETS

    model = AutoETS(season_length=1)
    log, window = np.log1p(trace.filled), WINDOW_MINUTES // trace.step_minutes
    ahead = np.array(trace.horizons) - 1
    made = np.empty((len(origins), len(trace.horizons)))
    for row, origin in enumerate(origins):
        past = log[max(0, origin + 1 - window) : origin + 1]
        made[row] = np.expm1(model.forecast(y=past, h=trace.horizons[-1])["mean"][ahead])
    return made
