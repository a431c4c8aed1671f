"""AutoETS of augurs: exponential smoothing, the form chosen by information criterion, in Rust.

Source: https://github.com/grafana/augurs, crate `augurs`. Settings: documented defaults without a season, chosen and
fitted anew at each origin on the logarithm of the last six hours. The band is the harness's, as the crate's own is
Gaussian.
"""

from benchmarks.peers.augurs_peer import forecast_by

TITLE = "ETS (augurs)"
SETTINGS = "on the log of the last 6 h, refit at each origin"
HAS_QUANTILES = False

WINDOW_MINUTES = 360


def forecast(trace, origins, tools):
    """Point forecasts, fitted at each origin."""
    return forecast_by("ets", trace, origins, tools, WINDOW_MINUTES // trace.step_minutes)
