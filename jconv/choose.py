"""Which method computes a face, decided from static shapes, the dtype and the platform.

On CPU each method has an estimated cost in nanoseconds (`estimate`); the least wins. With `macs` the multiplications
of the direct sum (problems * batch * positions * taps * groups * inputs * outputs), `moved` the entries of both
signals, and `points` the samples that are transformed:

    xla    XLA_MAC * macs + SIGNAL * moved             one problem and one group only; never the kernel face
    taps   few channels:  FUSED_MAC * macs + FUSED_SIGNAL * moved
           else           PRODUCT_MAC * macs + TAP * taps * moved
    gemm   PRODUCT_MAC * macs + WINDOW * entries of the windows laid out + SIGNAL * moved
    fft    POINT * points + SPECTRAL_MAC * multiplications of spectra

with factors for narrow matrices, short vectors and wasted zeros in the functions below. The constants were measured
on 2 CPU cores in float32. XLA's kernel face is left out although it can be twice as fast by itself: inside
`lax.scan`, where training loops run, it is many times slower (jax#12868; "step in scan" in benchmarks/RESULTS.md).

On other platforms nothing has been measured: XLA's own convolution is taken for one group, a fused sum of taps for
depthwise kernels, and a Fourier transform where it saves more than `FEWER_OPERATIONS` times the multiplications.
"""

import numpy as np

from jconv.methods import METHODS, REGISTRY, Face, Problem
from jconv.methods.fft import Blocks
from jconv.methods.fused import FEW, TAPS_A_PASS, rows_at_once

XLA_MAC = 0.0065
SIGNAL = 0.4
FUSED_MAC = 0.04
FUSED_KERNEL_MAC = 0.06
FUSED_SIGNAL = 0.15
PRODUCT_MAC = 0.0085
TAP = 0.15
WINDOW = 0.45
POINT = 3.4
SPECTRAL_MAC = 0.9
SPECTRAL_PRODUCT = 0.25
START = 2_000.0  # nanoseconds to start any method
LOOP = 200.0  # nanoseconds an iteration of a loop takes
FEWER_OPERATIONS = 40.0
SLOW = ("vmap",)  # the definition, never the fastest
DIRECT = tuple(name for name in METHODS if name != "fft")  # errors relative to each output, NaNs stay where they are


def choose(face: Face, problem: Problem, platform: str, among: tuple[str, ...] = METHODS) -> str:
    """The name of the method that `method="auto"` runs for `face` on `platform`."""
    costs = estimate(face, problem, platform)
    return min((name for name in among if name in costs), key=costs.__getitem__)


def estimate(face: Face, problem: Problem, platform: str) -> dict[str, float]:
    """The estimated cost of each method that can and should do this face, in nanoseconds (on CPU)."""
    able = [name for name, method in REGISTRY.items() if name not in SLOW and not method.refuses(problem)]
    if platform != "cpu":
        return {name: cost for name, cost in _unmeasured(problem).items() if name in able}
    costs = {"taps": _taps(face, problem), "gemm": _gemm(face, problem), "fft": _fft(face, problem)}
    narrow = problem.accumulate.itemsize <= 4 and np.issubdtype(problem.accumulate, np.floating)
    if problem.groups * problem.problems == 1 and face != "kernel" and narrow:
        costs["xla"] = _xla(face, problem)
    wide = 1.0 if narrow else 2.0
    return {name: START + wide * cost for name, cost in costs.items() if name in able}


def _macs(problem: Problem) -> float:
    window = problem.window
    pairs = problem.groups * problem.inputs * problem.outputs
    return float(problem.problems * problem.batch * window.output_length * window.kernel_size * pairs)


def _entries(shape: tuple[int, ...]) -> float:
    return float(np.prod(shape, dtype=float))


def _moved(problem: Problem) -> float:
    return _entries(problem.x_shape) + _entries(problem.y_shape)


def _xla(face: Face, problem: Problem) -> float:
    if face == "input" and problem.window.stride > 1:
        slower = float(problem.window.stride)  # the zeros between strided positions are multiplied
    else:
        slower = 1 + 16 / (problem.outputs if face == "output" else problem.inputs)  # XLA's innermost loop is short
    return XLA_MAC * slower * _macs(problem) + SIGNAL * _moved(problem)


def _taps(face: Face, problem: Problem) -> float:
    few = {"output": problem.inputs, "input": problem.outputs, "kernel": max(problem.inputs, problem.outputs)}[face]
    macs, taps = _macs(problem), problem.window.kernel_size
    if few > FEW:
        entry = TAP * (2.5 if problem.groups > 1 else 1)  # groups are brought to the front for every tap
        return PRODUCT_MAC * macs * _narrow(problem.inputs, problem.outputs) + entry * taps * _moved(problem)
    lanes = problem.groups * problem.inputs * problem.outputs  # entries side by side in the innermost loop
    idle = max(1.0, 16 / lanes)
    if face != "kernel":
        return FUSED_MAC * macs + FUSED_SIGNAL * _moved(problem)
    passes = -(-taps // TAPS_A_PASS)
    iterations = problem.problems * problem.batch * problem.window.output_length * passes / rows_at_once(lanes)
    return FUSED_KERNEL_MAC * macs * idle + FUSED_SIGNAL * passes * _moved(problem) + LOOP * iterations


def _gemm(face: Face, problem: Problem) -> float:
    window = problem.window
    channels = problem.groups * problem.inputs
    laid_out = float(problem.problems * problem.batch * window.output_length * window.kernel_size * channels)
    product = _macs(problem) * _narrow(problem.inputs * window.kernel_size, problem.outputs)
    rejoined = 2 if face == "input" else 1  # adding windows back costs more than laying them out
    window_entry = WINDOW * (1 + 8 / problem.inputs if problem.groups > 1 else 1)
    return PRODUCT_MAC * product + window_entry * rejoined * laid_out + SIGNAL * _moved(problem)


def _narrow(*sides: int) -> float:
    """How much slower a matrix product is than a large one when its sides are as small as these."""
    return 1 + sum(8 / side for side in sides)


def _fft(face: Face, problem: Problem) -> float:
    blocks = Blocks.of(problem.window)
    signals = problem.problems * problem.batch * problem.groups
    pairs = problem.groups * problem.inputs * problem.outputs
    samples = float(blocks.count * blocks.size)
    points = signals * (problem.inputs + problem.outputs) * samples + problem.problems * pairs * blocks.size
    spectral = signals * problem.inputs * problem.outputs * samples / 2
    summed = {"output": problem.inputs, "input": problem.outputs, "kernel": min(problem.inputs, problem.outputs)}[face]
    return POINT * points + (SPECTRAL_MAC if summed > 1 else SPECTRAL_PRODUCT) * spectral


def _unmeasured(problem: Problem) -> dict[str, float]:
    blocks = Blocks.of(problem.window)
    macs = _macs(problem)
    transforms = _moved(problem) / problem.window.output_length * blocks.count * blocks.size * np.log2(blocks.size)
    costs = {"xla": macs, "fft": FEWER_OPERATIONS * transforms, "taps": 4 * macs, "gemm": 4 * macs}
    if problem.groups * problem.problems > 1:
        costs["gemm"] = macs
        costs["xla"] = 2 * macs
    if min(problem.inputs, problem.outputs) == 1 and problem.groups > 1:
        costs["taps"] = macs / 2
    if not np.issubdtype(problem.accumulate, np.inexact):
        costs["taps"] = macs / 2  # integer convolutions have no fast path on accelerators
    return costs
