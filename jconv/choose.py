"""Which method computes a face, decided from static shapes, the dtype and the platform.

On a CPU the method of least estimated cost wins (`jconv.costs`), of those that are sound: that hold at most
`MOST_HELD` times the operands and the result in memory, and, where the error is larger than that of a direct sum, whose
bound stays within `MOST_ERROR` times that sum's (`error_ratio` of `jconv.methods.blocks` and of `.tiles`) and which
save `LEAST_SAVED` of its time and more than calls vary by.

On other platforms nothing has been measured: XLA's own convolution is taken for one group, a fused sum of taps for
depthwise kernels, and a Fourier transform where it saves more than `FEWER_OPERATIONS` times the multiplications.
"""

from dataclasses import dataclass

import numpy as np

from jconv.costs import counts, entries, held, macs, moved
from jconv.methods import REGISTRY, Face, Problem, blocks, tiles
from jconv.methods.blocks import Blocks
from jconv.nanoseconds import NANOSECONDS

ANY_LENGTH = "xla"  # where the length is a symbol of `jax.export`; (8, 4000, 64), 5 taps: 11 ms, "taps" 39, "vmap" 46
MOST_HELD = 4.0
MOST_ERROR = 20.0
LEAST_SAVED = {"fft": 0.2, "winograd": 0.1}  # of the time of a direct sum
ERROR_RATIO = {"fft": blocks.error_ratio, "winograd": tiles.error_ratio}
CALLS_VARY = 50_000.0  # nanoseconds
WIDE = 2.0  # times slower than float32: types of 8 bytes and more, integers
FEWER_OPERATIONS = 40.0


@dataclass(frozen=True)
class MethodOfEach:
    """A method, "auto" or "direct" for each face."""

    output: str
    input: str
    kernel: str

    def names(self) -> tuple[str, str, str]:
        """All three."""
        return self.output, self.input, self.kernel


def choose(face: Face, problem: Problem, method: str = "auto") -> str:
    """The name of the method that computes `face` on the problem's platform where `method` is "auto" or "direct"."""
    if not problem.window.known:
        return ANY_LENGTH
    problem = problem.usual
    costs = estimate(face, problem)
    if method == "direct":
        costs = {name: cost for name, cost in costs.items() if not REGISTRY[name].spreads(face, problem)}
    sound = {name: cost for name, cost in costs.items() if objection(name, face, problem, costs) is None}
    if not sound:
        return min(costs, key=lambda name: held(name, face, problem))
    return min(sound, key=sound.__getitem__)


def estimate(face: Face, problem: Problem) -> dict[str, float]:
    """The estimated cost of each method that can do this face, in nanoseconds on a CPU, else in multiplications."""
    able = [name for name, method in REGISTRY.items() if not method.refuses(problem)]
    if problem.platform != "cpu":
        return {name: cost for name, cost in _unmeasured(problem).items() if name in able}
    return {name: sum(terms.values()) for name in able if (terms := cost_terms(name, face, problem)) is not None}


def cost_terms(method: str, face: Face, problem: Problem) -> dict[str, float] | None:
    """The nanoseconds that each count of a method costs on a CPU, or None where it is not considered."""
    counted = counts(method, face, problem)
    if counted is None:
        return None
    wide = 1.0 if np.issubdtype(problem.accumulate, np.floating) and problem.accumulate.itemsize <= 4 else WIDE
    each = NANOSECONDS[method][face]
    return {name: wide * each.get(name, 0.0) * count for name, count in counted.items()}


def objection(method: str, face: Face, problem: Problem, costs: dict[str, float] | None = None) -> str | None:
    """Why a method that can do a face is not taken for it, even if it has the least of `costs`; or None."""
    operands = moved(problem) + entries(problem.k_shape)
    widened = operands if problem.widened().dtype != problem.dtype else 0.0
    wider = problem.accumulate.itemsize / problem.dtype.itemsize
    times = wider * (held(method, face, problem) + widened) / operands
    if times > MOST_HELD:
        return f"would hold {times:.0f} times the operands and the result in memory"
    if method not in ERROR_RATIO:
        return None
    if (ratio := ERROR_RATIO[method](face, problem)) > MOST_ERROR:
        return f"its error bound is {ratio:.0f} times that of a direct sum"
    if costs is not None:
        sums = [cost for name, cost in costs.items() if name not in ERROR_RATIO and not objection(name, face, problem)]
        least = min(sums, default=np.inf)
        if 0 <= least - costs[method] < LEAST_SAVED[method] * least:
            return f"saves less than {100 * LEAST_SAVED[method]:.0f} % of a direct sum's time"
        if 0 <= least - costs[method] < CALLS_VARY:
            return f"saves less than the {CALLS_VARY / 1000:.0f} microseconds that calls vary by"
    return None


def _unmeasured(problem: Problem) -> dict[str, float]:
    cut = Blocks.of(problem)
    work = macs(problem)
    transforms = cut.samples(problem) * np.log2(cut.size)
    costs = {"xla": work, "fft": FEWER_OPERATIONS * transforms, "taps": 4 * work, "gemm": 4 * work}
    if problem.groups * problem.problems > 1:
        costs["gemm"] = work
        costs["xla"] = 2 * work
    if min(problem.inputs, problem.outputs) == 1 and problem.groups > 1:
        costs["taps"] = work / 2
    if not np.issubdtype(problem.accumulate, np.inexact):
        costs["taps"] = work / 2  # integer convolutions have no fast path on accelerators
    return costs
