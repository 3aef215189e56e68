"""One training of a network that classifies, from its settings to all that is known of it; nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .config import schema
from .errors import RunError
from .findings import scores
from .networks import build
from .networks.classifier import Classifier, taken_apart
from .prepared import Prepared, Shown
from .tasks import Examples, load_examples
from .training.members import Ensemble, Training
from .training.objective import Objective, cross_entropy

if TYPE_CHECKING:
    from jconv.plot import Picture
    from jconv.report import Page

LOOKED_AT = 1000  # training examples that a look judges by where none are set apart
CHUNK = 500  # test examples at once


class Classifying(Prepared):
    """A training that is prepared: its examples, standardised by the training part, and its members.

    Args:
        config: what to do.
    """

    learns = "network"

    def __init__(self, config: schema.Fit) -> None:
        super().__init__(config)
        self.settings = config.network
        self.examples = examples = load_examples(config)
        self.mean = examples.x.mean(axis=(0, 1))
        self.deviation = np.maximum(examples.x.std(axis=(0, 1)), np.finfo(np.float32).tiny)

    @property
    def has_steps(self) -> bool:
        """Whether it is trained by gradients, not solved for."""
        return self.settings.trained

    @property
    def judge(self) -> tuple[str, str]:
        """What the bar calls the losses of looks, and their unit."""
        return f"{self.looked_at.replace('_', ' ')} loss", ""

    @property
    def looked_at(self) -> str:
        """What looks judge by."""
        return "training_part" if self.config.trainer.patience is None else "validation"

    @property
    def beside(self) -> dict[str, np.ndarray]:
        """What is kept beside the network: what its input was standardised by, channel by channel."""
        return {"input_mean": self.mean, "input_deviation": self.deviation}

    def standardised(self, x: np.ndarray) -> np.ndarray:
        """Signals as the network sees them: each channel has mean 0 and deviation 1 over the training part."""
        return (x - self.mean) / self.deviation

    @cached_property
    def classifier(self) -> Classifier:
        """The network, taken apart.

        Raises:
            RunError: examples are too short for it.
        """
        _, length, inputs = self.examples.x.shape
        try:
            made = taken_apart(partial(build, self.settings, length, inputs, len(self.examples.classes)))
            jax.eval_shape(made.logits, *jax.eval_shape(made.init, jax.random.key(0)), self.examples.x[:1])
        except ValueError as error:
            raise RunError(
                f"`model` (={self.settings.name}) cannot take examples of {length} samples: {error}; choose another"
            ) from error
        return made

    def data(self) -> dict[str, np.ndarray]:
        """What the training sees; where there is patience a part is set apart, else looks see training examples.

        Raises:
            RunError: there is patience, and too few examples to set some apart.
        """
        x, labels, trainer = self.standardised(self.examples.x), self.examples.labels, self.config.trainer
        if trainer.patience is None:
            return {"x": x, "y": labels, "held_out_x": x[:LOOKED_AT], "held_out_y": labels[:LOOKED_AT]}
        order = np.random.default_rng(0).permutation(len(x))  # files may be sorted by class
        kept = self.trained_on(len(x), "examples")
        own, apart = order[:kept], order[kept:]
        part = {"x": x[apart], "y": labels[apart]}
        found = {f"{name}_{axis}": array for name in ("validation", "held_out") for axis, array in part.items()}
        return {"x": x[own], "y": labels[own], **found}

    def objective(self) -> Objective:
        """The cross-entropy of the network's logits."""
        return cross_entropy(self.classifier, self.config.trainer.label_smoothing)

    def fitted(self, ensemble: Ensemble) -> "Classified":
        """What a training found; the test part is looked at here, once.

        Raises:
            RunError: no member's loss is still a number.
        """
        if ensemble.all_diverged:
            raise RunError(self.why_diverged(ensemble))
        if self.settings.trained:
            outputs = np.stack([self.tested(ensemble.training(place)) for place in range(len(self.members))])
        else:
            from .findings.ridge import decisions

            outputs = np.stack([decisions(self.examples, self.settings, member.seed) for member in self.members])
        return Classified(self, ensemble, outputs)

    def tested(self, training: Training) -> np.ndarray:
        """Logits (test examples, classes) of one member."""
        params, rest = self.classifier.taken_back(training.arrays)
        logits, x = jax.jit(self.classifier.logits), self.standardised(self.examples.test_x)
        return np.concatenate([np.asarray(logits(params, rest, x[at : at + CHUNK])) for at in range(0, len(x), CHUNK)])


@dataclass(frozen=True, repr=False)
class Classified(Shown):
    """All that is known of a training of a network.

    Attributes:
        made: how it was prepared, its examples among that.
        ensemble: all members of the training; of what is solved for in closed form without steps.
        outputs: (members, test examples, classes), the largest is the class that is chosen.
    """

    made: Classifying
    ensemble: Ensemble
    outputs: np.ndarray

    @property
    def examples(self) -> Examples:
        """What it was trained and tested on."""
        return self.made.examples

    @property
    def run(self) -> schema.Fit:
        """All settings."""
        return self.made.config

    @property
    def chosen(self) -> np.ndarray:
        """(members, test examples) places in `examples.classes`."""
        return self.outputs.argmax(axis=-1)

    @property
    def best(self) -> int:
        """The member whose training part fits best; the test part has no say."""
        return self.ensemble.best if self.ensemble.steps else 0

    @property
    def training(self) -> Training:
        """What the training left of the best member."""
        return self.ensemble.training(self.best)

    @cached_property
    def scores(self) -> scores.Scores:
        """How many test examples got which class."""
        names = (getattr(self.run.task, "problem", self.run.task.name), self.made.settings.name)
        return scores.Scores(self.examples.test_labels, self.chosen, self.examples.classes, *names)

    @property
    def title(self) -> str:
        """Of the task: what tables and pages are headed with."""
        return self.examples.title

    def rows(self, stopped_by: str = "") -> list[tuple[str, str]]:
        """The few numbers that matter, in words."""
        return [*self.scores.rows(), *scores.training_rows(self.ensemble, self.best, stopped_by)]

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""
        return {
            **self.scores.metrics([member.seed for member in self.made.members]),
            "steps": self.ensemble.steps,
            "compile_seconds": round(self.ensemble.compile_seconds, 3),
            "run_seconds": round(self.ensemble.run_seconds, 3),
            "stopped": self.ensemble.stopped,
        }

    def page(self, command: str | None = None) -> "Page | None":
        """The page of the network: its first convolution, on test examples; `command` repeats the run."""
        from .showing import network_page

        return network_page.page(self, command)

    def draw(self) -> "Iterator[tuple[str, Picture]]":
        """File name and matplotlib figure, one after the other."""
        from .showing import networks

        return networks.draw(self)
