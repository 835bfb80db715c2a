"""The intervals that are written out in `stats` are those of scipy.stats, which is too slow to import in a notebook."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from helpers import stats

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_scipys(count):
    k, n = count
    expected = reference.binomtest(k, n).proportion_ci(method="wilson")
    assert stats.wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, st.floats(0.001, 0.999))
def test_binomial_excess_is_scipys(count, p):
    k, n = count
    expected = reference.binomtest(k, n, p, alternative="greater").pvalue
    assert stats.binomial_excess(k, n, p) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="n >= 1"):
        stats.wilson(0, 0)
