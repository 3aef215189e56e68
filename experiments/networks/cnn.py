"""The convolutional baseline of MNIST-1D (Greydanus 2020): three strided convolutions and one linear layer."""

import jax
from flax import nnx

from jconv import output_length
from jconv.nnx import Conv1D

LAYERS = ((5, 2, 1), (3, 2, 1), (3, 2, 1))  # taps, stride, padding


class CNN(nnx.Module):
    """Logits (batch, classes) of x (batch, length, in).

    Args:
        length, in_features: of x.
        classes: how many.
        channels: of each convolution.
        rngs: for the initial weights.
    """

    def __init__(self, length: int, in_features: int, classes: int, *, channels: int = 25, rngs: nnx.Rngs) -> None:
        self.convolutions = nnx.List()
        for taps, stride, padding in LAYERS:
            self.convolutions.append(Conv1D(in_features, channels, taps, stride, padding=padding, rngs=rngs))
            in_features, length = channels, output_length(length, taps, stride=stride, padding=padding)
        self.head = nnx.Linear(length * channels, classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits."""
        for convolution in self.convolutions:
            x = nnx.relu(convolution(x))
        return self.head(x.reshape(len(x), -1))

    @property
    def path(self) -> list[Conv1D]:
        """The convolutions between the signal and the linear layer, first one first."""
        return list(self.convolutions)
