"""Shares and their range: those of the parts, and those a search over unseen kernels finds."""

import jax.numpy as jnp
import numpy as np
import pytest

from experiments.notebook import KERNEL, sin_and_cos
from jconv.analysis import contributions, float64_output, identifiability, share_ranges, shares

SETTINGS = [{}, {"padding": "same"}, {"stride": 2, "padding": (3, 1), "padding_mode": "circular"}, {"dilation": 2}]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_the_share_is_that_of_the_parts(settings, groups, dtype):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 50, 4)), rng.normal(size=(3, 4 // groups, 6))
    if dtype == "complex128":
        x, kernel = x + 1j * rng.normal(size=x.shape), kernel + 1j * rng.normal(size=kernel.shape)
    parts = contributions(jnp.asarray(x), jnp.asarray(kernel), groups=groups, method="xla", **settings)
    found = share_ranges(x, kernel, groups=groups, **settings)
    assert np.abs(found.share - shares(np.asarray(parts))).max() <= 1e-12
    assert np.abs(found.share.sum(axis=0) - 1).max() <= 1e-12
    np.testing.assert_allclose(found.low, found.share, atol=1e-12)  # noise leaves nothing open
    np.testing.assert_allclose(found.radius, np.linalg.norm(kernel, axis=(0, 1)))


def test_the_notebooks_shares_are_open():
    """In the third column of numbers: what 47 % of weight is worth, and what the input leaves open of it."""
    found = share_ranges(sin_and_cos(), KERNEL)
    assert (100 * found.share[1]).round().tolist() == [105, 61, 61, 94]
    assert (100 * found.low[1]).round().tolist() == [95, 19, 44, 81]
    assert (100 * found.high[1]).round().tolist() == [115, 103, 79, 107]


@pytest.mark.parametrize("radius", [None, 0.4])
def test_the_range_is_what_a_search_finds(radius):
    """20000 unseen kernels of that norm come near both ends, and none goes beyond; the output stays as it is."""
    rng = np.random.default_rng(0)
    x = sin_and_cos().astype(np.float64)
    kernel = KERNEL[:, :, 1:2].astype(np.float64)
    found = share_ranges(x, kernel, radius=radius, rounding=1e-7)
    unseen = identifiability(x, 3, rounding=1e-7).unseen
    along = rng.normal(size=(20_000, len(unseen)))
    along *= found.radius[0] / np.linalg.norm(along, axis=1, keepdims=True)
    others = kernel[None, ..., 0] + np.tensordot(along, unseen, axes=1)
    windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis=0)  # (length', in, taps)
    parts = np.einsum("tcj,njc->nct", windows, others)
    y = parts.sum(axis=1)
    assert np.abs(y - float64_output(x, kernel)[:, 0]).max() <= 1e-6
    centred, whole = parts - parts.mean(axis=2, keepdims=True), y - y.mean(axis=1, keepdims=True)
    tried = np.einsum("nct,nt->nc", centred, whole) / np.sum(whole**2, axis=1)[:, None]
    width = (found.high - found.low)[:, 0]
    assert np.all(tried.min(axis=0) >= found.low[:, 0] - 1e-6)
    assert np.all(tried.max(axis=0) <= found.high[:, 0] + 1e-6)
    assert np.all(tried.min(axis=0) <= found.low[:, 0] + 0.02 * width)
    assert np.all(tried.max(axis=0) >= found.high[:, 0] - 0.02 * width)
    assert width.min() > 0.1


def test_an_output_that_does_not_vary_has_no_share():
    assert np.isnan(share_ranges(np.ones((20, 2)), np.ones((1, 2, 1))).share).all()


@pytest.mark.parametrize(
    ("kernel", "settings", "words"),
    [
        (np.ones((3, 2)), {}, r"^`kernel` has shape \(3, 2\)"),
        (np.ones((3, 3, 1)), {}, r"^`x` has shape \(9, 2\) and `kernel` \(3, 3, 1\)"),
        (np.ones((3, 2, 1)), {"radius": -1.0}, r"^`radius` \(=-1\.0\)"),
    ],
)
def test_bad_input_is_told_in_a_line(kernel, settings, words):
    with pytest.raises(ValueError, match=words):
        share_ranges(np.ones((9, 2)), kernel, **settings)
