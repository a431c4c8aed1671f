"""The open forecast benchmark: Prescale and its peers, on the same origins of the same traces, scored by one judge.

`python -m benchmarks --help` says how to run it; `docs/FORECASTING.md` has what came of it.
"""
