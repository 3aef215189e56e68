"""What `experiments.stream` filters, as settings: a recording that it makes, or one of the user's own."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

from dataclasses import dataclass
from typing import Any

from .models import MOST_WIDTH
from .rules import ConfigError, Section, Whole, choice, custom, limits
from .tasks import MOST_SEED
from .understanding import CACHE, numbers

MOST_SAMPLES = 1e10  # of a recording that is made, over all channels: 20 GB
MADE = {"seconds": 3600.0, "channels": 8}
TAPS, CUTOFF = 257, 40.0


def mapped(key: str, value: Any) -> str | None:
    """The path of an array that can be read piece by piece, or None."""
    if value is None or (isinstance(value, str) and value.lower().endswith(".npy")):
        return value
    raise ConfigError(f"`{key}` (={value}) must be null or a path that ends in .npy, which is read piece by piece")


@dataclass
class Streaming(Section):
    """One run of `experiments.stream`.

    Attributes:
        signal: the path of a .npy of (samples, channels); None for a recording that is made.
        rate: samples a second.
        seconds, channels: of the recording that is made.
        kernel: the path of a .npy, .npz or text file, as the kernel.npz of a fit, or a list of numbers; None for a
            low-pass filter of each channel.
        taps, cutoff: of the low-pass filter; the latter in Hz.
        padding: "causal" or "same".
        method: of `jconv.Stream`.
        chunk: samples that are read at a time.
        time: seconds into the recording around which the page shows it; None for its middle.
        shown: seconds on the page.
        seed: of the recording that is made.
        page: write page.html.
        compilation_cache: as in `Fit`.
    """

    signal: Any = custom(None, mapped)
    rate: float = limits(1000.0, above=0)
    seconds: float = limits(MADE["seconds"], above=0)
    channels: Whole = limits(MADE["channels"], at_least=1, at_most=MOST_WIDTH)
    kernel: Any = custom(None, numbers)
    taps: Whole = limits(TAPS, at_least=1, at_most=1_000_000)
    cutoff: float = limits(CUTOFF, above=0)
    padding: str = choice("causal", "same")
    method: str = choice("auto", "direct", "fft")
    chunk: Whole = limits(16_384, at_least=1, at_most=10_000_000)
    time: float | None = limits(None, at_least=0)
    shown: float = limits(2.0, above=0)
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    page: bool = True
    compilation_cache: str | None = CACHE

    def __post_init__(self) -> None:
        """Also refuse what cannot go together, as far as it shows without the files."""
        super().__post_init__()
        if self.kernel is None and self.cutoff >= self.rate / 2:
            raise ConfigError(f"`cutoff` (={self.cutoff:g}) must be below half of `rate` (={self.rate:g})")
        for name, default in (("taps", TAPS), ("cutoff", CUTOFF)):
            if self.kernel is not None and getattr(self, name) != default:
                raise ConfigError(
                    f"`{name}` (={getattr(self, name):g}) is of the low-pass filter and `kernel` is given"
                )
        if self.signal is None:
            samples = round(self.seconds * self.rate)
            if not 1 <= samples * self.channels <= MOST_SAMPLES:
                raise ConfigError(
                    f"`seconds` (={self.seconds:g}) must leave 1 to {MOST_SAMPLES:g} numbers; at `rate` "
                    f"(={self.rate:g}) and `channels` (={self.channels}) there would be {samples * self.channels}"
                )
            self.check_time(samples)
            return
        for name, default in MADE.items():
            if getattr(self, name) != default:
                raise ConfigError(f"`{name}` (={getattr(self, name):g}) is of a made recording and `signal` is given")

    def check_time(self, samples: int) -> None:
        """Refuse a page of a time that the recording does not have.

        Raises:
            ConfigError: with its length.
        """
        if self.time is not None and self.time * self.rate >= samples:
            raise ConfigError(f"`time` (={self.time:g}) must be within the {samples / self.rate:g} s of the recording")
