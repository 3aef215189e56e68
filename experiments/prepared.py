"""What a fit and the training of a network share: members, the compiled loop, why it diverged, how results show."""

import itertools
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from .config import schema
from .errors import RunError
from .findings import report
from .training.loop import Loop
from .training.members import Checkpoints, Ensemble, Member, Rows, look_steps, train
from .training.objective import Objective
from .training.optimizers import optimizer

if TYPE_CHECKING:
    from jconv.plot import Picture


class Prepared:
    """A training that is ready to start: its settings and the members that run side by side.

    Args:
        config: what to do.
    """

    compiler_options: dict[str, Any] = {}  # noqa: RUF012 - of XLA; replaced as a whole where some help
    looked_at = "held_out"  # what looks judge by
    has_steps = True  # trained by gradients, not solved for
    learns = "kernel"  # what a training keeps at looks

    def __init__(self, config: schema.Fit) -> None:
        self.config = config
        rates = config.trainer.learning_rates or [config.optimizer.learning_rate]
        seeds = range(config.seed, config.seed + config.trainer.seeds)
        self.members = tuple(Member(seed, rate) for rate, seed in itertools.product(rates, seeds))

    def objective(self) -> Objective:
        """What is minimised."""
        raise NotImplementedError

    def data(self) -> dict[str, np.ndarray]:
        """What the training sees."""
        raise NotImplementedError

    def trained_on(self, count: int, unit: str, hint: str = "") -> int:
        """How many of `count` windows or examples train where there is patience; the others judge the looks.

        Raises:
            RunError: none would be left.
        """
        trainer = self.config.trainer
        kept = count - max(1, round(count * trainer.validation_fraction))
        if kept < 1:
            raise RunError(
                f"`trainer.patience` (={trainer.patience}) sets some {unit} of the training apart, and there is "
                f"{count} alone{hint}"
            )
        return kept

    def train(
        self,
        look: Callable[[Ensemble], None],
        stop: Callable[[], bool],
        checkpoints: Checkpoints | None = None,
        profile: Callable[[Callable[[], Any]], Any] | None = None,
    ) -> Ensemble:
        """Train; for the arguments see `training.members.train`. What has no steps is solved for later."""
        if not self.has_steps:
            return Ensemble(self.members, Rows(len(self.members)), looked_at=self.looked_at)
        config, trainer, data = self.config, self.config.trainer, self.data()
        loop = Loop(
            self.objective(),
            lambda rate: optimizer(config.optimizer, trainer.steps, rate),
            data,
            batch_size=min(trainer.batch_size or len(data["x"]), len(data["x"])),
            seeds=np.array([member.seed for member in self.members]),
            rates=np.array([member.learning_rate for member in self.members]),
            longest=int(max(np.diff([0, *look_steps(trainer)]))),
            all_devices=trainer.devices == "all",
        )
        return train(
            loop, self.members, trainer, look, stop, checkpoints, self.compiler_options, profile, self.looked_at
        )

    def why_diverged(self, ensemble: Ensemble) -> str:
        """The step, and the likely cause."""
        first, looks = ensemble.first_without_number, ensemble.looks
        where = f"diverged by step {ensemble.steps}" + (f" and is no number from step {first} on" if first else "")
        rates = {member.learning_rate for member in self.members}
        if len(rates) > 1:
            return f"the loss {where}: all of `trainer.learning_rates` are too large; try smaller ones"
        (rate,) = rates
        kept = looks[-2] if len(looks) > 1 else 0
        return (
            f"the loss {where}: `optimizer.learning_rate` (={rate:g}) is too large; "
            f"try optimizer.learning_rate={min(rate / 10, 0.01):g} (the {self.learns} of step {kept} is kept)"
        )


class Shown:
    """What was found, as it shows itself on a terminal and in a notebook."""

    @property
    def title(self) -> str:
        """What tables and pages of it are headed with."""
        raise NotImplementedError

    def rows(self, stopped_by: str = "") -> list[tuple[str, str]]:
        """The few numbers that matter, in words."""
        raise NotImplementedError

    def draw(self) -> "Iterator[tuple[str, Picture]]":
        """File name and matplotlib figure, one after the other."""
        raise NotImplementedError

    @cached_property
    def figures(self) -> "dict[str, Picture]":
        """File name -> matplotlib figure."""
        return dict(self.draw())

    def print(self, console: Console, stopped_by: str = "") -> None:
        """The table on the terminal."""
        report.print_table(console, self.title, self.rows(stopped_by))

    def __repr__(self) -> str:
        """The few numbers that matter."""
        rows = self.rows()
        width = max((len(name) for name, _ in rows), default=0)
        return "\n".join([self.title, *(f"{name:{width}}  {words}" for name, words in rows)])

    def _repr_html_(self) -> str:
        """What a notebook shows: the numbers, and the pictures below."""
        from .showing import display

        return display.page(self.title, self.rows(), self.figures)
