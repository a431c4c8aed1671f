"""What the on-sale suite reports: how well the steps are covered, and what a wrong calendar costs.

All is at one lead. Times are those of targets, as that is when capacity would have stood there.
"""

import numpy as np
import pandas as pd

from benchmarks.onsale import LEAD_MINUTES
from benchmarks.score import RAMP, covered, wql
from benchmarks.trace import MINUTE, QUANTILES

# The step of a sale is its first ten minutes; the whole of it is two hours.
STEP_MINUTES, SALE_MINUTES = 10, 120

# Extra capacity is gone when the forecast has come back to within this factor of the one without a calendar, and stays
# there for ten minutes.
GONE_RATIO, GONE_FOR_MINUTES = 1.2, 10

# It is looked for and added up from an hour before the announced start to three hours after it.
COST_FROM_MINUTES, COST_TO_MINUTES = -60, 180


def version_scores(suite, version, made):
    """One row a peer: share of the steps' minutes covered by q.95, and WQL by class."""
    trace = suite.traces[version]
    origins, targets = scored(trace)
    actual, last = trace.values[targets], trace.values[origins]
    since = minutes_since(trace, targets, suite.sales["starts_at"].to_numpy())
    masks = {
        "all": np.isfinite(actual),
        "step": within(since, 1 - trace.step_minutes, STEP_MINUTES),
        "sale": within(since, -LEAD_MINUTES, SALE_MINUTES),
        "ramp": actual >= RAMP * np.maximum(last, 1),
    }
    common = np.isfinite(actual) & np.isfinite(last)
    for forecasts in made.values():
        common &= np.isfinite(forecasts.quantiles[:, 0]).all(axis=1)
    sales = int((suite.sales["starts_at"] >= trace.stamps[targets[0]]).sum())
    rows = []
    for peer, forecasts in made.items():
        quantiles = forecasts.quantiles[:, 0]
        row = {"suite": suite.title, "sales": sales, "peer": peer, "version": version}
        for name, mask in masks.items():
            row[f"wql {name}"] = wql(quantiles[mask & common], actual[mask & common])
        step = masks["step"] & common
        row["step covered"] = covered(quantiles[step], actual[step], 0.95)
        rows.append(row)
    return rows


def cost_of_idle(suite, version, with_calendar, without_calendar):
    """One row for each announcement without a sale: minutes after its start until the extra is gone, and its size.

    The size is in minutes of what the forecast without a calendar asks for.
    """
    trace = suite.traces[version]
    _, targets = scored(trace)
    column = list(QUANTILES).index(0.95)
    ratio = with_calendar.quantiles[:, 0, column] / np.maximum(without_calendar.quantiles[:, 0, column], 1)
    rows = []
    for start in suite.idle:
        since = (trace.stamps[targets] - start) / MINUTE
        window = (COST_FROM_MINUTES <= since) & (since < COST_TO_MINUTES)
        is_whole = since[0] <= COST_FROM_MINUTES and COST_TO_MINUTES <= since[-1]
        if is_whole:
            extra = np.nansum(np.maximum(0, ratio[window] - 1)) * trace.step_minutes
            rows.append({"gone": gone_after(since[window], ratio[window], trace.step_minutes), "extra": extra})
    return pd.DataFrame(rows)


def gone_after(since, ratio, step_minutes):
    """Minutes after the start from which the ratio stays low; infinite where it never does."""
    is_low = ratio <= GONE_RATIO
    steps = GONE_FOR_MINUTES // step_minutes
    for at in np.flatnonzero(since >= 0):
        if is_low[at : at + steps].all():
            return float(np.floor(since[at]))
    return float("inf")


def scored(trace):
    """Scored origins and their targets, as indices."""
    origins = trace.origins[trace.origins >= trace.first]
    return origins, origins + trace.horizons[0]


def minutes_since(trace, targets, starts):
    """Minutes from each start to each target, targets × starts."""
    return (trace.stamps[targets][:, None] - starts.astype("datetime64[s]")[None, :]) / MINUTE


def within(since, low, high):
    """Whether any start lies so far back. The step in which a sale starts may begin a little before it."""
    return ((since >= low) & (since < high)).any(axis=1)
