"""What the fused elementwise loops of "taps" have to do."""

from dataclasses import replace

from jconv.costs.sizes import LANES, Counts, beyond_the_cache, macs, moved
from jconv.methods import Face, Problem, fused, fused_kernel
from jconv.methods.arrays import UNROLLED

FEWEST_IN_A_VECTOR = 4  # entries of an innermost loop: one of fewer XLA does not vectorise


def of_loops(face: Face, problem: Problem) -> Counts:
    """What "taps" does where few channels are summed over."""
    if face == "kernel":
        return _kernel(problem)
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
        "moved beyond the cache": passes * beyond_the_cache(moved(problem)),
        "step": float(passes),
    }


def _kernel(problem: Problem) -> Counts:
    if fused_kernel.by_groups(problem):
        return _kernel_of_groups(problem)
    if fused_kernel.by_blocks(problem):
        return {"call": 1.0, "mac of blocks": macs(problem)}
    channels = problem.groups * problem.inputs * problem.outputs
    work = macs(problem) * max(1.0, LANES / channels)
    passes = -(-problem.window.kernel_size // fused_kernel.TAPS_A_PASS)
    positions = problem.problems * problem.batch * problem.window.output_length
    return {
        "call": 1.0,
        "mac": work,
        "moved": passes * moved(problem),
        "moved beyond the cache": passes * beyond_the_cache(moved(problem)),
        "step": passes * positions / fused_kernel.rows_at_once(channels),
    }


def _kernel_of_groups(problem: Problem) -> Counts:
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
