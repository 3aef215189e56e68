"""The networks, as settings: what classifies examples."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

from dataclasses import dataclass
from typing import Any, ClassVar

from .models import MOST_WIDTH, AnyModel
from .rules import ConfigError, Whole, choice, custom, limits

MOST_CHANNELS = 4096


@dataclass
class Network(AnyModel):
    """What classifies examples; `experiments/networks/` has each in a file of its own.

    Attributes:
        name: which one.
    """

    trained: ClassVar[bool] = True
    """Whether gradients move it; else it is solved for in closed form."""


@dataclass
class Cnn(Network):
    """The convolutional baseline of MNIST-1D (Greydanus 2020).

    Attributes:
        channels: of each of its three convolutions.
    """

    name: str = choice("cnn")
    channels: Whole = limits(25, at_least=1, at_most=MOST_CHANNELS)


@dataclass
class Fcn(Network):
    """The fully convolutional network of Wang, Yan and Oates 2017."""

    name: str = choice("fcn")


@dataclass
class Resnet(Network):
    """The residual network of Wang, Yan and Oates 2017."""

    name: str = choice("resnet")


@dataclass
class Tcn(Network):
    """Dilated residual blocks with weight norm (Bai, Kolter and Koltun 2018).

    Attributes:
        channels, taps, levels: of the blocks, whose dilations are 1, 2, 4, ..., and how many there are.
        padding: "causal" and read at the last sample, as published, or "same" and read as the mean over time.
        dropout: share of channels that a step leaves out.
    """

    name: str = choice("tcn")
    channels: Whole = limits(64, at_least=1, at_most=MOST_CHANNELS)
    taps: Whole = limits(3, at_least=1, at_most=MOST_WIDTH)
    levels: Whole = limits(4, at_least=1, at_most=16)
    padding: str = choice("causal", "same")
    dropout: float = limits(0.0, at_least=0, below=1)


@dataclass
class Separable(Network):
    """Depthwise separable blocks after ConvNeXt (Liu and others 2022).

    Attributes:
        channels, taps, blocks: of the blocks, and how many there are.
    """

    name: str = choice("separable")
    channels: Whole = limits(64, at_least=1, at_most=MOST_CHANNELS)
    taps: Whole = limits(7, at_least=1, at_most=MOST_WIDTH)
    blocks: Whole = limits(3, at_least=1, at_most=64)


ENTRIES = ("channels", "taps", "stride", "dilation")
EXAMPLE = "model.layers=[[32,7,1,1],[64,5,2,1]]"


def stack(key: str, value: Any) -> list[list[int]]:
    """A list with one [channels, taps, stride, dilation] for each layer; the last two may be left out."""
    if not isinstance(value, list | tuple) or not value:
        raise ConfigError(f"`{key}` (={value}) must be a list of layers, for example {EXAMPLE}")
    layers = []
    for place, layer in enumerate(value):
        if not isinstance(layer, list | tuple) or not 2 <= len(layer) <= len(ENTRIES):
            raise ConfigError(f"`{key}[{place}]` (={layer}) must be [{', '.join(ENTRIES)}], for example {EXAMPLE}")
        for name, number in zip(ENTRIES, layer, strict=False):
            if type(number) is not int or not 1 <= number <= MOST_WIDTH:
                raise ConfigError(
                    f"`{key}[{place}]` (={list(layer)}) has {name} {number}, which must be a whole number of at least "
                    f"1 and at most {MOST_WIDTH}"
                )
        layers.append([*layer, *[1] * (len(ENTRIES) - len(layer))])
    return layers


@dataclass
class Layers(Network):
    """Any stack of convolutions, each followed by a ReLU, and a linear layer on the mean over time.

    Attributes:
        layers: [channels, taps, stride, dilation] of each, first layer first; stride and dilation may be left out.
        padding: of all.
        norm: batch norm between convolution and ReLU.
    """

    name: str = choice("layers")
    layers: Any = custom([[32, 7, 1, 1], [64, 5, 2, 1]], stack)
    padding: str = choice("same", "causal", "valid")
    norm: bool = True


@dataclass
class Rocket(Network):
    """Random kernels and a ridge classifier (Dempster, Petitjean and Webb 2020).

    Attributes:
        kernels: how many; each gives two numbers.
    """

    trained: ClassVar[bool] = False

    name: str = choice("rocket")
    kernels: Whole = limits(10_000, at_least=1, at_most=100_000)


@dataclass
class MiniRocket(Network):
    """84 fixed kernels, dilated, and a ridge classifier (Dempster, Schmidt and Webb 2021).

    Attributes:
        features: numbers that an example comes to, about.
    """

    trained: ClassVar[bool] = False

    name: str = choice("minirocket")
    features: Whole = limits(10_000, at_least=84, at_most=100_000)


NETWORKS = {
    "cnn": Cnn,
    "fcn": Fcn,
    "resnet": Resnet,
    "tcn": Tcn,
    "separable": Separable,
    "layers": Layers,
    "rocket": Rocket,
    "minirocket": MiniRocket,
}
