"""Which method computes a face, decided from static shapes, the dtype and the platform."""

import numpy as np

from jconv.methods import Face, Problem


def choose(face: Face, problem: Problem, platform: str) -> str:
    """The name of the method that `method="auto"` runs for `face` on `platform`."""
    window = problem.window
    multiplications = window.kernel_size * problem.inputs * problem.outputs
    exact = not np.issubdtype(problem.accumulate, np.inexact)
    if not exact and window.kernel_size > 128 and multiplications > 64 * (problem.inputs + problem.outputs):
        return "fft"
    if problem.inputs == 1 or problem.outputs == 1 or problem.groups * problem.problems > 1:
        return "taps"
    if exact or (platform == "cpu" and problem.accumulate == np.float64):
        return "taps"
    return "xla"
