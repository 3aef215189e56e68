"""Any stack of convolutions, each followed by a ReLU, and a linear layer on the mean over time."""

from collections.abc import Sequence

import jax
from flax import nnx

from jconv.nnx import Conv1D


class Layers(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in).

    Args:
        in_features: of x.
        classes: how many.
        layers: (channels, taps, stride, dilation) of each convolution, first one first.
        padding: of all, "same", "causal" or "valid".
        norm: batch norm between convolution and ReLU.
        rngs: for the initial weights.
    """

    def __init__(
        self,
        in_features: int,
        classes: int,
        *,
        layers: Sequence[Sequence[int]],
        padding: str = "same",
        norm: bool = True,
        rngs: nnx.Rngs,
    ) -> None:
        self.convolutions, self.norms = nnx.List(), nnx.List()
        for channels, taps, stride, dilation in layers:
            convolution = Conv1D(
                in_features,
                channels,
                taps,
                stride,
                padding=padding.upper(),
                kernel_dilation=dilation,
                use_bias=not norm,
                rngs=rngs,
            )
            self.convolutions.append(convolution)
            if norm:
                self.norms.append(nnx.BatchNorm(channels, momentum=0.9, rngs=rngs))
            in_features = channels
        self.head = nnx.Linear(in_features, classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits."""
        for place, convolution in enumerate(self.convolutions):
            x = convolution(x)
            x = nnx.relu(self.norms[place](x) if self.norms else x)
        return self.head(x.mean(axis=1))

    @property
    def path(self) -> list[Conv1D]:
        """The convolutions between the signal and the mean over time, first one first, without shortcuts."""
        return list(self.convolutions)
