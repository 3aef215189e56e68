"""What a caller knows of a whole network: its layers, its local kernels at this input, and what it confuses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from jconv import checks
from jconv.analysis import local_kernel
from jconv.window import Padding, output_length, receptive_field, resolve_padding, span

MOST_LAYERS = 64
MOST_CLASSES = 64
SEVERAL = 1000
"""Examples of one cell that are listed."""


@dataclass(frozen=True)
class Layer:
    """One convolution or pooling of a stack, as the funnel of the receptive field draws it.

    Attributes:
        name: what the page calls it.
        width: taps.
        stride, dilation: of `jconv.conv1d`.
        padding: of `jconv.conv1d`; positions outside of what is below are drawn hollow.
    """

    name: str
    width: int
    stride: int = 1
    dilation: int = 1
    padding: Padding = "valid"


@dataclass(frozen=True)
class Local:
    """One output of a network at this input: a kernel and a rest, `y = sum of x[first + j, c] * kernel[j, c] + rest`.

    Attributes:
        name: which output it is, for example "score of cat".
        kernel: (taps, in) real: the derivatives of the output by the samples from `first` on.
        rest: what they leave of the output; of a network that is not linear around this input, the gap.
        first: the first sample that matters.
        y: the output as the network gave it.
        exact: whether the network is linear around this input, as convolutions and ReLU are; else this is its tangent.
        entry: which example of the batch.
    """

    name: str
    kernel: Any
    rest: float
    first: int
    y: float
    exact: bool
    entry: int = 0


@dataclass(frozen=True)
class Confusion:
    """How many examples of each true class (row) were taken for each class (column).

    Attributes:
        counts: (classes, classes) whole numbers.
        classes: their names.
        examples: (true class, class taken) -> numbers of the examples of that cell, as many as shall be listed.
        entries: numbers of the examples that the page's x holds, one an entry of its batch: those can be opened.
    """

    counts: Any
    classes: Sequence[str]
    examples: Mapping[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    entries: Sequence[int] = ()


@dataclass(frozen=True)
class Placed:
    """A layer on a signal: output `t` at tap `j` reads position `t*stride + j*dilation - low` of what is below.

    Attributes:
        name, width, stride, dilation: of the layer.
        low: padding in front.
        length: of its output.
        sees: samples of x from the first to the last that an output reads, padding not counted off.
        step: samples of x from an output to the next.
    """

    name: str
    width: int
    stride: int
    dilation: int
    low: int
    length: int
    sees: int
    step: int


@dataclass(frozen=True)
class Stack:
    """What a page says of a network, checked.

    Attributes:
        layers: first layer first; empty if not given.
        locals: local kernels; their arrays are float64.
        confusion: with counts as an array, or None.
    """

    layers: tuple[Placed, ...] = ()
    locals: tuple[Local, ...] = ()
    confusion: Confusion | None = None


def local(
    function: Callable[[jax.Array], jax.Array],
    x: Any,
    position: int,
    channel: int,
    *,
    name: str,
    exact: bool,
    entry: int = 0,
) -> Local:
    """The local kernel of one output of a network, by `jconv.analysis.local_kernel`, for `jconv.report.page(locals=)`.

    Args:
        function: takes x (length, in) to (length', out).
        x: (length, in) real, the page's signal, or the entry of its batch.
        position: of the output in time.
        channel: of the output.
        name: which output it is.
        exact: whether the function is linear around x, as convolutions and ReLU are.
        entry: which example of the page's batch x is.

    Raises:
        TypeError, ValueError: shapes other than these, or an output that there is not.

    >>> import jax, jax.numpy as jnp
    >>> network = lambda x: jax.nn.relu(x[1:] - x[:-1]) + 5.0
    >>> found = local(network, jnp.array([[1.0], [2.0], [4.0]]), 1, 0, name="difference", exact=True)
    >>> found.kernel.tolist(), found.rest, found.first, found.y
    ([[-1.0], [1.0]], 5.0, 1, 7.0)
    """
    x = jax.numpy.asarray(x)
    found = local_kernel(function, x, position)
    outs = found.kernel.shape[2]
    channel = checks.whole_number("channel", channel, minimum=0)
    if channel >= outs:
        raise ValueError(f"`channel` (={channel}) must be one of the {outs} channels of the output")
    y = float(function(x)[position, channel])
    kernel = found.kernel[..., channel].astype(np.float64)
    return Local(str(name), kernel, float(found.rest[channel]), found.first, y, bool(exact), entry)


def stack_of(
    layers: Sequence[Layer] | None,
    local_kernels: Sequence[Local],
    confusion: Confusion | None,
    shape: tuple[int, ...],
) -> Stack | None:
    """Check what `page` was given of a network, for x of `shape` (batch, length, in); None if it was given nothing.

    Raises:
        TypeError, ValueError: as `jconv.report.page`.
    """
    if not layers and not local_kernels and confusion is None:
        return None
    placed = placed_layers(list(layers or ()), shape[1])
    found = tuple(checked_local(f"locals[{i}]", each, shape) for i, each in enumerate(local_kernels))
    return Stack(placed, found, None if confusion is None else checked_confusion(confusion, shape[0]))


def placed_layers(layers: list[Layer], length: int) -> tuple[Placed, ...]:
    """The layers one after the other on a signal of `length` samples.

    Raises:
        TypeError, ValueError: settings that `jconv.conv1d` refuses, a layer that leaves nothing, or too many layers.
    """
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"`layers` has {len(layers)} layers; at most {MOST_LAYERS} can be told apart")
    out, step = [], 1
    for i, layer in enumerate(layers):
        settings = {"stride": layer.stride, "dilation": layer.dilation}
        try:
            after = output_length(length, layer.width, padding=layer.padding, **settings)
        except (TypeError, ValueError) as error:
            raise type(error)(f"`layers[{i}]` (={layer}) cannot follow what is below: {error}") from None
        if not after:
            reach = span(layer.width, layer.dilation)
            raise ValueError(f"`layers[{i}]` (={layer}) must leave an output; it spans {reach} of {length} positions")
        low = resolve_padding(layer.padding, length, layer.width, layer.stride, layer.dilation)[0]
        step *= layer.stride
        some = layers[: i + 1]
        sees = receptive_field(
            [each.width for each in some],
            stride=[each.stride for each in some],
            dilation=[each.dilation for each in some],
        )
        out.append(Placed(str(layer.name), layer.width, layer.stride, layer.dilation, low, after, sees, step))
        length = after
    return tuple(out)


def checked_local(name: str, given: Local, shape: tuple[int, ...]) -> Local:
    """The same, its kernel a float64 array.

    Raises:
        TypeError, ValueError: a kernel that is complex or does not fit x, or an entry that the batch does not have.
    """
    kernel = np.asarray(given.kernel)
    if np.iscomplexobj(kernel):
        raise TypeError(f"`{name}.kernel` has dtype {kernel.dtype}; local kernels are real")
    if kernel.ndim != 2 or kernel.shape[1] != shape[2]:
        raise ValueError(f"`{name}.kernel` has shape {kernel.shape}; it must be (taps, {shape[2]})")
    first = checks.whole_number(f"{name}.first", given.first, minimum=0)
    if first + len(kernel) > shape[1]:
        raise ValueError(f"`{name}.first` (={first}) must leave room for {len(kernel)} taps in {shape[1]} samples")
    entry = checks.whole_number(f"{name}.entry", given.entry, minimum=0)
    if entry >= shape[0]:
        raise ValueError(f"`{name}.entry` (={entry}) must be one of the {shape[0]} examples of x")
    numbers = float(given.rest), float(given.y)
    return Local(str(given.name), kernel.astype(np.float64), numbers[0], first, numbers[1], bool(given.exact), entry)


def checked_confusion(given: Confusion, batch: int) -> Confusion:
    """The same with an array of counts, and lists no longer than the page shows.

    Raises:
        ValueError: counts that are not square, whole, and at least 0, too many classes, names, cells or entries that
            do not fit, or more examples listed in a cell than it counts.
    """
    counts, classes = np.asarray(given.counts), [str(each) for each in given.classes]
    number = len(classes)
    if counts.shape != (number, number):
        raise ValueError(f"`confusion.counts` has shape {counts.shape}; it must be ({number}, {number}) as `classes`")
    if not 1 <= number <= MOST_CLASSES:
        raise ValueError(f"`confusion.classes` has {number} names; it must have 1 to {MOST_CLASSES}")
    if np.any(counts < 0) or np.any(counts != np.round(counts)):
        raise ValueError(f"`confusion.counts` (={counts.tolist()}) must hold whole numbers of at least 0")
    examples = {}
    for cell, listed in given.examples.items():
        true, taken = (int(place) for place in cell)
        if not (0 <= true < number and 0 <= taken < number):
            raise ValueError(f"`confusion.examples` has a cell {cell}; it must be two of {number} classes")
        if len(listed) > counts[true, taken]:
            raise ValueError(f"`confusion.examples[{cell}]` lists {len(listed)} of {counts[true, taken]:g} examples")
        examples[true, taken] = [int(each) for each in listed][:SEVERAL]
    entries = [int(each) for each in given.entries]
    if len(entries) not in (0, batch):
        raise ValueError(f"`confusion.entries` (={entries}) must have one number for each of the {batch} examples of x")
    return Confusion(counts.astype(int), classes, examples, entries)
