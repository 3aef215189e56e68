"""Name -> what is to be learnt: an input, a target aligned with it sample by sample, and what is known of the truth."""

from typing import Any

from ..config import schema
from .ecg import denoise_ecg, ecg
from .equalise import equalise
from .file import file
from .filterbank import filterbank
from .known_kernel import from_kernel, recover_fir, seed
from .problem import Problem, windows

__all__ = ["TASKS", "Problem", "ecg", "from_kernel", "load", "windows"]

TASKS: dict[str, Any] = {
    "denoise_ecg": denoise_ecg,
    "recover_fir": recover_fir,
    "seed": seed,
    "equalise": equalise,
    "filterbank": filterbank,
    "file": file,
}
"""Name -> settings of the task -> Problem."""


def load(config: schema.Fit) -> Problem:
    """The problem of a fit, held against its model where only the data tell whether they fit.

    Raises:
        ConfigError: the data cannot be read, or the model does not fit them.
    """
    problem = TASKS[config.task.name](config.task)
    if config.task.samples is None:
        config.check_data(len(problem.x), problem.x.shape[1], problem.y.shape[1])
    return problem
