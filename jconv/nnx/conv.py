"""`flax.nnx.Conv` in one dimension."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from flax import nnx
from flax.nnx.nn.dtypes import promote_dtype as flax_promote_dtype
from jax import Array

from jconv import checks
from jconv.conv import conv1d
from jconv.methods.arrays import dilated
from jconv.nnx.base import (
    NO_METADATA,
    Convolution,
    Initializer,
    Ints,
    Padding,
    settled_padding,
    single,
    without_positions,
)
from jconv.window import PADDING_WORDS, resolve_padding, span

MODE_WORDS = ("circular", "reflect", "replicate")


class Conv1D(Convolution):
    """`flax.nnx.Conv` for one spatial dimension: cross-correlation, channels last.

    Args:
        in_features: input channels.
        out_features: output channels.
        kernel_size: taps, an int or a sequence of one.
        strides: an int or a sequence of one; None is 1.
        padding: "SAME", "VALID", "CAUSAL", "SAME_LOWER", "CIRCULAR", "REFLECT", "REPLICATE" (any case), an int, a pair
            `(low, high)`, or a sequence of one of these. With "CAUSAL" and `method="direct"` no later sample changes a
            bit of an earlier output. Under "auto" it may.
        input_dilation: distance between input positions, with zeros put between them.
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
        method: as in `jconv.conv1d`; "direct" allows only methods whose rounding error and NaNs stay local to each
            output: no FFT, no Winograd.
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
        method: str | Mapping[str, str] = "auto",
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any] = NO_METADATA,
        bias_metadata: Mapping[str, Any] = NO_METADATA,
    ):
        self._settle_sizes(in_features, out_features, kernel_size, strides, kernel_dilation, feature_group_count)
        self._settle_arithmetic(dtype, param_dtype, precision, promote_dtype, preferred_element_type, method)
        self.input_dilation = single("input_dilation", input_dilation)
        words = (*PADDING_WORDS, *MODE_WORDS)
        self.padding = settled_padding(padding, words)
        self.kernel_shape = (self.kernel_size[0], self.in_features // self.feature_group_count, self.out_features)
        self._make_parameters(use_bias, mask, param_dtype, kernel_init, bias_init, rngs, kernel_metadata, bias_metadata)

    def __call__(self, inputs: Array) -> Array:
        """Convolve `(*batch, length, in_features)` to `(*batch, output length, out_features)`.

        As in Flax, `inputs` that are too short for one window give an output of length 0.

        Raises:
            ValueError: `inputs` has other channels, or no positions to reflect, replicate or wrap.
        """
        inputs, kernel, bias = self._operands(inputs)
        padding, mode = self.padding, "zeros"
        if isinstance(padding, str) and padding in MODE_WORDS:
            reach = span(self.kernel_size[0], self.kernel_dilation) - 1
            padding, mode = (reach // 2, reach - reach // 2), padding
        inputs = dilated(inputs, self.input_dilation, axis=-2)
        taps, length = self.kernel_size[0], inputs.shape[-2]
        low, high = resolve_padding(padding, length, taps, self.strides, self.kernel_dilation)
        if mode == "zeros" and not checks.has(length + low + high, span(taps, self.kernel_dilation), "a convolution"):
            return without_positions(inputs, 0, self.out_features, bias, self.preferred_element_type)
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
