"""Name -> the network that classifies, each written as one would write it with `jconv.nnx`."""

from collections.abc import Callable
from typing import Any

from flax import nnx

from jconv import output_length

from ..config import schema
from .cnn import CNN
from .fcn import FCN
from .layers import Layers
from .resnet import ResNet
from .separable import Separable
from .tcn import TCN

__all__ = ["NETWORKS", "build"]

NETWORKS: dict[str, Callable[..., nnx.Module]] = {
    "cnn": lambda c, length, inputs, classes, rngs: CNN(length, inputs, classes, channels=c.channels, rngs=rngs),
    "fcn": lambda _, __, inputs, classes, rngs: FCN(inputs, classes, rngs=rngs),
    "resnet": lambda _, __, inputs, classes, rngs: ResNet(inputs, classes, rngs=rngs),
    "tcn": lambda c, _, inputs, classes, rngs: TCN(
        inputs,
        classes,
        channels=c.channels,
        taps=c.taps,
        levels=c.levels,
        padding=c.padding,
        dropout=c.dropout,
        rngs=rngs,
    ),
    "separable": lambda c, _, inputs, classes, rngs: Separable(
        inputs, classes, channels=c.channels, taps=c.taps, blocks=c.blocks, rngs=rngs
    ),
    "layers": lambda c, length, inputs, classes, rngs: Layers(
        inputs, classes, layers=long_enough(c, length), padding=c.padding, norm=c.norm, rngs=rngs
    ),
}
"""Name -> (settings, length, in, classes, rngs) -> module."""


def long_enough(config: schema.Layers, length: int) -> list[list[int]]:
    """The layers of a stack, once it is clear that each leaves something of an example.

    Raises:
        ValueError: one does not.
    """
    for _, taps, stride, dilation in config.layers:
        length = output_length(length, taps, stride=stride, dilation=dilation, padding=config.padding)
    return config.layers


def build(config: schema.Network, length: int, inputs: int, classes: int, rngs: nnx.Rngs) -> Any:
    """The network that the settings ask for, for examples (length, inputs)."""
    return NETWORKS[config.name](config, length, inputs, classes, rngs)
