"""Prescale's own engine, through `prescale import csv` and `prescale backtest`, as any user would run it.

Source: this repository. Settings: none; the same model for every trace. It learns from each step of the recording,
and is asked at the origins. The time is that of both commands, the second of which makes a pass without the calendar
too, where there is one.
"""

import shutil
import subprocess

import numpy as np
import pandas as pd

from benchmarks.trace import QUANTILES, stamps_of

TITLE = "**Prescale**"
SETTINGS = "learns online, no settings"
HAS_QUANTILES = True


def forecast(trace, origins, tools):
    """What `prescale backtest` writes, at the origins."""
    folder = tools.folder / "recordings" / trace.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    recording = import_recording(trace, folder, tools)
    written = folder / "forecasts.csv"
    minutes = [horizon * trace.step_minutes for horizon in trace.horizons]
    command = [tools.prescale, "backtest", recording, "--forecasts", written]
    command += ["--every", f"{trace.every * trace.step_minutes}m", "--from", f"{trace.stamps[origins[0]]}Z"]
    for horizon in minutes:
        command += ["--horizon", f"{horizon}m"]
    run(command)
    return read_forecasts(written, trace, origins)


def import_recording(trace, folder, tools):
    """Writes the trace and its calendar as CSV, and imports them."""
    samples = pd.DataFrame({"timestamp": np.datetime_as_string(trace.stamps, timezone="UTC"), "value": trace.values})
    samples.dropna().astype({"value": int}).to_csv(folder / "samples.csv", index=False)
    command = [tools.prescale, "import", "csv", folder / "samples.csv", "--out", folder / "recording"]
    command += ["--kind", "count", "--unit", "requests", "--force"]
    if len(trace.events):
        calendar(trace.events).to_csv(folder / "events.csv", index=False)
        command += ["--events", folder / "events.csv"]
    run(command)
    return folder / "recording"


def calendar(events):
    """The calendar as `prescale import --events` reads it. A column that has nothing to say is left out."""
    columns = {
        "start": events["starts_at"],
        "end": events["ends_at"],
        "type": events["kind"],
        "magnitude": events["size"].round(1),
        "withdrawn_at": events["withdrawn_at"],
    }
    frame = pd.DataFrame(columns).dropna(axis="columns", how="all")
    return frame.map(lambda cell: f"{cell.isoformat()}Z" if isinstance(cell, pd.Timestamp) else cell)


def can_withdraw(tools):
    """Whether this build's calendars can say that an announcement was withdrawn."""
    return "withdrawn_at" in run([tools.prescale, "import", "csv", "--help"])


def run(command):
    """Runs a command; what it says on failure is the error."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:3]))} exits with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def read_forecasts(path, trace, origins):
    """Rows of `made_at,target_at,quantile,forecast` as an array; NaN where there is no row."""
    rows = pd.read_csv(path)
    step = trace.stamps[1] - trace.stamps[0]
    made = (stamps_of(rows["made_at"]) - trace.stamps[0]) // step
    ahead = (stamps_of(rows["target_at"]) - trace.stamps[0]) // step - made
    origin = (made - origins[0]) // trace.every
    horizon = np.searchsorted(trace.horizons, ahead)
    quantile = np.searchsorted(QUANTILES, rows["quantile"].to_numpy() - 1e-9)
    array = np.full((len(origins), len(trace.horizons), len(QUANTILES)), np.nan)
    is_asked_for = (0 <= origin) & (origin < len(origins))
    at = origin[is_asked_for], horizon[is_asked_for], quantile[is_asked_for]
    array[at] = rows["forecast"].to_numpy()[is_asked_for]
    return array
