"""The fully convolutional network of Wang, Yan and Oates 2017 ("Time series classification from scratch")."""

import jax
from flax import nnx

from jconv.nnx import Conv1D

LAYERS = ((128, 8), (256, 5), (128, 3))  # channels, taps


class FCN(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in): three convolutions with batch norm, then a mean over time.

    Args:
        in_features: of x.
        classes: how many.
        rngs: for the initial weights.
    """

    def __init__(self, in_features: int, classes: int, *, rngs: nnx.Rngs) -> None:
        self.convolutions, self.norms = nnx.List(), nnx.List()
        for channels, taps in LAYERS:
            self.convolutions.append(Conv1D(in_features, channels, taps, padding="SAME", use_bias=False, rngs=rngs))
            self.norms.append(nnx.BatchNorm(channels, momentum=0.9, rngs=rngs))
            in_features = channels
        self.head = nnx.Linear(in_features, classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = nnx.relu(norm(convolution(x)))
        return self.head(x.mean(axis=1))

    @property
    def path(self) -> list[Conv1D]:
        """The convolutions between the signal and the mean over time, first one first, without shortcuts."""
        return list(self.convolutions)
