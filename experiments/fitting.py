"""One fit, from its settings to all that is known of it; nothing is printed or written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import report
from .config import schema
from .errors import RunError
from .models import MODELS
from .optimizers import OPTIMIZERS
from .optimum import Optimum, least_squares, predict, real, targets
from .tasks import Problem, load, windows
from .training import Training, train

WINDOW = 1024  # samples


class Fitting:
    """A fit that is prepared: its data, and the optimum that it should come to.

    Args:
        config: what to do.
    """

    def __init__(self, config: schema.Fit) -> None:
        self.config = config
        self.problem = problem = load(config)
        parts = (part[: problem.held_out_from] for part in (problem.x, problem.y))
        self.x, self.y = (windows(part, config.trainer.window) for part in parts)
        self.optimum = least_squares(self.x, self.y, config.model)

    def train(self, look: Callable[[Training], None], stop: Callable[[], bool]) -> Training:
        """Train; for `look` and `stop` see `training.train`."""
        config, held_out = self.config, self.problem.held_out_from
        data = {
            "x": self.x,
            "y": targets(self.y, config.model),
            "held_out_x": self.problem.x[None, held_out:],
            "held_out_y": targets(self.problem.y[None, held_out:], config.model),
        }
        model = MODELS[config.model.name](config.model, self.x.shape[-1], self.y.shape[-1])
        optimizer = OPTIMIZERS[config.optimizer.name](config.optimizer, config.trainer.steps)
        return train(model, optimizer, data, config.trainer, config.seed, look, stop)

    def fitted(self, training: Training) -> "Fitted":
        """What a training found.

        Raises:
            RunError: it diverged.
        """
        if training.diverged:
            rate = self.config.optimizer.learning_rate
            raise RunError(
                f"the loss diverged by step {training.steps}: `optimizer.learning_rate` (={rate:g}) is too large; "
                f"try optimizer.learning_rate={min(rate / 10, 0.01):g}"
            )
        found = report.findings(self.problem, self.config.model, training, self.optimum)
        return Fitted(self.problem, self.config.model, training, self.optimum, found, self.config)


@dataclass(frozen=True)
class Fitted:
    """All that is known of a fit, and what several of its pictures work out from that.

    Attributes:
        problem: input, target and what is known of the truth.
        model: the convolution's settings.
        training: what the training left behind.
        optimum: the least-squares kernel.
        found: both, in numbers.
        run: all settings; pictures of it say which task, optimizer and seed made them.
    """

    problem: Problem
    model: schema.Model
    training: Training
    optimum: Optimum
    found: report.Findings
    run: schema.Fit | None = None

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""
        from . import filters

        return report.metrics(self.found, self.training) | filters.metrics(self)

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
