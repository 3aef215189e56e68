"""The best kernel against NumPy's least squares on the patch matrix, over all settings."""

import numpy as np
import pytest
from hypothesis import assume, given
from patches import EPS, patches, problems

from experiments.notebook import sin_and_cos
from jconv.analysis import float64_output, gram_matrix, least_squares_kernel


def by_patches(x, y, problem, ridge=0.0):
    """Kernel and bias of each group, joined, from the patch matrix: the smallest kernel, the bias from the means."""
    kernels, biases, conditions = [], [], []
    outs = y.shape[-1] // problem.groups
    for group in range(problem.groups):
        rows = patches(x, problem, group)
        rows = rows.reshape(-1, rows.shape[2])[:, : problem.kernel_size * problem.channels]
        target = y[..., group * outs : (group + 1) * outs].reshape(-1, outs)
        means = [part.mean(axis=0) if problem.bias else np.zeros(part.shape[1]) for part in (rows, target)]
        centred = rows - means[0]
        sizes = np.linalg.svd(centred, compute_uv=False)
        some = sizes[sizes > 1e-6 * np.linalg.norm(rows)]
        conditions.append(some[0] / some[-1] if len(some) else 1.0)
        assume(not np.any((sizes < 1e-3 * np.linalg.norm(rows)) & (sizes > 1e-11 * np.linalg.norm(rows))))
        if ridge:
            more = np.sqrt(ridge * len(rows)) * np.eye(rows.shape[1])
            whole = np.concatenate([centred, more]), np.concatenate([target - means[1], np.zeros((len(more), outs))])
        else:
            whole = centred, target - means[1]
        kernel = np.linalg.lstsq(*whole, rcond=1e-9)[0]
        kernels.append(kernel)
        biases.append(means[1] - means[0] @ kernel)
    kernel = np.concatenate(kernels, axis=1).reshape(problem.kernel_size, problem.channels, -1)
    return kernel, np.concatenate(biases), max(conditions)


@pytest.fixture(params=["rows", "correlations"], scope="module")
def way(request):
    patch = pytest.MonkeyPatch()
    patch.setattr(gram_matrix, "DIRECT_PRODUCTS", 10**9 if request.param == "rows" else -1)
    yield request.param
    patch.undo()


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@given(problem=problems())
def test_it_is_numpys_answer_to_nine_digits(way, ridge, problem):
    """Also where there are fewer windows than unknowns, or windows of padding alone: then it is the smallest."""
    x = problem.x
    outputs = patches(x, problem).shape[1]
    y = problem.random(problem.entries, outputs, 2 * problem.groups)
    kernel, bias, condition = by_patches(x, y, problem, ridge)
    assume(condition < 100)  # the normal equations square it: 1e4 of it, with 1e5 roundings, are nine digits
    found = least_squares_kernel(x, y, problem.kernel_size, bias=problem.bias, ridge=ridge, **problem.options)
    assert np.abs(found.kernel - kernel).max() <= 1e-9
    left = y - float64_output(x, kernel, bias, **problem.options)
    assert np.abs(found.mse - np.mean(np.abs(left) ** 2, axis=(0, 1))).max() <= 1e-9
    assert (found.bias is None) == (found.bias_standard_error is None) == (not problem.bias)
    if problem.bias:
        assert found.bias is not None
        assert np.abs(found.bias - bias).max() <= 1e-9


