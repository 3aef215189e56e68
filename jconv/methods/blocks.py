"""How signal and kernel are cut for Fourier transforms, what that costs, and how large the error may get.

A signal is cut into blocks of `hop` positions, a kernel into parts of `reach` taps. A few long transforms run at a
fraction of the rate of many short ones, which share the lanes of the vectors; a long kernel in parts (Wefers,
Partitioned convolution algorithms for real-time auralization, 2015) trades them for products of spectra.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from jconv.methods.problem import Face, Problem
from jconv.window import Window

LEAST_SIZE = 1024  # of a block's transform
SPANS = 4  # a block's transform is so many spans long, where the kernel is in one part
PARTS = (2, 4, 8, 16)  # that the kernel may be cut into
ABREAST = 8  # transforms that fill the lanes of a vector, and together take as long as `TIMES` alone
TIMES = 2.0
WORTH = 0.48  # of the work may be left with the kernel in parts, whose blocks overlap more and need more memory
PRODUCT = 1.5  # a complex multiplication, in samples of a transform times the logarithm of its length


class Blocks(NamedTuple):
    """`count` blocks of `hop` positions and `parts` parts of `reach` taps, transformed at length `size`.

    `size >= hop + reach - 1`; with several parts `hop == reach`.
    """

    count: int
    hop: int
    size: int
    parts: int
    reach: int

    @classmethod
    def of(cls, problem: Problem) -> "Blocks":
        """The cheapest to transform and multiply, the kernel in parts only where that saves much."""
        problem = problem.usual

        def work(blocks: Blocks) -> float:
            return blocks.points(problem) + PRODUCT * blocks.products(problem)

        best = min(_in_one_part(problem.window), key=work)
        return min(
            (cut for cut in _in_parts(problem.window) if work(cut) <= WORTH * work(best)), key=work, default=best
        )

    @property
    def read(self) -> int:
        """Blocks that the output blocks read together."""
        return self.count + self.parts - 1

    def points(self, problem: Problem) -> float:
        """Samples transformed times the logarithm of the length; fewer where transforms share vectors."""
        turns = sum(n % ABREAST + TIMES * (n // ABREAST) for n in self._transforms(problem))
        return float(turns * self.size * np.log2(self.size))

    def samples(self, problem: Problem) -> float:
        """Samples transformed."""
        return float(sum(self._transforms(problem)) * self.size)

    def products(self, problem: Problem) -> float:
        """Multiplications of complex samples."""
        pairs = problem.problems * problem.batch * problem.groups * problem.inputs * problem.outputs
        return float(self.count * self.parts * pairs * self.size) / 2

    def _transforms(self, problem: Problem) -> tuple[int, int, int]:
        """How many of x, y and the kernel."""
        signals, groups = problem.problems * problem.batch * problem.groups, problem.problems * problem.groups
        kernels = groups * problem.inputs * problem.outputs
        return signals * problem.inputs * self.read, signals * problem.outputs * self.count, kernels * self.parts


def _in_one_part(window: Window) -> Iterator[Blocks]:
    """The whole signal, or blocks of it."""
    span, positions = window.span, window.extent - window.span + 1
    yield Blocks(1, positions, fast_length(window.extent), 1, span)
    size = fast_length(max(SPANS * span, LEAST_SIZE))
    hop = size - span + 1
    if 2 * hop < positions:
        yield Blocks(-(-positions // hop), hop, size, 1, span)


def _in_parts(window: Window) -> Iterator[Blocks]:
    positions = window.extent - window.span + 1
    for parts in PARTS:
        reach = -(-window.span // parts)
        if 2 * reach >= LEAST_SIZE and reach < positions:
            yield Blocks(-(-positions // reach), reach, fast_length(2 * reach - 1), parts, reach)


def fast_length(least: int) -> int:
    """The least `2^a 3^b 5^c` that is not below `least`.

    >>> fast_length(1021)
    1024
    """
    best = 1 << max(least - 1, 0).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            quotient = -(-least // three)
            best = min(best, three << max(quotient - 1, 0).bit_length())
            three *= 3
        five *= 5
    return best


def error_ratio(face: Face, problem: Problem) -> float:
    """How many times the error bound of a direct sum that of this method is, for random data of one scale.

    A transform's error is at most about `2 eps |x| |k|`, in norms over what one block contracts with one part; a
    direct sum's `4 eps sum |x| |k|`. Of random data with `n` terms a result, the sum is about `2/pi n`, and a norm the
    root of its number of entries.
    """
    window, blocks = problem.window, Blocks.of(problem)
    taps = window.kernel_size / blocks.parts
    if face == "output":
        longer = (blocks.hop + blocks.reach - 1) / taps
    elif face == "input":
        longer = blocks.hop * window.stride / taps
    else:
        longer = window.extent / window.output_length
    return np.pi / 4 * longer**0.5
