"""Flax modules: `flax.nnx.Conv` and `ConvTranspose` in one dimension, with jconv's speed, groups and errors.

Argument names, parameter paths (`kernel`, `bias`), shapes and initial values are those of Flax, so a checkpoint of one
loads into the other. The only file that imports flax.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from flax.nnx.nn.dtypes import promote_dtype as flax_promote_dtype
from jax import Array, lax

from jconv import checks
from jconv.conv import conv1d, conv_transpose1d
from jconv.methods import METHODS
from jconv.window import PADDING_WORDS, span

__all__ = ["Conv1D", "ConvTranspose1D"]

Ints = int | Sequence[int]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]
Initializer = Callable[..., Array]

MODE_WORDS = {"circular": "circular", "reflect": "reflect", "replicate": "replicate"}
NO_METADATA: Mapping[str, Any] = MappingProxyType({})


class Conv1D(nnx.Module):
    """`flax.nnx.Conv` for one spatial dimension: cross-correlation, channels last.

    Args:
        in_features: input channels.
        out_features: output channels.
        kernel_size: taps, an int or a sequence of one.
        strides: an int or a sequence of one; None is 1.
        padding: "SAME", "VALID", "CAUSAL", "SAME_LOWER", "CIRCULAR", "REFLECT", "REPLICATE" (any case), an int, a pair
            `(low, high)`, or a sequence of one of these.
        input_dilation: zeros are put between input positions so that they lie this far apart.
        kernel_dilation: input positions from tap to tap.
        feature_group_count: groups; must divide both channel counts.
        use_bias: whether there is a bias.
        mask: multiplies the kernel; of the kernel's shape.
        dtype: of the computation; inferred from input and parameters by default.
        param_dtype: of the parameters.
        precision: as in `jax.lax.Precision`.
        kernel_init: makes the kernel `(taps, in_features / groups, out_features)`.
        bias_init: makes the bias `(out_features,)`.
        promote_dtype: as in Flax, brings `(inputs, kernel, bias)` to one dtype.
        preferred_element_type: dtype of sums and result.
        method: as in `jconv.conv1d`.
        rngs: keys for the initialisers.
        kernel_metadata: for the kernel's `nnx.Param`.
        bias_metadata: for the bias's `nnx.Param`.

    Raises:
        TypeError, ValueError: an argument has the wrong type or value; raised when the module is built.

    >>> from flax import nnx
    >>> import jax.numpy as jnp
    >>> layer = Conv1D(3, 4, kernel_size=5, padding="CAUSAL", rngs=nnx.Rngs(0))
    >>> layer.kernel.shape, layer(jnp.ones((2, 8, 3))).shape
    ((5, 3, 4), (2, 8, 4))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        kernel_size: Ints,
        strides: Ints | None = 1,
        *,
        padding: Padding = "SAME",
        input_dilation: Ints | None = 1,
        kernel_dilation: Ints | None = 1,
        feature_group_count: int = 1,
        use_bias: bool = True,
        mask: Array | None = None,
        dtype: Any = None,
        param_dtype: Any = jnp.float32,
        precision: Any = None,
        kernel_init: Initializer = nnx.initializers.lecun_normal(),  # noqa: B008
        bias_init: Initializer = nnx.initializers.zeros_init(),  # noqa: B008
        promote_dtype: Callable[..., Any] = flax_promote_dtype,
        preferred_element_type: Any = None,
        method: str = "auto",
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = NO_METADATA,
        bias_metadata: Mapping[str, Any] = NO_METADATA,
    ):
        _settle(self, in_features, out_features, kernel_size, strides, kernel_dilation, feature_group_count, method)
        self.input_dilation = _single("input_dilation", input_dilation)
        words = (*PADDING_WORDS, *MODE_WORDS)
        self.padding = _padding(padding, words)
        self.kernel_shape = (self.kernel_size[0], self.in_features // self.feature_group_count, self.out_features)
        _make_parameters(self, use_bias, mask, param_dtype, kernel_init, bias_init, rngs, kernel_metadata, bias_metadata)
        self.dtype = dtype
        self.precision = precision
        self.promote_dtype = promote_dtype
        self.preferred_element_type = preferred_element_type

    def __call__(self, inputs: Array) -> Array:
        """Convolve `(*batch, length, in_features)` to `(*batch, output length, out_features)`.

        Raises:
            ValueError: `inputs` has other channels, or is too short for one window.
        """
        inputs, kernel, bias = _operands(self, inputs)
        padding, mode = self.padding, "zeros"
        if isinstance(padding, str) and padding in MODE_WORDS:
            reach = span(self.kernel_size[0], self.kernel_dilation) - 1
            padding, mode = (reach // 2, reach - reach // 2), MODE_WORDS[padding]
        if self.input_dilation > 1:
            widths = [(0, 0, 0)] * inputs.ndim
            widths[-2] = (0, 0, self.input_dilation - 1)
            inputs = lax.pad(inputs, jnp.zeros((), inputs.dtype), widths)
        return conv1d(
            inputs,
            kernel,
            bias,
            stride=self.strides,
            padding=padding,
            padding_mode=mode,
            dilation=self.kernel_dilation,
            groups=self.feature_group_count,
            method=self.method,
            precision=self.precision,
            preferred_element_type=self.preferred_element_type,
        )


class ConvTranspose1D(nnx.Module):
    """`flax.nnx.ConvTranspose` for one spatial dimension, and with groups, which Flax lacks.

    With `transpose_kernel=False` the input, its positions `strides` apart, is cross-correlated with the kernel
    `(taps, in_features / groups, out_features)`. With `transpose_kernel=True` this is the adjoint of a `Conv1D` whose
    kernel `(taps, out_features / groups, in_features)` it can share.

    Args:
        in_features: input channels.
        out_features: output channels.
        kernel_size: taps, an int or a sequence of one.
        strides: the upsampling factor, an int or a sequence of one; None is 1.
        padding: Flax's meaning: how far the upsampled input is padded. "SAME" gives `length * strides` positions,
            "VALID" `(length - 1) * strides + max(span, strides)`, "CAUSAL" `length * strides` without looking ahead,
            "CIRCULAR" wraps "VALID" round to `length * strides`. An int, a pair, or a sequence of one of these.
        kernel_dilation: result positions from tap to tap; None is 1.
        feature_group_count: groups; must divide both channel counts.
        transpose_kernel: see above.

    The other arguments are those of `Conv1D`.

    Raises:
        TypeError, ValueError: an argument has the wrong type or value; raised when the module is built.

    >>> from flax import nnx
    >>> import jax.numpy as jnp
    >>> layer = ConvTranspose1D(3, 4, kernel_size=4, strides=2, rngs=nnx.Rngs(0))
    >>> layer.kernel.shape, layer(jnp.ones((2, 8, 3))).shape
    ((4, 3, 4), (2, 16, 4))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        kernel_size: Ints,
        strides: Ints | None = None,
        *,
        padding: Padding = "SAME",
        kernel_dilation: Ints | None = None,
        feature_group_count: int = 1,
        use_bias: bool = True,
        mask: Array | None = None,
        dtype: Any = None,
        param_dtype: Any = jnp.float32,
        precision: Any = None,
        kernel_init: Initializer = nnx.initializers.lecun_normal(),  # noqa: B008
        bias_init: Initializer = nnx.initializers.zeros_init(),  # noqa: B008
        transpose_kernel: bool = False,
        promote_dtype: Callable[..., Any] = flax_promote_dtype,
        preferred_element_type: Any = None,
        method: str = "auto",
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = NO_METADATA,
        bias_metadata: Mapping[str, Any] = NO_METADATA,
    ):
        _settle(self, in_features, out_features, kernel_size, strides, kernel_dilation, feature_group_count, method)
        self.padding = _padding(padding, ("same", "valid", "causal", "circular"))
        self.transpose_kernel = transpose_kernel
        channels = (self.out_features, self.in_features) if transpose_kernel else (self.in_features, self.out_features)
        self.kernel_shape = (self.kernel_size[0], channels[0] // self.feature_group_count, channels[1])
        _make_parameters(self, use_bias, mask, param_dtype, kernel_init, bias_init, rngs, kernel_metadata, bias_metadata)
        self.dtype = dtype
        self.precision = precision
        self.promote_dtype = promote_dtype
        self.preferred_element_type = preferred_element_type

    def __call__(self, inputs: Array) -> Array:
        """Upsample `(*batch, length, in_features)` to `(*batch, result length, out_features)`.

        Raises:
            ValueError: `inputs` has other channels.
        """
        inputs, kernel, bias = _operands(self, inputs)
        if not self.transpose_kernel:  # to the array that the adjoint takes: reversed, its channel axes swapped
            groups = self.feature_group_count
            kernel = kernel[::-1].reshape(*kernel.shape[:2], groups, kernel.shape[2] // groups)
            kernel = jnp.transpose(kernel, (0, 3, 2, 1)).reshape(kernel.shape[0], kernel.shape[3], self.in_features)
        circular = self.padding == "circular"
        result = conv_transpose1d(
            inputs,
            kernel,
            None if circular else bias,
            stride=self.strides,
            padding=self._adjoint_padding(),
            dilation=self.kernel_dilation,
            groups=self.feature_group_count,
            method=self.method,
            precision=self.precision,
            preferred_element_type=self.preferred_element_type,
        )
        if not circular:
            return result
        result = _wrapped(result, inputs.shape[-2] * self.strides, late=self.transpose_kernel)
        return result if bias is None else result + bias.reshape((1,) * (result.ndim - 1) + bias.shape)

    def _adjoint_padding(self) -> tuple[int, int]:
        """What `conv_transpose1d` crops, from what Flax pads: each side is `span - 1` less the other."""
        halo = span(self.kernel_size[0], self.kernel_dilation) - self.strides
        if isinstance(self.padding, str):
            crops = {"valid": (0, min(halo, 0)), "causal": (0, halo)}
            crops["circular"] = crops["valid"]
            crops["same"] = (halo // 2, halo - halo // 2) if halo > 0 else (0, halo)
            return crops[self.padding]
        low, high = (self.padding, self.padding) if isinstance(self.padding, int) else self.padding
        reach = halo + self.strides - 1
        return reach - low, reach - high


def _settle(module, in_features, out_features, kernel_size, strides, kernel_dilation, feature_group_count, method):
    module.in_features = checks.whole_number("in_features", in_features, minimum=1)
    module.out_features = checks.whole_number("out_features", out_features, minimum=1)
    module.kernel_size = (_single("kernel_size", kernel_size),)
    module.strides = _single("strides", strides)
    module.kernel_dilation = _single("kernel_dilation", kernel_dilation)
    module.method = checks.one_of("method", method, ("auto", *METHODS))
    groups = checks.whole_number("feature_group_count", feature_group_count, minimum=1)
    for name, count in (("in_features", module.in_features), ("out_features", module.out_features)):
        if count % groups:
            raise ValueError(f"`feature_group_count` (={groups}) must divide `{name}` (={count})")
    module.feature_group_count = groups


def _make_parameters(module, use_bias, mask, param_dtype, kernel_init, bias_init, rngs, kernel_metadata, bias_metadata):
    if mask is not None and np.shape(mask) != module.kernel_shape:
        raise ValueError(f"`mask` must have the kernel's shape {module.kernel_shape}; got {np.shape(mask)}")
    module.param_dtype = param_dtype
    module.use_bias = use_bias
    module.mask = mask
    module.kernel = nnx.Param(kernel_init(rngs.params(), module.kernel_shape, param_dtype), **kernel_metadata)
    if use_bias:
        module.bias = nnx.Param(bias_init(rngs.params(), (module.out_features,), param_dtype), **bias_metadata)
    else:
        module.bias = nnx.data(None)


def _operands(module: Any, inputs: Array) -> tuple[Array, Array, Array | None]:
    if inputs.ndim < 2 or inputs.shape[-1] != module.in_features:
        raise ValueError(
            f"`inputs` must have shape (*batch, length, `in_features` (={module.in_features})); got {inputs.shape}"
        )
    kernel = module.kernel[...]
    if module.mask is not None:
        kernel = kernel * module.mask
    bias = None if module.bias is None else module.bias[...]
    return module.promote_dtype((inputs, kernel, bias), dtype=module.dtype)


def _single(name: str, value: Ints | None) -> int:
    """Flax's int, sequence of one int, or None for 1."""
    if value is None:
        return 1
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 1:
            raise ValueError(f"`{name}` (={value!r}) must be an int or a sequence of one; it has {len(value)} entries")
        value = value[0]
    return checks.whole_number(name, value, minimum=1)


def _padding(value: Padding, words: tuple[str, ...]) -> str | int | tuple[int, int]:
    if isinstance(value, str):
        return checks.one_of("padding", value, words)
    if isinstance(value, Sequence):
        if len(value) == 1 and not isinstance(value[0], str):
            return _padding(value[0], words)
        return checks.int_pair("padding", value)  # type: ignore[arg-type]
    return checks.whole_number("padding", value)


def _wrapped(result: Array, period: int, late: bool) -> Array:
    """Add up the periods of a "VALID" result, centred as Flax does; an odd remainder goes behind if `late`."""
    missing = -(result.shape[-2] - period) % (2 * period)
    before = missing // 2 if late else (missing + 1) // 2
    widths = [(0, 0, 0)] * result.ndim
    widths[-2] = (before, missing - before, 0)
    padded = lax.pad(result, jnp.zeros((), result.dtype), widths)
    return padded.reshape(*padded.shape[:-2], padded.shape[-2] // period, period, padded.shape[-1]).sum(axis=-3)
