"""Contenders: what takes part in a race, and how a JAX function `(x, kernel) -> y` becomes one.

A contender computes each cell of a case in a layout of its own, and may sit some out.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from benchmarks.cases import Case, activation_of

SCANNED_STEPS = 3
LEARNING_RATE = 1e-30  # too small to change the kernel, so that every step has the same right answer
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "square": jnp.square,
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=True),
    "silu": jax.nn.silu,
}

Convolution = Callable[..., Array]  # (x, kernel), or (x, kernel, bias)


@dataclass
class Ready:
    """One cell of one contender, compiled and with its operands in place.

    `call` runs it once and waits; `results` turns what that gives to float64, channels last. One call takes `repeats`
    steps. Two contenders with the same `program` are the same machine code, and timed once.
    """

    call: Callable[[], Any]
    results: Callable[[Any], tuple[np.ndarray, ...]]
    repeats: int = 1
    compile_seconds: float | None = None
    temporary_bytes: int | None = None
    program: str | None = None


@dataclass(frozen=True)
class Contender:
    """A method of ours, or a peer.

    `refuses(case, cell)` says why it sits a cell out, or gives None. `prepare(case, cell, operands, programs)` makes a
    cell ready; `programs` are those that this cell has already, by their text.
    """

    name: str
    peer: bool
    refuses: Callable[[Case, str], str | None]
    prepare: Callable[[Case, str, tuple[np.ndarray, ...], dict[str, Ready]], Ready]


def _as_it_is(a: np.ndarray) -> np.ndarray:
    return a


def _channels_and_length(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)


def _first_and_last(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -3)


@dataclass(frozen=True)
class Layout:
    """How a contender lays out its arrays: changes from channels last, that of signals being its own way back."""

    signal: Callable[[np.ndarray], np.ndarray]
    kernel: Callable[[np.ndarray], np.ndarray]
    kernel_back: Callable[[np.ndarray], np.ndarray]

    def native(self, cell: str, x: np.ndarray, k: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, ...]:
        """Signal, kernel and cotangent (of a loss the bias) in this layout."""
        last = g if activation_of(cell) else self.signal(g)
        return tuple(np.ascontiguousarray(a) for a in (self.signal(x), self.kernel(k), last))

    def restored(self, cell: str, results: tuple) -> tuple[np.ndarray, ...]:
        """The results of a cell, channels last, in float64."""
        loss = (_as_it_is, self.signal, self.kernel_back, _as_it_is)
        ways = {
            "output": (self.signal,),
            "gradient for x": (self.signal,),
            "gradient for kernel": (self.kernel_back,),
            "whole step": (self.signal, self.signal, self.kernel_back),
            "step in scan": (self.signal, self.kernel_back),
        }.get(cell, loss)
        return tuple(way(np.asarray(a).astype(np.float64)) for way, a in zip(ways, results, strict=True))


CHANNELS_LAST = Layout(_as_it_is, _as_it_is, _as_it_is)
CHANNELS_FIRST = Layout(_channels_and_length, _first_and_last, _first_and_last)

# (out, in, width), reversed in time: how Equinox keeps the kernel of a transposed convolution
CHANNELS_FIRST_REVERSED = Layout(
    _channels_and_length,
    lambda k: np.moveaxis(k[..., ::-1, :, :], -3, -1),
    lambda k: np.moveaxis(k, -1, -3)[..., ::-1, :, :],
)


def jax_contender(
    name: str,
    peer: bool,
    layout: Callable[[Case], Layout],
    convolution: Callable[[Case], Convolution],
    refuses: Callable[[Case, str], str | None],
) -> Contender:
    """A contender that is a JAX function `(x, kernel) -> y` in a layout of its own."""

    def prepare(case: Case, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
        way = layout(case)
        x, kernel, g = way.native(cell, *operands)
        scanned = cell == "step in scan"
        arrays = [jnp.asarray(a) for a in (np.stack([x] * SCANNED_STEPS) if scanned else x, kernel, g)]
        function = jax.jit(jax_cell(cell, per_example(case, convolution(case))))
        lowered = function.lower(*arrays)
        source = lowered.as_text()
        if source in programs:
            return programs[source]
        start = time.perf_counter()
        compiled = lowered.compile()
        seconds = time.perf_counter() - start
        program = _without_names(compiled.as_text() or source)
        if program in programs:
            return programs[program]
        memory = compiled.memory_analysis()

        def call():
            return jax.block_until_ready(function(*arrays))

        ready = Ready(
            call,
            lambda computed: way.restored(cell, computed),
            SCANNED_STEPS if scanned else 1,
            seconds,
            None if memory is None else int(memory.temp_size_in_bytes),
            program,
        )
        programs[source] = programs[program] = ready
        return ready

    return Contender(name, peer, refuses, prepare)


def _without_names(program: str) -> str:
    """The text of a compiled program without names and source lines: two that compute the same are then equal."""
    start = re.search(r"^(?:%|ENTRY)", program, flags=re.MULTILINE)
    if start is None:
        return program
    program = program[start.start() :]  # behind the module's name and the tables of source lines
    program = re.sub(r", metadata=\{[^}]*\}", "", program)
    program = re.sub(r"[\w.-]+(?=: \(?[a-z0-9]+\[)", "", program)
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.-]+", lambda name: numbers.setdefault(name[0], f"%{len(numbers)}"), program)


def per_example(case: Case, convolution: Convolution) -> Convolution:
    """The convolution mapped over examples by `jax.vmap`, where the case has them."""
    if not case.examples:
        return convolution

    def mapped(x: jax.Array, *kernel_and_bias: jax.Array) -> jax.Array:
        axes = (None if case.shared_signal else 0, *(0 for _ in kernel_and_bias))
        return jax.vmap(convolution, in_axes=axes)(x, *kernel_and_bias)

    return mapped


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
