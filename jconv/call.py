"""The arguments of `conv1d` and `conv_transpose1d`: checked by shape and dtype, then moved to the primitive's axes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import checks
from jconv.foreign import how_to_convert
from jconv.methods import FACES, METHODS, REGISTRY, Face
from jconv.primitive import MethodOfEach, convolve, problem_of, sum_dtype
from jconv.window import Padding, Window, check_steps

LAYOUTS = ("NLC", "NCL")
CHOICES = ("auto", "direct", *METHODS)


@dataclass(frozen=True)
class Settings:
    """The options that `conv1d`, `conv_transpose1d`, `choose_method` and `explain` share."""

    stride: int = 1
    padding: Padding = "valid"
    dilation: int = 1
    groups: int = 1
    layout: str = "NLC"
    precision: Any = None
    preferred_element_type: Any = None
    method: Any = "auto"

    def checked(self) -> "Settings":
        """Check all that depends on no shape or dtype; `method` becomes a `MethodOfEach`, `precision` hashable.

        Raises:
            TypeError, ValueError: an option has a wrong type or value.
        """
        stride, dilation, groups = check_steps(self.stride, self.dilation, self.groups)
        layout = checks.one_of("layout", self.layout, LAYOUTS)
        method, precision = checked_method(self.method), hashable_precision(self.precision)
        return Settings(stride, self.padding, dilation, groups, layout, precision, self.preferred_element_type, method)


@dataclass(frozen=True)
class Call:
    """Shapes and dtypes of one call, checked. It holds no arrays, and its shapes are the same in both layouts."""

    face: Face  # "output" for conv1d, "input" for conv_transpose1d
    settings: Settings
    batch_shape: tuple[int, ...]
    signal: jax.ShapeDtypeStruct  # (1, batch, length, groups, channels of a group)
    kernel: jax.ShapeDtypeStruct  # (1, width, per group, groups, channels of a group)
    dtype: np.dtype  # of the result

    @property
    def width(self) -> int:
        """Taps of the kernel."""
        return self.kernel.shape[1]

    def operands(self, signal: Array, kernel: Array) -> tuple[Array, Array]:
        """Move the arrays of this call to the primitive's axes."""
        if self.settings.layout == "NCL":
            signal, kernel = jnp.swapaxes(signal, -1, -2), jnp.transpose(kernel)
        return signal.reshape(self.signal.shape), kernel.reshape(self.kernel.shape)

    def run(self, signal: Array, kernel: Array, bias: Array | None, window: Window) -> Array:
        """Convolve `operands`, add the bias, and move the result to the layout and the batch axes of the call.

        Raises:
            NotImplementedError: the method refuses this problem.
        """
        settings = self.settings
        for name in dict.fromkeys(settings.method.names()):
            if name in REGISTRY:  # refused here, before any tracing, and not only when the lowering asks
                REGISTRY[name].check(problem_of(self.face, signal, kernel, window, settings.precision, self.dtype))
        y = convolve(self.face, signal, kernel, window, settings.method, settings.precision, self.dtype)
        y = y.reshape(*self.batch_shape, y.shape[2], y.shape[3] * y.shape[4])
        if bias is not None:
            y = with_bias(y, bias)
        return jnp.swapaxes(y, -1, -2) if settings.layout == "NCL" else y


def with_bias(result: Array, bias: Array) -> Array:
    """`result` `(*batch, length, channels)` plus `bias` `(channels,)`, of the dtype of `result`.

    The gradient for the bias is a sum over all positions, which stops growing in 16 bits: of 1,600 ones, bfloat16 sums
    256. Each entry is therefore added in float32 and rounded once, which gives the same values.
    """
    wide = sum_dtype(result.dtype)
    bias = bias.astype(result.dtype).astype(wide).reshape((1,) * (result.ndim - 1) + bias.shape)
    return (result.astype(wide) + bias).astype(result.dtype)


