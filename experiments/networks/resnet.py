"""The residual network of Wang, Yan and Oates 2017: three blocks of three convolutions each."""

import jax
from flax import nnx

from jconv.nnx import Conv1D

CHANNELS = (64, 128, 128)  # of each block
TAPS = (8, 5, 3)  # in each block


class Block(nnx.Module):
    """Three convolutions with batch norm around a shortcut; both are (batch, length, channels)."""

    def __init__(self, in_features: int, channels: int, *, rngs: nnx.Rngs) -> None:
        self.convolutions, self.norms = nnx.List(), nnx.List()
        for place, taps in enumerate(TAPS):
            inside = channels if place else in_features
            self.convolutions.append(Conv1D(inside, channels, taps, padding="SAME", use_bias=False, rngs=rngs))
            self.norms.append(nnx.BatchNorm(channels, momentum=0.9, rngs=rngs))
        wider = in_features != channels
        self.shortcut = Conv1D(in_features, channels, 1, use_bias=False, rngs=rngs) if wider else None
        self.shortcut_norm = nnx.BatchNorm(channels, momentum=0.9, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """What follows the block."""
        inner = x
        for place, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            inner = norm(convolution(inner))
            inner = nnx.relu(inner) if place < len(TAPS) - 1 else inner
        return nnx.relu(inner + self.shortcut_norm(x if self.shortcut is None else self.shortcut(x)))


class ResNet(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in): three residual blocks, then a mean over time.

    Args:
        in_features: of x.
        classes: how many.
        rngs: for the initial weights.
    """

    def __init__(self, in_features: int, classes: int, *, rngs: nnx.Rngs) -> None:
        sizes = zip((in_features, *CHANNELS), CHANNELS, strict=False)
        self.blocks = nnx.List([Block(before, channels, rngs=rngs) for before, channels in sizes])
        self.head = nnx.Linear(CHANNELS[-1], classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits."""
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(axis=1))

    @property
    def path(self) -> list[Conv1D]:
        """The convolutions between the signal and the mean over time, first one first, without shortcuts."""
        return [convolution for block in self.blocks for convolution in block.convolutions]
