"""Name -> what is to be learnt: an input and a target aligned with it sample by sample, or examples with classes."""

from typing import Any

from ..config import schema
from .ecg import denoise_ecg, ecg
from .equalise import equalise
from .examples import Examples
from .file import file
from .filterbank import filterbank
from .known_kernel import from_kernel, recover_fir, seed
from .labelled_file import labelled_file
from .mnist1d import mnist1d
from .problem import Problem, windows
from .ucr import ucr

__all__ = ["LABELLED", "TASKS", "Examples", "Problem", "ecg", "from_kernel", "load", "load_examples", "windows"]

TASKS: dict[str, Any] = {
    "denoise_ecg": denoise_ecg,
    "recover_fir": recover_fir,
    "seed": seed,
    "equalise": equalise,
    "filterbank": filterbank,
    "file": file,
}
"""Name -> settings of the task -> Problem."""

LABELLED: dict[str, Any] = {"mnist1d": mnist1d, "ucr": ucr, "labelled_file": labelled_file}
"""Name -> settings of the task -> Examples."""


def load(config: schema.Fit) -> Problem:
    """The problem of a fit, held against its model where only the data tell whether they fit.

    Raises:
        ConfigError: the data cannot be read, or the model does not fit them.
    """
    problem = TASKS[config.task.name](config.task)
    if config.task.samples is None:
        config.check_data(len(problem.x), problem.x.shape[1], problem.y.shape[1])
    return problem


def load_examples(config: schema.Fit) -> Examples:
    """The examples of a task with classes.

    Raises:
        ConfigError: the data cannot be read.
    """
    return LABELLED[config.task.name](config.task)
