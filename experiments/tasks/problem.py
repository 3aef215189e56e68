"""What a task hands to a fit."""

from dataclasses import dataclass

import numpy as np


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
        inputs, outputs: names of the channels; numbered where none are given.
        channel: taps (width,) that made x of y, oldest sample first, where undoing them is what is asked; else None.
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
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    channel: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Number the channels that have no names."""
        for name, array in (("inputs", self.x), ("outputs", self.y)):
            if not getattr(self, name):
                object.__setattr__(self, name, numbered(name[:-1], array.shape[1]))


def numbered(thing: str, count: int) -> tuple[str, ...]:
    """Names for channels that have none: "input 0", "input 1", ..."""
    return tuple(f"{thing} {number}" for number in range(count))


def windows(signal: np.ndarray, length: int) -> np.ndarray:
    """(time, channels) cut into (windows, length, channels), what is left over dropped; one window if it is shorter."""
    length = min(length, len(signal))
    count = len(signal) // length
    return signal[: count * length].reshape(count, length, -1)
