"""The last value, for every horizon and quantile: what a reactive autoscaler goes by.

Source: none needed. Settings: none.
"""

import numpy as np

from benchmarks.trace import QUANTILES

TITLE = "last value"
SETTINGS = "what a reactive autoscaler goes by"
HAS_QUANTILES = True


def forecast(trace, origins, tools):
    """The value at each origin, again and again."""
    last = trace.filled[origins]
    return np.broadcast_to(last[:, None, None], (len(origins), len(trace.horizons), len(QUANTILES))).copy()
