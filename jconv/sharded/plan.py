"""Which positions each device holds, fetches and gives when the length axis is split: whole numbers, on the host.

Both the operand and the result are cut into equal shares, in order, one a device. What a device must read for its share
of the result follows from the window alone. Where the two cuts drift apart, as with "valid" padding or a stride that
does not divide the operand's share, each device fetches as much as the one that needs most, and starts to read at an
offset of its own.
"""

from dataclasses import dataclass, replace

from jconv.methods import Face
from jconv.window import Window


@dataclass(frozen=True)
class Plan:
    """What every device does, in positions.

    Attributes:
        held: of the operand, that a device holds; the operand is padded with zeros to `devices * held`.
        share: of the result, that a device gives; those beyond `devices * share` are cut off.
        left: that a device fetches from before its own.
        right: that a device fetches from behind its own.
        reads: that a device reads of the `left + held + right` that it then has.
        offsets: for each device, where among them its reads begin.
        needed: for each device, how many of its reads any position of the result depends on.
        window: of the problem that a device solves, the same on all.
        crops: for each device, where in the result of that problem its share begins.
    """

    held: int
    share: int
    left: int
    right: int
    reads: int
    offsets: tuple[int, ...]
    needed: tuple[int, ...]
    window: Window
    crops: tuple[int, ...]

    @property
    def devices(self) -> int:
        """How many there are."""
        return len(self.offsets)


def planned(face: Face, window: Window, devices: int, reflected: tuple[int, int] | None = None) -> Plan:
    """Split one face of a convolution, "output" (`conv1d`) or "input" (`conv_transpose1d`), over some devices.

    `reflected` are the amounts `(low, high)` by which the signal goes on mirrored at its ends: what is mirrored must be
    there where it is read.

    >>> plan = planned("output", Window(64, 5, 64, low=2), devices=4)
    >>> plan.held, plan.left, plan.right, plan.reads
    (16, 2, 2, 20)
    """
    length, results = window.input_length, window.output_length
    if face == "input":
        length, results = results, length
    held, share = max(1, -(-length // devices)), -(-results // devices)
    firsts, reads, local, crops = (_output if face == "output" else _input)(window, devices, share)
    own = [device * held for device in range(devices)]
    left = max(0, *(mine - first for mine, first in zip(own, firsts, strict=True)))
    right = max(0, *(first + reads - mine - held for mine, first in zip(own, firsts, strict=True)))
    if reflected is not None:
        low, high = reflected
        for mine, first in zip(own, firsts, strict=True):
            last = min(first + reads, length + high) - 1
            if first < 0:
                right = max(right, min(-first, low) - mine - held + 1)
            if last >= length:
                left = max(left, mine - (2 * (length - 1) - last))
    end = window.extent - window.low if face == "output" else firsts[-1] + reads  # of what any result depends on
    return Plan(
        held,
        share,
        left,
        right,
        reads,
        tuple(first - mine + left for mine, first in zip(own, firsts, strict=True)),
        tuple(min(max(end - first, 0), reads) for first in firsts),
        local,
        crops,
    )


def _output(window: Window, devices: int, share: int) -> tuple[list[int], int, Window, tuple[int, ...]]:
    """First read of each device, reads, local window and crops: the windows of its own outputs, no more."""
    each = [window.some(device * share, (device + 1) * share) for device in range(devices)]
    return [-one.low for one in each], each[0].extent, each[0].padded, (0,) * devices


def _input(window: Window, devices: int, share: int) -> tuple[list[int], int, Window, tuple[int, ...]]:
    """The same of a transposed convolution: all windows that touch the positions of its own share."""
    stride = window.stride
    starts = [device * share + window.low for device in range(devices)]  # as the taps of window 0 count
    firsts = [min(-((window.span - 1 - start) // stride), start // stride) for start in starts]
    lasts = [(start + share - 1) // stride for start in starts]
    reads = max(last - first + 1 for first, last in zip(firsts, lasts, strict=True))
    crops = tuple(start - first * stride for start, first in zip(starts, firsts, strict=True))
    one = replace(window, input_length=share, output_length=reads, low=crops[0])
    if len({*crops}) == 1:
        return firsts, reads, one, (0,) * devices
    return firsts, reads, replace(one, input_length=max(crops) + share, low=0), crops
