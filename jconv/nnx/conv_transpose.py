"""`flax.nnx.ConvTranspose` in one dimension, with groups."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from flax import nnx
from flax.nnx.nn.dtypes import promote_dtype as flax_promote_dtype
from jax import Array, lax

from jconv import checks
from jconv.call import with_bias
from jconv.conv import conv_transpose1d
from jconv.interop.flax_params import flipped_and_swapped
from jconv.nnx.base import (
    NO_METADATA,
    Convolution,
    Initializer,
    Ints,
    Padding,
    settled_padding,
    without_positions,
)
from jconv.window import halo


class ConvTranspose1D(Convolution):
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
        method: str | Mapping[str, str] = "auto",
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = NO_METADATA,
        bias_metadata: Mapping[str, Any] = NO_METADATA,
    ):
        self._settle_sizes(in_features, out_features, kernel_size, strides, kernel_dilation, feature_group_count)
        self._settle_arithmetic(dtype, param_dtype, precision, promote_dtype, preferred_element_type, method)
        self.padding = settled_padding(padding, ("same", "valid", "causal", "circular"))
        self.transpose_kernel = transpose_kernel
        channels = (self.out_features, self.in_features) if transpose_kernel else (self.in_features, self.out_features)
        self.kernel_shape = (self.kernel_size[0], channels[0] // self.feature_group_count, channels[1])
        self._make_parameters(use_bias, mask, param_dtype, kernel_init, bias_init, rngs, kernel_metadata, bias_metadata)

    def __call__(self, inputs: Array) -> Array:
        """Upsample `(*batch, length, in_features)` to `(*batch, result length, out_features)`.

        As in Flax, a result without positions has length 0, and one of no `inputs` the values of the bias.

        Raises:
            ValueError: `inputs` has other channels.
        """
        inputs, kernel, bias = self._operands(inputs)
        if not self.transpose_kernel:
            kernel = flipped_and_swapped(kernel, self.feature_group_count)
        low, high = self._adjoint_padding()
        circular = self.padding == "circular"
        if circular and not isinstance(inputs.shape[-2], int):
            raise ValueError(f"`padding` (='circular') needs a length that is known; `inputs` has shape {inputs.shape}")
        positions = inputs.shape[-2] * self.strides + self._halo - low - high
        there = checks.has(inputs.shape[-2], 1, "a transposed convolution")
        if not there:  # Flax then pads nothing, and convolves the padding
            positions = 0 if circular else positions + self.strides - 1
        if not there or not checks.has(positions, 1, "a transposed convolution"):
            return without_positions(inputs, max(positions, 0), self.out_features, bias, self.preferred_element_type)
        result = conv_transpose1d(
            inputs,
            kernel,
            None if circular else bias,
            stride=self.strides,
            padding=(low, high),
            dilation=self.kernel_dilation,
            groups=self.feature_group_count,
            method=self.method,
            precision=self.precision,
            preferred_element_type=self.preferred_element_type,
        )
        if not circular:
            return result
        result = _wrapped(result, inputs.shape[-2] * self.strides, late=self.transpose_kernel)
        return result if bias is None else with_bias(result, bias)

    @property
    def _halo(self) -> int:
        return halo(self.kernel_size[0], self.strides, self.kernel_dilation)

    def _adjoint_padding(self) -> tuple[int, int]:
        """What `conv_transpose1d` crops on each side: `span - 1` less what Flax pads there."""
        shared = self._halo
        if isinstance(self.padding, str):
            crops = {"valid": (0, min(shared, 0)), "causal": (0, shared)}
            crops["circular"] = crops["valid"]
            crops["same"] = (shared // 2, shared - shared // 2) if shared > 0 else (0, shared)
            return crops[self.padding]
        low, high = (self.padding, self.padding) if isinstance(self.padding, int) else self.padding
        reach = shared + self.strides - 1
        return reach - low, reach - high


def _wrapped(result: Array, period: int, late: bool) -> Array:
    """Wrap a "VALID" result to `period` positions, centred as Flax does; an odd remainder goes behind if `late`."""
    missing = -(result.shape[-2] - period) % (2 * period)
    before = missing // 2 if late else (missing + 1) // 2
    widths = [(0, 0, 0)] * result.ndim
    widths[-2] = (before, missing - before, 0)
    padded = lax.pad(result, jnp.zeros((), result.dtype), widths)
    return padded.reshape(*padded.shape[:-2], padded.shape[-2] // period, period, padded.shape[-1]).sum(axis=-3)
