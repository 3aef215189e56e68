"""A recording on disk through a kernel, block by block; what it took, and an excerpt of what went in and came out."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

import jconv

from .config.rules import ConfigError
from .config.streaming import Streaming
from .own_arrays import kernel_of, said_of
from .tasks.binary import loaded

BLOCK = 1 << 16  # samples made at a time
EPS = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Filter:
    """What the recording goes through.

    Attributes:
        kernel: (width, in/groups, out) float32.
        bias: (out,) float32, or None.
        stream: the convolution, which knows its settings.
    """

    kernel: np.ndarray
    bias: np.ndarray | None
    stream: jconv.Stream

    @property
    def low(self) -> int:
        """Samples before an output's own that it reads."""
        return self.stream.schedule.low


@dataclass(frozen=True)
class Filtered:
    """What filtering took.

    Attributes:
        samples: of the recording.
        inputs, outputs: channels.
        rate: samples a second.
        seconds: that filtering took, with reading, compiling and writing.
        latency: samples that an output waits for.
        peak_bytes: of memory of this process until the end, None where the system does not say.
    """

    samples: int
    inputs: int
    outputs: int
    rate: float
    seconds: float
    latency: int
    peak_bytes: int | None

    @property
    def times_real_time(self) -> float:
        """How many times faster than the recording lasts."""
        return self.samples / self.rate / self.seconds


@dataclass(frozen=True)
class Excerpt:
    """Some outputs and the samples that they read.

    Attributes:
        x: (samples, in) float32, in which each window of the outputs lies.
        y: (outputs, out) float32, as they were written.
        first: sample of the recording at which x begins.
        error: by how much y and the convolution of x differ at most.
        allowed: what rounding may make of that.
    """

    x: np.ndarray
    y: np.ndarray
    first: int
    error: float
    allowed: float


def opened(config: Streaming) -> np.ndarray:
    """The user's recording, mapped.

    Raises:
        ConfigError: it cannot be read, or has no samples and channels of numbers.
    """
    with said_of("signal", config.signal) as path:
        signal = loaded(path, lambda: np.load(path, mmap_mode="r", allow_pickle=False))
    if signal.ndim != 2 or not signal.size or signal.dtype.kind not in "iuf":
        kind = f"has shape {signal.shape} of {signal.dtype}"
        raise ConfigError(f"`signal` (={config.signal}) {kind}; expected real numbers of shape (samples, channels)")
    config.check_time(len(signal))
    return signal


def filter_of(config: Streaming, channels: int) -> Filter:
    """The kernel of the settings, for a recording of so many channels.

    Raises:
        ConfigError: it cannot be read, or does not fit the channels.
    """
    bias = None
    if config.kernel is None:
        from scipy.signal import firwin

        taps: Any = firwin(config.taps, config.cutoff, fs=config.rate)
        kernel = np.repeat(taps[::-1, None, None].astype(np.float32), channels, axis=2)
    else:
        kernel, bias = kernel_of(config)
        if kernel.shape[1:] == (1, 1) and bias is None:  # the same for each channel
            kernel = np.repeat(kernel, channels, axis=2)
    groups, rest = divmod(channels, kernel.shape[1])
    if rest or kernel.shape[2] % groups:
        raise ConfigError(
            f"`kernel` (={config.kernel}) of shape {kernel.shape} must fit the recording, which has {channels} channels"
        )
    if bias is not None and len(bias) != kernel.shape[2]:
        raise ConfigError(
            f"`kernel` (={config.kernel}) has a bias of {len(bias)} numbers for {kernel.shape[2]} outputs"
        )
    stream = jconv.Stream(len(kernel), padding=config.padding, groups=groups, method=config.method)
    return Filter(np.ascontiguousarray(kernel), bias, stream)