def check_call(face: Face, signal: Any, kernel: Any, bias: Any, settings: Settings) -> Call:
    """Check the settings, and the shapes and dtypes of the arguments, which may be arrays or `jax.ShapeDtypeStruct`s.

    What depends on the window is checked where the window is found.

    Raises:
        TypeError: different dtypes, or a `preferred_element_type` that cannot hold the result.
        ValueError: a wrong rank, an empty kernel, or channels that do not match or that `groups` does not divide.
    """
    settings = settings.checked()
    name, groups = "x" if face == "output" else "y", settings.groups
    shapes = f"{name} has shape {signal.shape}, kernel {kernel.shape}, `layout`={settings.layout!r}"
    channels_first = settings.layout == "NCL"
    if len(signal.shape) < 2:
        wanted = "(*batch, channels, length)" if channels_first else "(*batch, length, channels)"
        raise ValueError(f"`{name}` must have at least 2 axes, {wanted}; it has {len(signal.shape)}; {shapes}")
    if len(kernel.shape) != 3:
        wanted = "(channels, per group, width)" if channels_first else "(width, per group, channels)"
        raise ValueError(f"`kernel` must have 3 axes, {wanted}; it has {len(kernel.shape)}; {shapes}")
    if kernel.dtype != signal.dtype:
        raise TypeError(f"`kernel` (of {kernel.dtype}) must have the dtype of `{name}` ({signal.dtype})")
    *batch_shape, length, channels = signal.shape
    width, per_group, of_kernel = kernel.shape
    if channels_first:
        length, channels, width, of_kernel = channels, length, of_kernel, width
    if not all(isinstance(size, int) for size in (channels, *kernel.shape)):
        raise ValueError(f"only the batch axes and the length of `{name}` may be symbolic dimensions; {shapes}")
    if width == 0:
        raise ValueError(f"`kernel` must have a width of at least 1; {shapes}")
    for what, count in ((f"channels of `{name}`", channels), ("channels of `kernel`", of_kernel)):
        if count == 0 or count % groups:
            wanted = "divide" if count else "not exceed"
            raise ValueError(f"`groups` (={groups}) must {wanted} the {what} (={count}); {shapes}")
    if face == "output" and channels != groups * per_group:
        raise ValueError(
            f"`kernel` must have in/groups input channels (={channels}/{groups}={channels // groups}); "
            f"it has {per_group}; {shapes}"
        )
    if face == "input" and channels != of_kernel:
        raise ValueError(f"`kernel` must have the input channels of `y` (={channels}); it has {of_kernel}; {shapes}")
    dtype = _result_dtype(name, signal.dtype, settings.preferred_element_type)
    if bias is not None and bias.dtype not in (signal.dtype, dtype):
        raise TypeError(
            f"`bias` (of {bias.dtype}) must have the dtype of `{name}` ({signal.dtype}) or that of the result ({dtype})"
        )
    outputs = of_kernel if face == "output" else groups * per_group
    if bias is not None and bias.shape != (outputs,):
        raise ValueError(
            f"`bias` (of shape {bias.shape}) must have shape ({outputs},), one entry an output channel; {shapes}"
        )
    signal_shape = 1, math.prod(batch_shape), length, groups, channels // groups
    kernel_shape = 1, width, per_group, groups, of_kernel // groups
    first, second = (jax.ShapeDtypeStruct(shape, signal.dtype) for shape in (signal_shape, kernel_shape))
    return Call(face, settings, tuple(batch_shape), first, second, dtype)


def checked_method(method: Any) -> MethodOfEach:
    """Return `method`, a name or a mapping with a name for each face, as one of `CHOICES` for each face.

    Raises:
        TypeError, ValueError: it is neither, or does not name all three faces.
    """
    if isinstance(method, MethodOfEach):
        return method
    if not isinstance(method, Mapping):
        return MethodOfEach.same(checks.one_of("method", method, CHOICES))
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
    if not (booleans and value.dtype == np.bool_):
        check_numeric(name, value.dtype)
    return jnp.asarray(value)


def check_numeric(name: str, dtype: Any) -> None:
    """Raise TypeError unless `dtype` is one that is computed with."""
    smallest = 2 if jnp.issubdtype(dtype, jnp.floating) else 1
    largest = 16 if jnp.issubdtype(dtype, jnp.complexfloating) else 8  # NumPy's long double is wider
    if not jnp.issubdtype(dtype, jnp.number) or not smallest <= dtype.itemsize <= largest:
        raise TypeError(f"`{name}` (of {dtype}) must have an integer, floating (16 to 64 bits) or complex dtype")


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
