"""How a contender lays out its arrays: from channels last, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.cells import activation_of


def _as_it_is(a: np.ndarray) -> np.ndarray:
    return a


def _channels_and_length(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)


def _first_and_last(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -3)


@dataclass(frozen=True)
class Layout:
    """Four changes of layout: signals are their own way back, kernels have one each way."""

    signal: Callable[[np.ndarray], np.ndarray]
    kernel: Callable[[np.ndarray], np.ndarray]
    kernel_back: Callable[[np.ndarray], np.ndarray]

    def native(self, cell: str, x: np.ndarray, k: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, ...]:
        """Signal, kernel and cotangent, in a loss bias, as the contender takes them."""
        last = g if activation_of(cell) else self.signal(g)
        return tuple(np.ascontiguousarray(a) for a in (self.signal(x), self.kernel(k), last))

    def restored(self, cell: str, results: tuple) -> tuple[np.ndarray, ...]:
        """A cell's results, channels last, in float64."""
        loss = (_as_it_is, self.signal, self.kernel_back, _as_it_is)
        ways = {
            "output": (self.signal,),
            "gradient for x": (self.signal,),
            "gradient for kernel": (self.kernel_back,),
            "whole step": (self.signal, self.signal, self.kernel_back),
            "step in scan": (self.signal, self.kernel_back),
        }.get(cell, loss)
        return tuple(way(np.asarray(a).astype(np.float64)) for way, a in zip(ways, results, strict=True))


CHANNELS_LAST = Layout(_as_it_is, _as_it_is, _as_it_is)
CHANNELS_FIRST = Layout(_channels_and_length, _first_and_last, _first_and_last)

# (out, in, width), reversed in time: how Equinox keeps the kernel of a transposed convolution
CHANNELS_FIRST_REVERSED = Layout(
    _channels_and_length,
    lambda k: np.moveaxis(k[..., ::-1, :, :], -3, -1),
    lambda k: np.moveaxis(k, -1, -3)[..., ::-1, :, :],
)
