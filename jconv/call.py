"""The arguments that `conv1d` and `conv_transpose1d` share: checked, and brought to one layout."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import checks
from jconv.choose import MethodOfEach
from jconv.foreign import how_to_convert
from jconv.methods import FACES, METHODS, REGISTRY, Face
from jconv.primitive import convolve, problem_of, sum_dtype
from jconv.window import Window

LAYOUTS = ("NLC", "NCL")
CHOICES = ("auto", "direct", *METHODS)


@dataclass(frozen=True)
class Call:
    """Checked arguments.

    Whatever the layout was, `signal` is `(batch, length, channels)` and `kernel` `(width, per group, channels)`.
    """

    face: Face  # "output" for conv1d, "input" for conv_transpose1d
    signal: Array
    kernel: Array
    bias: Array | None
    batch_shape: tuple[int, ...]
    groups: int
    channels_first: bool
    method: str | MethodOfEach
    precision: Any
    dtype: np.dtype
    shapes: str  # of the arguments as they were given, for error messages

    @property
    def width(self) -> int:
        """Taps of the kernel."""
        return self.kernel.shape[0]

    @property
    def outputs(self) -> int:
        """Channels of the result."""
        return self.kernel.shape[2] if self.face == "output" else self.groups * self.kernel.shape[1]

    def apply(self, signal: Array, window: Window) -> Array:
        """Run the primitive on `signal`, add the bias and restore layout and batch axes.

        Raises:
            ValueError: `bias` is not of shape `(self.outputs,)`.
            NotImplementedError: the method refuses this problem.
        """
        if self.bias is not None and self.bias.shape != (self.outputs,):
            raise ValueError(
                f"`bias` (of shape {self.bias.shape}) must have shape ({self.outputs},), one entry an output channel; "
                f"{self.shapes}"
            )
        first = signal.reshape(1, *signal.shape[:2], self.groups, signal.shape[2] // self.groups)
        per_group = self.kernel.shape[2] // self.groups
        second = self.kernel.reshape(1, *self.kernel.shape[:2], self.groups, per_group)
        for name in self.method.names() if isinstance(self.method, MethodOfEach) else (self.method,):
            if name in REGISTRY:  # refused here, before any tracing, and not only when the lowering asks
                REGISTRY[name].check(problem_of(self.face, first, second, window, self.precision, self.dtype))
        result = convolve(self.face, first, second, window, self.method, self.precision, self.dtype)
        result = result.reshape(*self.batch_shape, result.shape[2], self.outputs)
        if self.bias is not None:
            result = with_bias(result, self.bias)
        return jnp.swapaxes(result, -1, -2) if self.channels_first else result


def with_bias(result: Array, bias: Array) -> Array:
    """`result` `(*batch, length, channels)` plus `bias` `(channels,)`, of the dtype of `result`.

    The gradient for the bias is a sum over all positions, which stops growing in 16 bits: of 1,600 ones, bfloat16 sums
    256. Each entry is therefore added in float32 and rounded once, which gives the same values.
    """
    wide = sum_dtype(result.dtype)
    bias = bias.astype(result.dtype).astype(wide).reshape((1,) * (result.ndim - 1) + bias.shape)
    return (result.astype(wide) + bias).astype(result.dtype)


def check_call(
    face: Face,
    signal: Any,
    kernel: Any,
    bias: Any,
    groups: int,
    layout: str,
    method: Any,
    precision: Any,
    preferred_element_type: Any,
) -> Call:
    """Check all that does not depend on the window.

    Raises:
        TypeError: not arrays of one numeric dtype, or an unusable `precision` or `preferred_element_type`.
        ValueError: a wrong rank, an empty kernel, or channels that do not match or that `groups` does not divide.
    """
    name = "x" if face == "output" else "y"
    layout = checks.one_of("layout", layout, LAYOUTS)
    method = checked_method(method)
    signal, kernel = checked_array(name, signal), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    shapes = f"{name} has shape {signal.shape}, kernel {kernel.shape}, `layout`={layout!r}"
    channels_first = layout == "NCL"
    if signal.ndim < 2:
        wanted = "(*batch, channels, length)" if channels_first else "(*batch, length, channels)"
        raise ValueError(f"`{name}` must have at least 2 axes, {wanted}; it has {signal.ndim}; {shapes}")
    if kernel.ndim != 3:
        wanted = "(channels, per group, width)" if channels_first else "(width, per group, channels)"
        raise ValueError(f"`kernel` must have 3 axes, {wanted}; it has {kernel.ndim}; {shapes}")
    if kernel.dtype != signal.dtype:
        raise TypeError(f"`kernel` (of {kernel.dtype}) must have the dtype of `{name}` ({signal.dtype})")
    if channels_first:
        signal, kernel = jnp.swapaxes(signal, -1, -2), jnp.transpose(kernel)
    if not all(isinstance(size, int) for size in (signal.shape[-1], *kernel.shape)):
        raise ValueError(f"only the batch axes and the length of `{name}` may be symbolic dimensions; {shapes}")
    if kernel.shape[0] == 0:
        raise ValueError(f"`kernel` must have a width of at least 1; {shapes}")
    for what, count in ((f"channels of `{name}`", signal.shape[-1]), ("channels of `kernel`", kernel.shape[2])):
        if count == 0 or count % groups:
            wanted = "divide" if count else "not exceed"
            raise ValueError(f"`groups` (={groups}) must {wanted} the {what} (={count}); {shapes}")
    channels, per_group = signal.shape[-1], kernel.shape[1]
    if face == "output" and channels != groups * per_group:
        raise ValueError(
            f"`kernel` must have in/groups input channels (={channels}/{groups}={channels // groups}); "
            f"it has {per_group}; {shapes}"
        )
    if face == "input" and channels != kernel.shape[2]:
        raise ValueError(
            f"`kernel` must have the input channels of `y` (={channels}); it has {kernel.shape[2]}; {shapes}"
        )
    dtype = _result_dtype(name, signal.dtype, preferred_element_type)
    if bias is not None and bias.dtype not in (signal.dtype, dtype):
        raise TypeError(
            f"`bias` (of {bias.dtype}) must have the dtype of `{name}` ({signal.dtype}) or that of the result ({dtype})"
        )
    *batch_shape, length, channels = signal.shape
    signal = signal.reshape(math.prod(batch_shape), length, channels)
    precision = hashable_precision(precision)
    return Call(
        face, signal, kernel, bias, tuple(batch_shape), groups, channels_first, method, precision, dtype, shapes
    )


def checked_method(method: Any) -> str | MethodOfEach:
    """Return `method` as one of `CHOICES`, or as one for each face where it is a mapping.

    Raises:
        TypeError, ValueError: it is neither, or does not name all three faces.
    """
    if isinstance(method, MethodOfEach):
        return method
    if not isinstance(method, Mapping):
        return checks.one_of("method", method, CHOICES)
    if set(method) != set(FACES):
        listed = ", ".join(map(repr, FACES))
        raise ValueError(f"`method` (={dict(method)!r}) must be a name, or have a name for each of {listed}")
    return MethodOfEach(**{face: checks.one_of(f"method[{face!r}]", method[face], CHOICES) for face in FACES})


def checked_array(name: str, value: Any, *, booleans: bool = False) -> Array:
    """Return `value` as a JAX array.

    Raises:
        TypeError: it is no array, or of a dtype that is not computed with.
    """
    if not isinstance(value, (jax.Array, np.ndarray)) or isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"`{name}` ({checks.shown(value)}) must be a JAX or NumPy array{how_to_convert(value)}")
    dtype = value.dtype
    smallest = 2 if jnp.issubdtype(dtype, jnp.floating) else 1
    largest = 16 if jnp.issubdtype(dtype, jnp.complexfloating) else 8  # NumPy's long double is wider
    numeric = jnp.issubdtype(dtype, jnp.number) or (booleans and jnp.issubdtype(dtype, np.bool_))
    if not numeric or not smallest <= dtype.itemsize <= largest:
        raise TypeError(f"`{name}` (of {dtype}) must have an integer, floating (16 to 64 bits) or complex dtype")
    return jnp.asarray(value)


def _result_dtype(name: str, given: Any, preferred: Any) -> np.dtype:
    if preferred is None:
        return np.dtype(given)
    dtype = checked_dtype("preferred_element_type", preferred)
    if kind_of(dtype) < kind_of(given):
        raise TypeError(f"`preferred_element_type` (={dtype}) cannot hold the result: `{name}` is of {given}")
    return dtype


def checked_dtype(name: str, value: Any) -> np.dtype:
    """Return `value` as the dtype that JAX would use for it.

    Raises:
        TypeError: it is none.
    """
    try:
        return np.dtype(jax.dtypes.canonicalize_dtype(value))
    except TypeError:
        raise TypeError(f"`{name}` ({checks.shown(value)}) must be a dtype") from None


def kind_of(dtype: Any) -> int:
    """0, 1, 2 for integer, floating, complex: a result may be of its operands' kind or a later one."""
    kinds = (jnp.integer, jnp.floating, jnp.complexfloating)
    return next((i for i, kind in enumerate(kinds) if jnp.issubdtype(dtype, kind)), -1)


def hashable_precision(precision: Any) -> Any:
    """Return `precision` as None, a `jax.lax.Precision` or a pair of these.

    Raises:
        ValueError: it is neither of these nor their name.
    """
    if precision is None or isinstance(precision, lax.Precision):
        return precision
    if isinstance(precision, (tuple, list)) and len(precision) == 2:
        return tuple(hashable_precision(entry) for entry in precision)
    try:
        return lax.Precision(precision)
    except (TypeError, ValueError):
        raise ValueError(
            f"`precision` ({checks.shown(precision)}) must be None, a `jax.lax.Precision`, its name, or a pair of these"
        ) from None
