"""With `padding="causal"` and `method="direct"` no later sample reaches an earlier output, not even by rounding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jconv
from jconv.nnx import Conv1D

CASES = {  # batch, length, in, out, taps, dilation, groups
    "wide": (2, 96, 64, 64, 3, 1, 1),
    "dilated": (2, 96, 32, 32, 5, 4, 1),
    "groups": (2, 96, 32, 32, 5, 1, 4),
    "small groups": (2, 96, 16, 16, 5, 2, 8),
    "depthwise": (2, 96, 24, 24, 7, 3, 24),
    "long": (1, 900, 1, 1, 301, 1, 1),
    "long depthwise": (1, 700, 8, 8, 127, 2, 8),
}


def arrays(name):
    batch, length, inputs, outputs, taps, dilation, groups = CASES[name]
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(batch, length, inputs)), rng.normal(size=(taps, inputs // groups, outputs))
    settings = {"padding": "causal", "dilation": dilation, "groups": groups, "method": "direct"}
    return x.astype(np.float32), kernel.astype(np.float32), settings


@pytest.mark.parametrize("name", CASES)
def test_later_samples_change_no_bit_of_earlier_outputs(name):
    x, kernel, settings = arrays(name)
    at = x.shape[1] // 2 + 1
    convolved = jax.jit(lambda x: jconv.conv1d(x, kernel, **settings))
    before = np.asarray(convolved(x))[:, :at]
    for later in (np.nan, np.inf, 1e30):
        changed = x.copy()
        changed[:, at:] = later
        np.testing.assert_array_equal(np.asarray(convolved(changed))[:, :at], before)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("long")])
def test_the_jacobian_is_exactly_zero_outside_the_window(name):
    """The gradient for x of one output, from a cotangent that is zero elsewhere."""
    x, kernel, settings = arrays(name)
    span = (kernel.shape[0] - 1) * settings["dilation"] + 1
    y, back = jax.vjp(lambda x: jconv.conv1d(x, kernel, **settings), x)
    for at in (0, 40, x.shape[1] - 1):
        gradient = np.asarray(back(jnp.zeros_like(y).at[:, at].set(1e30))[0])
        outside = np.ones(x.shape[1], bool)
        outside[max(at - span + 1, 0) : at + 1] = False
        assert not gradient[:, outside].any()
        assert gradient[:, at].any()


def test_the_jacobian_is_exactly_zero_behind_masked_taps():
    """Every other tap of a causal layer is masked: outputs do not depend on what those taps see."""
    mask = np.zeros((6, 1, 24), np.float32)
    mask[1::2] = 1
    layer = Conv1D(
        24, 24, 6, padding="CAUSAL", feature_group_count=24, mask=jnp.asarray(mask), method="direct", rngs=nnx.Rngs(0)
    )
    x = np.random.default_rng(0).normal(size=(1, 50, 24)).astype(np.float32)
    gradient = np.asarray(jax.grad(lambda x: 1e30 * layer(x)[0, 30].sum())(x))[0]
    seen = gradient.any(axis=1)
    assert np.flatnonzero(seen).tolist() == [26, 28, 30]
