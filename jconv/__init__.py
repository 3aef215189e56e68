"""1-D convolution for JAX: every shape and gradient within derived error bounds, fast on most, and explained.

The idea. One trilinear form

    T(x, k, y) = sum over t, j, c, o of  x[t*stride + j*dilation - low, c] * k[j, c, o] * y[t, o]

has three faces: the output `(x, k) -> y` is `conv1d`; the input `(y, k) -> x` is `conv_transpose1d` and the gradient
for x; the kernel `(x, y) -> k` is the gradient for k. Each is linear in both operands and the transposes of each are
the other two, so one JAX primitive with one jvp rule, one transpose table and one batching rule carries them all, and
an algorithm is chosen for each face on its own.

The map of the house. A file imports its own floor and lower ones, never in a circle:

    0  checks, foreign, window      what arguments may be; words to numbers; integers only, no JAX
    0  cpu, nanoseconds             what one CPU and one compiler decide: thresholds, and what each count takes
    0  accelerators                 what a GPU or TPU and its compiler decide: rates, and what a face does there
    1  methods/                     one algorithm a file: its three faces, and what each costs and holds
    2  choose                       which method a face gets
    2  mesh, primitive              layouts on devices; the rules under JAX's transformations
    2  onnx_plugin                  what jax2onnx has to know about the primitive
    3  padding_modes, call, conv    check the arguments, find the window, call the primitive, add the bias
    4  measuring, explaining        the methods timed on this machine; the choice shown, explained or measured
    4  exporters                    the primitive written out in lax, for tools that read programs
    4  analysis/                    what each channel adds; the best kernel, and what the data say of it, in float64
    4  interop/                     weights of other libraries
    4  streaming/                   signals that arrive in chunks
    4  packed/                      rows of several segments, masked rows, states; causal-conv1d and ONNX's operator
    4  sharded/                     signals split over the devices of a mesh, neighbours sending what windows share
    5  nnx/, plot/                  the only files that import flax and matplotlib
    5  report/                      one self-contained page per run, each number traced to samples and weights
"""

from typing import TYPE_CHECKING, Any

from jconv.conv import conv1d, conv_transpose1d
from jconv.explaining import choose_method, explain
from jconv.exporters import lax_only
from jconv.methods import METHODS
from jconv.streaming import Stream, conv1d_stream
from jconv.window import output_length, receptive_field

if TYPE_CHECKING:
    from jconv import analysis as analysis
    from jconv import interop as interop
    from jconv import nnx as nnx
    from jconv import packed as packed
    from jconv import plot as plot
    from jconv import report as report
    from jconv import sharded as sharded

    __version__: str

__all__ = [
    "METHODS",
    "Stream",
    "choose_method",
    "conv1d",
    "conv1d_stream",
    "conv_transpose1d",
    "explain",
    "lax_only",
    "output_length",
    "receptive_field",
]

_ON_DEMAND = ("analysis", "interop", "nnx", "packed", "plot", "report", "sharded")
_EXTRAS = {"flax": "flax", "matplotlib": "plot"}  # the package that may be missing: the extra that brings it


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("jconv")
    if name not in _ON_DEMAND:
        raise AttributeError(f"module 'jconv' has no attribute {name!r}")
    from importlib import import_module

    try:
        return import_module(f"jconv.{name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in _EXTRAS:
            raise
        raise ImportError(f"jconv.{name} needs {package}: pip install 'jconv[{_EXTRAS[package]}]'") from None


def __dir__() -> list[str]:
    return sorted([*__all__, *_ON_DEMAND, "__version__"])
