"""Which method computes a face: decided from static shapes, the dtype and the platform, by what each method says.

On a CPU the method of least estimated time wins: the sum of its counts times `jconv.nanoseconds`. It must be sound:
hold at most `MOST_HELD` times the operands and the result in memory, and, where its error is larger than that of a
direct sum, keep a bound within `MOST_ERROR` times that sum's and save a share of its time, more than calls vary by.

On accelerators nothing has been measured: the least time wins that the rates of `jconv.accelerators` allow for what
XLA's compilers report of each method: how many kernels it starts, what they read and write, and what they multiply.
"""

import numpy as np

from jconv import cpu
from jconv.accelerators import RATES
from jconv.methods import REGISTRY, Face, Problem, entries
from jconv.methods.problem import not_considered
from jconv.nanoseconds import NANOSECONDS

MOST_HELD = 4.0
MOST_ERROR = 20.0


def choose(face: Face, problem: Problem, method: str = "auto") -> str:
    """The name of the method that computes `face` on the problem's platform where `method` is "auto" or "direct"."""
    if not problem.window.known:
        return _for_any_length()
    problem = problem.usual
    costs = estimate(face, problem)
    if method == "direct":
        costs = {name: cost for name, cost in costs.items() if not REGISTRY[name].spreads(face, problem)}
    return least_sound(costs, face, problem)


def least_sound(costs: dict[str, float], face: Face, problem: Problem) -> str:
    """The method of least cost that nothing speaks against; if there is none, that of the least workspace."""
    sound = {name: cost for name, cost in costs.items() if objection(name, face, problem, costs) is None}
    if not sound:
        return min(costs, key=lambda name: REGISTRY[name].workspace(face, problem))
    return min(sound, key=sound.__getitem__)


def _for_any_length() -> str:
    """The first method that takes any length and that accelerators take too.

    Nothing can be counted then. With 8 signals of 4,000 positions, 64 channels and 5 taps it takes 11 ms, the next 39.
    """
    takes = (name for name, method in REGISTRY.items() if method.any_length and method.work is not not_considered)
    return next(takes)


def estimate(face: Face, problem: Problem) -> dict[str, float]:
    """The estimated nanoseconds of each method that can do this face."""
    costs = {}
    for name, method in REGISTRY.items():
        if method.refuses(problem):
            continue
        if problem.platform == "cpu":
            terms = cost_terms(name, face, problem)
            cost = None if terms is None else sum(terms.values())
        else:
            work = method.work(face, problem)
            cost = None if work is None else RATES[problem.platform].nanoseconds(work, problem.dtype.itemsize)
        if cost is not None:
            costs[name] = cost
    return costs


def cost_terms(method: str, face: Face, problem: Problem) -> dict[str, float] | None:
    """The nanoseconds of each count of a method on a CPU; None where it is not considered, or not fitted yet."""
    counted = REGISTRY[method].counts(face, problem)
    each = NANOSECONDS.get(method, {}).get(face)
    if counted is None or each is None:
        return None
    floats = np.issubdtype(problem.accumulate, np.floating) and problem.accumulate.itemsize <= 4
    slower = 1.0 if floats else cpu.WIDE_TYPES
    return {name: slower * each.get(name, 0.0) * count for name, count in counted.items()}


def objection(name: str, face: Face, problem: Problem, costs: dict[str, float] | None = None) -> str | None:
    """Why a method that can do a face is not taken for it, even if it has the least of `costs`; or None."""
    method = REGISTRY[name]
    operands = problem.signal_entries + entries(problem.k_shape)
    widened = operands if problem.widened().dtype != problem.dtype else 0.0
    wider = problem.accumulate.itemsize / problem.dtype.itemsize if problem.platform == "cpu" else 1.0
    times = wider * (method.workspace(face, problem) + widened) / operands
    if times > MOST_HELD:
        return f"would hold {times:.0f} times the operands and the result in memory"
    if method.error_ratio is None:
        return None
    if (ratio := method.error_ratio(face, problem)) > MOST_ERROR:
        return f"its error bound is {ratio:.0f} times that of a direct sum"
    if costs is not None:
        sums = [
            cost
            for other, cost in costs.items()
            if REGISTRY[other].error_ratio is None and not objection(other, face, problem)
        ]
        least = min(sums, default=np.inf)
        if 0 <= least - costs[name] < method.least_saved * least:
            return f"saves less than {100 * method.least_saved:.0f} % of a direct sum's time"
        vary = cpu.CALLS_VARY if problem.platform == "cpu" else RATES[problem.platform].start
        if 0 <= least - costs[name] < vary:
            return f"saves less than the {vary / 1000:.2g} microseconds that calls vary by"
    return None
