"""The command line: `python -m twin gateway …` and `python -m twin worker …`."""

import argparse
import gc
import logging
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="twin", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    for role in ("gateway", "worker"):
        one = roles.add_parser(role)
        one.add_argument("--kafka-bootstrap-servers", required=True, metavar="HOST:PORT,…")
        one.add_argument("--redis", required=True, metavar="redis://HOST:PORT")
        one.add_argument("--topic", default="interactions")
        if role == "gateway":
            one.add_argument("--listen", required=True, metavar="HOST:PORT")
            one.add_argument("--token-key-file", type=Path, help="secrets for HS256, a line each")
            one.add_argument("--capacity", type=int, default=20_000, help="people let in at a time")
        else:
            one.add_argument("--group", default="realtime-worker")
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    # Long-lived objects by the hundred thousand: the default looks through all of them far too often.
    gc.set_threshold(50_000, 20, 100)
    if args.role == "gateway":
        from . import gateway

        gateway.run(args)
    else:
        from . import worker

        worker.run(args)


if __name__ == "__main__":
    main()
