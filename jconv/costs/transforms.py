"""What the methods have to do that transform signals: "fft", and "winograd", whose values are of polynomials."""

from jconv.costs.sizes import Counts, beyond_the_cache, entries, macs, moved
from jconv.methods import Face, Problem, dense
from jconv.methods.blocks import Blocks
from jconv.methods.folding import folded
from jconv.methods.tiles import Tiles

FEWEST_PAIRS = 64  # of channels, for values of polynomials


def of_fft(face: Face, problem: Problem) -> Counts:
    """What "fft" does."""
    blocks = Blocks.of(problem)
    summed = {"output": problem.inputs, "input": problem.outputs, "kernel": min(problem.inputs, problem.outputs)}[face]
    points, products = blocks.points(problem), blocks.products(problem)
    return {
        "call": 1.0,
        "point": points,
        "sample": blocks.samples(problem),
        "spectral": products if summed == 1 else 0.0,
        "spectral in a matrix product": products if summed > 1 else 0.0,
    }


def of_winograd(face: Face, problem: Problem) -> Counts | None:
    """What "winograd" does, or None where it would lose to the sum in any case."""
    if problem.inputs * problem.outputs < FEWEST_PAIRS:
        return None  # the transforms alone take longer than the sum
    folding = moved(problem) if dense.folds(problem) else 0.0
    if not dense.folds(problem) and problem.window.stride > 1:
        return None  # computes the positions in between too
    problem = at_stride_one(face, problem)
    tiles = Tiles.of(problem.window)
    if tiles.taps == 1:
        return None  # the direct sum itself
    inner, pieces = tiles.inner(problem), tiles.pieces(problem)
    across = problem.outputs if face != "kernel" else min(problem.inputs, problem.outputs)
    in_a_row = tiles.parts == 1 or inner.problems <= dense.MOST_IN_A_ROW
    return {
        "call": 1.0,
        "mac" if tiles.parts == 1 else "mac of parts": macs(inner),
        "packed": macs(inner) / across,
        "moved": moved(problem),
        "moved by folding": folding,
        "value": moved(inner),
        "value beyond the cache": beyond_the_cache(moved(inner)),
        "value of the kernel": entries(inner.k_shape),
        "step" if in_a_row else "step in a loop": float(inner.problems * pieces.count),
    }


def at_stride_one(face: Face, problem: Problem) -> Problem:
    """The problem that "winograd" cuts into tiles."""
    problem = folded(problem) if dense.folds(problem) else problem
    return problem.mirrored() if face == "input" else problem
