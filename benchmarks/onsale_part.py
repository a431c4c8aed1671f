"""What came of the on-sale suite: its tables."""

import numpy as np
import pandas as pd

from benchmarks.document import markdown, number, write_part
from benchmarks.onsale import VERSIONS
from benchmarks.onsale_scores import cost_of_idle, version_scores
from benchmarks.peers import ON_SALE_ROSTER, peer

# Versions in which sales are announced that never come.
IDLE_VERSIONS = ("cancelled", "false")


def jobs(suites, versions):
    """Who forecasts what."""
    return [
        (suite.traces[version], name)
        for name in ON_SALE_ROSTER
        for suite in suites
        for version in versions
        if takes_part(name, version)
    ]


def takes_part(name, version):
    """A peer that knows no calendar is the same with each: one run is enough."""
    return version == "none" or name != "last_value_banded"


def write(suites, versions, made):
    """Scores all, and writes the part of the document."""
    rows, costs = [], []
    for suite in suites:
        for version in versions:
            names = [name for name in ON_SALE_ROSTER if takes_part(name, version)]
            own = {name: made[suite.traces[version].name, name] for name in names}
            rows += version_scores(suite, version, own)
            if version in IDLE_VERSIONS:
                costs += [cost_row(suite, version, name, made) for name in names]
    write_part("on-sale", on_sale_part(rows, costs))


def cost_row(suite, version, name, made):
    """What the announcements without a sale cost one peer, summed up."""
    without = made[suite.traces["none"].name, name]
    costs = cost_of_idle(suite, version, made[suite.traces[version].name, name], without)
    gone = costs["gone"]
    return {
        "suite": suite.title,
        "version": version,
        "peer": name,
        "n": len(costs),
        "median": gone.quantile(0.5, interpolation="higher"),
        "most": gone.quantile(0.9, interpolation="higher"),
        "longest": gone.max(),
        "extra": costs["extra"].mean(),
    }


def on_sale_part(suite_rows, cost_rows):
    """The tables of the on-sale suite."""
    rows = pd.DataFrame(suite_rows)
    parts = []
    for title, own in rows.groupby("suite", sort=False):
        parts.append(f"### {title}: {own['sales'].iloc[0]} sales scored\n")
        header = ["calendar, peer", "step's minutes covered", "WQL all", "step", "sale", "ramp"]
        table = []
        for row in own.to_dict("records"):
            cells = [number(row[f"wql {name}"], 4) for name in ("all", "step", "sale", "ramp")]
            table.append([f"{row['version']}, {peer(row['peer']).TITLE}", number(row["step covered"], 3), *cells])
        parts.append(markdown(header, table))
    if cost_rows:
        parts.append("### What an announcement without a sale costs\n")
        header = ["trace, calendar, peer", "announcements", "gone after, median", "90 %", "longest", "extra, mean"]
        table = [
            [
                f"{row['suite']}, {row['version']}, {peer(row['peer']).TITLE}",
                str(row["n"]),
                *[minutes_text(row[key]) for key in ("median", "most", "longest")],
                f"{row['extra']:,.0f} min",
            ]
            for row in cost_rows
        ]
        parts.append(markdown(header, table))
    skipped = [version for version in VERSIONS if version not in set(rows["version"])]
    for version in skipped:
        parts.append(f"Not measured with this build: {version} ({VERSIONS[version]}).\n")
    return "\n".join(parts)


def minutes_text(value):
    """Minutes; never where it does not end."""
    return f"{value:.0f} min" if np.isfinite(value) else "never"
