"""Runs peers on traces, two or more at once, and keeps what they forecast.

A peer's forecasts are kept under a key of its source file, the modules that it uses and the trace, so that a rerun does
only what has changed. Ours is run each time: its source is the whole engine.
"""

import hashlib
import json
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.band import banded
from benchmarks.peers import OURS, peer
from benchmarks.score import check_quantiles
from benchmarks.trace import QUANTILES

# What peers share, by the module that they import it from: a change makes what is kept of them stale.
SHARED = {
    "benchmarks.peers.daily": ["peers/daily.py"],
    "benchmarks.peers.event_features": ["peers/event_features.py"],
    "benchmarks.peers.augurs_peer": ["peers/augurs_peer.py", "peers/augurs/src/main.rs", "peers/augurs/Cargo.lock"],
}

# Ours is the unit of all times and takes a second in all: the fastest of three counts, as others use the machine too.
OUR_REPEATS = 3


@dataclass(frozen=True)
class Tools:
    """What peers are run with, and where they may write."""

    prescale: Path
    augurs: Path
    folder: Path


@dataclass(frozen=True)
class Made:
    """What one peer forecast of one trace."""

    quantiles: np.ndarray
    """Scored origins × horizons × quantiles; NaN where it has none."""
    cpu_seconds: float


def run_all(jobs, tools, fresh):
    """Forecasts for each (trace, peer name) of `jobs`, as a dictionary by (trace name, peer name)."""
    made, waiting = {}, []
    for trace, name in jobs:
        is_kept = name != OURS and not fresh and kept_path(trace, name, tools).exists()
        if is_kept:
            made[trace.name, name] = finish(trace, name, tools)
        else:
            waiting.append((trace, name))
    print(f"{len(waiting)} runs to do, {len(made)} kept from before", flush=True)
    with ProcessPoolExecutor(os.cpu_count(), initializer=be_single_threaded) as pool:
        running = {pool.submit(work, trace, name, tools): (trace, name) for trace, name in waiting}
        for count, future in enumerate(as_completed(running), 1):
            trace, name = running[future]
            if future.exception() is not None:
                pool.shutdown(cancel_futures=True)
                raise RuntimeError(f"{name} on {trace.name}") from future.exception()
            made[trace.name, name] = finish(trace, name, tools)
            seconds = made[trace.name, name].cpu_seconds
            print(f"  {count}/{len(waiting)}  {trace.title}: {plain(name)}, {seconds:.1f} s", flush=True)
    return made


def be_single_threaded():
    """One thread a worker, so that times compare and workers do not fight for cores."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = "1"


def work(trace, name, tools):
    """Runs one peer in this process and keeps what it made."""
    module, seconds = peer(name), float("inf")
    for _ in range(OUR_REPEATS if name == OURS else 1):
        start = cpu_seconds()
        raw = module.forecast(trace, asked_for(trace, name), tools)
        seconds = min(seconds, cpu_seconds() - start)
    path = kept_path(trace, name, tools)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez_compressed(partial, raw=raw, seconds=seconds)
    partial.rename(path)


def asked_for(trace, name):
    """The origins a peer is asked for: one with quantiles of its own needs no warm-up for a band."""
    return trace.origins[trace.origins >= trace.first] if peer(name).HAS_QUANTILES else trace.origins


def finish(trace, name, tools):
    """What was kept, with the band around it where the peer has no quantiles, for the scored origins."""
    with np.load(kept_path(trace, name, tools)) as kept:
        raw, seconds = kept["raw"], float(kept["seconds"])
    origins = asked_for(trace, name)
    quantiles = raw if raw.ndim == 3 else with_band(trace, origins, raw)
    quantiles = quantiles[origins >= trace.first]
    is_there = np.isfinite(quantiles).all(axis=(1, 2))
    check_quantiles(quantiles[is_there], f"{name} on {trace.name}")
    return Made(quantiles, seconds)


def with_band(trace, origins, centre):
    """The online conformal band around point forecasts, for each horizon apart."""
    bands = []
    for at, horizon in enumerate(trace.horizons):
        delay = max(1, -(-horizon // trace.every))
        bands.append(banded(centre[:, at], trace.values[origins + horizon], delay))
    return np.stack(bands, axis=1)


def cpu_seconds():
    """Time on processors, of this process and of the programs that it has run."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def kept_path(trace, name, tools):
    """Where forecasts are kept; the name says what they depend on."""
    here = Path(__file__).parent
    source = (here / f"peers/{name}.py").read_text(encoding="utf-8")
    digest = hashlib.sha256(source.encode())
    for module, files in SHARED.items():
        for file in files if f"from {module} import" in source else []:
            digest.update((here / file).read_bytes())
    digest.update(trace.stamps.tobytes() + trace.values.tobytes())
    digest.update(trace.events.to_csv().encode())
    digest.update(asked_for(trace, name).tobytes() + json.dumps([trace.step_minutes, list(trace.horizons)]).encode())
    return tools.folder / "forecasts" / trace.name / f"{name}-{digest.hexdigest()[:16]}.npz"


def plain(name):
    """A peer's title without marks."""
    return peer(name).TITLE.replace("*", "")