@given(problem=problems())
def test_standard_errors_are_the_sandwich_of_the_patch_matrix(problem):
    """For white and heteroscedastic noise; `test_noise.py` has the autocorrelated."""
    x = problem.x
    sizes = patches(x, problem).shape
    y = problem.random(*sizes[:2], problem.groups)
    *_, condition = by_patches(x, y, problem)
    free = sizes[0] * sizes[1] - sizes[2]
    assume(condition < 100 and free > 0)
    for noise in ("white", "heteroscedastic"):
        found = least_squares_kernel(x, y, problem.kernel_size, bias=problem.bias, noise=noise, **problem.options)
        assume(found.rank == found.unknowns and (found.bias_seen or not problem.bias))
        for group in range(problem.groups):
            rows = patches(x, problem, group).reshape(-1, sizes[2])
            target = y[..., group].reshape(-1)
            inverse = np.linalg.pinv(rows)
            left = np.abs(target - rows @ (inverse @ target)) ** 2
            if noise == "white":
                expected = np.sum(np.abs(inverse) ** 2, axis=1) * left.sum() / free
            else:
                expected = np.abs(inverse) ** 2 @ left * len(rows) / free
            errors = found.standard_error[..., group].reshape(-1)
            if found.bias_standard_error is not None:
                errors = np.append(errors, found.bias_standard_error[group])
            assert np.allclose(errors**2, expected, rtol=1e-7, atol=1e-12)


def test_sin_and_cos_determine_two_numbers_of_six():
    x = sin_and_cos()
    y = float64_output(x, np.random.default_rng(0).normal(size=(3, 2, 4)))
    found = least_squares_kernel(x, y, 3)
    assert (found.rank, found.unknowns, found.bias_seen) == (2, 6, True)
    assert found.mse.max() < 1e-12
    other = least_squares_kernel(x, y, 3, bias=False)
    assert np.linalg.norm(other.kernel) <= np.linalg.norm(found.kernel) * 1.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [3000, 300_000])
def test_rounding_of_long_correlations_does_not_count_as_seen(dtype, length, monkeypatch):
    """A wave determines 2 numbers of 256 by either way; the transforms' rounding must stay below the cut."""
    wave = np.sin(0.05 * np.arange(length))[:, None].astype(dtype)
    monkeypatch.setattr(gram_matrix, "DIRECT_PRODUCTS", -1)
    assert least_squares_kernel(wave, wave[255:], 256, noise="white", bias=False).rank == 2


def test_a_bias_that_cannot_be_told_apart_leaves_the_smallest_kernel():
    x = np.full((1, 30, 1), 3.0)
    found = least_squares_kernel(x, x[:, 2:], 3)
    assert (found.rank, found.bias_seen) == (1, False)
    assert found.bias is not None
    assert np.abs(found.kernel).max() <= 10 * EPS
    assert np.abs(found.bias - 3).max() <= 100 * EPS


def test_tiny_and_shifted_signals_are_fitted_as_any_other():
    """The unit of x must not decide what is seen: 1e-9 V, or 1e4 beside a signal of 1."""
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(500, 1)), np.array([1.0, -2.0, 0.5])[:, None, None]
    for scale, shift in ((1e-9, 0.0), (1.0, 1e4), (1e9, 0.0)):
        moved = x * scale + shift
        found = least_squares_kernel(moved, float64_output(moved, kernel) + scale, 3)
        assert (found.rank, found.bias_seen) == (3, True)
        assert np.abs(found.kernel - kernel).max() <= 1e-6


def test_no_more_outputs_than_unknowns_have_no_standard_error():
    x = np.random.default_rng(0).normal(size=(4, 1))
    found = least_squares_kernel(x, x[1:], 2)
    assert np.isnan(found.standard_error).all()
    assert found.mse[0] < 1e-20


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.ones((9, 1))}, "`y` has shape (9, 1); expected (8, out)"),
        ({"y": np.full((8, 1), np.inf)}, "`y` must be finite"),
        ({"ridge": -1.0}, "`ridge` (=-1.0)"),
        ({"noise": "pink"}, "`noise` (='pink')"),
        ({"rounding": 2.0}, "`rounding` (=2.0)"),
    ],
)
def test_bad_input_is_told_in_a_line(change, words):
    given = {"x": np.arange(20.0).reshape(10, 2) ** 2, "y": np.ones((8, 1)), "kernel_size": 3, **change}
    with pytest.raises(ValueError, match="`") as caught:
        least_squares_kernel(given.pop("x"), given.pop("y"), given.pop("kernel_size"), **given)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
