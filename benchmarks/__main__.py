"""The command: `python -m benchmarks --traces FOLDER --prescale BINARY --augurs BINARY`.

It forecasts, scores, and writes tables and plots into `docs/FORECASTING.md`.
"""

import argparse
import time
from pathlib import Path

from benchmarks.peers import ROSTER
from benchmarks.run import Tools, run_all
from benchmarks.scores import scores
from benchmarks.traces import SOURCES, read


def main():
    """Runs the benchmark."""
    args = arguments()
    began = time.monotonic()
    tools = Tools(args.prescale.resolve(), args.augurs.resolve(), args.out.resolve())
    recorded = [read(args.traces, source) for source in SOURCES if (args.traces / source.file).exists()]
    made = run_all([(trace, name) for name in ROSTER for trace in recorded], tools, args.fresh)
    print(f"took {(time.monotonic() - began) / 60:.0f} minutes")


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
