"""What a training minimises: how parameters begin, the loss of a batch, what a look judges by, what is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import optax

from ..models import Convolution

if TYPE_CHECKING:
    from ..networks.classifier import Classifier


@dataclass(frozen=True)
class Objective:
    """Pure functions of one member; `rest` is what a model carries and no gradient moves, {} where there is nothing.

    Attributes:
        init: key -> (parameters, rest).
        loss: (parameters, rest, x, y, key) of a batch -> (value, rest after it).
        judged: (parameters, rest, x, y) -> loss of a part that is only looked at.
        arrays: (parameters, rest) -> what is kept of them by name, "kernel" among them, which is drawn on its way.
        one_by_one: members are stepped one after the other, not by vmap: their batches fill the machine already.
    """

    init: Callable[[jax.Array], tuple[Any, Any]]
    loss: Callable[[Any, Any, jax.Array, jax.Array, jax.Array], tuple[jax.Array, Any]]
    judged: Callable[[Any, Any, jax.Array, jax.Array], jax.Array]
    arrays: Callable[[Any, Any], dict[str, jax.Array]]
    one_by_one: bool = False


def squared_error(convolution: Convolution) -> Objective:
    """The mean squared error of a convolution's outputs."""

    def error(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((convolution.apply(params, x) - y) ** 2)

    return Objective(
        init=lambda key: (convolution.init(key), {}),
        loss=lambda params, rest, x, y, _: (error(params, x, y), rest),
        judged=lambda params, _, x, y: error(params, x, y),
        arrays=lambda params, _: convolution.arrays(params),
    )


def cross_entropy(network: "Classifier", smoothing: float) -> Objective:
    """The cross-entropy of a network's logits; y are labels, whole numbers.

    Args:
        network: what gives them.
        smoothing: share of each label that is spread over all classes, in `loss` alone.
    """

    def loss(params: Any, rest: Any, x: jax.Array, labels: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        logits, rest = network.training_logits(params, rest, x, jax.random.fold_in(key, 1))
        wanted = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), smoothing)
        return optax.softmax_cross_entropy(logits, wanted).mean(), rest

    def judged(params: Any, rest: Any, x: jax.Array, labels: jax.Array) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(network.logits(params, rest, x), labels).mean()

    return Objective(network.init, loss, judged, network.arrays, one_by_one=True)
