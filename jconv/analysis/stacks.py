"""The one convolution that a stack of layers amounts to: for all inputs if it is linear, else at one input."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from jconv import checks
from jconv.window import receptive_field


class EffectiveKernel(NamedTuple):
    """One convolution in place of several.

    Attributes:
        kernel: (width, in, out) float64 or complex128, width being the receptive field; its dilation is 1.
        stride: the product of all strides.
    """

    kernel: np.ndarray
    stride: int


def effective_kernel(
    kernels: Sequence[np.ndarray], *, strides: Sequence[int] | None = None, dilations: Sequence[int] | None = None
) -> EffectiveKernel:
    """The single convolution that a stack of convolutions equals, without padding, bias or anything between them.

    Args:
        kernels: of the layers, first layer first, each (width, in, out), the `in` of one being the `out` of the last.
        strides: one a layer; by default 1.
        dilations: one a layer; by default 1.

    Raises:
        TypeError, ValueError: no kernels, shapes that do not fit, or settings that are not one a layer.

    >>> import numpy as np
    >>> pair = np.ones((2, 1, 1))
    >>> effective_kernel([pair, pair], strides=[2, 1]).kernel[:, 0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    layers = [np.asarray(kernel) for kernel in kernels]
    if not layers:
        raise ValueError("`kernels` (=[]) must have at least one kernel")
    for i, kernel in enumerate(layers):
        if kernel.ndim != 3 or not kernel.size or (i and kernel.shape[1] != layers[i - 1].shape[2]):
            shapes = [each.shape for each in layers]
            raise ValueError(f"`kernels` have shapes {shapes}; expected (width, in, out), each in the out before it")
    settings = []
    for name, given in (("strides", strides), ("dilations", dilations)):
        given = [1] * len(layers) if given is None else list(given)
        if len(given) != len(layers):
            raise ValueError(f"`{name}` (={given}) must have one entry a layer; there are {len(layers)}")
        settings.append([checks.whole_number(f"{name}[{i}]", entry, minimum=1) for i, entry in enumerate(given)])
    kind = np.complex128 if any(map(np.iscomplexobj, layers)) else np.float64
    whole, step = np.eye(layers[0].shape[1], dtype=kind)[None], 1
    sizes = [len(kernel) for kernel in layers]
    for i, (kernel, stride, dilation) in enumerate(zip(layers, *settings, strict=True)):
        field = receptive_field(sizes[: i + 1], stride=settings[0][: i + 1], dilation=settings[1][: i + 1])
        wider = np.zeros((field, whole.shape[1], kernel.shape[2]), kind)
        for tap, weights in enumerate(kernel.astype(kind)):
            begin = tap * dilation * step
            wider[begin : begin + len(whole)] += whole @ weights
        whole, step = wider, step * stride
    return EffectiveKernel(whole, step)


class LocalKernel(NamedTuple):
    """An output as a convolution with a rest, at one input.

    Attributes:
        kernel: (last - first, in, out), of the dtype of the output: its derivatives by samples `first` to `last`.
        rest: (out,): the output is `sum over j, c of x[first + j, c] * kernel[j, c, o] + rest[o]`.
        first: the first sample of x that matters here; one that changes the output by nothing may lie outside.
        last: after the last one. Both are 0 if none does.
    """

    kernel: np.ndarray
    rest: np.ndarray
    first: int
    last: int


def local_kernel(function: Callable[[jax.Array], jax.Array], x: jax.Array, position: int) -> LocalKernel:
    """The kernel and rest that a network amounts to at one output of one input.

    A network of convolutions and ReLU (or another piecewise linear function) is linear around almost every input: there
    this is exact, also as far as no unit switches. Of another network it is the tangent.

    Args:
        function: takes x (length, in) to (length', out); JAX differentiates it.
        x: (length, in) real.
        position: of the output; a negative one counts from the end.

    Raises:
        ValueError: shapes other than these, or a position that the output does not have.

    >>> import jax
    >>> import jax.numpy as jnp
    >>> network = lambda x: jax.nn.relu(x[1:] - x[:-1]) + 5.0
    >>> found = local_kernel(network, jnp.array([[1.0], [2.0], [4.0]]), 1)
    >>> found.kernel[:, 0, 0].tolist(), found.rest.tolist(), found.first, found.last
    ([-1.0, 1.0], [5.0], 1, 3)
    """
    x = jax.numpy.asarray(x)
    if x.ndim != 2:
        raise ValueError(f"`x` has shape {x.shape}; expected (length, in)")
    shape = jax.eval_shape(function, x).shape
    if len(shape) != 2:
        raise ValueError(f"`function` gives shape {shape}; expected (length, out)")
    if not -shape[0] <= position < shape[0]:
        raise ValueError(f"`position` (={position}) must be one of the {shape[0]} outputs")
    at, back = jax.vjp(lambda x: function(x)[position], x)
    rows = jax.vmap(lambda out: back(out)[0])(jax.numpy.eye(shape[1], dtype=at.dtype))
    kernel = np.asarray(rows).transpose(1, 2, 0)  # (length, in, out)
    matters = np.flatnonzero(kernel.any(axis=(1, 2)))
    first, last = (int(matters[0]), int(matters[-1]) + 1) if len(matters) else (0, 0)
    wide = kernel[first:last].astype(np.float64)
    # not np.einsum, which reads past the end of an empty window: the rest of a unit that is off was NaN now and then
    rest = np.asarray(at, np.float64) - np.tensordot(np.asarray(x, np.float64)[first:last], wide, axes=2)
    return LocalKernel(kernel[first:last], rest.astype(at.dtype), first, last)
