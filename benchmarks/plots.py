"""The plots of `docs/FORECASTING.md`, as SVG that comes out the same byte for byte."""

import matplotlib

matplotlib.use("svg")
# A fixed salt and no date, so that a rerun changes a plot only where a figure has changed.
matplotlib.rcParams.update({"svg.hashsalt": "prescale", "svg.fonttype": "none", "font.size": 9})

import numpy as np
from matplotlib import pyplot
from matplotlib.dates import DateFormatter

from benchmarks.peers import OURS, peer
from benchmarks.trace import QUANTILES

OUR_COLOUR, PEER_COLOUR, ACTUAL_COLOUR = "#1663b0", "#9aa5b1", "#222222"
OUR_STYLE = {"linewidth": 2, "markersize": 4, "zorder": 3}
PEER_STYLE = {"linewidth": 0.8, "markersize": 2, "zorder": 1}

# How much the picture of an event shows around its start.
BEFORE, AFTER = np.timedelta64(2, "h"), np.timedelta64(5, "h")


def save(figure, path):
    """Writes a plot without what would differ from run to run."""
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def losses(scores, minutes, path):
    """WQL of each peer by class, as bars."""
    own = scores[scores["minutes"] == minutes]
    order = own[own["class"] == "all"].sort_values("wql", ascending=False)["peer"].tolist()
    names = [name for name in ("all", "event", "ramp") if name in set(own["class"])]
    figure, axes = pyplot.subplots(1, len(names), figsize=(8.5, 2.9), sharey=True, squeeze=False)
    for axis, name in zip(axes[0], names):
        values = own[own["class"] == name].set_index("peer")["wql"].reindex(order)
        axis.barh([plain(p) for p in order], values, color=[colour(p) for p in order])
        axis.set_title(name, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_xlabel("WQL, lower is better")
    save(figure, path)


def calibration(masks, actual, made, path):
    """By how much the share of actuals that each quantile covers is off, in each class of `masks`."""
    figure, axes = pyplot.subplots(1, len(masks), figsize=(8.5, 2.9), sharey=True, squeeze=False)
    for axis, (part, mask) in zip(axes[0], masks.items()):
        axis.axhline(0, color="#cccccc", linewidth=1, zorder=0)
        for name, forecasts in made.items():
            quantiles = forecasts.quantiles[mask, -1]
            shares = (actual[mask, None] <= quantiles).mean(axis=0)
            style = OUR_STYLE if name == OURS else PEER_STYLE
            axis.plot(QUANTILES, shares - QUANTILES, "o-", color=colour(name), **style)
        axis.set_title(part, loc="left")
        axis.set_xlabel("quantile")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("share covered − quantile")
    axes[0][0].plot([], [], "o-", color=OUR_COLOUR, label=plain(OURS), **OUR_STYLE)
    axes[0][0].plot([], [], "o-", color=PEER_COLOUR, label="peers", **PEER_STYLE)
    axes[0][0].legend(frameon=False)
    save(figure, path)


def around_event(trace, made, start, path):
    """Demand around one event, with the median and the band from q.1 to q.95, at the longest horizon."""
    origins = trace.origins[trace.origins >= trace.first]
    targets = trace.stamps[origins + trace.horizons[-1]]
    window, shown = around(targets, start), around(trace.stamps, start)
    figure, axes = pyplot.subplots(1, len(made), figsize=(8.5, 2.5), sharey=True)
    for axis, (name, forecasts) in zip(axes, made.items()):
        quantiles = forecasts.quantiles[window, -1]
        axis.plot(trace.stamps[shown], trace.values[shown], color=ACTUAL_COLOUR, linewidth=0.8)
        band = quantiles[:, 0], quantiles[:, 3]
        axis.fill_between(targets[window], *band, color=OUR_COLOUR, alpha=0.3, linewidth=0)
        axis.plot(targets[window], quantiles[:, 1], color=OUR_COLOUR, linewidth=1.2)
        axis.axvline(start, color=PEER_COLOUR, linewidth=0.8, linestyle=":")
        axis.set_title(plain(name), loc="left")
        axis.xaxis.set_major_formatter(DateFormatter("%H:%M"))
        axis.tick_params(axis="x", labelrotation=45)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylim(bottom=0)
    save(figure, path)


def around(stamps, start):
    """Which stamps the picture of an event shows."""
    return (stamps >= start - BEFORE) & (stamps <= start + AFTER)


def is_whole(stamps, start):
    """Whether they reach as far as the picture of an event does."""
    return stamps[0] <= start - BEFORE and start + AFTER <= stamps[-1]


def plain(name):
    """A peer's title without marks."""
    return peer(name).TITLE.replace("*", "")


def colour(name):
    """Ours stands out; the peers are alike."""
    return OUR_COLOUR if name == OURS else PEER_COLOUR
