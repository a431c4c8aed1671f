"""The command: `python -m benchmarks --traces FOLDER …`. `make bench-forecast` calls it.

It forecasts, scores, and writes tables and plots into `docs/`.
"""

import argparse
import time
from pathlib import Path

from benchmarks import onsale, onsale_part, recorded
from benchmarks.document import DOCUMENT, versions_part, write_part
from benchmarks.peers import ROSTER
from benchmarks.peers.prescale import can_withdraw
from benchmarks.run import Tools, run_all
from benchmarks.traces import SOURCES, read


def main():
    """Runs the benchmark."""
    args = arguments()
    began = time.monotonic()
    tools = Tools(args.prescale.resolve(), args.augurs.resolve(), args.out.resolve())
    traces = [read(args.traces, source) for source in SOURCES if (args.traces / source.file).exists()]
    missing = [source.file for source in SOURCES if not (args.traces / source.file).exists()]
    if missing:
        print(f"left out, as {args.traces} lacks them: {', '.join(missing)}")
    if not traces:
        return
    suites = onsale.suites(args.traces)
    versions = [version for version in onsale.VERSIONS if version != "cancelled" or can_withdraw(tools)]
    jobs = [(trace, name) for name in ROSTER for trace in traces] + onsale_part.jobs(suites, versions)
    made = run_all(jobs, tools, args.fresh)
    recorded.write(traces, made)
    if suites:
        onsale_part.write(suites, versions, made)
    write_part("versions", versions_part(tools))
    print(f"written to {DOCUMENT}, after {(time.monotonic() - began) / 60:.0f} minutes")


def arguments():
    """What the command was given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--traces", type=Path, required=True, help="folder with the recorded traces")
    parser.add_argument("--prescale", type=Path, required=True, help="the prescale binary")
    parser.add_argument("--augurs", type=Path, required=True, help="the binary of peers/augurs")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is kept between runs")
    parser.add_argument("--fresh", action="store_true", help="run every peer anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()
