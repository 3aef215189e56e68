"""Geometry, shares and what data cannot tell, against the oracle, brute force and the notebook's known numbers."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jconv.analysis
from experiments.notebook import BIAS, KERNEL, sin_and_cos
from jconv.report import facts
from jconv.report.problem import problem_of

sys.path.insert(0, str(Path(__file__).parents[1]))
import oracle

X = sin_and_cos()[None]
SETTINGS = {
    "stride": 1, "padding": "valid", "padding_mode": "zeros", "dilation": 1, "groups": 1, "transposed": False,
    "output_padding": 0,
}  # fmt: skip


def problem(x, kernel, **settings):
    return problem_of(x.shape, kernel.shape, **{**SETTINGS, **settings})


@given(st.data())
def test_outputs_are_those_of_the_oracle(data):
    """Any stride, dilation, groups, padding, mode and direction: `outputs_at` reads and sums as the formula says."""
    draw = data.draw
    stride, dilation, groups, width = (draw(st.integers(1, 3)) for _ in range(4))
    ins, outs, length = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), draw(st.integers(8, 14))
    transposed = draw(st.booleans())
    mode = "zeros" if transposed else draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    padding = draw(st.sampled_from(["valid", "same", "causal", 1, (2, 0), (-1, 3)]))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    x = random.normal(size=(1, length, ins))
    kernel = random.normal(size=(width, outs // groups, ins) if transposed else (width, ins // groups, outs))
    settings = {"stride": stride, "dilation": dilation, "groups": groups, "padding": padding, "padding_mode": mode}
    p = problem(x, kernel, transposed=transposed, **settings)
    got = facts.outputs_at(p, x[0], p.canonical(kernel), np.arange(p.output_length))
    if transposed:
        want = oracle.Form(p.output_length, width, length, stride, dilation, p.low, groups).input(x, kernel)
    else:
        read, low = x, p.low
        if mode != "zeros":
            high = (p.output_length - 1) * stride + p.span - p.low - length
            total = max(high, 0)
            read, low = oracle.pad_with_mode(x, p.low, total, mode), 0
        want = oracle.Form(read.shape[1], width, p.output_length, stride, dilation, low, groups).output(read, kernel)
    np.testing.assert_allclose(got, want[0], rtol=1e-12, atol=1e-12)


def test_shares_are_those_of_the_analysis():
    found = facts.shares(problem(X, KERNEL), X, KERNEL)
    parts = np.stack([np.einsum("tj,jo->to", np.lib.stride_tricks.sliding_window_view(X[0, :, c].astype(float), 3),
                                KERNEL[:, c].astype(float)) for c in range(2)])  # fmt: skip
    np.testing.assert_allclose(found.share, np.asarray(jconv.analysis.shares(parts)), atol=1e-9)
    np.testing.assert_allclose(found.share.sum(axis=0), 1, atol=1e-12)


def test_the_notebook_s_numbers():
    """What its weights say, what its channels add, and what the data leave open, in percent."""
    p = problem(X, KERNEL)
    found, told = facts.shares(p, X, KERNEL), facts.told(p, X, 0, bias=True)
    assert told is not None
    assert (100 * found.norm[1]).round().tolist() == [62, 47, 48, 49]
    assert (100 * found.share[1]).round().tolist() == [105, 61, 61, 94]
    assert (told.rank, told.unknowns) == (2, 6)
    ranges = [(100 * facts.share_ranges(found, told.unseen, KERNEL, o)[1]).round().tolist() for o in range(4)]
    assert ranges == [[95, 115], [19, 103], [44, 79], [81, 107]]


@pytest.mark.parametrize("output", range(4))
def test_open_ranges_equal_a_search_over_unseen_kernels(output):
    """Whiskers are the extremes of shares over kernels k + n, n unseen and no larger than k: by search, from inside."""
    p, random = problem(X, KERNEL), np.random.default_rng(0)
    found, told = facts.shares(p, X, KERNEL), facts.told(p, X, 0, bias=True)
    assert told is not None
    low, high = facts.share_ranges(found, told.unseen, KERNEL, output).T
    draws = random.normal(size=(20_000, len(told.unseen)))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    kernels = KERNEL[:, :, output] + np.linalg.norm(KERNEL[:, :, output]) * np.einsum("dn,nwc->dwc", draws, told.unseen)
    windows = np.lib.stride_tricks.sliding_window_view(X[0].astype(float), 3, axis=0)
    parts = np.einsum("tcw,dwc->dct", windows, kernels)
    y = parts.sum(axis=1)
    y0 = np.einsum("tcw,wc->t", windows, KERNEL[:, :, output].astype(float))
    assert np.abs(y - y0).max() < 1e-6, "no output changes"
    centred = parts - parts.mean(axis=2, keepdims=True)
    shares = np.einsum("dct,t->dc", centred, y0 - y0.mean()) / len(y0) / np.var(y0)
    assert np.all(shares.max(axis=0) <= high + 1e-6)
    assert np.all(shares.min(axis=0) >= low - 1e-6)
    np.testing.assert_allclose(shares.max(axis=0), high, atol=0.02 * (high - low).max())
    np.testing.assert_allclose(shares.min(axis=0), low, atol=0.02 * (high - low).max())


def test_pushing_moves_the_leading_share_to_the_end_of_its_range():
    p = problem(X, KERNEL)
    found, told = facts.shares(p, X, KERNEL), facts.told(p, X, 0, bias=True)
    assert told is not None
    for output in range(4):
        leading = int(np.argmax(found.share[:, output]))
        pushed = KERNEL.astype(float)
        pushed[:, :, output] += np.linalg.norm(KERNEL[:, :, output]) * facts.push_direction(found, told, output)
        after = facts.shares(p, X, pushed)
        high = facts.share_ranges(found, told.unseen, KERNEL, output)[leading, 1]
        assert after.share[leading, output] == pytest.approx(high, abs=1e-6)
        assert np.abs(after.y - found.y).max() < 1e-7


def test_white_noise_tells_every_weight():
    x = np.random.default_rng(0).normal(size=(2, 400, 3)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(5, 3, 2)).astype(np.float32)
    told = facts.told(problem(x, kernel), x, 0, bias=True)
    assert told is not None
    assert told.rank == told.unknowns == 15


@pytest.mark.parametrize("complex_too", [False, True])
def test_directions_split_the_error(complex_too):
    """The errors along directions sum to the mean squared difference of the outputs, less that of their means."""
    random = np.random.default_rng(0)
    x = random.normal(size=(1, 60, 2)) + (1j * random.normal(size=(1, 60, 2)) if complex_too else 0)
    kernels = random.normal(size=(3, 4, 2, 1)) + (1j * random.normal(size=(3, 4, 2, 1)) if complex_too else 0)
    p = problem(x, kernels[0])
    told = facts.told(p, x, 0, bias=True)
    assert told is not None
    errors = facts.direction_errors(told, kernels, kernels[2], 0).sum(axis=1)
    y = np.stack([facts.outputs_at(p, x[0], kernel, np.arange(p.output_length))[:, 0] for kernel in kernels])
    np.testing.assert_allclose(errors, np.var(y - y[2], axis=1), rtol=1e-10, atol=1e-20)


def test_a_spread_that_data_cannot_see_is_all_unseen():
    p = problem(X, KERNEL)
    told = facts.told(p, X, 0, bias=True)
    assert told is not None
    seeds = (
        KERNEL[None] + np.einsum("sn,nwc->swc", np.random.default_rng(0).normal(size=(6, 4)), told.unseen)[..., None]
    )
    assert facts.unseen_spread(told, seeds, 1) == pytest.approx(1, abs=1e-9)
    seen = KERNEL[None] + np.random.default_rng(0).normal(size=(6, 1, 1, 1)) * told.directions[0][..., None]
    assert facts.unseen_spread(told, seen, 1) == pytest.approx(0, abs=1e-9)
    assert BIAS.shape == (4,)
