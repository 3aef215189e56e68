"""Convolutions of signals that arrive in chunks: the outputs of the whole signal, each as soon as it can be known."""

from jconv.streaming.chunks import conv1d_stream
from jconv.streaming.stream import State, Stream

__all__ = ["State", "Stream", "conv1d_stream"]
