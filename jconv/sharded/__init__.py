"""Signals longer than a device: `conv1d` and `conv_transpose1d` with the length axis split over a mesh."""

from jconv.sharded.conv import conv1d, conv_transpose1d

__all__ = ["conv1d", "conv_transpose1d"]
