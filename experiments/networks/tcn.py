"""The temporal convolutional network of Bai, Kolter and Koltun 2018: dilated residual blocks with weight norm."""

import jax
import jax.numpy as jnp
from flax import nnx

import jconv
from jconv.nnx import Conv1D


class WeightNormConv1D(nnx.Module):
    """A convolution whose kernel is a direction and a length for each output channel (Salimans and Kingma 2016).

    `flax.nnx.WeightNorm` keeps the lengths as plain arrays, which no optimizer moves (flax 0.12); here they are
    parameters. It begins with the kernel that `Conv1D` begins with.
    """

    def __init__(
        self, in_features: int, out_features: int, taps: int, *, padding: str, dilation: int, rngs: nnx.Rngs
    ) -> None:
        begin = Conv1D(in_features, out_features, taps, rngs=rngs)
        self.kernel_size, self.strides, self.kernel_dilation = (taps,), 1, dilation
        self.padding = padding
        self.direction, self.bias = begin.kernel, begin.bias
        self.scale = nnx.Param(jnp.linalg.norm(begin.kernel[...].reshape(-1, out_features), axis=0))

    @property
    def kernel(self) -> jax.Array:
        """(taps, in, out)."""
        direction = self.direction[...]
        return direction * (self.scale[...] / jnp.sqrt(jnp.sum(direction**2, axis=(0, 1))))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Outputs (batch, length, out) of x (batch, length, in)."""
        return jconv.conv1d(x, self.kernel, self.bias[...], padding=self.padding, dilation=self.kernel_dilation)


class Block(nnx.Module):
    """Two dilated convolutions with weight norm around a shortcut; both are (batch, length, channels)."""

    def __init__(
        self, in_features: int, channels: int, taps: int, dilation: int, padding: str, dropout: float, *, rngs: nnx.Rngs
    ) -> None:
        self.convolutions = nnx.List()
        for inside in (in_features, channels):
            self.convolutions.append(
                WeightNormConv1D(inside, channels, taps, padding=padding, dilation=dilation, rngs=rngs)
            )
        self.dropout = nnx.Dropout(dropout, broadcast_dims=(1,))
        self.shortcut = Conv1D(in_features, channels, 1, rngs=rngs) if in_features != channels else None

    def __call__(self, x: jax.Array, rngs: nnx.Rngs | None = None) -> jax.Array:
        """What follows the block; `rngs` draw what is dropped while training."""
        inner = x
        for convolution in self.convolutions:
            inner = self.dropout(nnx.relu(convolution(inner)), rngs=rngs)
        return nnx.relu(inner + (x if self.shortcut is None else self.shortcut(x)))


class TCN(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in): blocks of dilation 1, 2, 4, ..., read at the end of time.

    Args:
        in_features: of x.
        classes: how many.
        channels, taps, levels: of all blocks, and how many.
        padding: "causal" and read at the last sample as published, or "same" and read as the mean over time.
        dropout: share of channels that a training step leaves out of each convolution's result.
        rngs: for the initial weights.
    """

    def __init__(
        self,
        in_features: int,
        classes: int,
        *,
        channels: int = 64,
        taps: int = 3,
        levels: int = 4,
        padding: str = "causal",
        dropout: float = 0.0,
        rngs: nnx.Rngs,
    ) -> None:
        self.blocks = nnx.List()
        for level in range(levels):
            inside = channels if level else in_features
            self.blocks.append(Block(inside, channels, taps, 2**level, padding, dropout, rngs=rngs))
        self.padding = padding
        self.head = nnx.Linear(channels, classes, rngs=rngs)

    def __call__(self, x: jax.Array, rngs: nnx.Rngs | None = None) -> jax.Array:
        """Logits."""
        for block in self.blocks:
            x = block(x, rngs)
        return self.head(x[:, -1] if self.padding == "causal" else x.mean(axis=1))

    @property
    def path(self) -> list[WeightNormConv1D]:
        """The convolutions between the signal and the linear layer, first one first, without shortcuts."""
        return [convolution for block in self.blocks for convolution in block.convolutions]
