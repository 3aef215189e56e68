"""When the outputs of a stream come out, worked out from its settings in whole numbers.

Time is counted in slots, one for each position on the longer side: each input of a convolution brings one, each input
of its transpose `stride`. The next output is due `offset` slots after what has been seen; outputs follow one another
every `step` slots. A slot's output reads nothing later than its own slot, so that what is due can be computed.
"""

from dataclasses import dataclass

from jconv.window import Padding, resolve_padding, span

SAME = ("same", "same_lower")


@dataclass(frozen=True)
class Schedule:
    """The slots of one stream.

    Attributes:
        low: positions of padding before the signal, negative where it is cropped.
        tail: slots that `flush` adds, with zeros for inputs; zero or less where there are none.
        hold: slots that an output is kept back, since the signal's end might crop it.
        lead: slots from an output's own time to when it is due; negative where padding brings it before any input.
        history: past inputs that outputs to come may read.
        slots_each: slots that an input brings.
        step: slots from one output to the next.
    """

    low: int
    tail: int
    hold: int
    lead: int
    history: int
    slots_each: int
    step: int

    @classmethod
    def of(cls, kernel_size: int, stride: int, padding: Padding, dilation: int, transposed: bool) -> "Schedule":
        """The schedule of a stream's settings; "same" is that of a signal of whole strides."""
        reach = span(kernel_size, dilation)
        low, high = resolve_padding(padding, stride, kernel_size, stride, dilation)
        if not transposed:
            hold = max(-high, 0)
            return cls(low, high, hold, reach - 1 - low + hold, reach - 1 + hold, 1, stride)
        # of `n` inputs, `n*stride - low` results are final, and `(n - 1)*stride + reach - low - high` are in the end
        tail = low if padding in SAME else reach - stride - high
        hold = max(-tail, 0)
        return cls(low, tail, hold, low + hold, max(1, (reach - 1 + hold) // stride), stride, 1)

    def due(self, offset: int, slots: int) -> tuple[int, int]:
        """How many outputs come out within `slots`, and the offset after them."""
        count = max(0, -(-(slots - offset) // self.step))
        return count, offset + count * self.step - slots

    def rest(self, offset: int) -> int:
        """Inputs seen since the last whole stride."""
        return (self.lead - offset) % self.step


def tail_of_same(padding: str, rest: int, kernel_size: int, stride: int, dilation: int, low: int) -> int:
    """Zeros behind a signal that ends `rest` inputs after a whole stride, padded with a word of `SAME`.

    Raises:
        ValueError: such a signal has another padding in front than the `low` that the stream began with.
    """
    front, behind = resolve_padding(padding, stride + rest, kernel_size, stride, dilation)
    if front != low:
        raise ValueError(
            f"`padding` (={padding!r}) must come with a signal of whole strides in a stream: with `stride` (={stride}) "
            f"this one ends {rest} samples after the last, which asks for {front} zeros in front and not for {low}"
        )
    return behind
