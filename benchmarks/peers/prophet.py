"""Prophet, with events as extra regressors.

Source: https://facebook.github.io/prophet; Taylor and Letham, "Forecasting at scale" (2018). Settings: documented
defaults, on the last fourteen days, refit at the first origin of each day. Its holidays are whole days, so an event is
given as hats of half an hour around its start, times its size where it has one. The band is the harness's.
"""

import logging

import numpy as np
import pandas as pd

from benchmarks.peers.daily import by_day
from benchmarks.trace import MINUTE

TITLE = "Prophet + events"
SETTINGS = "last 14 days, events as regressors, refit daily"
HAS_QUANTILES = False

WINDOW_DAYS = 14

# Minutes since the start at which a hat has its top; it reaches to its neighbours.
HATS_MINUTES = list(range(-60, 301, 30))


def forecast(trace, origins, tools):
    """Point forecasts, from one fit a day."""
    # Two lines a fit, and one for a plotting library that is not used.
    for name in ("cmdstanpy", "prophet.plot"):
        logging.getLogger(name).disabled = True
    frame = pd.DataFrame({"ds": trace.stamps.astype("datetime64[ns]"), "y": trace.values})
    hats = event_hats(trace)
    frame[list(hats)] = pd.DataFrame(hats)
    ahead = np.array(trace.horizons)
    made = np.empty((len(origins), len(trace.horizons)))
    for rows, seen in by_day(trace, origins):
        past = frame.iloc[max(0, seen - WINDOW_DAYS * trace.steps_per_day) : seen]
        targets = origins[rows][:, None] + ahead
        made[rows] = fit_and_predict(past, frame.iloc[targets.ravel()], list(hats)).reshape(targets.shape)
    return np.maximum(made, 0)


def fit_and_predict(past, targets, regressors):
    """The centre of the forecast; the samples for its band are not drawn, as it is not used."""
    from prophet import Prophet

    model = Prophet(uncertainty_samples=0)
    for name in regressors:
        if past[name].any():
            model.add_regressor(name)
    model.fit(past)
    return model.predict(targets.drop(columns="y"))["yhat"].to_numpy()


def event_hats(trace):
    """Hats by name, summed over the events."""
    if len(trace.events) == 0:
        return {}
    hats = {f"event_{top}": np.zeros(len(trace.stamps)) for top in HATS_MINUTES[1:-1]}
    for event in trace.events.itertuples():
        since = (trace.stamps - event.starts_at.to_datetime64()) / MINUTE
        size = 1.0 if np.isnan(event.size) else event.size
        for before, top, after in zip(HATS_MINUTES, HATS_MINUTES[1:], HATS_MINUTES[2:]):
            hats[f"event_{top}"] += size * np.interp(since, [before, top, after], [0, 1, 0], left=0, right=0)
    return hats
