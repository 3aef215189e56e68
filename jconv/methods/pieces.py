"""A problem done in pieces, one after another, so that what is held for one of them stays small.

A program that holds more than some 32 MiB is given fresh pages by the system at each run, as memory allocators return
what is larger: a step that held 45 MiB took 37 ms, in two pieces 29. Pieces are whole entries of the batch; where
these are too few, each is first cut into frames, which overlap by what the kernel reads.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import UNROLLED, shifted, zeros
from jconv.methods.problem import Problem


class Pieces(NamedTuple):
    """`count` pieces, each as `problem`, of `whole`; each entry of its batch is cut into `frames`.

    Signals are (problems and groups, batch, time, channels).
    """

    whole: Problem
    problem: Problem
    frames: int
    count: int

    @classmethod
    def of(cls, problem: Problem, wanted: int, step: int) -> "Pieces":
        """At least `wanted` pieces, if there are so many; a frame has whole steps of `step` output positions."""
        batch, window = problem.batch, problem.window
        if wanted <= batch:
            count = next(n for n in range(max(wanted, 1), batch + 1) if batch % n == 0)
            return cls(problem, replace(problem, batch=batch // count), 1, count)
        steps = -(-window.output_length // step)
        frames = min(-(-wanted // batch), UNROLLED, steps)
        hop = -(-steps // frames) * step
        frame = window.some(0, hop).padded
        return cls(problem, replace(problem, window=frame, batch=1), frames, batch * frames)

    def joined(self, one: Callable[[Array], Array], x: Array) -> Array:
        """The output face, `one(x)` that of a piece."""
        if self.count == 1:
            return one(x)
        x = self._framed(x, self.whole.window.low, self.problem.window.input_length)

        def put(i: Array, y: Array) -> Array:
            return lax.dynamic_update_slice_in_dim(y, one(self._piece(x, i)), i * self.problem.batch, axis=1)

        like = jax.eval_shape(lambda: one(self._piece(x, 0)))
        empty = zeros((like.shape[0], self.count * like.shape[1], *like.shape[2:]), x)
        y = lax.fori_loop(0, self.count, put, empty.astype(like.dtype))
        y = y.reshape(y.shape[0], self.whole.batch, -1, y.shape[3])
        return shifted(y, 0, self.whole.window.output_length)

    def summed(self, one: Callable[[Array, Array], Array], x: Array, y: Array) -> Array:
        """The kernel face, `one(x, y)` that of a piece."""
        if self.count == 1:
            return one(x, y)
        x = self._framed(x, self.whole.window.low, self.problem.window.input_length)
        y = self._framed(y, 0, self.problem.window.output_length)

        def part(i: int | Array) -> Array:
            return one(self._piece(x, i), self._piece(y, i))

        like = jax.eval_shape(lambda: part(0))
        first = zeros(like.shape, x).astype(like.dtype)
        return lax.fori_loop(0, self.count, lambda i, total: total + part(i), first)

    def _framed(self, a: Array, low: int, reach: int) -> Array:
        """The frames of an entry one after another along the batch, the first from `low` before its beginning."""
        if self.frames == 1:
            return a
        hop = self.problem.window.output_length
        a = shifted(a, low, (self.frames - 1) * hop + reach)
        read = [lax.slice_in_dim(a, i * hop, i * hop + reach, axis=2) for i in range(self.frames)]
        return jnp.stack(read, axis=2).reshape(a.shape[0], -1, reach, a.shape[3])

    def _piece(self, framed: Array, i: int | Array) -> Array:
        return lax.dynamic_slice_in_dim(framed, i * self.problem.batch, self.problem.batch, axis=1)
