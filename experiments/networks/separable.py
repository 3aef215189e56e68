"""Depthwise separable blocks after ConvNeXt (Liu and others 2022), in one dimension."""

import jax
from flax import nnx

from jconv.nnx import Conv1D


class Block(nnx.Module):
    """A depthwise convolution, a norm and a pointwise bottleneck turned inside out, around a shortcut."""

    def __init__(self, channels: int, taps: int, *, rngs: nnx.Rngs) -> None:
        self.depthwise = Conv1D(channels, channels, taps, padding="SAME", feature_group_count=channels, rngs=rngs)
        self.norm = nnx.LayerNorm(channels, rngs=rngs)
        # by `nnx.Linear`, whose gradients for x are slow on a CPU, a whole training step takes 26 ms instead of 20
        self.up = Conv1D(channels, 4 * channels, 1, rngs=rngs)
        self.down = Conv1D(4 * channels, channels, 1, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """What follows the block, of the same shape as x (batch, length, channels)."""
        return x + self.down(nnx.gelu(self.up(self.norm(self.depthwise(x)))))


class Separable(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in): a stem, separable blocks, a mean over time.

    Args:
        in_features: of x.
        classes: how many.
        channels, taps, blocks: of the blocks, and how many.
        rngs: for the initial weights.
    """

    def __init__(
        self, in_features: int, classes: int, *, channels: int = 64, taps: int = 7, blocks: int = 3, rngs: nnx.Rngs
    ) -> None:
        self.stem = Conv1D(in_features, channels, taps, padding="SAME", rngs=rngs)
        self.blocks = nnx.List([Block(channels, taps, rngs=rngs) for _ in range(blocks)])
        self.norm = nnx.LayerNorm(channels, rngs=rngs)
        self.head = nnx.Linear(channels, classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x.mean(axis=1)))

    @property
    def path(self) -> list[Conv1D]:
        """The convolutions between the signal and the mean over time, first one first, without shortcuts."""
        return [self.stem, *(block.depthwise for block in self.blocks)]
