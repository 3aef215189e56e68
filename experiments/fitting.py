"""One fit, from its settings to all that is known of it; nothing is printed or written."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from jconv.analysis import Identifiability

from .config import schema
from .errors import RunError
from .findings import report
from .findings.optimum import Optimum, least_squares, predict, real, seen, targets
from .findings.spread import Spread, spread
from .models import MODELS
from .prepared import Prepared, Shown
from .runs import environment
from .tasks import Problem, load, windows
from .training.members import Ensemble, Training
from .training.objective import Objective, squared_error

if TYPE_CHECKING:
    from jconv.plot import Picture
    from jconv.report import Page

WINDOW = 1024  # samples


class Fitting(Prepared):
    """A fit that is prepared: its data, and the optimum that it should come to.

    Args:
        config: what to do.
    """

    def __init__(self, config: schema.Fit) -> None:
        super().__init__(config)
        self.problem = problem = load(config)
        parts = (part[: problem.held_out_from] for part in (problem.x, problem.y))
        self.x, self.y = (windows(part, config.trainer.window) for part in parts)
        self.optimum = least_squares(self.x, self.y, config.convolution)
        groups = config.convolution.groups
        self.compiler_options = environment.compiler_options(groups, problem.x.shape[1] // groups)

    @property
    def judge(self) -> tuple[str, str]:
        """What the bar calls the losses of looks, and their unit."""
        return "held-out MSE", report.squared(self.problem.unit) if self.problem.unit else ""

    @property
    def beside(self) -> dict[str, np.ndarray]:
        """What is kept beside the learnt kernel."""
        return {"optimum_kernel": self.optimum.kernel, "optimum_bias": self.optimum.bias}

    def data(self) -> dict[str, np.ndarray]:
        """What the training sees.

        Raises:
            RunError: there is patience, and too few windows to set some apart for it.
        """
        trainer, model, held_out = self.config.trainer, self.config.convolution, self.problem.held_out_from
        x, y = self.x, targets(self.y, model)
        data = {
            "held_out_x": self.problem.x[None, held_out:],
            "held_out_y": targets(self.problem.y[None, held_out:], model),
        }
        if trainer.patience is None:
            return {"x": x, "y": y, **data}
        kept = self.trained_on(len(x), "windows", "; set a smaller trainer.window")
        return {"x": x[:kept], "y": y[:kept], "validation_x": x[kept:], "validation_y": y[kept:], **data}

    def objective(self) -> Objective:
        """The squared error of the convolution."""
        model = MODELS[self.config.model.name](self.config.model, self.x.shape[-1], self.y.shape[-1])
        return squared_error(model)

    def fitted(self, ensemble: Ensemble) -> "Fitted":
        """What a training found; of several members, the one that fits its training best is looked at.

        Raises:
            RunError: no member's loss is still a number.
        """
        if ensemble.all_diverged:
            raise RunError(self.why_diverged(ensemble))
        training = ensemble.training(ensemble.best)
        found = report.findings(self.problem, self.config.convolution, training, self.optimum)
        return Fitted(self.problem, self.config.convolution, training, self.optimum, found, self.config, ensemble)


@dataclass(frozen=True, repr=False)
class Fitted(Shown):
    """All that is known of a fit, and what several of its pictures work out from that.

    Attributes:
        problem: input, target and what is known of the truth.
        model: the convolution's settings.
        training: what the training left behind; of several members, that of the best.
        optimum: the least-squares kernel.
        found: both, in numbers.
        run: all settings; pictures of it say which task, optimizer and seed made them.
        ensemble: all members of the training.
    """

    problem: Problem
    model: schema.Model
    training: Training
    optimum: Optimum
    found: report.Findings
    run: schema.Fit | None = None
    ensemble: Ensemble | None = None

    @property
    def kernels_alike(self) -> np.ndarray | None:
        """(members, width, in, out) of the best one's learning rate that have not diverged; None of a single one."""
        if self.ensemble is None:
            return None
        rate, diverged = self.training.member.learning_rate, self.ensemble.diverged
        alike = [
            place
            for place, member in enumerate(self.ensemble.members)
            if member.learning_rate == rate and not diverged[place]
        ]
        return self.ensemble.arrays["kernel"][alike] if len(alike) > 1 else None

    @cached_property
    def spread(self) -> Spread | None:
        """How far the members that have the best one's learning rate came apart; None of a single one."""
        kernels = self.kernels_alike
        if kernels is None:
            return None
        return spread(kernels, self.identified, self.optimum.standard_error)

    @cached_property
    def identified(self) -> Identifiability:
        """Which kernels the training's input tells apart."""
        return seen(windows(self.trained[0], self.window), self.model)

    @property
    def title(self) -> str:
        """Of the task: what tables and pages are headed with."""
        return self.problem.title

    def rows(self, stopped_by: str = "") -> list[tuple[str, str]]:
        """The few numbers that matter, in words."""
        if self.ensemble is None:
            return []
        return report.rows(self.problem, self.found, self.ensemble, self.spread, stopped_by)

    def print(self, console: Console, stopped_by: str = "") -> None:
        """The table on the terminal, and that of the filters."""
        from .findings import filters

        super().print(console, stopped_by)
        filters.print_moves(console, self)

    def page(self, command: str | None = None) -> "Page":
        """The page on which every number can be traced; `command` repeats the run."""
        from .showing import explorer

        return explorer.of_fit(self, command)

    def draw(self) -> "Iterator[tuple[str, Picture]]":
        """File name and matplotlib figure, one after the other."""
        from .showing import pictures

        return pictures.draw(self)

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""
        from .findings import filters

        more = {} if self.spread is None else self.spread.numbers()
        if self.ensemble is not None and len(self.ensemble.members) > 1:
            more["members"] = report.members(self.problem, self.model, self.ensemble)
        return {**report.metrics(self.found, self.training), **more, **filters.metrics(self)}

    @property
    def learnt(self) -> np.ndarray:
        """(width, in, out)."""
        return real("kernel", self.training.arrays["kernel"])

    @property
    def learnt_bias(self) -> np.ndarray | None:
        """(out,), or None without one."""
        return self.training.arrays.get("bias")

    @property
    def blind(self) -> bool:
        """Whether kernels that differ give the same outputs."""
        return self.optimum.kernel_rank < self.optimum.columns

    @property
    def goal(self) -> str:
        """What to call the least-squares kernel."""
        return "smallest of the optimal kernels" if self.blind else "optimum (least squares)"

    @property
    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Input and target that the fit never saw."""
        return self.problem.x[self.problem.held_out_from :], self.problem.y[self.problem.held_out_from :]

    @property
    def trained(self) -> tuple[np.ndarray, np.ndarray]:
        """Input and target of the training."""
        return self.problem.x[: self.problem.held_out_from], self.problem.y[: self.problem.held_out_from]

    @property
    def window(self) -> int:
        """Samples of one window of the training, or about as many where nobody says."""
        return self.run.trainer.window if self.run is not None else max(WINDOW, 2 * self.model.span)

    @property
    def unit_of_frequency(self) -> str:
        """Of what `response` shows."""
        return "cycles per sample" if self.problem.rate is None else "Hz"

    @property
    def fixed(self) -> str:
        """What the input determines, in words."""
        return f"The input fixes {self.optimum.kernel_rank} of {self.optimum.columns} numbers of each output's kernel"

    @cached_property
    def outputs_apart(self) -> float:
        """RMS difference of the learnt kernel's held-out outputs and the optimum's, over the latter's deviation."""
        x, _ = self.held_out
        learnt = predict(x, self.learnt, self.learnt_bias, self.model)
        best = predict(x, self.optimum.kernel, self.optimum.bias, self.model)
        return relative(learnt - best, best - best.mean(axis=0))


def relative(difference: np.ndarray, whole: np.ndarray) -> float:
    """Root mean square of one over that of the other, or the former alone if that is 0."""
    rms = [float(np.sqrt(np.mean(np.abs(values) ** 2))) for values in (difference, whole)]
    return rms[0] / (rms[1] or 1.0)
