"""The best kernel there is, in closed form: least squares over the windows of the training (the Wiener solution)."""

from dataclasses import dataclass

import numpy as np

from .alignment import first_sample, longest_pads, outputs, pads
from .config import schema
from .tasks import Problem

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
    """

    kernel: np.ndarray
    bias: np.ndarray
    kernel_rank: int
    bias_rank: int
    columns: int


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


def padded(x: np.ndarray, model: schema.Model) -> np.ndarray:
    """(length, in) with what the model pads, or without what it crops."""
    low, high = padding_of(model, len(x))
    modes = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    x = np.pad(x, ((max(low, 0), max(high, 0)), (0, 0)), modes[model.padding_mode])  # type: ignore[call-overload]
    return x[max(-low, 0) : len(x) - max(-high, 0)]


def by_group(array: np.ndarray, model: schema.Model) -> list[np.ndarray]:
    """The channels, which are the last axis, of each group."""
    return np.split(array, model.groups, axis=-1)


def design(x: np.ndarray, model: schema.Model) -> np.ndarray:
    """What each output sees of x, one row an output: (length, in) -> (length', width * in + 1) float64, ones last."""
    x = padded(real("x", x), model)
    windows = np.lib.stride_tricks.sliding_window_view(x, model.span, axis=0)[:: model.stride, :, :: model.dilation]
    rows = windows.transpose(0, 2, 1).reshape(len(windows), -1)
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def least_squares(x: np.ndarray, y: np.ndarray, model: schema.Model) -> Optimum:
    """The kernel and bias with the least mean squared error.

    Args:
        x: (windows, length, in), each padded on its own, as in training.
        y: (windows, length, out), aligned with x.
        model: width, stride, dilation, groups, padding, bias.
    """
    each = [of_one_group(*parts, model) for parts in zip(by_group(x, model), by_group(y, model), strict=True)]
    return Optimum(
        kernel=np.concatenate([part.kernel for part in each], axis=-1),
        bias=np.concatenate([part.bias for part in each]),
        kernel_rank=sum(part.kernel_rank for part in each),
        bias_rank=min(part.bias_rank for part in each),
        columns=sum(part.columns for part in each),
    )


def of_one_group(x: np.ndarray, y: np.ndarray, model: schema.Model) -> Optimum:
    """As `least_squares`, of the channels of one group."""
    columns = model.kernel_size * x.shape[-1]
    gram = np.zeros((columns + 1, columns + 1))
    cross = np.zeros((columns + 1, y.shape[-1]))
    for window, target in zip(x, targets(y, model), strict=True):
        rows = design(window, model)
        gram += rows.T @ rows
        cross += rows.T @ real("y", target)
    used = columns + model.use_bias
    solution = np.zeros_like(cross)
    solution[:used], rank = solve(gram[:used, :used], cross[:used])
    kernel_rank = solve(gram[:columns, :columns], cross[:columns])[1]
    return Optimum(
        kernel=solution[:columns].reshape(model.kernel_size, x.shape[-1], -1),
        bias=solution[columns],
        kernel_rank=kernel_rank,
        bias_rank=rank - kernel_rank,
        columns=columns,
    )


def solve(gram: np.ndarray, cross: np.ndarray) -> tuple[np.ndarray, int]:
    """The smallest solution of `gram @ solution = cross`, and the rank of the design matrix behind `gram`.

    The data are float32, so a direction in which the design matrix is 4 eps of what it is in its largest is rounding.
    Singular values of the design matrix are roots of those of `gram`, hence the square.
    """
    values, vectors = np.linalg.eigh(gram)
    kept = values > (4 * FLOAT32_EPS) ** 2 * max(values[-1], 0)
    directions = vectors[:, kept]
    return directions @ (directions.T @ cross / values[kept, None]), int(kept.sum())


def predict(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, model: schema.Model) -> np.ndarray:
    """The output of any kernel in float64: (length, in) -> (length', out)."""
    bias = np.zeros(kernel.shape[-1]) if bias is None else bias
    weights = real("kernel", np.concatenate([kernel.reshape(-1, kernel.shape[-1]), bias[None]]))
    parts = zip(by_group(x, model), by_group(weights, model), strict=True)
    return np.concatenate([design(part, model) @ some for part, some in parts], axis=-1)


def score(problem: Problem, kernel: np.ndarray, bias: np.ndarray | None, model: schema.Model) -> float:
    """Mean squared error on the held-out part, one long window, in float64: the same judge for every kernel."""
    x, y = problem.x[problem.held_out_from :], problem.y[problem.held_out_from :]
    return float(np.mean((predict(x, kernel, bias, model) - real("y", targets(y, model))) ** 2))
