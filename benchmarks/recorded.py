"""What came of the recorded traces: tables and plots."""

import numpy as np

from benchmarks import plots
from benchmarks.document import DOCS, markdown, number, write_part
from benchmarks.peers import OURS, ROSTER, peer
from benchmarks.run import Made
from benchmarks.score import classes, wql
from benchmarks.scores import common_origins, scores

# Peers whose forecasts are drawn around an event, beside ours.
DRAWN = [OURS, "lightgbm_quantiles", "augurs_ets"]


def write(traces, made):
    """Scores all, and writes the part of the document and its plots."""
    scores_of = {}
    for trace in traces:
        forecasts = {name: made[trace.name, name] for name in ROSTER}
        scores_of[trace.name] = scores(trace, forecasts)
        if len(trace.events):
            draw(trace, forecasts, scores_of[trace.name])
    write_part("recorded", recorded_part(scores_of, made, traces))


def draw(trace, forecasts, own):
    """The plots of one trace with events, at its longest horizon."""
    minutes = trace.horizons[-1] * trace.step_minutes
    plots.losses(own, minutes, DOCS / f"forecast-{trace.name}.svg")
    origins, common = common_origins(trace, forecasts)
    scored = {name: Made(each.quantiles[common], each.cpu_seconds) for name, each in forecasts.items()}
    masks = classes(trace, origins, trace.horizons[-1])
    with_quantiles = {name: each for name, each in scored.items() if name != "last_value"}
    actual = trace.values[origins + trace.horizons[-1]]
    plots.calibration(masks, actual, with_quantiles, DOCS / f"forecast-{trace.name}-calibration.svg")
    shown = {name: forecasts[name] for name in DRAWN}
    start = middling_event(trace, forecasts[OURS])
    plots.around_event(trace, shown, start, DOCS / f"forecast-{trace.name}-event.svg")


def middling_event(trace, ours):
    """Start of the event that we forecast better than half of the others, and worse than the other half."""
    origins = trace.origins[trace.origins >= trace.first]
    targets = origins + trace.horizons[-1]
    losses = []
    for start in np.unique(trace.events["starts_at"].to_numpy()):
        near = plots.around(trace.stamps[targets], start) & np.isfinite(trace.values[targets])
        if near.any() and plots.is_whole(trace.stamps[targets], start):
            losses.append((wql(ours.quantiles[near, -1], trace.values[targets[near]]), start))
    return sorted(losses)[len(losses) // 2][1]


def recorded_part(scores_of, made, traces):
    """The tables of the recorded traces: all columns for one with events, and one row a peer for the others."""
    with_events = [trace for trace in traces if len(trace.events)]
    others = [trace for trace in traces if not len(trace.events)]
    parts = []
    for trace in with_events:
        origins = scores_of[trace.name].query("`class` == 'all'")["n"].iloc[0]
        parts.append(f"### {trace.title}: {origins:,} origins, one every {trace.every * trace.step_minutes} minutes\n")
        parts.append(events_table(trace, scores_of[trace.name]))
    if others:
        parts.append("### Other traces: 15 minutes ahead\n")
        parts.append(others_table(others, scores_of))
    parts.append("### Time\n")
    parts.append(time_table(made, traces))
    return "\n".join(parts)


def events_table(trace, scores):
    """WQL for each horizon and class, and coverage of q.95."""
    minutes = [horizon * trace.step_minutes for horizon in trace.horizons]
    columns = [(ahead, name) for ahead in minutes for name in ("all", "event", "ramp")]
    header = ["peer"] + [f"{ahead} min {name}" for ahead, name in columns]
    header.append(f"q.95 covers at {minutes[-1]} min: all / event / ramp")
    rows = []
    for name, own in by_peer(scores, minutes[-1]):
        cells = [number(own["wql"].get(column, np.nan), 4) for column in columns]
        shares = [number(own["covered"].get((minutes[-1], part), np.nan), 3) for part in ("all", "event", "ramp")]
        rows.append([peer(name).TITLE, *cells, covers(name, " / ".join(shares))])
    counts = scores[scores["peer"] == OURS].set_index(["minutes", "class"])["n"]
    note = ", ".join(f"{ahead} min {name}: {counts.get((ahead, name), 0)}" for ahead, name in columns if name != "all")
    return markdown(header, rows) + f"\nTargets in a class: {note}.\n"


def others_table(traces, scores_of):
    """WQL of all targets and coverage of q.95, a trace a column."""
    header = ["peer"] + [f"{trace.title}" for trace in traces] + ["q.95 covers, in the same order"]
    last = {trace.name: trace.horizons[-1] * trace.step_minutes for trace in traces}
    own = {trace.name: dict(by_peer(scores_of[trace.name], last[trace.name])) for trace in traces}
    rows = []
    for name in own[traces[0].name]:
        cells = [number(own[trace.name][name]["wql"][last[trace.name], "all"], 4) for trace in traces]
        shares = [number(own[trace.name][name]["covered"][last[trace.name], "all"], 3) for trace in traces]
        rows.append([peer(name).TITLE, *cells, covers(name, " / ".join(shares))])
    counts = [f"{trace.title}: {scores_of[trace.name]['n'].max():,}" for trace in traces]
    return markdown(header, rows) + f"\nOrigins, one every 15 minutes: {'; '.join(counts)}.\n"


def by_peer(scores, minutes):
    """Each peer's scores by horizon and class, ours first, then from the best to the worst."""
    order = scores[(scores["minutes"] == minutes) & (scores["class"] == "all")].sort_values("wql")["peer"]
    for name in sorted(order, key=lambda peer: peer != OURS):
        yield name, scores[scores["peer"] == name].set_index(["minutes", "class"])


def covers(name, text):
    """A last value has no quantiles to cover with."""
    return "–" if name == "last_value" else text


def time_table(made, traces):
    """How long each peer took on each trace, as a ratio to ours, and what it did in that time."""
    names = {name for _, name in made}
    total = {name: sum(made[trace.name, name].cpu_seconds for trace in traces) for name in names}
    header = ["peer", "settings", "time on the processor over ours"]
    order = sorted(names, key=lambda name: (name != OURS, total[name]))
    rows = [[peer(name).TITLE, peer(name).SETTINGS, ratio_text(total[name] / total[OURS])] for name in order]
    return markdown(header, rows, text_columns=2)


def ratio_text(ratio):
    """One digit: the next would differ from run to run."""
    return f"{float(f'{ratio:.1g}'):,g}" if ratio >= 0.1 else "< 0.1"
