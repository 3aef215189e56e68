"""How much there is of a problem: multiplications, entries, and what of these is beyond the cache."""

import math

from jconv.methods import Problem

Counts = dict[str, float]
LANES = 16  # entries that a vector register holds
CACHE = 2e6  # entries that are written and read again without a walk to memory


def macs(problem: Problem) -> float:
    """Multiplications of the direct sum, the same for every face."""
    window = problem.window
    pairs = problem.groups * problem.inputs * problem.outputs
    return float(problem.problems * problem.batch * window.output_length * window.kernel_size * pairs)


def entries(shape: tuple[int, ...]) -> float:
    """How many entries an array of this shape has, as a float that does not overflow."""
    return math.prod(map(float, shape))


def moved(problem: Problem) -> float:
    """Entries of both signals."""
    return entries(problem.x_shape) + entries(problem.y_shape)


def beyond_the_cache(count: float) -> float:
    """How many of so many entries are walked to memory."""
    return max(0.0, count - CACHE)
