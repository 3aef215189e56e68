"""How fast training finds a kernel along each direction that the data show."""

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

from jconv.analysis import Identifiability
from jconv.plot.arguments import array
from jconv.plot.panels import left_out
from jconv.plot.response_training import rising
from jconv.plot.style import GREY, Picture, blank, headline, one_key

MOST_DIRECTIONS = 64
STRENGTHS = ListedColormap(colormaps["viridis"](np.linspace(0.88, 0, 256)), name="strengths")
"""Without the lightest, which white paper swallows."""
LOWEST = 1e-17
"""Of the largest error; less is drawn as this."""


def direction_errors(
    steps: np.ndarray, kernels: np.ndarray, goal: np.ndarray, found: Identifiability, *, title: str
) -> Picture:
    """Distance to a goal along each direction that the data show, over steps, both logarithmic.

    Dark lines are directions that the data show strongly. Plain gradient descent shortens each at its own rate, the
    strong ones first; optimizers that scale each weight, as Adam does, mix them. The grey line is the distance along
    all directions that the data do not show, together: no loss draws it to the goal.
    Of more than 64 directions as many are drawn, evenly spread, and the picture says so.

    Args:
        steps: (snapshots,), rising from 0, which is before training; two or more.
        kernels: (snapshots, width, in/groups, out), real.
        goal: (width, in/groups, out), real: the truth, or the least-squares kernel.
        found: from `jconv.analysis.identifiability`, of the input that they were trained with.
        title: text.

    Raises:
        ValueError: shapes that do not fit, complex numbers, or steps that do not rise.
    """
    steps = rising("steps", steps, "snapshots", least=0)
    kernels = array("kernels", kernels, "snapshots width in out", snapshots=len(steps))
    _, width, ins, outs = kernels.shape
    goal = array("goal", goal, "width in out", **{"width": width, "in": ins, "out": outs})
    if found.directions.shape[1:] != (width, ins) or outs % len(found.eigenvalues):
        raise ValueError(
            f"`found` has directions of shape {found.directions.shape[1:]} in {len(found.eigenvalues)} groups; "
            f"`kernels` has kernels of shape {(width, ins)} and {outs} outputs"
        )
    apart = kernels - goal
    seen = along(apart, found.directions, found.directions_group, len(found.eigenvalues))
    unseen = np.sqrt(np.sum(along(apart, found.unseen, found.group, len(found.eigenvalues)) ** 2, axis=1))
    order = np.argsort(found.weak, kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_DIRECTIONS)).round().astype(int))]
    figure, axes = blank(1, 1, (10, 5))
    ax = axes[0, 0]
    weakest = float(found.weak.min(initial=1.0))
    colors = ScalarMappable(LogNorm(min(weakest, 0.1), 1), STRENGTHS)
    least = LOWEST * (max(float(seen.max(initial=0)), float(unseen.max())) or 1.0)
    for number in shown:
        strength = float(found.weak[number])
        color = colors.to_rgba(np.array(strength))
        ax.plot(steps, np.maximum(seen[:, number], least), color=color, linewidth=1.6, label=f"_{number}")
    if len(found.unseen):
        look = {"color": GREY, "linewidth": 2.4, "linestyle": (0, (4, 2))}
        ax.plot(steps, np.maximum(unseen, least), label=f"{len(found.unseen)} unseen, together", **look)
        one_key(figure, ax)
    ax.set_yscale("log")
    ax.set_xscale("symlog", linthresh=1, linscale=0.3)
    ax.set_xlim(steps[0], steps[-1])
    ax.set(xlabel="step (0 is before training)", ylabel="distance to the goal")
    bar = figure.colorbar(colors, ax=ax, label="how strongly the data show it, of the strongest", pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[union-attr]
    figure.note(left_out(len(shown), len(order), "directions", "evenly spread from weak to strong"))
    headline(figure, title)
    return figure


def along(kernels: np.ndarray, directions: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Lengths (snapshots, directions) of kernels (snapshots, width, in, out), each over its own group's outputs."""
    snapshots, _, _, outs = kernels.shape
    own = kernels.reshape(*kernels.shape[:3], groups, outs // groups)
    found = np.zeros((snapshots, len(directions)))
    for number in range(groups):
        mine = group == number
        parts = np.einsum("swco,nwc->sno", own[:, :, :, number], directions[mine], optimize=True)
        found[:, mine] = np.sqrt(np.sum(parts**2, axis=-1))
    return found
