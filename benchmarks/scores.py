"""Scores of every peer on one trace, over the origins from which each of them has a forecast."""

import numpy as np
import pandas as pd

from benchmarks.score import classes, covered, wql


def scores(trace, made):
    """One row a peer, horizon and class. `made` is what each peer forecast, by name."""
    origins, common = common_origins(trace, made)
    rows = []
    for at, horizon in enumerate(trace.horizons):
        actual = trace.values[origins + horizon]
        for name, mask in classes(trace, origins, horizon).items():
            for peer, forecasts in made.items():
                quantiles = forecasts.quantiles[common][mask, at]
                rows.append(
                    {
                        "peer": peer,
                        "minutes": horizon * trace.step_minutes,
                        "class": name,
                        "n": int(mask.sum()),
                        "wql": wql(quantiles, actual[mask]),
                        "covered": covered(quantiles, actual[mask], 0.95),
                    }
                )
    return pd.DataFrame(rows)


def common_origins(trace, made):
    """Scored origins from which every peer has a forecast, and which those are among all of them."""
    origins = trace.origins[trace.origins >= trace.first]
    common = np.isfinite(trace.values[origins])
    for horizon in trace.horizons:
        common &= np.isfinite(trace.values[origins + horizon])
    for forecasts in made.values():
        common &= np.isfinite(forecasts.quantiles).all(axis=(1, 2))
    return origins[common], common
