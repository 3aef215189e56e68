"""How a problem is cut for fewer multiplications than the direct sum has, and how large the error may get.

`outputs` neighbouring results of a kernel of `taps` taps are a product of two polynomials read backwards, and
`outputs + taps - 1` values of each of the two determine it (Toom 1963, Cook 1966; Winograd, Arithmetic complexity of
computations, 1980):

    y = A^T [(G k) * (B^T x)]

Long kernels are cut into parts of as many taps as a tile has outputs, so that part `p` of one tile reads the tile `p`
tiles on: the values then are convolved with one another, tile by tile and part by part.

Signals are transformed in pieces, one after another. A program that holds more than about 32 MiB pays page faults at
every call, as the memory allocator gives larger blocks back to the system: a step that held 45 MiB took 37 ms, in two
pieces 29. Pieces are whole entries of the batch; where these are too few, each is first cut into frames, which overlap
by what the kernel reads.

Errors grow with the number of values and depend on the points. These are the ones that Barabasz, Anderson, Soodhalter
and Gregg recommend (Error analysis and improving the accuracy of Winograd convolution for deep neural networks, 2020).
"""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import cpu
from jconv.methods.arrays import shifted, zeros
from jconv.methods.problem import Face, Problem
from jconv.window import Window

POINTS = (0.0, 1.0, -1.0, 2.0, -0.5, -2.0, 0.5)  # and infinity
MOST_OUTPUTS = 4  # of a tile: six are up to 8 % faster with three taps, but twice the error
PART_TAPS = (3, 4)  # of a part of a long kernel


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
        frames = min(-(-wanted // batch), cpu.UNROLLED, steps)
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


class Tiles(NamedTuple):
    """Tiles of `outputs` results, and a kernel of `parts` parts of `taps` taps; more than one only if both are as many.

    >>> Tiles.of(Window(100, 3, 98)), Tiles.of(Window(100, 16, 85))
    (Tiles(outputs=4, taps=3, parts=1), Tiles(outputs=4, taps=4, parts=4))
    """

    outputs: int
    taps: int
    parts: int

    @classmethod
    def of(cls, window: Window) -> "Tiles":
        """The tiles with the fewest multiplications."""
        taps = window.kernel_size
        if taps == 1:
            return cls(1, 1, 1)
        cuts = [cls(part, part, -(-taps // part)) for part in PART_TAPS]
        outputs = min(MOST_OUTPUTS, len(POINTS) + 2 - taps)
        if outputs > 1:
            cuts.insert(0, cls(outputs, taps, 1))
        return min(cuts, key=lambda tiles: tiles.multiplications)

    @property
    def values(self) -> int:
        """Values that each polynomial is taken at."""
        return self.outputs + self.taps - 1

    @property
    def multiplications(self) -> float:
        """Multiplications for each result and each pair of channels."""
        return self.values * self.parts / self.outputs

    def inner(self, problem: Problem) -> Problem:
        """The convolutions of values, tile by tile; one problem for each value of each problem and group."""
        window = problem.window
        tiles = -(-window.output_length // (self.outputs * window.dilation))
        read = tiles + self.parts - 1
        across = Window(read * window.dilation, self.parts, tiles * window.dilation, 1, window.dilation)
        kernels = self.values * problem.problems * problem.groups
        return replace(problem, window=across, problems=kernels, groups=1, result=None)

    def pieces(self, problem: Problem) -> Pieces:
        """Pieces small enough for the values of one to fit into `cpu.PIECE_BYTES`."""
        window = problem.window
        if not isinstance(problem.batch, int):  # a symbol of `jax.export`, which cannot be cut
            return Pieces(problem, problem, 1, 1)
        signals = problem.problems * problem.groups * problem.batch * (problem.inputs + problem.outputs)
        entries = signals * window.output_length * self.values / self.outputs
        held = entries * problem.accumulate.itemsize if problem.platform == "cpu" else 0
        return Pieces.of(problem, math.ceil(held / cpu.PIECE_BYTES), self.outputs * window.dilation)

    def matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`B^T`, `G` and `A`: one row for each value, of a tile of the signal, of a part's taps, and of the results."""
        return _matrices(self.outputs, self.taps)


@functools.cache
def _matrices(outputs: int, taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = outputs + taps - 1
    points = np.array(POINTS[: values - 1])
    signal, kernel, result = np.zeros((values, values)), np.zeros((values, taps)), np.zeros((values, outputs))
    for v, point in enumerate(points):
        others = np.delete(points, v)
        signal[v, :-1] = _coefficients(others)
        kernel[v] = point ** np.arange(taps) / np.prod(point - others)
        result[v] = point ** np.arange(outputs)
    signal[-1] = _coefficients(points)
    kernel[-1, -1] = result[-1, -1] = 1.0  # the value at infinity is the highest coefficient
    return signal, kernel, result


def _coefficients(roots: np.ndarray) -> np.ndarray:
    """Coefficients of the product of all `z - root`, the lowest power first."""
    return np.atleast_1d(np.poly(roots))[::-1]


def error_ratio(face: Face, problem: Problem) -> float:
    """This method's error bound over that of a direct sum, for random data of one scale.

    Both are proportional to the sum of the absolute products. Of random data, a value is as large as its row of
    coefficients is long.
    """
    signal, kernel, result = Tiles.of(problem.window).matrices()
    first = np.linalg.norm(signal, axis=1)
    second, last = (
        (np.linalg.norm(result, axis=1), kernel) if face == "kernel" else (np.linalg.norm(kernel, axis=1), result)
    )
    summed = result.shape[1] if face == "kernel" else kernel.shape[1]
    return float(np.max((first * second) @ np.abs(last)) / summed)
