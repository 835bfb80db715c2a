"""The simulations behind what is quoted run as they stand: each case gives its first rate, of a few runs."""

import runpy

import numpy as np
import pytest
from packs import PROJECT

CASES = runpy.run_path(str(PROJECT / "tests" / "benchmarks" / "quoted_intervals.py"), run_name="quoted")["CASES"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_quoted_intervals_runs(name):
    what, found, _ = next(CASES[name](np.random.default_rng(1), 4))
    assert what and all(isinstance(one, bool | np.bool_) for one in found)
