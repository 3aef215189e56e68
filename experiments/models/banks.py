"""Filters given by very few numbers each: SincNet's and LEAF's.

A frequency is learnt in units of 1 / kernel_size cycles per sample, which is about what a kernel of that size can
resolve: so one learning rate fits every size. (In Hz, as SincNet has it, a step of 0.001 moves nothing.)
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jconv

from ..config import schema
from .conv import padding
from .convolution import Convolution

HALF_MAXIMUM = float(np.sqrt(2 * np.log(2)) / np.pi)
"""Of a Gaussian: full width at half maximum in frequency, times its standard deviation in time."""


def bank(
    config: schema.Bank,
    out_features: int,
    learnt: tuple[str, str],
    shown: tuple[str, str],
    begin: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    settled: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]],
    kernel_of: Callable[[jax.Array, jax.Array], jax.Array],
) -> Convolution:
    """A model of two frequencies an output.

    Args:
        config: sizes, and what to learn besides.
        out_features: outputs.
        learnt: names of what is learnt.
        shown: names of the two frequencies that it stands for.
        begin: edges (out + 2,) of neighbouring filters -> what is learnt of each, all in cycles per sample.
        settled: what is learnt -> the two frequencies, within what a filter may be, in cycles per sample.
        kernel_of: the two -> (width, out), with a gain of 1 where a filter lets through.
    """
    resolution = 1 / config.kernel_size
    starts = dict(zip(learnt, begin(edges(out_features, config.rate)), strict=True))

    def init(key: jax.Array) -> dict[str, jax.Array]:
        del key  # as in both papers, a bank begins on its scale and not by chance
        params = {name: jnp.asarray(start / resolution, jnp.float32) for name, start in starts.items()}
        if config.gain:
            params["gain"] = jnp.ones((out_features,), jnp.float32)
        if config.use_bias:
            params["bias"] = jnp.zeros((out_features,), jnp.float32)
        return params

    def arrays(params: dict[str, jax.Array]) -> dict[str, jax.Array]:
        first, second = settled(*(params[name] * resolution for name in learnt))
        kernel = kernel_of(first, second) * params.get("gain", 1.0)
        found = {"kernel": kernel[:, None, :], shown[0]: first, shown[1]: second}
        return found | {name: params[name] for name in ("gain", "bias") if name in params}

    def apply(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        found = arrays(params)
        settings: dict[str, Any] = {"stride": config.stride, "padding": padding(config), "method": config.method}
        return jconv.conv1d(x, found["kernel"], found.get("bias"), padding_mode=config.padding_mode, **settings)

    return Convolution(init, apply, arrays)


def edges(outputs: int, rate: float | None) -> np.ndarray:
    """Where neighbouring filters begin and end, (outputs + 2,) cycles per sample: even in mel, or in Hz without rate.

    Mel as by O'Shaughnessy (1987): 2595 log10(1 + Hz / 700).
    """
    if rate is None:
        return np.linspace(0, 0.5, outputs + 2)
    mel = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), outputs + 2)
    return 700 * (10 ** (mel / 2595) - 1) / rate


def middle(config: schema.Bank) -> jax.Array:
    """Samples from the middle tap, (width, 1)."""
    reach = config.kernel_size // 2
    return jnp.arange(-reach, reach + 1, dtype=jnp.float32)[:, None]


def sinc(config: schema.Sinc, in_features: int, out_features: int) -> Convolution:
    """SincNet (Ravanelli and Bengio 2018, equations 4 to 7): two low passes, one minus the other, and a Hamming window.

    What is learnt of a band is its lower cut-off and how much wider it is than 1 / kernel_size, the least, both taken
    without their sign; it ends at half the rate.
    """
    narrowest = 1 / config.kernel_size
    time, window = middle(config), jnp.asarray(np.hamming(config.kernel_size), jnp.float32)[:, None]

    def begin(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bands side by side: each from half-way to the last centre to half-way to the next."""
        bounds = (edges[:-1] + edges[1:]) / 2
        return bounds[:-1], np.maximum(np.diff(bounds) - narrowest, 0.1 * narrowest)  # at 0 the sign has no slope

    def settled(low: jax.Array, wider: jax.Array) -> tuple[jax.Array, jax.Array]:
        low = jnp.minimum(jnp.abs(low), 0.5 - narrowest)
        return low, jnp.minimum(low + narrowest + jnp.abs(wider), 0.5)

    def kernel_of(low: jax.Array, high: jax.Array) -> jax.Array:
        return (2 * high * jnp.sinc(2 * high * time) - 2 * low * jnp.sinc(2 * low * time)) * window

    return bank(config, out_features, ("low", "wider"), ("low_cutoff", "high_cutoff"), begin, settled, kernel_of)


def gabor(config: schema.Gabor, in_features: int, out_features: int) -> Convolution:
    """LEAF's filters (Zeghidour et al. 2021, section 3.1): the real part of a Gabor wavelet.

    It is taken twice, as half of a real wave's power is at negative frequencies: so the gain at the centre is 1. The
    bandwidth is the full width at half maximum of the gain; at 1 / kernel_size, the least, it is as long as the window.
    """
    time, names = middle(config), ("centre", "bandwidth")

    def begin(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A centre at each edge between the first and the last; half the gain half-way to the neighbours."""
        return edges[1:-1], (edges[2:] - edges[:-2]) / 2

    def settled(centre: jax.Array, bandwidth: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.clip(centre, 0, 0.5), jnp.clip(bandwidth, 1 / config.kernel_size, 0.5)

    def kernel_of(centre: jax.Array, bandwidth: jax.Array) -> jax.Array:
        deviation = HALF_MAXIMUM / bandwidth
        envelope = jnp.exp(-((time / deviation) ** 2) / 2) / (np.sqrt(2 * np.pi) * deviation)
        return 2 * envelope * jnp.cos(2 * np.pi * centre * time)

    return bank(config, out_features, names, names, begin, settled, kernel_of)
