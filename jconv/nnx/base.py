"""What `Conv1D` and `ConvTranspose1D` share: check their arguments, make the parameters, bring dtypes together."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from jconv import checks
from jconv.call import checked_array, checked_dtype, checked_method, hashable_precision, kind_of, with_bias

Ints = int | Sequence[int]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]
Initializer = Callable[..., Array]
NO_METADATA: Mapping[str, Any] = MappingProxyType({})


class Convolution(nnx.Module):
    """Sizes, parameters and dtypes of a one-dimensional convolution; the subclasses say what is computed."""

    kernel: nnx.Param
    bias: Any
    kernel_shape: tuple[int, int, int]

    def _settle_sizes(
        self,
        in_features: int,
        out_features: int,
        kernel_size: Ints,
        strides: Ints | None,
        kernel_dilation: Ints | None,
        feature_group_count: int,
    ) -> None:
        self.in_features = checks.whole_number("in_features", in_features, minimum=1)
        self.out_features = checks.whole_number("out_features", out_features, minimum=1)
        self.kernel_size = (single("kernel_size", kernel_size, optional=False),)
        self.strides = single("strides", strides)
        self.kernel_dilation = single("kernel_dilation", kernel_dilation)
        groups = checks.whole_number("feature_group_count", feature_group_count, minimum=1)
        for name, count in (("in_features", self.in_features), ("out_features", self.out_features)):
            if count % groups:
                raise ValueError(f"`feature_group_count` (={groups}) must divide `{name}` (={count})")
        self.feature_group_count = groups

    def _settle_arithmetic(
        self,
        dtype: Any,
        param_dtype: Any,
        precision: Any,
        promote_dtype: Callable[..., Any],
        preferred_element_type: Any,
        method: str | Mapping[str, str],
    ) -> None:
        hashable_precision(precision)
        computed = checked_dtype("param_dtype", param_dtype)
        if dtype is not None:
            computed = checked_dtype("dtype", dtype)
        if preferred_element_type is not None:
            result = checked_dtype("preferred_element_type", preferred_element_type)
            if kind_of(result) < kind_of(computed):
                raise TypeError(
                    f"`preferred_element_type` (={result}) cannot hold the result, which is computed in {computed}"
                )
        self.dtype = dtype
        self.precision = precision
        self.promote_dtype = promote_dtype
        self.preferred_element_type = preferred_element_type
        self.method: Any = checked_method(method)

    def _make_parameters(
        self,
        use_bias: bool,
        mask: Array | None,
        param_dtype: Any,
        kernel_init: Initializer,
        bias_init: Initializer,
        rngs: nnx.Rngs,
        kernel_metadata: Mapping[str, Any],
        bias_metadata: Mapping[str, Any],
    ) -> None:
        if mask is not None and np.shape(mask) != self.kernel_shape:
            raise ValueError(f"`mask` (of shape {np.shape(mask)}) must have the kernel's shape {self.kernel_shape}")
        self.param_dtype = param_dtype
        self.use_bias = use_bias
        self.mask = mask
        self.kernel = nnx.Param(kernel_init(rngs.params(), self.kernel_shape, param_dtype), **kernel_metadata)
        if use_bias:
            self.bias = nnx.Param(bias_init(rngs.params(), (self.out_features,), param_dtype), **bias_metadata)
        else:
            self.bias = nnx.data(None)

    def _operands(self, inputs: Array) -> tuple[Array, Array, Array | None]:
        inputs = checked_array("inputs", inputs, booleans=True)
        if inputs.ndim < 2 or inputs.shape[-1] != self.in_features:
            raise ValueError(
                f"`inputs` (of shape {inputs.shape}) must have shape (*batch, length, in_features={self.in_features})"
            )
        kernel = self.kernel[...]
        if self.mask is not None:
            kernel = kernel * self.mask
        bias = None if self.bias is None else self.bias[...]
        return self.promote_dtype((inputs, kernel, bias), dtype=self.dtype)


def without_positions(inputs: Array, positions: int, features: int, bias: Array | None, preferred: Any) -> Array:
    """Flax's result where no window fits or there is no input: `positions` that hold the bias alone.

    Shape:
        - inputs: (*batch, length, in), for the batch axes.
        - result: (*batch, positions, out).
    """
    dtype = inputs.dtype if preferred is None else preferred
    zeros = jnp.zeros((*inputs.shape[:-2], positions, features), dtype)
    return zeros if bias is None else with_bias(zeros, bias)


def single(name: str, value: Ints | None, *, optional: bool = True) -> int:
    """Return the int of a Flax argument: an int, a sequence of one or, where that is optional, None for 1."""
    if value is None and optional:
        return 1
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 1:
            raise ValueError(f"`{name}` (={value!r}) must be an int or a sequence of one; it has {len(value)} entries")
        value = value[0]
    return checks.whole_number(name, value, minimum=1)


def settled_padding(value: Padding, words: tuple[str, ...]) -> str | int | tuple[int, int]:
    """Return Flax's `padding`, which may be a sequence of one of these, as a lower-case word, an int or a pair."""
    if isinstance(value, str):
        return checks.one_of("padding", value, words)
    if isinstance(value, Sequence):
        if len(value) == 1 and not isinstance(value[0], str):
            return settled_padding(value[0], words)
        return checks.int_pair("padding", value)  # type: ignore[arg-type]
    return checks.whole_number("padding", value, wanted=checks.PADDINGS)
