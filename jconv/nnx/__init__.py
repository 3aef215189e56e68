"""Flax modules: `flax.nnx.Conv` and `ConvTranspose` in one dimension, with jconv's speed, groups and errors.

Argument names, parameter paths (`kernel`, `bias`), shapes and initial values are those of Flax, so a checkpoint of one
loads into the other.
"""

from jconv.nnx.conv import Conv1D
from jconv.nnx.conv_transpose import ConvTranspose1D

__all__ = ["Conv1D", "ConvTranspose1D"]
