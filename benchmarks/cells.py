"""What is timed of each problem: the result, each gradient, the whole step, the step inside a loop, or losses.

A loss is the sum of an activation of convolution and bias, and its cell the value and the gradients for x, kernel and
bias. There the compiler sees the activation beside the convolution, as it does in training, and may fuse the two: a
gradient whose cotangent comes as an argument says nothing of that.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from benchmarks.problems import Problem

CELLS = ("output", "gradient for x", "gradient for kernel", "whole step", "step in scan")
SCANNED_STEPS = 3
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "square": jnp.square,
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=True),
    "silu": jax.nn.silu,
}
LOSS = " loss"
LEARNING_RATE = 1e-30  # too small to change the kernel, so that every step has the same right answer

Convolution = Callable[..., Array]  # (x, kernel), or (x, kernel, bias)


def cells_of(problem: Problem) -> tuple[str, ...]:
    """The losses of a problem that has any; otherwise all cells, the loop only where the problem asks for it."""
    if problem.losses:
        return tuple(f"{activation}{LOSS}" for activation in problem.losses)
    return CELLS if problem.scan else CELLS[:-1]


def activation_of(cell: str) -> str | None:
    """The activation of a loss cell, None for the other cells."""
    return cell.removesuffix(LOSS) if cell.endswith(LOSS) else None


def jax_loss(activation: str, convolution: Convolution) -> Callable:
    """The function `(x, kernel, bias) -> (loss, gradients for x, kernel and bias)` as a user would write it."""

    def loss(x, kernel, bias):
        return ACTIVATIONS[activation](convolution(x, kernel, bias)).sum()

    def contender(x, kernel, bias):
        value, gradients = jax.value_and_grad(loss, (0, 1, 2))(x, kernel, bias)
        return value, *gradients

    return contender


def jax_cell(cell: str, convolution: Convolution) -> Callable:
    """The function `(x, kernel, g) -> results` of a cell, in a loss with the bias for `g`, as a user would write it.

    A whole step is that of the loss `sum(y**2) / 2`, whose cotangent is y itself: the backward pass waits for the
    forward pass, as in training, and nothing extra is computed.
    """
    if activation := activation_of(cell):
        return jax_loss(activation, convolution)

    def contender(x, kernel, g):
        if cell == "output":
            return (convolution(x, kernel),)
        if cell == "gradient for x":
            return jax.vjp(lambda x: convolution(x, kernel), x)[1](g)
        if cell == "gradient for kernel":
            return jax.vjp(lambda kernel: convolution(x, kernel), kernel)[1](g)
        if cell == "whole step":
            return _step(x, kernel)
        return _scanned(x, kernel)

    def _step(x, kernel):
        y, pull_back = jax.vjp(convolution, x, kernel)
        return y, *pull_back(y)

    def _scanned(xs, kernel):
        def body(carry, x):
            kernel, _, _ = carry
            _, x_gradient, kernel_gradient = _step(x, kernel)
            return (kernel - LEARNING_RATE * kernel_gradient, x_gradient, kernel_gradient), None

        (_, *gradients), _ = lax.scan(body, (kernel, jnp.zeros_like(xs[0]), jnp.zeros_like(kernel)), xs)
        return tuple(gradients)

    return contender
