"""The best kernel there is, in closed form: least squares over the windows of the training (the Wiener solution)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jconv import analysis

from ..config import schema
from ..tasks import Problem
from .alignment import first_sample, longest_pads, outputs, pads

FLOAT32_EPS = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Optimum:
    """Least squares.

    Attributes:
        kernel: (width, in, out) float64; of all that fit equally well the smallest.
        bias: (out,), zeros without a bias.
        kernel_rank: how many of the `columns` numbers of a kernel (one output) the input can tell apart.
        bias_rank: 1 if the bias can be told apart from the kernel, else 0.
        columns: width * in.
        standard_error: (width, in, out) of the kernel, of the part that the input tells apart.
    """

    kernel: np.ndarray
    bias: np.ndarray
    kernel_rank: int
    bias_rank: int
    columns: int
    standard_error: np.ndarray


def padding_of(model: schema.Model, length: int | None = None) -> tuple[int, int]:
    """Samples that are padded before and after a window of `length`, of which only a stride with "same" depends."""
    return pads(model, longest_pads(model) if length is None else length)


def lag_of(model: schema.Model, length: int | None = None) -> int:
    """The input sample that output 0 belongs to; of the length of a window only a stride with "same" depends."""
    return first_sample(model, longest_pads(model) if length is None else length)


def targets(y: np.ndarray, model: schema.Model) -> np.ndarray:
    """The samples of y (..., length, out) that the model gives outputs for, every one that its stride comes to."""
    first, count = first_sample(model, y.shape[-2]), outputs(model, y.shape[-2])
    return y[..., first : first + (count - 1) * model.stride + 1 : model.stride, :]


def real(name: str, values: np.ndarray) -> np.ndarray:
    """`values` as float64.

    Raises:
        ValueError: they are complex; half of them would be lost.
    """
    if np.iscomplexobj(values):
        raise ValueError(f"`{name}` is {values.dtype}; the experiments fit real signals and kernels only")
    return values.astype(np.float64)


def settings(model: schema.Model) -> dict[str, Any]:
    """The model as arguments of `jconv.conv1d` and `jconv.analysis`."""
    return {
        "stride": model.stride,
        "padding": model.padding,
        "padding_mode": model.padding_mode,
        "dilation": model.dilation,
        "groups": model.groups,
    }


def least_squares(x: np.ndarray, y: np.ndarray, model: schema.Model) -> Optimum:
    """The kernel and bias with the least mean squared error.

    Args:
        x: (windows, length, in), each padded on its own, as in training.
        y: (windows, length, out), aligned with x.
        model: width, stride, dilation, groups, padding, bias.
    """
    x, y = real("x", x), real("y", targets(y, model))
    options = {**settings(model), "bias": model.use_bias, "rounding": FLOAT32_EPS}  # the data come in float32
    found = analysis.least_squares_kernel(x, y, model.kernel_size, **options)
    return Optimum(
        kernel=found.kernel,
        bias=np.zeros(y.shape[-1]) if found.bias is None else found.bias,
        kernel_rank=found.rank,
        bias_rank=int(found.bias_seen),
        columns=found.unknowns,
        standard_error=found.standard_error,
    )


def seen(x: np.ndarray, model: schema.Model) -> analysis.Identifiability:
    """Which kernels of one output the windows x (windows, length, in) tell apart."""
    options = {**settings(model), "bias": model.use_bias, "rounding": FLOAT32_EPS}
    return analysis.identifiability(real("x", x), model.kernel_size, **options)


def predict(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, model: schema.Model) -> np.ndarray:
    """The output of any kernel in float64: (length, in) -> (length', out)."""
    bias = None if bias is None else real("bias", bias)
    return analysis.float64_output(real("x", x), real("kernel", kernel), bias, **settings(model))


def score(problem: Problem, kernel: np.ndarray, bias: np.ndarray | None, model: schema.Model) -> float:
    """Mean squared error on the held-out part, one long window, in float64: the same judge for every kernel."""
    x, y = problem.x[problem.held_out_from :], problem.y[problem.held_out_from :]
    return float(np.mean((predict(x, kernel, bias, model) - real("y", targets(y, model))) ** 2))