def made(config: Streaming) -> Iterator[np.ndarray]:
    """Blocks of a recording of whole numbers: a slow wave of each channel's own, hum of 50 Hz, and noise."""
    random, samples = np.random.default_rng(config.seed), round(config.seconds * config.rate)
    slow = 0.5 + 0.25 * np.arange(config.channels)
    for first in range(0, samples, BLOCK):
        at = np.arange(first, min(first + BLOCK, samples))[:, None] / config.rate
        block = 1000 * np.sin(2 * np.pi * slow * at) + 500 * np.sin(2 * np.pi * 50 * at)
        yield np.rint(block + 100 * random.normal(size=block.shape)).astype(np.int16)


@contextmanager
def written(path: Path, shape: tuple[int, int], dtype: Any) -> Iterator[IO[bytes]]:
    """A .npy file of this shape, to write the rows of one after another; it is there once all are written."""
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_recording(config: Streaming, path: Path) -> None:
    """Make a recording on disk, of which a block is held."""
    with written(path, (round(config.seconds * config.rate), config.channels), np.int16) as file:
        for block in made(config):
            file.write(block.tobytes())


def filtered(config: Streaming, signal: np.ndarray, by: Filter, path: Path, progress: Callable[[int], Any]) -> Filtered:
    """Filter a mapped recording into a .npy file, block by block.

    Args:
        config: its chunk and rate.
        signal: (samples, channels).
        by: what it goes through.
        path: of the outputs.
        progress: called with the number of samples of each block.
    """
    settings = {name: getattr(by.stream, name) for name in ("padding", "groups", "method")}
    begin = time.perf_counter()
    with written(path, (len(signal), by.kernel.shape[2]), np.float32) as file:
        for out in jconv.conv1d_stream(
            as_float32(signal), by.kernel, by.bias, chunk_length=config.chunk, progress=progress, **settings
        ):
            file.write(np.asarray(out).tobytes())
    seconds = time.perf_counter() - begin
    samples, inputs = signal.shape
    return Filtered(samples, inputs, by.kernel.shape[2], config.rate, seconds, by.stream.latency, peak_bytes())


def as_float32(signal: np.ndarray) -> Any:
    """The recording as `conv1d_stream` takes it: whole numbers as they are, others in pieces that are converted."""
    if signal.dtype.kind in "iu" or signal.dtype == np.float32:
        return signal
    return (np.asarray(signal[at : at + BLOCK], np.float32) for at in range(0, len(signal), BLOCK))


def excerpt(config: Streaming, signal: np.ndarray, outputs: np.ndarray, by: Filter) -> Excerpt:
    """What is around the time that the settings ask for, and how far it is from being convolved by itself."""
    width = len(by.kernel)
    middle = len(signal) // 2 if config.time is None else int(config.time * config.rate)
    count = min(max(1, round(config.shown * config.rate)), len(signal) - width + 1)
    if count < 1:
        raise ConfigError(f"`signal` (={len(signal)} samples) must be as long as the kernel of {width} for a page")
    first = min(max(0, middle - count // 2 - by.low), len(signal) - width + 1 - count)
    x = np.asarray(signal[first : first + count + width - 1], np.float32)
    y = np.array(outputs[first + by.low : first + by.low + count])
    alone = np.asarray(jconv.conv1d(x, by.kernel, by.bias, groups=by.stream.groups, method="direct"))
    around = signal[max(0, first - config.chunk) : first + len(x) + config.chunk]
    # a Fourier transform of a block errs by roundings of its norm, a direct sum by less (tests/bounds.py)
    length, peak = config.chunk + width, float(np.abs(np.asarray(around, np.float32)).max())
    roundings = 12 * np.log2(2 * length) + 3 + width * by.kernel.shape[1]
    norm = np.linalg.norm(by.kernel.astype(np.float64), axis=0).sum(axis=0).max()
    allowed = roundings * EPS * peak * length**0.5 * norm
    return Excerpt(x, y, first, float(np.abs(y - alone).max()), float(allowed))


def peak_bytes() -> int | None:
    """The most memory that this process has had."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
