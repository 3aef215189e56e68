"""Small networks as people build them of 1-D convolutions, each written once for all libraries.

Networks that classify are those of `experiments/`, whose whole steps `trainings.py` times; one is here for its groups.
What is timed of one is the value and the gradients of its loss for all parameters. They are known designs cut down to a
step of some milliseconds, not copies: what has no convolution and is the same for all (dropout, attention, the scan of
a state-space model) is left out. `ops` are the operations of a library (`benchmarks/network_contenders.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CELL = "value and gradients"


@dataclass(frozen=True)
class Network:
    """A network: `body(ops, x)` gives logits, or without `classes` a signal whose mean square is the loss.

    `x_shape` is `(batch, length, channels)`.
    """

    name: str
    words: str
    x_shape: tuple[int, int, int]
    body: Callable[[Any, Any], Any] | None = None
    classes: int = 0
    quick: bool = False
    family: str = "network"

    def in_words(self) -> str:
        """What it is, and what it takes, in one short line."""
        return f"{self.words}; {','.join(map(str, self.x_shape))}"

    def facts(self) -> dict[str, Any]:
        """What its results are stored with, as JSON reads it back."""
        return {"name": self.name, "words": self.words, "x_shape": list(self.x_shape)}

    def loss(self, ops, x, labels):
        """The scalar that is differentiated, of a signal and labels."""
        if self.body is None:
            raise ValueError(f"network {self.name!r} is known by its results only")
        result = self.body(ops, x)
        return ops.cross_entropy(result, labels) if self.classes else ops.mean_square(result)


def from_facts(values: dict[str, Any]) -> Network:
    """The network that its `facts` describe, but for its body."""
    return Network(values["name"], values["words"], tuple(values["x_shape"]))


def mamba(ops, x):
    """Gu and Dao 2023, the mixer with its state-space model cut down to the skip: causal depthwise, gated."""
    for block in range(2):
        inner, gate = ops.split(ops.linear(f"{block}.in", ops.layer_norm(f"{block}.norm", x), 512))
        inner = ops.silu(ops.conv(f"{block}.depthwise", inner, 256, 4, groups=256, causal=True))
        x = x + ops.linear(f"{block}.out", inner * ops.silu(gate), 128)
    return x


def conformer(ops, x):
    """Gulati and others 2020, the convolution module: pointwise, gated, depthwise, norm, pointwise."""
    for block in range(2):
        inner = ops.conv(f"{block}.in", ops.layer_norm(f"{block}.norm", x), 288, 1)
        inner, gate = ops.split(inner)
        inner = ops.conv(f"{block}.depthwise", inner * ops.sigmoid(gate), 144, 31, groups=144, bias=False)
        x = x + ops.conv(f"{block}.out", ops.silu(ops.batch_norm(f"{block}.batch", inner)), 144, 1)
    return x


def codec(ops, x):
    """Défossez and others 2022, the encoder: a dilated residual unit before each strided convolution, causal."""
    channels = 16
    x = ops.conv("stem", x, channels, 7, causal=True)
    for block, stride in enumerate((2, 4, 5)):
        for dilation in (1, 3):
            inner = ops.elu(x)
            inner = ops.conv(f"{block}.{dilation}.a", inner, channels // 2, 3, dilation=dilation, causal=True)
            x = x + ops.conv(f"{block}.{dilation}.b", ops.elu(inner), channels, 1)
        channels *= 2
        x = ops.conv(f"{block}.down", ops.elu(x), channels, 2 * stride, stride=stride, causal=True)
    return ops.conv("head", ops.elu(x), 64, 7, causal=True)


def vocoder(ops, x):
    """Kong, Kim and Bae 2020, the generator: transposed convolutions, each before dilated residual ones."""
    channels = 64
    x = ops.conv("stem", x, channels, 7)
    for block, stride in enumerate((8, 4)):
        channels //= 2
        x = ops.conv_transpose(f"{block}.up", ops.leaky_relu(x), channels, 2 * stride, stride=stride)
        for dilation in (1, 3, 5):
            inner = ops.conv(f"{block}.{dilation}.a", ops.leaky_relu(x), channels, 3, dilation=dilation)
            x = x + ops.conv(f"{block}.{dilation}.b", ops.leaky_relu(inner), channels, 3)
    return ops.tanh(ops.conv("head", ops.leaky_relu(x), 1, 7))


def resnext(ops, x):
    """Xie and others 2017, in one dimension: a bottleneck of 16 groups of 8 channels."""
    x = ops.relu(ops.batch_norm("stem.norm", ops.conv("stem", x, 128, 7, stride=2, bias=False)))
    for block in range(3):
        inner = x
        for part, width, groups in (("in", 1, 1), ("grouped", 3, 16), ("out", 1, 1)):
            inner = ops.conv(f"{block}.{part}", inner, 128, width, groups=groups, bias=False)
            inner = ops.batch_norm(f"{block}.{part}.norm", inner)
            inner = inner if part == "out" else ops.relu(inner)
        x = ops.relu(x + inner)
    return ops.linear("head", ops.mean(x), 10)


NETWORKS: tuple[Network, ...] = (
    Network("mamba", "mixer without its scan, causal depthwise of 4 taps", (4, 512, 128), mamba, quick=True),
    Network("conformer", "convolution modules, depthwise of 31 taps", (4, 400, 144), conformer),
    Network("codec", "audio encoder, strides 2, 4, 5", (2, 8000, 1), codec),
    Network("vocoder", "audio generator, upsampling by 8, 4", (2, 128, 80), vocoder),
    Network("resnext", "bottlenecks of 16 groups of 8 channels", (8, 512, 12), resnext, classes=10),
)
