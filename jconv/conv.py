"""`conv1d` and `conv_transpose1d`: check the arguments, find the windows, compute."""

from collections.abc import Mapping
from typing import Any

from jax import Array
from jax.typing import ArrayLike, DTypeLike

from jconv.call import Settings, check_call, checked_array
from jconv.padding_modes import pad_by_mode
from jconv.window import Padding, forward_window, transposed_window


def conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    method: str | Mapping[str, str] = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """1-D cross-correlation: the kernel is not flipped, as in PyTorch, Flax and `jax.lax`.

    `y[t, o] = bias[o] + sum over j, c of x[t*stride + j*dilation - low, c] * kernel[j, c, o]`

    with x zero outside its length, one such sum for each group of channels and each entry of the batch.

    Shape:
        - x: `(*batch, length, in)` in layout "NLC", `(*batch, in, length)` in "NCL"; any number of batch axes.
        - kernel: `(width, in/groups, out)` in "NLC" (as Flax), `(out, in/groups, width)` in "NCL" (as PyTorch).
        - bias: `(out,)`.
        - result: `(*batch, output_length, out)` in "NLC", `(*batch, out, output_length)` in "NCL".

    Args:
        x: signal; float16, bfloat16, float32, float64, complex64, complex128 or any integer dtype.
        kernel: weights, of the dtype of `x`.
        bias: added to every output position; of the dtype of `x` or of the result.
        stride: input positions from one window to the next.
        padding: "valid", "same", "same_lower", "causal" (any case), an int for both sides, or a pair `(low, high)`;
            a negative amount crops. "same" is XLA's stride-aware rule; "causal" is `(span - 1, 0)` with
            `span = (width - 1) * dilation + 1`, also when `stride > 1` (see `jconv.window.resolve_padding`). With
            "causal" and `method="direct"` no later sample changes a bit of an earlier output. Under "auto" it may:
            "fft" and "winograd" round across a block of time, and spread a NaN over it; "toeplitz" spreads one too.
        padding_mode: what the padding holds: "zeros", "reflect", "replicate" or "circular", with the values of
            `numpy.pad`, also where it reaches past a short signal. Cropping comes after.
        dilation: input positions from one tap to the next.
        groups: into how many groups the channels are cut, which do not see one another; `groups = in` is depthwise.
        layout: "NLC" (channels last) or "NCL" (channels first).
        method: which algorithm computes the output and each gradient: a name in `jconv.METHODS`; "auto", the one that
            should be fastest for this shape, dtype and platform; or "direct", the same choice among only methods
            whose rounding error and NaNs stay local to each output: no FFT, no Winograd. A mapping gives a name to
            each of "output", "input" (the gradient for x) and "kernel" (that for the kernel), as
            `jconv.choose_method` returns.
        precision: as in `jax.lax.dot_general`. Where it is None, products of float32 may be rounded to TF32 on a GPU
            and to bfloat16 on a TPU, as JAX has it (`docs/accelerators.md`).
        preferred_element_type: dtype of sums and of the result. By default the result has the dtype of `x`, and
            float16 and bfloat16 are summed in float32.

    Raises:
        TypeError: an argument has the wrong type: mixed dtypes, a float or traced `stride`, ...
        ValueError: a wrong rank, channel count, group count, word or size, an output without positions, or a symbolic
            size of `jax.export` of which it is not known whether it is large enough.
        NotImplementedError: `method` cannot do this case.

    >>> import jax.numpy as jnp
    >>> x = jnp.arange(5.0)[:, None]  # five positions, one channel
    >>> kernel = jnp.array([-1.0, 0.0, 1.0])[:, None, None]
    >>> conv1d(x, kernel)[:, 0].tolist()
    [2.0, 2.0, 2.0]
    >>> conv1d(x, kernel, padding="same")[:, 0].tolist()
    [1.0, 2.0, 2.0, 2.0, -3.0]
    """
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type, method)
    x, kernel = checked_array("x", x), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    call = check_call("output", x, kernel, bias, settings)
    x, kernel = call.operands(x, kernel)
    x, padding = pad_by_mode(x, padding_mode, call)
    window = forward_window(x.shape[2], call.width, call.settings.stride, padding, call.settings.dilation)
    return call.run(x, kernel, bias, window)


def conv_transpose1d(
    y: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    output_padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    method: str | Mapping[str, str] = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """The adjoint of `conv1d` with the same arguments and the same kernel array; the kernel is not flipped.

    `x[l, c] = bias[c] + sum over t, j, o with t*stride + j*dilation - low = l of y[t, o] * kernel[j, c, o]`

    so that `sum(conv1d(x, k) * y) == sum(x * conv_transpose1d(y, k))`. In layout "NCL" this is PyTorch's
    `conv_transpose1d` with PyTorch's weight layout.

    Shape:
        - y: `(*batch, length, in)` in layout "NLC", `(*batch, in, length)` in "NCL".
        - kernel: `(width, out/groups, in)` in "NLC", `(in, out/groups, width)` in "NCL", where in and out are those of
          this function: the array that `conv1d` takes from `out` to `in` channels.
        - bias: `(out,)`.
        - result: `(*batch, result_length, out)` or `(*batch, out, result_length)`; see `output_padding`.

    Args:
        y: signal, as `x` in `conv1d`.
        kernel: weights, of the dtype of `y`.
        bias: added to every position of the result.
        stride: positions of the result from one window to the next: the upsampling factor.
        padding: as in `conv1d`; what that would add to the result is cut off here.
        output_padding: chooses among the lengths that `conv1d` takes to `length`, by adding to
            `(length - 1) * stride + span - low - high` (PyTorch's rule; less than `stride` or `dilation`), or to
            `length * stride` for "same" and "same_lower" (where it is negative or zero).
        dilation: positions of the result from one tap to the next.
        groups: as in `conv1d`.
        layout: as in `conv1d`.
        method: as in `conv1d`.
        precision: as in `conv1d`.
        preferred_element_type: as in `conv1d`.

    Raises:
        TypeError, ValueError, NotImplementedError: as `conv1d`.

    >>> import jax.numpy as jnp
    >>> y = jnp.array([[1.0], [10.0]])
    >>> kernel = jnp.array([1.0, 2.0, 3.0])[:, None, None]
    >>> conv_transpose1d(y, kernel, stride=2)[:, 0].tolist()
    [1.0, 2.0, 13.0, 20.0, 30.0]
    """
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type, method)
    y, kernel = checked_array("y", y), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    call = check_call("input", y, kernel, bias, settings)
    y, kernel = call.operands(y, kernel)
    settings = call.settings
    window = transposed_window(y.shape[2], call.width, settings.stride, padding, settings.dilation, output_padding)
    return call.run(y, kernel, bias, window)
