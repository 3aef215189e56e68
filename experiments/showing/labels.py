"""What the pictures of a fit have in common: the run in one line, names of channels, units, times of taps."""

from typing import Any

import numpy as np

from ..config import schema
from ..findings.alignment import own_sample
from ..fitting import Fitted
from ..tasks import Problem
from ..tasks.problem import numbered
from . import headlines

SETTINGS = ("signal", "channel", "bank", "target", "snr_db")


def made_by(fit: Fitted) -> str:
    """Task, model, optimizer and seed in one line."""
    model, run = fit.model, fit.run
    parts = [fit.problem.title]
    if run is not None:
        made = getattr(run.task, "target", "denoise") == "denoise"  # only then has a file noise of that SNR
        keys = (key for key in SETTINGS if hasattr(run.task, key) and (made or key != "snr_db"))
        parts = [", ".join([f"task {run.task.name}", *(f"{key} {getattr(run.task, key)}" for key in keys)])]
    parts.append(size_in_words(model) + f", padding {model.padding}")
    parts += [f"{key} {getattr(model, key)}" for key in ("stride", "dilation", "groups") if getattr(model, key) > 1]
    parts += [f"padded by {model.padding_mode}"] * (model.padding_mode != "zeros")
    parts += ["no bias"] * (not model.use_bias)
    if run is not None:
        parts.append(f"{run.optimizer.name}, learning rate {run.optimizer.learning_rate:g}")
    parts.append(headlines.plural(fit.training.steps, "step"))
    if run is not None:
        data = f", data seed {run.task.seed}" if hasattr(run.task, "seed") else ""  # type: ignore[union-attr]
        parts.append(f"seed {run.seed}{data}")
    return " | ".join(parts)


def size_in_words(model: schema.Model) -> str:
    """How long the kernel is, and what of."""
    taps = headlines.plural(model.kernel_size, "tap")
    if isinstance(model, schema.LinearStack):
        return f"layers of {', '.join(map(str, model.widths))} taps, together {taps}"
    return f"{model.name} filters of {taps}" if isinstance(model, schema.Bank) else taps


def names(fit: Fitted) -> dict[str, Any]:
    """Names of input and output channels; None where they have only numbers."""
    problem, inputs = fit.problem, fit.problem.inputs
    if fit.model.groups > 1:
        each = len(inputs) // fit.model.groups
        inputs = ("its input",) if each == 1 else tuple(f"its input {number}" for number in range(each))
    found = {"inputs": inputs, "outputs": problem.outputs}
    return {name: None if some == numbered(name[:-1], len(some)) else some for name, some in found.items()}


def value_label(problem: Problem, name: str = "signal", power: str = "") -> str:
    """Axis label with its unit."""
    return f"{name} ({problem.unit}{power})" if problem.unit else name


def lags(problem: Problem, model: schema.Model) -> tuple[np.ndarray, str]:
    """When each tap looks, relative to the output, and the label that says so."""
    samples = np.arange(model.kernel_size) * model.dilation - own_sample(model)
    if problem.rate is None:
        return samples, "tap: samples from the output's own"
    past = " (< 0 is the past)" if problem.x.shape[1] * problem.y.shape[1] == 1 else ""  # panels have no room for it
    return samples * 1000 / problem.rate, f"tap: ms from the output's own time{past}"


def spread(kernel: np.ndarray, model: schema.Model) -> np.ndarray:
    """The kernel with the zeros that its dilation puts between the taps."""
    taps = np.zeros((model.span, *kernel.shape[1:]))
    taps[:: model.dilation] = kernel
    return taps
