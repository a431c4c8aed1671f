"""Hands a series to the augurs peer, a Rust program of its own in `peers/augurs`, and reads back what it forecasts."""

import subprocess

import numpy as np
import pandas as pd


def forecast_by(method, trace, origins, tools, window_steps):
    """Point forecasts of `method` (ets or mstl), fitted at each origin on the last `window_steps`."""
    folder = tools.folder / "augurs-input" / f"{trace.name}-{method}"
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "values", trace.filled, fmt="%.6f")
    np.savetxt(folder / "origins", origins, fmt="%d")
    horizons = ",".join(map(str, trace.horizons))
    command = [tools.augurs, method, folder / "values", folder / "origins", horizons, window_steps, trace.steps_per_day]
    with open(folder / "forecasts.csv", "w", encoding="utf-8") as written:
        subprocess.run([str(word) for word in command], stdout=written, check=True)
    rows = pd.read_csv(folder / "forecasts.csv")
    array = np.full((len(origins), len(trace.horizons)), np.nan)
    at = np.searchsorted(origins, rows["origin"]), np.searchsorted(trace.horizons, rows["horizon"])
    array[at] = rows["forecast"]
    return np.maximum(array, 0)
