"""What each method has to do for a face, counted from static shapes; a cost is a sum of counts times nanoseconds.

    cost of a method = sum over its counts of  NANOSECONDS[method][face][count] * count

`NANOSECONDS` holds for a CPU; `python -m benchmarks --fit` fits it to the benchmark's own results. The counts:

    call        1
    mac         multiplications of the direct sum: problems * batch * positions * taps * groups * inputs * outputs
    packed      entries that a matrix product reads anew: mac / (width of the other matrix)
    moved       entries of both signals, each time they are read or written; dearer out of order and beyond the cache
    laid out    entries of windows, written side by side; dearer in short runs, by groups, beyond the cache and so on
    step        iterations of a loop, or library calls
    value       values of polynomials, of both signals
    point       samples transformed, times the binary logarithm of the length; fewer where transforms share vectors
    sample      samples transformed
    spectral    multiplications of complex samples
"""

from jconv.costs.loops import of_loops
from jconv.costs.products import of_dense, of_gemm, of_taps
from jconv.costs.sizes import Counts, entries, macs, moved
from jconv.costs.transforms import FEWEST_PAIRS, at_stride_one, of_fft, of_winograd
from jconv.methods import Face, Problem, fused
from jconv.methods.arrays import UNROLLED
from jconv.methods.tiles import Tiles

__all__ = ["FEWEST_PAIRS", "Counts", "counts", "entries", "held", "macs", "moved"]


def counts(method: str, face: Face, problem: Problem) -> Counts | None:
    """What `method` does on a CPU, or None where it is not considered there.

    "vmap" is the definition and never the fastest. "xla" is what "dense" calls; its own gradients are 20 to 150 times
    slower inside a loop than outside (jax#12868).
    """
    if method == "dense":
        return of_dense(face, problem)
    if method == "taps":
        return of_loops(face, problem) if fused.suits(face, problem) else of_taps(problem)
    if method == "gemm":
        return of_gemm(face, problem)
    if method == "winograd":
        return of_winograd(face, problem)
    return of_fft(face, problem) if method == "fft" else None


def held(method: str, face: Face, problem: Problem) -> float:
    """Entries that a method holds beside operands and result, at the most; what a loop or a fusion holds is small."""
    window = problem.window
    read = macs(problem) / problem.outputs  # the windows laid out
    if method == "gemm":
        return 3 * read  # XLA copies transposed ones, and a step keeps those of the output for the kernel's gradient
    if method == "taps" and not fused.suits(face, problem) and face != "output":
        return read * min(window.kernel_size, UNROLLED) / window.kernel_size
    if method == "winograd":
        problem = at_stride_one(face, problem)
        tiles = Tiles.of(problem.window)
        piece = tiles.pieces(problem).problem
        inner = tiles.inner(piece)
        return moved(piece) + moved(inner) + entries(inner.k_shape)
    return 0.0
