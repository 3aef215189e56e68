"""The table that every sweep of the methods walks through: one line a problem, chosen for what is peculiar to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from oracle import Form


@dataclass(frozen=True)
class Case:
    """A convolution; `padding` is a pair."""

    name: str
    batch: int = 2
    length: int = 20
    inputs: int = 3
    outputs: int = 4
    taps: int = 3
    stride: int = 1
    dilation: int = 1
    padding: tuple[int, int] = (0, 0)
    groups: int = 1

    @property
    def form(self):
        """The case in the oracle's terms."""
        low, high = self.padding
        span = (self.taps - 1) * self.dilation + 1
        outputs = (self.length + low + high - span) // self.stride + 1
        return Form(self.length, self.taps, outputs, self.stride, self.dilation, low, self.groups)

    @property
    def options(self):
        """The case as keyword arguments of conv1d."""
        return {"stride": self.stride, "dilation": self.dilation, "padding": self.padding, "groups": self.groups}

    def arrays(self, dtype: Any = np.float32, seed: int = 0):
        """x, k and y, drawn from a normal distribution (small whole numbers for an integer dtype)."""
        rng = np.random.default_rng(seed)
        shapes = (
            (self.batch, self.length, self.inputs),
            (self.taps, self.inputs // self.groups, self.outputs),
            (self.batch, self.form.outputs, self.outputs),
        )
        dtype = np.dtype(dtype)
        if dtype.kind in "iu":
            return tuple(rng.integers(0 if dtype.kind == "u" else -2, 3, shape).astype(dtype) for shape in shapes)
        if dtype.kind == "c":
            return tuple((rng.normal(size=s) + 1j * rng.normal(size=s)).astype(dtype) for s in shapes)
        return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


CASES = (
    Case("plain"),
    Case("single sample", batch=1, length=1, taps=1, inputs=1, outputs=1),
    Case("pointwise", taps=1, inputs=4, outputs=5),
    Case("pointwise strided and padded", taps=1, stride=3, padding=(2, 5)),
    Case("kernel as long as the signal", length=9, taps=9),
    Case("same, even kernel", taps=4, padding=(1, 2)),
    Case("strided, last inputs unread", length=22, taps=3, stride=4),
    Case("stride beyond the span", length=25, taps=2, stride=5, padding=(1, 0)),
    Case("dilated beyond the padding", length=30, taps=4, dilation=5, padding=(3, 1)),
    Case("strided and dilated", length=31, taps=3, stride=2, dilation=3, padding=(4, 6)),
    Case("padded beyond the span", taps=3, padding=(7, 11)),
    Case("negative in front", taps=3, padding=(-4, 2)),
    Case("negative behind", taps=3, stride=2, padding=(2, -5)),
    Case("negative on both sides, strided", length=30, taps=3, stride=2, dilation=2, padding=(-3, -7)),
    Case("all padding at the front", length=3, taps=2, padding=(9, -2)),
    Case("grouped", inputs=6, outputs=4, groups=2, taps=5, padding=(2, 2)),
    Case("depthwise", inputs=5, outputs=5, groups=5, taps=4, padding=(3, 0)),
    Case("depthwise, many channels", inputs=70, outputs=70, groups=70, length=40, taps=9, stride=2, padding=(4, 4)),
    Case("depthwise with multiplier, strided", inputs=3, outputs=6, groups=3, taps=5, stride=2, padding=(2, 2)),
    Case("many to one a group", inputs=6, outputs=2, groups=2, taps=3, dilation=2),
    Case(
        "narrow groups, blocks of positions",
        length=150,
        inputs=24,
        outputs=18,
        groups=3,
        taps=5,
        stride=2,
        dilation=2,
        padding=(3, 4),
    ),
    Case("narrow groups, taps in a loop", length=50, inputs=32, outputs=32, groups=2, taps=7, padding=(6, 0)),
    Case("narrow groups, phases of a stride", length=60, inputs=12, outputs=10, groups=2, taps=8, stride=3),
    Case(
        "narrow groups, a sum in three parts",
        length=80,
        inputs=32,
        outputs=32,
        groups=2,
        taps=20,
        dilation=2,
        padding=(3, 4),
    ),
    Case("narrow groups, parts in a loop", length=170, inputs=16, outputs=16, groups=2, taps=83, padding=(40, 0)),
    Case("narrow groups, phases of two sums", length=90, inputs=32, outputs=32, groups=2, taps=30, stride=2),
    Case("positions summed in halves", length=1100, inputs=64, outputs=64, taps=2),
    Case("an odd number of positions", batch=1, length=2100, inputs=64, outputs=64, taps=2),
    Case("depthwise, taps in a loop", length=70, inputs=5, outputs=5, groups=5, taps=27, padding=(13, 13)),
    Case("depthwise, strided, taps in a loop", length=99, inputs=3, outputs=3, groups=3, taps=30, stride=2),
    Case("long kernel", batch=1, length=90, taps=40, inputs=2, outputs=2, padding=(39, 0)),
    Case("long kernel, strided and dilated", batch=1, length=150, taps=33, stride=3, dilation=2, padding=(5, 8)),
    Case("long signal, several blocks", batch=1, length=4000, taps=5, inputs=1, outputs=2, padding=(2, 2)),
    Case(
        "long signal, several blocks, strided", batch=1, length=4100, taps=6, inputs=2, outputs=1, stride=3, dilation=2
    ),
    Case(
        "long kernel in parts",
        batch=1,
        length=6000,
        taps=520,
        inputs=1,
        outputs=2,
        stride=3,
        dilation=4,
        padding=(9, 4),
    ),
    Case(
        "long kernel of two channels in parts",
        batch=1,
        length=6000,
        taps=300,
        inputs=2,
        outputs=2,
        dilation=4,
        padding=(0, 70),
    ),
    Case("cropped in front to nothing", length=3, taps=4, padding=(-4, 5)),
    Case("cropped behind to nothing", length=3, taps=4, padding=(5, -4), stride=2),
)

BY_NAME = {case.name: case for case in CASES}
assert len(BY_NAME) == len(CASES), "two cases have one name"


def case_named(name: str) -> Case:
    """The row of the table with this name."""
    return BY_NAME[name]


def cases_named(*names: str) -> list[Case]:
    """The rows with these names."""
    return [BY_NAME[name] for name in names]
