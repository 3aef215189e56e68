"""Which kernels an input tells apart: unseen ones change no output, seen ones as much as is said."""

import numpy as np
import pytest
from hypothesis import given
from patches import EPS, patches, problems

from experiments.notebook import KERNEL, sin_and_cos
from jconv.analysis import float64_output, identifiability, least_squares_kernel
from jconv.analysis.words import in_words, simplest

FLOAT32 = float(np.finfo(np.float32).eps)


def test_the_notebooks_signal_determines_two_numbers_of_six():
    x = sin_and_cos()
    found = identifiability(x, 3)
    assert (found.rank, found.unknowns, found.bias_seen) == (2, 6, True)
    assert found.unseen.shape == (4, 3, 2)
    assert found.group.tolist() == [0] * 4
    assert str(found).startswith("rank 2 of 6, and the bias\nunseen:\n  ")
    y = float64_output(x, KERNEL)
    for kernel in found.unseen:
        moved = float64_output(x, KERNEL + 3 * kernel[:, :, None])
        assert np.abs(moved - y).max() <= 3 * 6 * FLOAT32  # six products of samples that are rounded to float32
        assert np.abs(float64_output(x, kernel[:, :, None])).max() > 0


@given(problems())
def test_directions_are_eigenvectors_and_add_up(problem):
    """Both bases together are orthonormal in each group; a seen one's output has its eigenvalue for mean square."""
    x = problem.x
    found = identifiability(x, problem.kernel_size, bias=problem.bias, **problem.options)
    each = problem.kernel_size * problem.channels
    assert found.unknowns == problem.groups * each == found.rank + len(found.unseen)
    assert found.eigenvalues.shape == (problem.groups, each)
    for group in range(problem.groups):
        rows = patches(x, problem, group).reshape(-1, each + problem.bias)[:, :each]
        seen = found.directions[found.directions_group == group].reshape(-1, each)
        unseen = found.unseen[found.group == group].reshape(-1, each)
        both = np.concatenate([seen, unseen])
        assert np.abs(both.conj() @ both.T - np.eye(each)).max() <= 1e3 * EPS
        largest = max(found.eigenvalues[group, 0], 0)
        powers = np.mean(np.abs(rows @ seen.T) ** 2, axis=0)
        assert np.abs(powers - found.eigenvalues[group, : len(seen)]).max(initial=0) <= 1e3 * EPS * largest
        assert np.all(np.diff(found.eigenvalues[group]) <= 0)
        weak = found.weak[found.directions_group == group]
        assert np.allclose(weak**2, powers / (largest or 1), rtol=1e-2, atol=1e3 * EPS)
        outputs = np.mean(np.abs(rows @ unseen.T) ** 2, axis=0)
        assert np.all(outputs <= 64 * np.sqrt(each) * EPS * largest)
        assert len(seen) == np.linalg.matrix_rank(rows, tol=np.sqrt(8 * np.sqrt(each) * EPS) * np.linalg.norm(rows, 2))
    target = np.zeros((*patches(x, problem).shape[:2], problem.groups))
    learnt = least_squares_kernel(x, target, problem.kernel_size, bias=problem.bias, noise="white", **problem.options)
    assert (learnt.rank, learnt.unknowns, learnt.bias_seen) == (found.rank, found.unknowns, found.bias_seen)


def test_groups_have_directions_of_their_own():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 4))
    x[:, 3] = x[:, 2]
    found = identifiability(x, 2, groups=2)
    assert (found.rank, found.unknowns, found.group.tolist()) == (6, 8, [1, 1])
    assert found.directions_group.tolist() == [0] * 4 + [1] * 2
    assert found.unseen_in_words() == [f"tap {tap} of channel 2 minus tap {tap} of channel 3" for tap in (0, 1)]


def test_simple_blind_spots_are_named():
    rng = np.random.default_rng(0)
    silent = np.concatenate([rng.normal(size=(100, 1)), np.zeros((100, 1))], axis=1)
    assert identifiability(silent, 2).unseen_in_words() == ["tap 0 of channel 1", "tap 1 of channel 1"]
    every_other = np.tile([1.0, 0.0, -1.0, 0.0], 50)[:, None] * [0.0, 1.0]
    found = identifiability(every_other, 3)  # x[t] = -x[t + 2]
    assert "tap 0 plus tap 2 of channel 1" in found.unseen_in_words()
    full = identifiability(rng.normal(size=(500, 1)) @ np.ones((1, 1)), 2)
    assert str(full).split("\n")[1].startswith("weakest, at 0.9")
    assert len(full.directions_in_words()) == 2


def test_words_of_larger_patterns_name_the_largest_weights():
    kernel = np.linspace(0.5, 1, 6).reshape(3, 2)
    assert in_words(kernel).startswith("mostly +1.00 tap 2 of channel 1, +0.90 tap 2 of channel 0, ")
    assert in_words(np.array([[-1.0], [1.0]])) == "tap 0 minus tap 1 of channel 0"  # as much a direction


def test_turning_keeps_the_space_and_finds_the_simple_basis():
    rng = np.random.default_rng(0)
    simple = np.eye(9)[:, [1, 4, 7]] - np.eye(9)[:, [2, 5, 8]]
    mixed = simple / np.sqrt(2) @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turned = simplest(mixed)
    assert np.abs(turned @ turned.T - mixed @ mixed.T).max() <= 100 * EPS
    assert np.abs(turned - simple / np.sqrt(2)).max() <= 1e-6


def test_a_bias_is_asked_for_only_where_there_is_one():
    ones = np.ones((20, 1))
    assert not identifiability(ones, 2).bias_seen
    assert identifiability(ones, 2, padding=1).bias_seen  # a window that sees a zero, on either side
    assert not identifiability(np.random.default_rng(0).normal(size=(20, 1)), 2, bias=False).bias_seen


@pytest.mark.parametrize(("rounding", "seen"), [(FLOAT32, 0), (FLOAT32 / 100, 4)])
def test_a_direction_of_less_than_four_roundings_is_not_seen(rounding, seen):
    """Two channels that differ by 2e-7: in float32 that may be rounding, in finer data it is not."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 1)).repeat(2, axis=1)
    x[:, 1] += 4e-7 * rng.normal(size=2000)
    assert identifiability(x, 4, rounding=rounding).rank == 4 + seen


@pytest.mark.parametrize(("rounding", "rank"), [(None, 2), (1e-3, 1)])
def test_what_counts_as_rounding_can_be_said(rounding, rank):
    rng = np.random.default_rng(0)
    x = np.ones((1000, 1)) + 1e-3 * rng.normal(size=(1000, 1))
    assert identifiability(x, 2, rounding=rounding).rank == rank
