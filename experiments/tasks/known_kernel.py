"""Find a known kernel again, from input and output."""

from typing import Any

import numpy as np

from ..config import schema
from ..notebook import BIAS, KERNEL, sin_and_cos
from .problem import Problem


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
    return from_kernel(
        "Recover the notebook's kernels from sin and cos", x, KERNEL, BIAS, config.train_fraction, inputs=("sin", "cos")
    )


def from_kernel(
    title: str, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, train_fraction: float, **known: Any
) -> Problem:
    """The problem of finding `kernel` from x and its valid convolution; x is cropped to the samples that have one.

    `known` are other fields of the `Problem`.
    """
    width = kernel.shape[0]
    x, kernel, bias = x.astype(np.float32), kernel.astype(np.float32), bias.astype(np.float32)
    length, wide = len(x) - width + 1, x.astype(np.float64)
    y = bias + sum(wide[tap : tap + length] @ kernel[tap].astype(np.float64) for tap in range(width))
    x = x[(width - 1) // 2 :][: len(y)]
    return Problem(
        title=title,
        x=x,
        y=y.astype(np.float32),
        held_out_from=int(len(y) * train_fraction),
        true_kernel=kernel,
        true_bias=bias,
        **known,
    )
