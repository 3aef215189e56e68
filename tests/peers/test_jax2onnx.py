"""Networks to ONNX by jax2onnx, as they are and through `lax_only`, run by the reference evaluator of onnx.

Entries are small integers, so every sum of products is exact in float32 and the two must be equal.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from needed import needed

from jconv import conv1d, conv_transpose1d, lax_only

jax2onnx = needed("jax2onnx", "exporters")
reference = needed("onnx.reference", "exporters")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]


def integers(seed, *shape):
    return np.random.default_rng(seed).integers(-2, 3, size=shape).astype(np.float32)


X, FIRST, SECOND, THIRD = integers(0, 2, 20, 4), integers(1, 3, 4, 8), integers(2, 3, 2, 8), integers(3, 4, 3, 8)


def network(x):
    x = jax.nn.relu(conv1d(x, FIRST, stride=2, padding="causal"))
    x = jax.nn.relu(conv1d(x, SECOND, groups=4, dilation=2, padding="same"))
    return conv_transpose1d(x, THIRD, stride=2)


def gradient(x):
    return jax.grad(lambda x: jnp.sum(network(x)))(x)


@pytest.fixture(autouse=True)
def defaults_of_jax():
    """jax2onnx writes float32 and promotes dtypes itself; `strict_jax` restores what is changed here."""
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    jax.config.update("jax_numpy_rank_promotion", "allow")


@pytest.mark.parametrize("batch", [2, "B"])
@pytest.mark.parametrize(
    "exported",
    [lambda x: network(x), jax.jit(network), lax_only(network), lax_only(jax.jit(network))],
    ids=["as it is", "jit", "lax_only", "lax_only of jit"],
)
def test_an_exported_network_is_the_network(exported, batch):
    session = reference.ReferenceEvaluator(jax2onnx.to_onnx(exported, inputs=[(batch, 20, 4)]))
    (got,) = session.run(None, {session.input_names[0]: X})
    np.testing.assert_array_equal(got, network(X))


def test_an_exported_gradient():
    session = reference.ReferenceEvaluator(jax2onnx.to_onnx(lax_only(gradient), inputs=[X.shape]))
    (got,) = session.run(None, {session.input_names[0]: X})
    np.testing.assert_array_equal(got, gradient(X))
