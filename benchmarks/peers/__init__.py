"""Who takes part. Each peer is a file of its own that says in its docstring what it is, its source and its settings.

A peer is a module with `TITLE`, `SETTINGS` and `HAS_QUANTILES`, and a function `forecast(trace, origins, tools)`. It
answers with an array: origins × horizons × quantiles where it has quantiles of its own, and otherwise origins ×
horizons, around which the harness lays the online conformal band of `band.py`. A forecast made at an origin uses the
samples up to and including it, and nothing later. NaN is where a peer has none.
"""

from importlib import import_module

OURS = "prescale"

# Those with the longest work first, so that two cores end together.
ROSTER = [
    OURS,
    "prophet",
    "statsforecast_mstl",
    "lightgbm_quantiles",
    "holt_winters",
    "augurs_mstl",
    "statsforecast_ets",
    "augurs_ets",
    "fft",
    "last_value_banded",
    "last_value",
]

# Those that the on-sale suite runs beside ours.
ON_SALE_ROSTER = [OURS, "lightgbm_quantiles", "last_value_banded"]


def peer(name):
    """The module of a peer."""
    return import_module(f"benchmarks.peers.{name}")
