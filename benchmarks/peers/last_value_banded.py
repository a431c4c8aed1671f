"""The last value as the centre of the online conformal band: the least that a probabilistic forecast must beat.

Source: `band.py`. Settings: those of the band.
"""

import numpy as np

TITLE = "last value + band"
SETTINGS = "online conformal band"
HAS_QUANTILES = False


def forecast(trace, origins, tools):
    """The value at each origin, for each horizon."""
    return np.repeat(trace.filled[origins][:, None], len(trace.horizons), axis=1)
