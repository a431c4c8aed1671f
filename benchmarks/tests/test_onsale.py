"""Injected sales, and what the cost of a wrong calendar is reckoned as."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.onsale import BASELINES, Baseline, build
from benchmarks.onsale_scores import gone_after
from benchmarks.trace import MINUTE


def check_gone(ratio, expected):
    since = np.arange(-5, len(ratio) - 5)
    assert gone_after(since, np.array(ratio, float), 1) == expected


def test_extra_capacity_is_gone_when_it_stays_within_a_fifth_for_ten_minutes():
    check_gone([3] * 5 + [3] * 7 + [1.2] * 20, 7)
    check_gone([3] * 5 + [1] * 9 + [1.3] + [1] * 20, 10)
    check_gone([1] * 40, 0)
    check_gone([3] * 40, float("inf"))


@pytest.fixture
def suite(tmp_path, monkeypatch):
    stamps = pd.date_range("2026-01-01", periods=12 * 1440, freq="min", tz="UTC")
    pd.DataFrame({"timestamp": stamps, "value": 100}).to_csv(tmp_path / "flat.csv", index=False)
    flat = Baseline("flat", "Flat", "flat.csv")
    monkeypatch.setattr("benchmarks.onsale.BASELINES", [*BASELINES, flat])
    return build(tmp_path, flat)


def test_a_sale_multiplies_demand_within_two_minutes_and_decays(suite):
    trace = suite.traces["right"]
    for sale in suite.sales.itertuples():
        at = int((np.datetime64(sale.starts_at) - trace.stamps[0]) // MINUTE)
        held = trace.values[at + 2 : at + sale.hold]
        assert trace.values[at - 1] == 100
        assert held.mean() == pytest.approx(100 * sale.multiple, rel=0.03)
        assert trace.values[at + sale.hold + 60] < 100 + 0.1 * (held.mean() - 100)


def test_versions_differ_in_the_calendar_alone(suite):
    values = {trace.values.tobytes() for trace in suite.traces.values()}
    assert len(values) == 1
    right, late = suite.traces["right"].events, suite.traces["late"].events
    assert (right["starts_at"] == suite.sales["starts_at"]).all()
    lateness = (right["starts_at"] - late["starts_at"]).dt.total_seconds() / 60
    assert lateness.between(5, 15).all()
    false, cancelled = suite.traces["false"].events, suite.traces["cancelled"].events
    assert len(false) == len(cancelled) == len(right) + len(suite.idle)
    assert cancelled["withdrawn_at"].notna().sum() == len(suite.idle)
    withdrawn = cancelled.dropna()
    assert (withdrawn["withdrawn_at"] < withdrawn["starts_at"]).all()


def test_a_size_says_how_much_comes_give_or_take_a_seventh(suite):
    sizes = suite.traces["right"].events["size"].to_numpy()
    truth = 100 * (suite.sales["multiple"].to_numpy() - 1)
    assert np.log(sizes / truth) == pytest.approx(np.zeros(len(sizes)), abs=0.6)
    assert not np.allclose(sizes, truth, rtol=0.01)
