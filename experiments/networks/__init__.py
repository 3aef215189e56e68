"""Name -> the network that classifies, each written as one would write it with `jconv.nnx`."""

from collections.abc import Callable
from typing import Any

from flax import nnx

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
    "layers": lambda c, _, inputs, classes, rngs: Layers(
        inputs, classes, layers=c.layers, padding=c.padding, norm=c.norm, rngs=rngs
    ),
}
"""Name -> (settings, length, in, classes, rngs) -> module."""


def build(config: schema.Network, length: int, inputs: int, classes: int, rngs: nnx.Rngs) -> Any:
    """The network that the settings ask for, for examples (length, inputs)."""
    return NETWORKS[config.name](config, length, inputs, classes, rngs)
