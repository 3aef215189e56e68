"""One convolution as the page shows it: which sample each tap of each output reads, in whole numbers and NumPy."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jconv import checks
from jconv.window import PADDING_MODES, Padding, check_steps, forward_window, resolve_padding, span, transposed_window


@dataclass(frozen=True)
class Problem:
    """The sizes and settings of one convolution, or of one transposed convolution.

    Kernels are kept in one form for both, `weights[j, c, o]` of shape (width, in/groups, out): what output `o` gives to
    tap `j` of the `c`-th input channel that it sees. `canonical` brings the array that jconv takes into this form.
    """

    length: int
    output_length: int
    width: int
    inputs: int
    outputs: int
    stride: int
    dilation: int
    groups: int
    low: int
    padding: Padding
    padding_mode: str
    transposed: bool

    @property
    def seen(self) -> int:
        """How many input channels one output sees."""
        return self.inputs // self.groups

    @property
    def span(self) -> int:
        """How many positions one window covers, first to last tap."""
        return span(self.width, self.dilation)

    def channels(self, output: int) -> range:
        """The input channels that an output sees."""
        group = output // (self.outputs // self.groups)
        return range(group * self.seen, (group + 1) * self.seen)

    def canonical(self, kernel: np.ndarray) -> np.ndarray:
        """Kernels (..., width, axis 1, axis 2) as (..., width, in/groups, out)."""
        if not self.transposed:
            return kernel
        per_group = self.outputs // self.groups
        split = kernel.reshape(
            *kernel.shape[:-1], self.groups, self.seen
        )  # (..., width, out/groups, groups, in/groups)
        moved = np.moveaxis(split, (-1, -2, -3), (-3, -2, -1))  # (..., width, in/groups, groups, out/groups)
        return np.ascontiguousarray(moved).reshape(*kernel.shape[:-2], self.seen, self.groups * per_group)

    def sources(self, at: np.ndarray | None = None) -> np.ndarray:
        """The sample that each tap of the outputs `at` reads. (outputs, width) int64, -1 where it reads a zero."""
        at = np.arange(self.output_length) if at is None else np.asarray(at)
        taps = np.arange(self.width) * self.dilation
        if self.transposed:
            moved = at[:, None] + self.low - taps
            read = np.where(moved % self.stride == 0, moved // self.stride, -1)
            return np.where((read >= 0) & (read < self.length), read, -1)
        read = at[:, None] * self.stride + taps - self.low
        inside = (read >= 0) & (read < self.length)
        return np.where(inside, read, self._padded(read))

    def _padded(self, read: np.ndarray) -> np.ndarray:
        last = self.length - 1
        if self.padding_mode == "replicate":
            return np.clip(read, 0, last)
        if self.padding_mode == "circular":
            return read % self.length
        if self.padding_mode == "reflect":
            return np.abs((read + last) % max(2 * last, 1) - last)
        return np.full_like(read, -1)

    def output_near(self, sample: int) -> int:
        """The output whose window has its centre nearest to a sample of x."""
        if self.transposed:
            at = sample * self.stride + (self.span - 1) // 2 - self.low
        else:
            at = round((sample + self.low - (self.span - 1) / 2) / self.stride)
        return min(max(at, 0), self.output_length - 1)

    def windows(self, x: np.ndarray, output: int, at: np.ndarray | None = None) -> np.ndarray:
        """What an output multiplies by its weights. x (length, in) -> (outputs, width, in/groups), of x's dtype."""
        channels = self.channels(output)
        sources = self.sources(at)
        read = x[np.maximum(sources, 0), channels.start : channels.stop]
        return np.where((sources >= 0)[:, :, None], read, np.zeros((), x.dtype))

    @cached_property
    def padded_taps(self) -> int:
        """How many taps of all outputs read padding; without padding 0."""
        if self.transposed:
            return 0
        first = np.arange(self.output_length) * self.stride - self.low
        return int(
            sum(
                np.sum((first + j * self.dilation < 0) | (first + j * self.dilation >= self.length))
                for j in range(self.width)
            )
        )


def problem_of(
    x_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    *,
    stride: int,
    padding: Padding,
    padding_mode: str,
    dilation: int,
    groups: int,
    transposed: bool,
    output_padding: int,
) -> Problem:
    """Read the sizes off the shapes, and check the settings as `conv1d` and `conv_transpose1d` do.

    Raises:
        TypeError, ValueError: shapes or settings that jconv refuses, or a padding mode with a transposed convolution.
    """
    stride, dilation, groups = check_steps(stride, dilation, groups)
    mode = checks.one_of("padding_mode", padding_mode, PADDING_MODES)
    if len(x_shape) < 2 or len(kernel_shape) != 3:
        raise ValueError(
            f"`x` has shape {x_shape} and `kernel` {kernel_shape}; expected (*batch, length, in) and "
            "(width, in/groups, out)"
        )
    length, inputs = x_shape[-2:]
    width, second, third = kernel_shape
    if transposed:
        if mode != "zeros":
            raise ValueError(f"`padding_mode` (={mode!r}) must be 'zeros' with `transposed`=True, which pads nothing")
        window = transposed_window(length, width, stride, padding, dilation, output_padding)
        outputs, wanted, output_length = second * groups, third, window.input_length
        low = window.low
    else:
        if output_padding:
            raise ValueError(f"`output_padding` (={output_padding}) must be 0 without `transposed`=True")
        window = forward_window(length, width, stride, padding, dilation)
        outputs, wanted, output_length = third, second * groups, window.output_length
        low, _ = resolve_padding(padding, length, width, stride, dilation)
    if inputs != wanted or outputs % groups or inputs % groups:
        raise ValueError(
            f"`x` has {inputs} channels and `kernel` of shape {kernel_shape} with `groups`={groups} takes {wanted}"
        )
    return Problem(
        length, output_length, width, inputs, outputs, stride, dilation, groups, low, padding, mode, transposed
    )
