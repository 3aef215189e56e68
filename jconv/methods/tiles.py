"""How a problem is cut for fewer multiplications than the direct sum has, and how large the error may get.

`outputs` neighbouring results of a kernel of `taps` taps are a product of two polynomials read backwards, and
`outputs + taps - 1` values of each of the two determine it (Toom 1963, Cook 1966; Winograd, Arithmetic complexity of
computations, 1980):

    y = A^T [(G k) * (B^T x)]

Long kernels are cut into parts of as many taps as a tile has outputs, so that part `p` of one tile reads the tile `p`
tiles on: the values then are convolved with one another, tile by tile and part by part.

Errors grow with the number of values and hang on the points. These are the ones that Barabasz, Anderson, Soodhalter
and Gregg recommend (Error analysis and improving the accuracy of Winograd convolution for deep neural networks, 2020).
"""

import functools
import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jconv.methods.pieces import Pieces
from jconv.methods.problem import Face, Problem
from jconv.window import Window

POINTS = (0.0, 1.0, -1.0, 2.0, -0.5, -2.0, 0.5)  # and infinity
MOST_TOGETHER = 8 * 2**20  # bytes of the values of x and y
MOST_OUTPUTS = 4  # of a tile: six are up to 8 % faster with three taps, but twice the error
PARTS = (3, 4)  # taps of a part of a long kernel


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
        """Those of the fewest multiplications."""
        taps = window.kernel_size
        if taps == 1:
            return cls(1, 1, 1)
        cuts = [cls(part, part, -(-taps // part)) for part in PARTS]
        outputs = min(MOST_OUTPUTS, len(POINTS) + 2 - taps)
        if outputs > 1:
            cuts.insert(0, cls(outputs, taps, 1))
        return min(cuts, key=lambda tiles: tiles.multiplications)

    @property
    def values(self) -> int:
        """Of the polynomials of one tile and of one part."""
        return self.outputs + self.taps - 1

    @property
    def multiplications(self) -> float:
        """For each result and each pair of channels."""
        return self.values * self.parts / self.outputs

    def inner(self, problem: Problem) -> Problem:
        """The convolutions of values, tile by tile; one problem for each value of each problem and group."""
        window = problem.window
        tiles = -(-window.output_length // (self.outputs * window.dilation))
        read = tiles + self.parts - 1
        across = Window(read * window.dilation, self.parts, tiles * window.dilation, 1, window.dilation)
        return replace(problem, window=across, problems=self.values * problem.problems * problem.groups, groups=1)

    def pieces(self, problem: Problem) -> Pieces:
        """Pieces whose values fit together into `MOST_TOGETHER`."""
        window = problem.window
        if not isinstance(problem.batch, int):  # a symbol of `jax.export`, which cannot be cut
            return Pieces(problem, problem, 1, 1)
        signals = problem.problems * problem.groups * problem.batch * (problem.inputs + problem.outputs)
        entries = signals * window.output_length * self.values / self.outputs
        held = entries * problem.accumulate.itemsize if problem.platform == "cpu" else 0
        return Pieces.of(problem, math.ceil(held / MOST_TOGETHER), self.outputs * window.dilation)

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
    """Of the product of all `z - root`, that of the lowest power first."""
    return np.atleast_1d(np.poly(roots))[::-1]


def error_ratio(face: Face, problem: Problem) -> float:
    """How many times the error bound of a direct sum that of this method is, for random data of one scale.

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
