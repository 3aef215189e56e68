"""What is timed of each problem: the result, each gradient, the whole step, and the step again inside a loop."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from benchmarks.problems import Problem

CELLS = ("output", "gradient for x", "gradient for kernel", "whole step", "step in scan")
SCANNED_STEPS = 3
LEARNING_RATE = 1e-30  # too small to change the kernel, so that every step has the same right answer

Convolution = Callable[[Array, Array], Array]


def cells_of(problem: Problem) -> tuple[str, ...]:
    """All cells, the loop only where the problem asks for it."""
    return CELLS if problem.scan else CELLS[:-1]


def jax_cell(cell: str, convolution: Convolution) -> Callable:
    """The function `(x, kernel, g) -> results` of a cell, the gradients taken as a user would.

    A whole step is that of the loss `sum(y**2) / 2`, whose cotangent is y itself: the backward pass waits for the
    forward pass, as in training, and nothing extra is computed.
    """

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
