"""Where the windows of a 1-D convolution lie, worked out from its settings in whole numbers.

Every other file receives a finished `Window`; padding words, output lengths, spans and halos are worked out here and
nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jconv import checks

PADDING_WORDS = ("valid", "same", "same_lower", "causal")
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")

Padding = str | int | Sequence[int]


@dataclass(frozen=True)
class Window:
    """The windows of one convolution: output `t` at tap `j` reads input position `t*stride + j*dilation - low`.

    A position outside `0 <= position < input_length` reads as zero. Hashable, and made of Python ints alone, so that
    it can be a static argument of a compiled function. Under `jax.export` lengths may be symbolic dimensions instead.
    """

    input_length: int
    kernel_size: int
    output_length: int
    stride: int = 1
    dilation: int = 1
    low: int = 0

    def some(self, first: int, last: int) -> "Window":
        """The windows of output positions `first` to `last`, over the same input."""
        return replace(self, output_length=last - first, low=self.low - first * self.stride)

    @property
    def padded(self) -> "Window":
        """The same windows over exactly the positions that they read, no more and no padding."""
        return replace(self, input_length=self.extent, low=0)

    @property
    def inside(self) -> tuple[int, int]:
        """The output positions whose windows read no padding, as `(first, after the last)`."""
        first = min(-(-max(self.low, 0) // self.stride), self.output_length)
        last = (self.input_length + self.low - self.span) // self.stride + 1
        return first, max(first, min(last, self.output_length))

    @property
    def known(self) -> bool:
        """Whether the lengths are numbers, and not symbols of `jax.export`."""
        return all(isinstance(size, int) for size in (self.input_length, self.output_length, self.low))

    @property
    def span(self) -> int:
        """How many input positions one window covers, first to last tap."""
        return span(self.kernel_size, self.dilation)

    @property
    def halo(self) -> int:
        """How many positions of a window its successor reads again; negative when windows leave gaps."""
        return halo(self.kernel_size, self.stride, self.dilation)

    @property
    def extent(self) -> int:
        """How many positions all windows cover together: the length of the padded (or cropped) input."""
        return (self.output_length - 1) * self.stride + self.span

    @property
    def high(self) -> int:
        """Zeros that the windows read past the end of the input; negative when they stop short of it."""
        return self.extent - self.low - self.input_length


def span(kernel_size: int, dilation: int) -> int:
    """Positions that a kernel covers, `(kernel_size - 1) * dilation + 1`.

    >>> span(3, dilation=2)
    5
    """
    return (kernel_size - 1) * dilation + 1


def halo(kernel_size: int, stride: int, dilation: int) -> int:
    """Positions that two neighbouring windows share, `span - stride`; negative where there is a gap between them."""
    return span(kernel_size, dilation) - stride


def resolve_padding(padding: Padding, length: int, kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Turn a padding word, int or pair into the pair `(low, high)`.

    - "valid": `(0, 0)`; every window lies inside the input.
    - "same": XLA's stride-aware rule. The output has `ceil(length / stride)` positions; the total
      `max((outputs - 1) * stride + span - length, 0)` is split with the smaller half in front.
    - "same_lower": the same total with the larger half in front.
    - "causal": `(span - 1, 0)`, as in Flax and Keras: output `t` reads no input after `t * stride`. With stride > 1
      two other meanings exist. `(span - stride, stride - 1)` lets output `t` read up to the last input of its own
      block of `stride` inputs; `(span - stride, 0)` does so without padding an incomplete last block. Pass these pairs.
    - int `p`: `(p, p)`, as in PyTorch. A pair is taken as it is; a negative entry crops.

    >>> resolve_padding("same", 10, kernel_size=4, stride=1, dilation=1)
    (1, 2)
    """
    if isinstance(padding, str):
        word = checks.one_of("padding", padding, PADDING_WORDS)
        reach = span(kernel_size, dilation)
        if word == "valid":
            return 0, 0
        if word == "causal":
            return reach - 1, 0
        total = (-(-length // stride) - 1) * stride + reach - length
        total = total if checks.has(total, 0, f"`padding` (={padding!r})") else 0
        smaller = total // 2
        return (smaller, total - smaller) if word == "same" else (total - smaller, smaller)
    if isinstance(padding, Sequence):
        return checks.int_pair("padding", padding)
    amount = checks.whole_number("padding", padding, wanted=checks.PADDINGS)
    return amount, amount


def check_steps(stride: int, dilation: int, groups: int = 1) -> tuple[int, int, int]:
    """Return `stride`, `dilation` and `groups` as ints of at least 1."""
    return (
        checks.whole_number("stride", stride, minimum=1),
        checks.whole_number("dilation", dilation, minimum=1),
        checks.whole_number("groups", groups, minimum=1),
    )


def forward_window(
    length: int, kernel_size: int, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> Window:
    """The window of a convolution over `length` inputs.

    Raises:
        ValueError: the padded input is shorter than one window, or the kernel is empty.
    """
    kernel_size = checks.whole_number("kernel_size", kernel_size, minimum=1)
    low, high = resolve_padding(padding, length, kernel_size, stride, dilation)
    reach = span(kernel_size, dilation)
    padded = length + low + high
    if not checks.has(padded, reach, "a convolution"):
        raise ValueError(
            f"the output would be empty: length {length} with `padding`={padding!r} is {padded} positions, "
            f"and one window covers {reach} (kernel size {kernel_size}, dilation {dilation})"
        )
    return Window(length, kernel_size, (padded - reach) // stride + 1, stride, dilation, low)


def transposed_window(
    length: int,
    kernel_size: int,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
    output_padding: int = 0,
) -> Window:
    """The window of the convolution to whose `length` outputs its transpose is applied.

    Several inputs of a strided convolution share one output length. `output_padding` picks one, by adding to the
    usual choice: the shortest, `(length - 1) * stride + span - low - high`, as in PyTorch, for "valid", "causal", ints
    and pairs; `length * stride`, the longest, as in Flax and Keras, for "same" and "same_lower", where
    `output_padding` is therefore zero or negative.

    Raises:
        ValueError: `output_padding` is outside its range, or the input or the result is empty.
    """
    kernel_size = checks.whole_number("kernel_size", kernel_size, minimum=1)
    extra = checks.whole_number("output_padding", output_padding)
    if not checks.has(length, 1, "a transposed convolution"):
        raise ValueError(f"there is nothing to transpose: a length of {length}, which no convolution gives")
    reach = span(kernel_size, dilation)
    if isinstance(padding, str) and padding.lower() in ("same", "same_lower"):
        if not -stride < extra <= 0:
            raise ValueError(
                f"`output_padding` (={extra}) must be in {1 - stride}..0 with `padding`={padding!r} and "
                f"`stride`={stride}, whose usual result of length*stride positions is the longest"
            )
        result = length * stride + extra
        low, _ = resolve_padding(padding, result, kernel_size, stride, dilation)
    else:
        if not 0 <= extra < max(stride, dilation):
            raise ValueError(
                f"`output_padding` (={extra}) must be at least 0 and less than `stride` (={stride}) or `dilation` "
                f"(={dilation})"
            )
        low, high = resolve_padding(padding, length, kernel_size, stride, dilation)
        result = (length - 1) * stride + reach - low - high + extra
    if not checks.has(result, 1, "a transposed convolution"):
        raise ValueError(
            f"the output would be empty: {length} positions with kernel size {kernel_size}, `stride`={stride}, "
            f"`dilation`={dilation}, `padding`={padding!r} and `output_padding`={extra} give length {result}"
        )
    return Window(result, kernel_size, length, stride, dilation, low)


def output_length(
    length: int, kernel_size: int, *, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> int:
    """How many positions `conv1d` returns for an input of `length` positions.

    `(length + low + high - span) // stride + 1` with `span = (kernel_size - 1) * dilation + 1`.

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments.

    >>> output_length(100, 3)
    98
    >>> output_length(100, 3, stride=2, padding="same")
    50
    """
    stride, dilation, _ = check_steps(stride, dilation)
    length = checks.whole_number("length", length, minimum=0)
    return forward_window(length, kernel_size, stride, padding, dilation).output_length


def receptive_field(
    kernel_size: int | Sequence[int], *, stride: int | Sequence[int] = 1, dilation: int | Sequence[int] = 1
) -> int:
    """How many input positions one output of a stack of convolutions depends on.

    Each argument is one int for all layers or a sequence with one entry a layer, first layer first. A layer widens
    the field by its `(kernel_size - 1) * dilation`, counted in steps of all strides before it:
    `1 + sum over i of (k_i - 1) * d_i * s_1 * ... * s_(i-1)` (Araujo, Norris and Sim, Distill 2019).

    Raises:
        TypeError, ValueError: an entry is not an integer of at least 1, or the sequences differ in length.

    >>> receptive_field(3)
    3
    >>> receptive_field([3, 3, 3], dilation=[1, 2, 4])
    15
    """
    given = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    lengths = {name: len(value) for name, value in given.items() if isinstance(value, Sequence)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the sequences must have one entry a layer; got lengths {lengths}")
    layers = next(iter(lengths.values()), 1)
    columns = []
    for name, value in given.items():
        entries = value if isinstance(value, Sequence) else [value] * layers
        columns.append([checks.whole_number(name, entry, minimum=1) for entry in entries])
    field, step = 1, 1
    for size, layer_stride, layer_dilation in zip(*columns, strict=True):
        field += (span(size, layer_dilation) - 1) * step
        step *= layer_stride
    return field
