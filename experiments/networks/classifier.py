"""What every network is to the training: parameters, logits, and the kernel that sees the signal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
from flax import nnx

PREFIX = "network"  # of the names of its arrays


@dataclass(frozen=True)
class Classifier:
    """A network taken apart; pure functions that can be traced.

    Attributes:
        init: key -> (parameters, rest); the rest is what no gradient moves, as the means of a batch norm.
        training_logits: (parameters, rest, x of (batch, length, in), key) -> (logits (batch, classes), rest after it).
        logits: (parameters, rest, x) -> logits, as once it is trained.
        module: (parameters, rest) -> the module, as once it is trained.
        path: (taps, stride, dilation) of each convolution from the signal to the head, without shortcuts.
    """

    init: Callable[[jax.Array], tuple[Any, Any]]
    training_logits: Callable[[Any, Any, jax.Array, jax.Array], tuple[jax.Array, Any]]
    logits: Callable[[Any, Any, jax.Array], jax.Array]
    module: Callable[[Any, Any], Any]
    path: tuple[tuple[int, int, int], ...]

    def arrays(self, params: Any, rest: Any) -> dict[str, jax.Array]:
        """All arrays by where they are, as "network/head/kernel", and "kernel", the first one."""
        leaves = jax.tree_util.tree_flatten_with_path((params, rest))[0]
        return {"kernel": self.module(params, rest).path[0].kernel[...], **{name(path): leaf for path, leaf in leaves}}

    def taken_back(self, arrays: Mapping[str, Any]) -> tuple[Any, Any]:
        """(parameters, rest) of what `arrays` gave."""
        shapes = jax.eval_shape(self.init, jax.random.key(0))
        leaves, tree = jax.tree_util.tree_flatten_with_path(shapes)
        return jax.tree.unflatten(tree, [arrays[name(path)] for path, _ in leaves])


def name(path: Any) -> str:
    """Where a leaf of (parameters, rest) is, without the "value" that ends the path of a flax variable."""
    return "/".join([PREFIX, *(str(entry.key) for entry in path[1:] if hasattr(entry, "key"))])


def taken_apart(build: Callable[[nnx.Rngs], Any]) -> Classifier:
    """The functions of a module.

    Args:
        build: makes the module; its call takes x, and `rngs` as well where it has a dropout.
    """
    made = nnx.eval_shape(lambda: build(nnx.Rngs(0)))
    drops = any(isinstance(module, nnx.Dropout) for _, module in nnx.iter_graph(made))
    made.train()
    training = nnx.split(made, nnx.Param, ...)[0]
    made.eval()
    trained = nnx.split(made, nnx.Param, ...)[0]

    def init(key: jax.Array) -> tuple[Any, Any]:
        _, params, rest = nnx.split(build(nnx.Rngs(key)), nnx.Param, ...)
        return params, rest

    def training_logits(params: Any, rest: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        network = nnx.merge(training, params, jax.tree.map(lambda a: a, rest))  # else flax takes it for another trace's
        logits = network(x, nnx.Rngs(dropout=key)) if drops else network(x)
        return logits, nnx.state(network, nnx.Not(nnx.Param))

    return Classifier(
        init=init,
        training_logits=training_logits,
        logits=lambda params, rest, x: nnx.merge(trained, params, rest)(x),
        module=lambda params, rest: nnx.merge(trained, params, rest),
        path=tuple((each.kernel_size[0], each.strides, each.kernel_dilation) for each in made.path),
    )
