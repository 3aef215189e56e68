"""How a kernel got where it is: the one picture of it that says most of a fit."""

import numpy as np

from jconv import plot
from jconv.analysis import frequency_response

from ..findings.spread import hidden_part
from ..fitting import Fitted
from . import drawing, headlines
from .labels import lags, names, spread


def course(fit: Fitted) -> tuple[str, plot.Picture]:
    """File name and figure.

    Several seeds: where they came apart, which one of them cannot show. Directions that the data do not show: the error
    along these, beside the others. Noise to take off: the gain at each step. Else the kernel at each step.
    """
    if fit.kernels_alike is not None and fit.spread is not None:
        return "seeds.png", seeds(fit)
    if len(fit.training.snapshots) < 2:
        return "snapshots.png", snapshots(fit)
    if fit.blind:
        return "directions.png", directions(fit)
    if fit.problem.snr_in_db is not None:
        return "response_training.png", gains(fit)
    return "snapshots.png", snapshots(fit)


def seeds(fit: Fitted) -> plot.Picture:
    """The kernels of all seeds."""
    kernels, apart = fit.kernels_alike, fit.spread
    assert kernels is not None
    assert apart is not None
    goals, truth = {fit.goal: fit.optimum.kernel}, fit.problem.true_kernel
    if fit.found.kernel_rmse is not None and truth is not None:
        goals["truth"] = truth
    where, label = lags(fit.problem, fit.model)
    title = headlines.seeds(apart.count, apart.sentence())
    return plot.ensemble_bands(where, kernels, title=title, lag_label=label, goals=goals, **names(fit))


def way(fit: Fitted) -> tuple[np.ndarray, np.ndarray]:
    """Steps, each once, and the kernels after them."""
    steps, first = np.unique(fit.training.snapshot_steps, return_index=True)
    return steps, np.stack(fit.training.snapshots)[first].astype(np.float64)


def gains(fit: Fitted) -> plot.Picture:
    """The gain at each step."""
    steps, kernels = way(fit)
    each = np.stack([gain(kernel, fit) for kernel in kernels])
    return plot.response_training(
        steps,
        frequency_response(np.ones(1))[0] * (fit.problem.rate or 1.0),
        each,
        title=headlines.gains(*gains_off(fit)),
        frequency_label=f"frequency ({fit.unit_of_frequency})",
        goal=gain(fit.optimum.kernel, fit),
        goal_label=fit.goal,
        **names(fit),
    )


def gain(kernel: np.ndarray, fit: Fitted) -> np.ndarray:
    """(points, in, out) magnitudes."""
    return np.abs(frequency_response(spread(kernel, fit.model))[1])


def gains_off(fit: Fitted) -> tuple[float, float]:
    """By how much the first and the last gain miss the optimum's, at most, of its largest."""
    best = gain(fit.optimum.kernel, fit)
    _, kernels = way(fit)
    first, last = (float(np.abs(gain(kernel, fit) - best).max() / (best.max() or 1.0)) for kernel in kernels[[0, -1]])
    return first, last


def directions(fit: Fitted) -> plot.Picture:
    """The error along each direction that the data show, and along the others."""
    steps, kernels = way(fit)
    hidden = fit.optimum.columns - fit.optimum.kernel_rank
    title = headlines.blind_snapshots(unseen(fit, kernels[-1] - kernels[0]), hidden, fit.optimum.columns)
    truth = fit.problem.true_kernel if fit.found.kernel_rmse is not None else None
    goal = fit.optimum.kernel if truth is None else truth
    figure = plot.direction_errors(steps, kernels, goal, fit.identified, title=title)
    figure.note(f"The goal is {fit.goal if truth is None else 'the true kernel'}.")
    return figure


def snapshots(fit: Fitted) -> plot.Picture:
    """The kernel on its way."""
    where, label = lags(fit.problem, fit.model)
    kernels = np.stack(fit.training.snapshots).astype(np.float64)
    if fit.blind:
        hidden = fit.optimum.columns - fit.optimum.kernel_rank
        title = headlines.blind_snapshots(unseen(fit, kernels[-1] - kernels[0]), hidden, fit.optimum.columns)
    else:
        title = headlines.snapshots(kernels[0], kernels[-1], fit.optimum.kernel)
    return drawing.snapshot_curves(
        where,
        np.asarray(fit.training.snapshot_steps),
        kernels,
        fit.optimum.kernel,
        title=title,
        lag_label=label,
        goal=fit.goal,
        **names(fit),
    )


def unseen(fit: Fitted, way: np.ndarray) -> float | None:
    """Share of a way (width, in, out) in directions that leave the training's outputs as they are, None of no way."""
    if not way.any():
        return None
    hidden = hidden_part(way, fit.identified)
    return float(np.linalg.norm(hidden) / np.linalg.norm(way))
