"""MSTL of augurs: seasonal decomposition by loess, the trend forecast by AutoETS, in Rust.

Source: https://github.com/grafana/augurs, crate `augurs`. Settings: documented defaults, one season of a day, fitted
anew at each origin on the logarithm of the last four days. The band is the harness's, as the crate's own is Gaussian.
"""

from benchmarks.peers.augurs_peer import forecast_by

TITLE = "MSTL (augurs)"
SETTINGS = "season of a day, on the log of the last 4 days, refit at each origin"
HAS_QUANTILES = False

WINDOW_DAYS = 4


def forecast(trace, origins, tools):
    """Point forecasts, fitted at each origin."""
    return forecast_by("mstl", trace, origins, tools, WINDOW_DAYS * trace.steps_per_day)
