"""What each method has to do for a face, counted from static shapes; a cost is a sum of counts times nanoseconds.

    cost of a method = sum over its counts of  NANOSECONDS[method][face][count] * count

`NANOSECONDS` holds for a CPU; `python -m benchmarks --fit` fits it to the benchmark's own results. The counts:

    call        1
    mac         multiplications of the direct sum: problems * batch * positions * taps * groups * inputs * outputs
    packed      entries that a matrix product reads anew: mac / (width of the other matrix)
    moved       entries of both signals, each time they are read or written; dearer out of order and beyond the cache
    laid out    entries of windows, written side by side; dearer in short runs, by groups, beyond the cache and so on
    step        iterations of a loop, or library calls
    point       samples transformed, times the binary logarithm of the length; fewer where transforms share vectors
    sample      samples transformed
    spectral    multiplications of complex samples
"""

import math
from dataclasses import replace

import numpy as np

from jconv.methods import Face, Problem, dense, fused, fused_kernel
from jconv.methods.arrays import UNROLLED
from jconv.methods.blocks import Blocks
from jconv.methods.folding import folded

Counts = dict[str, float]
LANES = 16  # entries that a vector register holds
FEWEST_IN_A_VECTOR = 4  # entries of an innermost loop: one of fewer XLA does not vectorise
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


def counts(method: str, face: Face, problem: Problem) -> Counts | None:
    """What `method` does on a CPU, or None where it is not considered there.

    "vmap" is the definition and never the fastest. "xla" is what "dense" calls; its own gradients are 20 to 150 times
    slower inside a loop than outside (jax#12868).
    """
    if method == "dense":
        return _dense(face, problem)
    if method == "taps":
        return _fused(face, problem) if fused.suits(face, problem) else _taps(problem)
    if method == "gemm":
        return _gemm(face, problem)
    return _fft(face, problem) if method == "fft" else None


def _dense(face: Face, problem: Problem) -> Counts | None:
    if problem.accumulate != np.float32:
        return None  # XLA has no fast convolution of other types
    zeros, folds = 1, face != "output" and dense.folds(problem)
    if folds:
        problem = folded(problem)
    elif face == "input":
        zeros = problem.window.stride  # set between the entries of y
    together, blocks = dense.merging(problem)
    inputs, outputs = together * problem.inputs, together * problem.outputs
    across, run = {"output": (outputs, inputs), "input": (inputs, outputs), "kernel": (outputs, problem.batch)}[face]
    products = zeros * together * macs(problem)
    in_a_row = blocks <= UNROLLED and (problem.problems == 1 or problem.problems * blocks <= dense.MOST_IN_A_ROW)
    whole = math.ceil(across / LANES) * LANES / across  # of the vectors that the innermost loop fills
    passes = 1 if blocks == 1 and face != "kernel" else 2
    if face != "kernel" and problem.window.kernel_size == problem.window.stride == 1:
        passes -= 1  # XLA makes it a matrix product
    return {
        "call": 1.0,
        "mac": products * whole,
        "packed": products / across,
        "packed in short runs": products / across / run,
        "moved": passes * moved(problem),
        "moved by folding": moved(problem) if folds else 0.0,
        "moved by groups": moved(problem) if blocks > 1 else 0.0,
        "step" if in_a_row else "step in a loop": float(problem.problems * blocks),
    }


def _taps(problem: Problem) -> Counts:
    seen, sent = macs(problem) / problem.outputs, macs(problem) / problem.inputs  # entries of x and y, for each tap
    return {
        "product call": 1.0,
        "product mac": macs(problem),
        "product seen": seen,
        "product sent": sent,
        "product regrouped": (seen + sent) if problem.groups > 1 else 0.0,
        "product step": float(problem.window.kernel_size * problem.groups * problem.problems),
    }


