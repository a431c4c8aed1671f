"""The online conformal band: when it learns, and what it comes to."""

import numpy as np
import pytest

from benchmarks.band import banded
from benchmarks.trace import QUANTILES


@pytest.mark.parametrize("delay", [1, 3])
def test_an_error_moves_the_band_when_its_target_has_come_and_not_before(delay):
    centre, surprise = np.full(40, 100.0), 20
    quiet = 100 + np.tile([5.0, -5.0], 20)
    loud = quiet.copy()
    loud[surprise] = 1000
    differs = np.flatnonzero((banded(centre, quiet, delay) != banded(centre, loud, delay)).any(axis=1))
    assert differs[0] == surprise + delay


def test_a_delay_of_nothing_is_refused():
    with pytest.raises(ValueError, match="delay 0"):
        banded(np.ones(3), np.ones(3), 0)


def test_a_missing_actual_teaches_nothing():
    centre, actual = np.full(30, 100.0), 100 + np.tile([5.0, -5.0], 15)
    gone = actual.copy()
    gone[10:] = np.nan
    made = banded(centre, gone, 1)
    assert np.isfinite(made).all()
    assert (made[11:] == made[11]).all()


def test_each_quantile_covers_its_share():
    random = np.random.default_rng(7)
    centre = np.full(20_000, 100.0)
    actual = centre + random.laplace(scale=10, size=len(centre))
    made = banded(centre, actual, 2)
    shares = (actual[2000:, None] <= made[2000:]).mean(axis=0)
    assert shares == pytest.approx(QUANTILES, abs=0.01)


def test_quantiles_never_cross_and_are_never_below_zero():
    random = np.random.default_rng(7)
    made = banded(np.full(500, 2.0), random.pareto(1, 500), 1)
    assert (np.diff(made, axis=1) >= 0).all()
    assert (made >= 0).all()
