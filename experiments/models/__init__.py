"""Name -> the convolution to fit: how its parameters begin, what they do, and which kernel they come to."""

import jax
import numpy as np

from .banks import gabor, sinc
from .conv import conv
from .convolution import Convolution
from .linear_stack import linear_stack

__all__ = ["MODELS", "Convolution", "as_numpy"]

MODELS = {"conv": conv, "linear_stack": linear_stack, "sinc": sinc, "gabor": gabor}
"""Name -> (settings, in_features, out_features) -> Convolution."""


def as_numpy(arrays: dict[str, jax.Array]) -> dict[str, np.ndarray]:
    """Copies on the host."""
    return {name: np.asarray(array) for name, array in arrays.items()}
