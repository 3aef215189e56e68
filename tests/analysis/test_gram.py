"""Gram matrices and outputs against the patch matrix, by both ways: rows, and correlations less what hangs over."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from patches import EPS, patches, problems

import jconv
from jconv.analysis import design as design_file
from jconv.analysis import float64_output, gram, gram_matrix


@pytest.fixture(params=["rows", "correlations"], scope="module")
def way(request):
    """Each way whatever the size; correlations need windows enough, else rows are taken."""
    patch = pytest.MonkeyPatch()
    patch.setattr(gram_matrix, "DIRECT_PRODUCTS", 10**9 if request.param == "rows" else -1)
    yield request.param
    patch.undo()


def rounding(rows, sizes):
    """Sums of so many products, or transforms of them: `bounds.fourier` with 2**10 positions."""
    return 6 * np.sqrt(rows + 120) * EPS * np.sqrt(8) * sizes


def designs_of(problem):
    names = ("kernel_size", "stride", "padding", "padding_mode", "dilation", "groups")
    settings = design_file.Settings(**{name: getattr(problem, name) for name in names})
    return design_file.designs(problem.x, settings, problem.bias)


@given(problems())
def test_gram_is_that_of_the_patch_matrix(way, problem):
    assume(problem.length > 0)
    found = gram(problem.x, problem.kernel_size, bias=problem.bias, **problem.options)
    for group in range(problem.groups):
        rows = patches(problem.x, problem, group).reshape(-1, found.shape[1])
        sizes = np.sum(np.abs(rows) ** 2) / len(rows)  # what hangs over an end counts too, and is no more than this
        assert np.all(np.abs(found[group] - rows.conj().T @ rows / len(rows)) <= rounding(len(rows), 2 * sizes))


@given(problems())
def test_weighted_grams_are_that_of_rows_between_weights(way, problem):
    rng = np.random.default_rng(problem.seed)
    for group, design in enumerate(designs_of(problem)):
        rows = patches(problem.x, problem, group)
        count = rows.shape[1]
        lags = int(rng.integers(0, min(count, 9)))
        weights = rng.normal(size=lags + 1) + 1j * problem.is_complex * rng.normal(size=lags + 1)
        weights = weights if problem.is_complex else weights.real
        weights[0] = weights[0].real
        apart = np.arange(count)[:, None] - np.arange(count)
        between = np.where(np.abs(apart) <= lags, weights[np.minimum(np.abs(apart), lags)], 0)
        between = np.where(apart < 0, between.conj(), between)
        expected = np.einsum("esa,st,etb->ab", rows.conj(), between, rows)
        (found,) = gram_matrix.weighted_grams(design, [weights])
        sizes = np.sum(np.abs(rows) ** 2) * np.abs(weights).sum() * 2
        assert np.all(np.abs(found - expected) <= rounding(count * problem.entries, 2 * sizes))


@given(problems())
def test_products_with_the_target(way, problem):
    for group, design in enumerate(designs_of(problem)):
        rows = patches(problem.x, problem, group)
        y = problem.random(*rows.shape[:2], 2)
        sizes = np.sqrt(np.sum(np.abs(rows) ** 2) * np.sum(np.abs(y) ** 2))
        found = gram_matrix.cross(design, y)
        expected = np.einsum("eta,eto->ao", rows.conj(), y)
        assert np.all(np.abs(found - expected) <= rounding(rows.shape[0] * rows.shape[1], 2 * sizes))


@pytest.mark.parametrize("summed", [0, 32], ids=["transforms", "taps"])
@given(problem=problems())
def test_outputs_in_float64(summed, problem):
    kernel = problem.random(problem.kernel_size, problem.channels, 2 * problem.groups)
    bias = problem.random(2 * problem.groups) if problem.bias else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(design_file, "TAPS_SUMMED", summed)
        found = float64_output(problem.x, kernel, bias, **problem.options)
    for group in range(problem.groups):
        own = slice(2 * group, 2 * group + 2)
        rows, weights = patches(problem.x, problem, group), kernel[..., own].reshape(-1, 2)
        weights = weights if bias is None else np.concatenate([weights, bias[None, own]])
        sizes = np.linalg.norm(rows) * np.linalg.norm(weights)
        assert np.all(np.abs(found[..., own] - rows @ weights) <= rounding(weights.shape[0], sizes))


@pytest.mark.parametrize("padding", ["valid", "same", "same_lower", "causal", 2, (3, 0)])
def test_padding_is_that_of_the_convolution(padding):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 3, 31, 4)), rng.normal(size=(4, 2, 6))
    settings = {"padding": padding, "stride": 2, "dilation": 3, "groups": 2, "padding_mode": "reflect"}
    expected = np.asarray(jconv.conv1d(x, kernel, method="xla", **settings))
    found = float64_output(x, kernel, **settings)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 40 * EPS * np.abs(kernel).sum() * np.abs(x).max()


def test_long_signals_are_read_in_pieces(monkeypatch):
    """With pieces of a few windows the answers are the same, over seams too."""
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(3, 700, 2)), rng.normal(size=(40, 2, 3))
    whole = gram(x, 40, stride=2), float64_output(x, kernel, stride=2)
    for name in ("design", "correlation"):
        monkeypatch.setattr(f"jconv.analysis.{name}.NUMBERS", 2**9)
    for products in (10**9, -1):
        monkeypatch.setattr(gram_matrix, "DIRECT_PRODUCTS", products)
        parts = gram(x, 40, stride=2), float64_output(x, kernel, stride=2)
        for part, all_ in zip(parts, whole, strict=True):
            assert np.abs(part - all_).max() <= 1e3 * EPS * np.abs(all_).max()


def test_a_memory_mapped_signal_stays_on_the_disk(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (2000, 1))
    x[:, 0] = np.random.default_rng(0).normal(size=2000)
    (design,) = design_file.designs(design_file.data("x", x), design_file.Settings(5), True)
    assert np.shares_memory(design.x, x)
    assert np.allclose(gram(x, 5), gram(np.array(x), 5), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("x", "settings", "error", "words"),
    [
        (np.ones(5), {}, ValueError, "`x` has shape (5,)"),
        (np.ones((0, 2)), {}, ValueError, "`x` has shape (0, 2)"),
        (np.ones((9, 2)), {"groups": 3}, ValueError, "`groups` (=3) must divide the 2 channels"),
        (np.ones((9, 2)), {"padding_mode": "mirror"}, ValueError, "`padding_mode` (='mirror')"),
        (np.ones((9, 2)), {"stride": 0}, ValueError, "`stride` (=0)"),
        (np.ones((2, 2)), {}, ValueError, "the output would be empty"),
        (np.array([["a"] * 2] * 9), {}, TypeError, "`x` is of dtype <U1"),
        (np.full((9, 2), np.nan), {}, ValueError, "`x` must be finite"),
    ],
)
def test_bad_input_is_told_in_a_line(x, settings, error, words):
    with pytest.raises(error, match="^" + re.escape(words)) as caught:
        gram(x, 3, **settings)
    assert "\n" not in str(caught.value)
