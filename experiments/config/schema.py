"""Every setting of the experiments: its type, its default, its range, and what cannot go together."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

from dataclasses import dataclass, field
from typing import ClassVar

from .labelled import LABELLED, Labelled, LabelledFile, Mnist1d, Ucr
from .models import METHODS, MODELS, AnyModel, Bank, Conv, Gabor, LinearStack, Model, Sinc
from .networks import NETWORKS, Cnn, Fcn, Layers, MiniRocket, Network, Resnet, Rocket, Separable, Tcn
from .rules import MISSING, Section, Whole, choice, limits, several, variant
from .streaming import Streaming
from .tasks import (
    ECG_RATE,
    ECG_SECONDS,
    MOST_SEED,
    TASKS,
    TEXT,
    AnyTask,
    DenoiseEcg,
    Equalise,
    File,
    Filterbank,
    RecoverFir,
    Seed,
    Task,
)
from .together import check_data, check_future, check_kinds, with_rate
from .understanding import CACHE, Understand

__all__ = [
    "ECG_RATE",
    "ECG_SECONDS",
    "LABELLED",
    "METHODS",
    "MODELS",
    "NETWORKS",
    "OPTIMIZERS",
    "TASKS",
    "TEXT",
    "Adam",
    "AdamW",
    "AnyModel",
    "AnyTask",
    "Bank",
    "Cnn",
    "Conv",
    "DenoiseEcg",
    "Equalise",
    "Fcn",
    "File",
    "Filterbank",
    "Fit",
    "Gabor",
    "Labelled",
    "LabelledFile",
    "Layers",
    "LinearStack",
    "MiniRocket",
    "Mnist1d",
    "Model",
    "Network",
    "Optimizer",
    "RecoverFir",
    "Resnet",
    "Rocket",
    "Seed",
    "Separable",
    "Sgd",
    "Sinc",
    "Streaming",
    "Task",
    "Tcn",
    "Trainer",
    "Ucr",
    "Understand",
]


@dataclass
class Optimizer(Section):
    """What turns gradients into updates.

    Attributes:
        name: which one.
        learning_rate: the largest of the run.
        schedule: "cosine" lets the learning rate go down to zero over `trainer.steps`, "linear" along a line,
            "exponential" to a hundredth.
        warmup: share of the steps over which the learning rate rises to its largest, before the schedule begins.
        clip: the largest norm of a gradient, all parameters together; a longer one is shortened. None for any.
    """

    section: ClassVar[str] = "optimizer"

    name: str = MISSING
    learning_rate: float = limits(0.01, above=0)
    schedule: str = choice("cosine", "constant", "linear", "exponential")
    warmup: float = limits(0.0, at_least=0, below=1)
    clip: float | None = limits(None, above=0)


@dataclass
class Adam(Optimizer):
    """optax.adam."""

    name: str = choice("adam")
    b1: float = limits(0.9, at_least=0, below=1)
    b2: float = limits(0.999, at_least=0, below=1)


@dataclass
class AdamW(Adam):
    """optax.adamw: as adam, and all parameters shrink at each step.

    Attributes:
        weight_decay: share of a parameter that a step takes off, over the learning rate.
    """

    name: str = choice("adamw")
    weight_decay: float = limits(1e-4, at_least=0)


@dataclass
class Sgd(Optimizer):
    """optax.sgd."""

    name: str = choice("sgd")
    learning_rate: float = limits(0.02, above=0)
    momentum: float = limits(0.9, at_least=0, below=1)
    nesterov: bool = True


@dataclass
class Trainer(Section):
    """How long, on how much at a time, how many fits side by side, and what is kept of them.

    Attributes:
        steps: updates, at most.
        batch_size: windows or examples a step, or None for all of them.
        window: samples in a window that signals are cut into; not used by tasks with classes, which have examples.
        report_every: steps between looks at the held-out part.
        seeds: fits side by side, in one compiled call; the first has the seed of the run, the others the next ones.
        learning_rates: one fit for each of these with each seed; none for `optimizer.learning_rate` alone.
        patience: looks without a smaller loss on the validation part after which a fit is at its end, or None to do
            all steps. Then the parameters of its best look count.
        validation_fraction: of the training part, set apart where there is patience: the last windows, or examples
            drawn at random.
        label_smoothing: share of each label that is spread over all classes, while training; of tasks with classes.
        devices: "all" cuts each batch into one part for each device.
        checkpoint_seconds: between checkpoints, which are made at looks; 0 for one at every look, None for none.
        tensorboard: also write losses and kernels for TensorBoard.
        profile: write a profile of some hundred steps, for XProf or Perfetto.
    """

    section: ClassVar[str] = "trainer"

    steps: Whole = limits(2000, at_least=1, at_most=10_000_000)
    batch_size: Whole | None = limits(16, at_least=1, at_most=1_000_000)
    window: Whole = limits(1080, at_least=1, at_most=10_000_000)
    report_every: Whole = limits(50, at_least=1, at_most=1_000_000)
    seeds: Whole = limits(1, at_least=1, at_most=4096)
    learning_rates: list[float] = several(above=0)
    patience: Whole | None = limits(None, at_least=1, at_most=1_000_000)
    validation_fraction: float = limits(0.2, above=0, below=1)
    label_smoothing: float = limits(0.0, at_least=0, below=1)
    devices: str = choice("one", "all")
    checkpoint_seconds: float | None = limits(30.0, at_least=0)
    tensorboard: bool = False
    profile: bool = False


OPTIMIZERS = {"adam": Adam, "adamw": AdamW, "sgd": Sgd}


@dataclass
class Fit(Section):
    """One run of `experiments.fit`.

    Attributes:
        seed: of the initial weights and the order of the batches; `task.seed` draws the data.
        page: write page.html, where every number of the learnt convolution can be traced.
        pictures: False draws none, for long sweeps.
        compilation_cache: folder where what XLA compiled is kept for the next run, or None.
        resume: folder of a run or a sweep to go on with, by the command that it holds.
    """

    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    task: AnyTask = variant({**TASKS, **LABELLED})
    model: AnyModel = variant({**MODELS, **NETWORKS}, "conv")
    optimizer: Optimizer = variant(OPTIMIZERS)
    trainer: Trainer = field(default_factory=Trainer)
    page: bool = True
    pictures: bool = True
    compilation_cache: str | None = CACHE
    resume: str | None = None

    def __post_init__(self) -> None:
        """Also refuse what is fine alone and cannot work together."""
        super().__post_init__()
        check_kinds(self.task, self.model, self.trainer)
        if isinstance(self.task, Task) and isinstance(self.model, Model):
            self.model = with_rate(self.model, self.task)
            check_future(self.task, self.model)
            if self.task.samples is not None:
                self.check_data(self.task.samples, self.task.inputs, self.task.outputs)

    @property
    def convolution(self) -> Model:
        """The model, of a task over time."""
        assert isinstance(self.model, Model)
        return self.model

    @property
    def network(self) -> Network:
        """The model, of a task with classes."""
        assert isinstance(self.model, Network)
        return self.model

    def check_data(self, samples: int, inputs: int, outputs: int) -> None:
        """Refuse data that the model cannot be fitted to; of some tasks they are known only once they are read."""
        assert isinstance(self.task, Task)
        check_data(self.task, self.convolution, self.trainer.window, samples, inputs, outputs)
