"""Find a bank of filters again, as the ear has them, from what it makes of a signal."""

import numpy as np

from ..config import schema
from .known_kernel import from_kernel, white
from .problem import Problem

TONES = 8  # at a time
TONE_SECONDS = 0.05


def filterbank(config: schema.Filterbank) -> Problem:
    """A signal and the outputs of the bank, without bias."""
    random = np.random.default_rng(config.seed)
    kernel, centres = BANKS[config.bank](config.true_width, config.filters, config.rate)
    x = SIGNALS[config.signal](config.length + config.true_width - 1, config.rate, random)
    return from_kernel(
        f"Recover a {config.bank} bank from {config.signal}",
        x,
        kernel[:, None, :],
        np.zeros(config.filters),
        config.train_fraction,
        rate=config.rate,
        inputs=(config.signal,),
        outputs=tuple(f"{centre:.0f} Hz" for centre in centres),
    )


def mel_edges(filters: int, rate: float) -> np.ndarray:
    """(filters + 2,) Hz from 0 to half the rate, even in mel: 2595 log10(1 + Hz / 700), O'Shaughnessy (1987)."""
    mel = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), filters + 2)
    return 700 * (10 ** (mel / 2595) - 1)


def mel(width: int, filters: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Triangles in the magnitude of the spectrum, each from its neighbours' tops: (width, filters), and tops in Hz.

    Their phase is linear: each kernel is the same read backwards. A Hann window ends it.
    """
    edges = mel_edges(filters, rate)
    points = 1 << max(12, (8 * width).bit_length())
    frequencies = np.fft.rfftfreq(points, 1 / rate)
    gains = [np.interp(frequencies, edges[place : place + 3], (0, 1, 0)) for place in range(filters)]
    taps = np.fft.irfft(np.stack(gains, axis=1), axis=0)
    window = np.hanning(width + 2)[1:-1, None]
    return np.roll(taps, width // 2, axis=0)[:width] * window, edges[1:-1]


def gammatone(width: int, filters: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """t**3 exp(-2 pi b t) cos(2 pi f t), of order 4 and with a gain of 1 at the centre f: (width, filters), and f.

    The first tap is the last of the response. Centres even on the scale of equivalent rectangular bandwidths,
    24.7 (4.37 f / 1000 + 1) Hz (Glasberg and Moore 1990), from 50 Hz to 0.45 of the rate; b is
    1.019 of those (Slaney 1993).
    """
    low, high = (21.4 * np.log10(1 + 0.00437 * end) for end in (50, 0.45 * rate))
    scale = np.linspace(low, high, filters)
    centres = (10 ** (scale / 21.4) - 1) / 0.00437
    bandwidths = 1.019 * 24.7 * (4.37 * centres / 1000 + 1)
    time = np.arange(width)[:, None] / rate
    taps = time**3 * np.exp(-2 * np.pi * bandwidths * time) * np.cos(2 * np.pi * centres * time)
    gains = np.abs(np.sum(taps * np.exp(-2j * np.pi * centres * time), axis=0))
    return (taps / gains)[::-1], centres


def noise(length: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """White, (length, 1)."""
    return white(length, 1, random)


def tones(length: int, rate: float, random: np.random.Generator) -> np.ndarray:
    """Chords of `TONES` tones that change every `TONE_SECONDS`, of any frequency up to half the rate; (length, 1)."""
    size = max(int(TONE_SECONDS * rate), 1)
    chords = -(-length // size)
    frequencies = np.repeat(random.uniform(0, 0.5, size=(chords, TONES)), size, axis=0)[:length]
    phases = random.uniform(0, 2 * np.pi, size=TONES)
    return np.sin(2 * np.pi * np.cumsum(frequencies, axis=0) + phases).sum(axis=1, keepdims=True) / np.sqrt(TONES / 2)


BANKS = {"mel": mel, "gammatone": gammatone}
SIGNALS = {"noise": noise, "tones": tones}
