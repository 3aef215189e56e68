"""What each input channel adds, and its share, against float64 NumPy from the formulas."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
from bounds import ROUNDOFF

import jconv
from jconv.analysis import contributions, shares

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def noise(random, shape, dtype):
    values = random.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * random.normal(size=shape)
    return jnp.asarray(values, dtype)


def summed(count, dtype):
    """Roundings, in units of the sum of absolute values, of a sum of `count` products: see `bounds.py`."""
    factor = np.sqrt(8) if np.dtype(dtype).kind == "c" else 1
    return count * ROUNDOFF[np.dtype(dtype)] * factor


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("settings", [{}, {"padding": "same", "stride": 2}, {"dilation": 2, "padding": "causal"}])
def test_contributions_and_bias_sum_to_the_output(random, settings, dtype):
    x, kernel, bias = (noise(random, shape, dtype) for shape in ((2, 20, 3), (4, 3, 5), (5,)))
    direct = {"method": "xla", **settings}
    y = np.asarray(jconv.conv1d(x, kernel, bias, **direct))
    parts = np.asarray(contributions(x, kernel, **direct))
    assert parts.shape == (3, *y.shape)
    assert parts.dtype == y.dtype
    sizes = np.asarray(jconv.conv1d(jnp.abs(x), jnp.abs(kernel), jnp.abs(bias), **direct))
    bound = 2 * summed(4 * 3 + 4, dtype) * sizes
    assert np.all(np.abs(parts.sum(axis=0) + np.asarray(bias) - y) <= bound)
    silenced = np.asarray(jconv.conv1d(x.at[..., 1].set(0), kernel, **direct))
    assert np.all(np.abs(silenced - parts[0] - parts[2]) <= bound)


@pytest.mark.parametrize("layout", ["NLC", "NCL"])
@pytest.mark.parametrize("groups", [1, 2])
def test_contributions_of_groups_in_both_layouts(random, groups, layout):
    """Each part is the output for an input of which all other channels are silent; the bias is a part of its own."""
    x, kernel, bias = (noise(random, shape, "float64") for shape in ((2, 20, 4), (3, 4 // groups, 6), (6,)))
    axes = (0, 2, 1) if layout == "NCL" else (0, 1, 2)
    moved = x.transpose(axes), kernel.T if layout == "NCL" else kernel
    settings = {"groups": groups, "padding": "same", "stride": 2}
    parts = np.asarray(contributions(*moved, bias, layout=layout, **settings))
    y = np.asarray(jconv.conv1d(*moved, bias, layout=layout, method="xla", **settings))
    assert parts.shape == (5, *y.shape)
    size_x, size_kernel, size_bias = (jnp.abs(array) for array in (*moved, bias))
    sizes = jconv.conv1d(size_x, size_kernel, size_bias, layout=layout, method="xla", **settings)
    bound = 2 * summed(3 * 4 + 5, "float64") * np.asarray(sizes)
    assert np.all(np.abs(parts.sum(axis=0) - y) <= bound)
    for channel in range(4):
        alone = jnp.zeros_like(x).at[..., channel].set(x[..., channel]).transpose(axes)
        expected = np.asarray(jconv.conv1d(alone, moved[1], layout=layout, method="xla", **settings))
        assert np.all(np.abs(parts[channel] - expected) <= bound)
        own = np.arange(6) // (6 // groups) == channel // (4 // groups)
        assert not parts[channel].transpose(axes)[..., ~own].any()
    assert np.array_equal(parts[4].transpose(axes)[0, 0], bias)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"groups": 3}, "`x` has shape (10, 3) and `kernel` (2, 3, 3) with `groups`=3; expected (*batch, length, in)"),
        ({"layout": "NCL"}, "`x` has shape (10, 3) and `kernel` (2, 3, 3) with `groups`=1; expected (*batch, in, len"),
        ({"layout": "NWC"}, "`layout` (='NWC') must be"),
        ({"bias": jnp.ones(2)}, "`bias` has shape (2,); expected (3,)"),
    ],
)
def test_contributions_refuse_in_a_line(settings, words):
    with pytest.raises(ValueError, match="^" + re.escape(words)) as error:
        contributions(jnp.ones((10, 3)), jnp.ones((2, 3, 3)), **settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("channels", [2, 4])
def test_contributions_drop_no_channel(channels):
    with pytest.raises(ValueError, match=r"`x` has shape \(10, 3\)"):
        contributions(jnp.ones((10, 3)), jnp.ones((2, channels, 3)))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_shares_are_covariances_over_the_variance(random, dtype):
    parts = np.asarray(noise(random, (3, 2, 40, 5), dtype))
    found = shares(parts)
    output = parts.sum(axis=0).reshape(-1, 5)
    for out in range(5):
        channels = [*parts.reshape(3, -1, 5)[:, :, out], output[:, out]]
        table = np.cov(channels, ddof=0)
        expected = np.real(table[:3, 3]) / np.real(table[3, 3])
        sizes = np.array([np.mean(np.abs(channel) * np.abs(output[:, out])) for channel in channels[:3]])
        bound = 4 * summed(80 + 4, dtype) * (sizes / np.real(table[3, 3]) + np.abs(expected))
        assert np.all(np.abs(found[:, out] - expected) <= bound)
        assert abs(found[:, out].sum() - 1) <= bound.sum()


def test_shares_do_not_see_a_bias_and_say_when_nothing_varies():
    wave = np.sin(np.arange(64.0))[:, None]
    parts = np.stack([3 * wave + 5, -wave])
    assert np.abs(shares(parts)[:, 0] - [1.5, -0.5]).max() <= 100 * EPS * 5
    assert np.isnan(shares(np.stack([wave, -wave, np.ones((64, 1))]))).all()
    with pytest.raises(ValueError, match="`parts` has shape"):
        shares(np.ones((3, 4)))
