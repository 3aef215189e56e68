"""Learnt kernels are matched to true ones: what was shuffled is found, and the order is the best of all."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jconv.analysis import align_kernels
from jconv.analysis.alignment import assignment


@pytest.mark.parametrize("is_complex", [False, True])
@given(seed=st.integers(0, 10**6), outs=st.integers(1, 12))
def test_order_sign_and_shift_are_found_again(is_complex, seed, outs):
    rng = np.random.default_rng(seed)
    parts = np.zeros((2, 14, 3, outs))
    parts[:, 4:10] = rng.normal(size=(2, 6, 3, outs))
    true = parts[0] + 1j * parts[1] if is_complex else parts[0]
    order, shift = rng.permutation(outs), rng.integers(-4, 5, outs)
    sign = np.exp(2j * np.pi * rng.random(outs)) if is_complex else rng.choice([-1.0, 1.0], outs)
    learnt = np.empty_like(true)
    for out in range(outs):
        learnt[:, :, order[out]] = np.roll(true[:, :, out], shift[out], axis=0) * sign[out]
    found = align_kernels(learnt, true)
    assert found.order.tolist() == order.tolist()
    assert found.shift.tolist() == (-shift).tolist()
    np.testing.assert_allclose(found.sign, np.conj(sign), atol=1e-12)
    np.testing.assert_allclose(found.aligned, true, atol=1e-12)


def test_no_shift_where_none_is_allowed():
    true = np.eye(3)[:, None, :1]
    assert align_kernels(np.roll(true, 1, axis=0), true).shift.tolist() == [-1]
    found = align_kernels(np.roll(true, 1, axis=0), true, most_shift=0)
    assert (found.shift.tolist(), found.sign.tolist()) == ([0], [1])


@given(seed=st.integers(0, 10**6), size=st.integers(1, 6), whole=st.booleans())
def test_the_assignment_is_the_best_of_all(seed, size, whole):
    rng = np.random.default_rng(seed)
    cost = rng.integers(-2, 3, (size, size)).astype(float) if whole else rng.normal(size=(size, size))
    found = assignment(cost)
    assert sorted(found) == list(range(size))
    best = min(
        sum(cost[row, column] for row, column in enumerate(each)) for each in itertools.permutations(range(size))
    )
    assert abs(cost[np.arange(size), found].sum() - best) <= 1e-12


def test_the_assignment_of_many_is_scipys():
    from scipy.optimize import linear_sum_assignment

    cost = np.random.default_rng(0).normal(size=(64, 64))
    rows, columns = linear_sum_assignment(cost)
    assert rows.tolist() == list(range(64))
    assert assignment(cost).tolist() == columns.tolist()


@pytest.mark.parametrize(
    ("learnt", "settings", "words"),
    [
        (np.ones((3, 1, 2)), {}, r"^`learnt` has shape \(3, 1, 2\) and `true` \(3, 1, 1\)"),
        (np.ones((3, 1, 1)), {"most_shift": -1}, r"^`most_shift` \(=-1\)"),
    ],
)
def test_bad_input_is_told_in_a_line(learnt, settings, words):
    with pytest.raises(ValueError, match=words):
        align_kernels(learnt, np.ones((3, 1, 1)), **settings)
