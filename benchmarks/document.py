"""Writes what was measured into `docs/FORECASTING.md`, between markers; the words around them are written by hand."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT = DOCS / "FORECASTING.md"

AUGURS_LOCK = Path(__file__).parent / "peers/augurs/Cargo.lock"

VERSIONED = ["statsforecast", "lightgbm", "prophet", "statsmodels", "numpy"]


def write_part(name, text):
    """Replaces what stands between the markers of `name`."""
    begin, end = f"<!-- {name}: written by make bench-forecast -->", f"<!-- end of {name} -->"
    document = DOCUMENT.read_text(encoding="utf-8")
    if document.count(begin) != 1 or document.count(end) != 1:
        raise ValueError(f"{DOCUMENT} does not hold the markers of {name} once: {begin} and {end}")
    before, rest = document.split(begin)
    after = rest.split(end)[1]
    DOCUMENT.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")


def versions_part(tools):
    """What it ran on, by version."""
    ours = subprocess.run([tools.prescale, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    lock = AUGURS_LOCK.read_text(encoding="utf-8")
    augurs = lock.split('name = "augurs"\nversion = "')[1].split('"')[0]
    packages = [f"{name} {version(name)}" for name in VERSIONED]
    return f"Prescale {ours}, augurs {augurs}, {', '.join(packages)}, Python {platform.python_version()}."


def markdown(header, rows, text_columns=1):
    """A table; the first columns are text, the others are numbers."""
    lines = [header, ["---"] * text_columns + ["---:"] * (len(header) - text_columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def number(value, places):
    """A number as the tables show it: without the zero before its point; – where there is none."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.{places}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{places}f}"