def _fused(face: Face, problem: Problem) -> Counts:
    if face == "kernel":
        return _fused_kernel(problem)
    window = problem.window
    summed, inner = fused.summed_and_inner(face, problem)
    depthwise = summed == inner == 1
    phases = 1 if face == "output" or window.kernel_size > UNROLLED else window.stride
    parts = -(-window.kernel_size // (phases * fused.most_taps(summed)))
    looped = parts > (1 if summed == 1 else fused.STRAIGHT)
    passes = -(-window.kernel_size // (phases * fused.TAPS_AT_ONCE)) if looped and summed == 1 else parts
    if window.kernel_size > UNROLLED and face == "input" and window.stride > 1:  # zeros between the entries of y
        problem = replace(problem, window=replace(window, output_length=window.output_length * window.stride))
    work = macs(problem) * (max(1.0, LANES / problem.groups) if depthwise else _whole_vectors(inner))
    return {
        "call": 1.0,
        ("mac in a loop" if looped else "mac") if depthwise else "mac of groups": work,
        "moved": moved(problem),
        "moved by parts": passes * moved(problem) if passes > 1 and not depthwise else 0.0,
        "moved in a loop": passes * moved(problem) if looped and not depthwise else 0.0,
        "moved beyond the cache": passes * _beyond_the_cache(moved(problem)),
        "step": float(passes),
    }


def _fused_kernel(problem: Problem) -> Counts:
    if fused_kernel.by_groups(problem):
        return _fused_kernel_of_groups(problem)
    if fused_kernel.by_blocks(problem):
        return {"call": 1.0, "mac of blocks": macs(problem), "moved by blocks": moved(problem)}
    channels = problem.groups * problem.inputs * problem.outputs
    work = macs(problem) * max(1.0, LANES / channels)
    passes = -(-problem.window.kernel_size // fused_kernel.TAPS_A_PASS)
    positions = problem.problems * problem.batch * problem.window.output_length
    return {
        "call": 1.0,
        "mac": work,
        "mac of channel pairs": work if problem.inputs * problem.outputs > 1 else 0.0,
        "moved": passes * moved(problem),
        "moved beyond the cache": passes * _beyond_the_cache(moved(problem)),
        "step": passes * positions / fused_kernel.rows_at_once(channels),
        "last step": float(problem.problems),
    }


def _fused_kernel_of_groups(problem: Problem) -> Counts:
    steps = float(problem.batch * -(-problem.window.output_length // fused_kernel.rows_of_groups(problem)))
    work = macs(problem) * (fused.VECTOR if problem.outputs < FEWEST_IN_A_VECTOR else _whole_vectors(problem.outputs))
    return {
        "call": 1.0,
        "mac of groups": work,
        "moved by groups": moved(problem),
        "step of groups": steps,
    }


def _whole_vectors(inner: int) -> float:
    """How many times the entries of an innermost loop the vectors that it fills have."""
    return -(-inner // fused.VECTOR) * fused.VECTOR / inner


def _beyond_the_cache(count: float) -> float:
    """How many of so many entries are walked to memory."""
    return max(0.0, count - CACHE)


def _gemm(face: Face, problem: Problem) -> Counts | None:
    if problem.groups > 1 and problem.inputs * problem.outputs == 1:
        return None  # a product of numbers: "taps" without its fusion
    window, laid_out = problem.window, macs(problem) / problem.outputs
    run = problem.inputs  # entries read or added side by side
    if window.dilation == 1:
        run *= window.stride if face == "input" else window.kernel_size
    return {
        "call": 1.0,
        "mac": macs(problem),
        "laid out": laid_out,
        "laid out in short runs": laid_out / run,
        "laid out beyond the cache": _beyond_the_cache(laid_out),
        "laid out in groups": laid_out if problem.groups > 1 else 0.0,
        "laid out with dilation": laid_out if window.dilation > 1 else 0.0,
        "laid out with padding": laid_out if max(window.low, window.high) > 0 else 0.0,
        "moved": moved(problem),
        "step": float(problem.groups * problem.problems),
    }


def _fft(face: Face, problem: Problem) -> Counts:
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


def held(method: str, face: Face, problem: Problem) -> float:
    """Entries that a method holds beside operands and result, at the most; what a loop or a fusion holds is small."""
    window = problem.window
    read = macs(problem) / problem.outputs  # the windows laid out
    if method == "gemm":
        return 3 * read  # XLA copies transposed ones, and a step keeps those of the output for the kernel's gradient
    if method == "taps" and not fused.suits(face, problem) and face != "output":
        return read * min(window.kernel_size, UNROLLED) / window.kernel_size
    return 0.0
