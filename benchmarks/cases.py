"""The grids: named convolutions of every kind that people run, and the cells that are timed of each.

A cell of the grids "main" and "held-out" is the result, one of the two gradients, all three as one step, or that step
inside `lax.scan`. A cell of the grid "losses" is the value and the gradients, for x, kernel and bias, of the sum of an
activation of convolution and bias. There the compiler sees the activation beside the convolution, as it does in
training, and may fuse the two: a gradient whose cotangent is an argument says nothing of that.
"""

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from benchmarks.networks import NETWORKS, Network

CELLS = ("output", "gradient for x", "gradient for kernel", "whole step", "step in scan")
LOSS = " loss"  # behind the name of an activation: the name of a cell


@dataclass(frozen=True)
class Case:
    """One convolution or transposed convolution: its name, its sizes and how it is called.

    `inputs` and `outputs` are the channels that go in and come out, also where `transposed`. `padding` is a pair.
    `examples` is the number of kernels that `jax.vmap` maps over, each with a signal of its own, or all with the same
    one where `shared_signal`. `losses` are names of activations: the convolution then has a bias, and its cells are
    losses. The cell "step in scan" is timed where `scan`; `quick` ones are the few that `--quick` runs.
    """

    name: str
    family: str
    batch: int
    length: int
    inputs: int
    outputs: int
    width: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    padding: tuple[int, int] = (0, 0)
    transposed: bool = False
    examples: int = 0
    shared_signal: bool = False
    scan: bool = False
    quick: bool = False
    losses: tuple[str, ...] = ()

    @property
    def span(self) -> int:
        """Positions that one window covers."""
        return (self.width - 1) * self.dilation + 1

    @property
    def result_length(self) -> int:
        """The length of the result."""
        low, high = self.padding
        if self.transposed:
            return (self.length - 1) * self.stride + self.span - low - high
        return (self.length + low + high - self.span) // self.stride + 1

    @property
    def windows(self) -> int:
        """The number of windows of one signal: its positions on the side where the stride is not."""
        return self.length if self.transposed else self.result_length

    @property
    def x_shape(self) -> tuple[int, ...]:
        """The shape of the signal that goes in, channels last."""
        mapped = (self.examples,) if self.examples and not self.shared_signal else ()
        return *mapped, self.batch, self.length, self.inputs

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """The shape of the kernel: `(width, in/groups, out)`, or `(width, out/groups, in)` where `transposed`."""
        mapped = (self.examples,) if self.examples else ()
        if self.transposed:
            return *mapped, self.width, self.outputs // self.groups, self.inputs
        return *mapped, self.width, self.inputs // self.groups, self.outputs

    @property
    def y_shape(self) -> tuple[int, ...]:
        """The shape of the result, channels last."""
        mapped = (self.examples,) if self.examples else ()
        return *mapped, self.batch, self.result_length, self.outputs

    @property
    def multiplications(self) -> int:
        """The number of multiplications of the direct sum, the same for each of the three faces."""
        per_window = self.width * self.inputs * self.outputs // self.groups
        return max(self.examples, 1) * self.batch * self.windows * per_window

    def facts(self) -> dict[str, Any]:
        """What its results are stored with: the fields that differ from their defaults, as JSON reads them back."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def in_words(self) -> str:
        """The shape in one short line."""
        words = f"{self.batch},{self.length},{self.inputs}->{self.outputs},K{self.width}"
        extras = [f"stride {self.stride}"] * (self.stride > 1) + [f"dil {self.dilation}"] * (self.dilation > 1)
        extras += [f"{self.groups} groups"] * (self.groups > 1) + [f"x{self.examples} kernels"] * bool(self.examples)
        return " ".join([words, *extras])


def cells_of(case: Case) -> tuple[str, ...]:
    """The names of what is timed of a case."""
    if case.losses:
        return tuple(f"{activation}{LOSS}" for activation in case.losses)
    return CELLS if case.scan else CELLS[:-1]


def activation_of(cell: str) -> str | None:
    """The activation that the name of a loss begins with; None for the other cells."""
    return cell.removesuffix(LOSS) if cell.endswith(LOSS) else None


def same(width: int, dilation: int = 1) -> tuple[int, int]:
    """The padding that keeps the length, half of it on each side."""
    reach = (width - 1) * dilation
    return reach // 2, reach - reach // 2


def causal(width: int, dilation: int = 1) -> tuple[int, int]:
    """The padding that keeps the length, all of it before the signal."""
    return (width - 1) * dilation, 0


def depthwise(name: str, batch: int, length: int, channels: int, width: int, **rest: Any) -> Case:
    """A case with a kernel for each channel."""
    return Case(name, "depthwise", batch, length, channels, channels, width, groups=channels, **rest)


def transposed(name: str, batch: int, length: int, inputs: int, outputs: int, width: int, **rest: Any) -> Case:
    """A case of a transposed convolution."""
    return Case(name, "transposed", batch, length, inputs, outputs, width, transposed=True, **rest)


GRID: tuple[Case, ...] = (
    Case("seed", "dense", 1, 100, 2, 4, 3, scan=True, quick=True),
    Case("dense-1-64-k8", "dense", 32, 128, 1, 64, 8, scan=True, quick=True),
    Case("dense-8-16-k7", "dense", 4, 400, 8, 16, 7),
    Case("dense-16-32-k5", "dense", 16, 256, 16, 32, 5, padding=same(5), scan=True),
    Case("dense-16-16-k3", "dense", 8, 1024, 16, 16, 3),
    Case("dense-6-12-k9", "dense", 8, 1024, 6, 12, 9),
    Case("dense-64-64-k5", "dense", 32, 512, 64, 64, 5, scan=True),
    Case("dense-64-64-k9", "dense", 8, 512, 64, 64, 9, padding=same(9)),
    Case("dense-128-128-k3", "dense", 8, 512, 128, 128, 3, padding=same(3)),
    Case("dense-256-256-k3", "dense", 8, 1024, 256, 256, 3),
    Case("dense-512-512-k3", "dense", 4, 256, 512, 512, 3, padding=same(3), scan=True),
    Case("dense-96-96-k7", "dense", 4, 1000, 96, 96, 7, padding=same(7)),
    Case("dense-128-128-k15", "dense", 4, 512, 128, 128, 15, padding=same(15), scan=True),
    Case("dense-32-32-k31", "dense", 4, 2048, 32, 32, 31, padding=same(31)),
    Case("pointwise-16-32", "pointwise", 16, 1024, 16, 32, 1),
    Case("pointwise-64-256", "pointwise", 8, 512, 64, 256, 1, scan=True, quick=True),
    Case("pointwise-512-512", "pointwise", 4, 512, 512, 512, 1),
    Case("front-1-512-k10-s5", "strided", 4, 16000, 1, 512, 10, stride=5),
    Case("front-80-384-k3-s2", "strided", 2, 1500, 80, 384, 3, stride=2, padding=(1, 1)),
    Case("front-12-64-k16-s2", "strided", 16, 1000, 12, 64, 16, stride=2, scan=True),
    Case("strided-128-128-k3-s2", "strided", 4, 3200, 128, 128, 3, stride=2),
    Case("strided-64-128-k8-s4", "strided", 4, 6000, 64, 128, 8, stride=4),
    Case("patch-3-256-k16-s16", "strided", 8, 4096, 3, 256, 16, stride=16),
    Case("dilated-64-k3-d16", "dilated", 8, 2048, 64, 64, 3, dilation=16, scan=True),
    Case("dilated-32-k2-d256", "dilated", 4, 4096, 32, 64, 2, dilation=256, padding=causal(2, 256)),
    Case("dilated-128-k5-d4", "dilated", 4, 1024, 128, 128, 5, dilation=4, padding=same(5, 4)),
    Case("grouped-128-g8-k3", "grouped", 8, 1024, 128, 128, 3, groups=8, scan=True, quick=True),
    Case("grouped-256-g32-k3", "grouped", 4, 1024, 256, 256, 3, groups=32, padding=same(3)),
    Case("grouped-64-g4-k9", "grouped", 8, 512, 64, 64, 9, groups=4, padding=same(9)),
    Case("grouped-256-g8-k3", "grouped", 4, 1024, 256, 256, 3, groups=8, padding=same(3)),
    Case("multiplier-24-x2-k7", "grouped", 6, 1200, 24, 48, 7, groups=24),
    Case("multiplier-32-x4-k5", "grouped", 8, 1024, 32, 128, 5, groups=32, padding=same(5)),
    depthwise("depthwise-64-k3", 8, 1024, 64, 3, padding=same(3), scan=True, quick=True),
    depthwise("depthwise-1024-k4", 4, 2048, 1024, 4, padding=causal(4), scan=True),
    depthwise("depthwise-1536-k4", 2, 1024, 1536, 4, padding=causal(4)),
    depthwise("depthwise-384-k7", 4, 1000, 384, 7, padding=same(7)),
    depthwise("depthwise-256-k31", 4, 400, 256, 31, padding=same(31), scan=True),
    depthwise("depthwise-512-k31", 8, 512, 512, 31, padding=same(31)),
    depthwise("depthwise-64-k128", 4, 4096, 64, 128, padding=causal(128)),
    depthwise("depthwise-256-k3-d32", 4, 1024, 256, 3, dilation=32, padding=same(3, 32)),
    depthwise("depthwise-256-k5-s2", 4, 1024, 256, 5, stride=2, padding=same(5)),
    depthwise("depthwise-64-k31-d40", 8, 1024, 64, 31, dilation=40, padding=causal(31, 40)),
    depthwise("depthwise-16-k9-d128", 4, 4096, 16, 9, dilation=128, padding=causal(9, 128)),
    Case("fir-k1024", "long", 1, 160000, 1, 1, 1024, scan=True, quick=True),
    Case("fir-k4096", "long", 1, 65536, 1, 1, 4096),
    Case("fir-k16384", "long", 1, 65536, 1, 1, 16384),
    Case("fir-k65536", "long", 1, 131072, 1, 1, 65536),
    Case("fir-batch-k512", "long", 16, 16000, 1, 1, 512, padding=same(512)),
    Case("depthwise-64-k4096", "long", 1, 8192, 64, 64, 4096, groups=64, padding=causal(4096)),
    Case("dense-8-8-k1024", "long", 2, 8192, 8, 8, 1024, padding=causal(1024)),
    Case("bank-40-k401", "bank", 1, 16000, 1, 40, 401, scan=True),
    Case("bank-64-k512-s160", "bank", 1, 80000, 1, 64, 512, stride=160, scan=True),
    Case("bank-514-k400-s160", "bank", 4, 16000, 1, 514, 400, stride=160),
    transposed("up-256-128-k16-s8", 2, 128, 256, 128, 16, stride=8, padding=(4, 4)),
    transposed("up-64-32-k4-s2", 8, 1024, 64, 32, 4, stride=2, padding=(1, 1), scan=True, quick=True),
    transposed("up-512-1-k400-s160", 2, 100, 512, 1, 400, stride=160),
    transposed("up-64-depthwise-k4-s2", 8, 1024, 64, 64, 4, stride=2, groups=64),
    Case("examples-64-16-k5", "per example", 1, 512, 16, 16, 5, examples=64, scan=True),
    Case("examples-8-64-k9", "per example", 4, 256, 64, 64, 9, examples=8),
    Case("examples-16-depthwise-k31", "per example", 1, 1024, 32, 32, 31, groups=32, examples=16),
    Case("ensemble-32-8-k9", "per example", 8, 128, 4, 8, 9, examples=32, scan=True, quick=True),
    Case("ensemble-64-shared-k16", "per example", 4, 500, 1, 4, 16, examples=64, shared_signal=True, scan=True),
)

# shapes between those above; no rule was fitted to them
HELD_OUT: tuple[Case, ...] = (
    Case("other-dense-4-8-k7", "dense", 4, 300, 4, 8, 7),
    Case("other-dense-48-96-k4", "dense", 8, 700, 48, 96, 4, padding=same(4)),
    Case("other-dense-384-192-k5", "dense", 2, 600, 384, 192, 5),
    Case("other-dense-112-80-k12", "dense", 4, 600, 112, 80, 12),
    Case("other-pointwise-24-40", "pointwise", 16, 900, 24, 40, 1),
    Case("other-front-2-96-k25-s7", "strided", 6, 9000, 2, 96, 25, stride=7),
    Case("other-strided-96-64-k6-s3", "strided", 3, 3000, 96, 64, 6, stride=3),
    Case("other-dilated-24-k4-d50", "dilated", 5, 3000, 24, 48, 4, dilation=50),
    Case("other-grouped-96-g6-k5", "grouped", 6, 900, 96, 96, 5, groups=6, padding=same(5)),
    Case("other-grouped-160-g5-k5", "grouped", 6, 900, 160, 160, 5, groups=5, padding=same(5)),
    Case("other-multiplier-20-x3-k9", "grouped", 6, 1500, 20, 60, 9, groups=20),
    depthwise("other-depthwise-700-k5", 3, 1200, 700, 5, padding=causal(5)),
    depthwise("other-depthwise-96-k17", 6, 1800, 96, 17, padding=same(17)),
    depthwise("other-depthwise-40-k60", 2, 3000, 40, 60, padding=same(60)),
    depthwise("other-depthwise-8-k25-d50", 1, 16384, 8, 25, dilation=50, padding=causal(25, 50)),
    depthwise("other-depthwise-48-k15-d20", 6, 1500, 48, 15, dilation=20, padding=causal(15, 20)),
    Case("other-fir-k2500", "long", 2, 50000, 1, 1, 2500),
    Case("other-dense-3-5-k700", "long", 2, 12000, 3, 5, 700),
    Case("other-bank-24-k300-s10", "bank", 2, 20000, 1, 24, 300, stride=10),
    transposed("other-up-96-48-k9-s3", 4, 400, 96, 48, 9, stride=3, padding=(3, 3)),
    Case("other-examples-24-12-k7", "per example", 2, 400, 12, 20, 7, examples=24),
)

# every family meets every activation; of depthwise ones with many or far taps a compiler may fuse the gradients with
# the loss, and then compute the loss anew for every tap
LOSSES: tuple[Case, ...] = (
    Case("dense-16", "dense", 16, 512, 16, 16, 5, padding=same(5), losses=("square", "gelu"), quick=True),
    Case("dense-32", "dense", 16, 256, 32, 32, 5, padding=same(5), losses=("relu", "silu")),
    Case("dense-48", "dense", 8, 1024, 48, 48, 3, padding=same(3), losses=("gelu", "square")),
    Case("dense-64", "dense", 16, 512, 64, 64, 5, padding=same(5), losses=("relu", "silu")),
    Case("dense-128", "dense", 8, 512, 128, 128, 3, padding=same(3), losses=("relu", "gelu")),
    Case("dense-256", "dense", 4, 512, 256, 256, 3, padding=same(3), losses=("silu", "square")),
    Case("groups-of-8", "grouped", 8, 1024, 128, 128, 3, groups=16, padding=same(3), losses=("relu", "silu")),
    Case("groups-of-16", "grouped", 8, 1024, 128, 128, 3, groups=8, padding=same(3), losses=("gelu", "square")),
    Case("groups-of-32", "grouped", 4, 1024, 256, 256, 3, groups=8, padding=same(3), losses=("relu", "gelu")),
    depthwise("depthwise-1536-k4", 2, 1024, 1536, 4, padding=causal(4), losses=("silu", "gelu")),
    depthwise("depthwise-256-k4", 8, 2048, 256, 4, padding=causal(4), losses=("silu", "square")),
    depthwise("depthwise-384-k7", 4, 1000, 384, 7, padding=same(7), losses=("gelu", "relu")),
    depthwise("depthwise-64-k7-d64", 32, 1024, 64, 7, dilation=64, padding=causal(7, 64), losses=("relu", "square")),
    depthwise("depthwise-16-k9-d128", 4, 4096, 16, 9, dilation=128, padding=causal(9, 128), losses=("silu", "square")),
    depthwise("depthwise-64-k15-d32", 32, 1024, 64, 15, dilation=32, padding=causal(15, 32), losses=("gelu", "square")),
    depthwise("depthwise-8-k25-d50", 1, 16384, 8, 25, dilation=50, padding=causal(25, 50), losses=("square", "relu")),
    depthwise("depthwise-256-k31", 4, 400, 256, 31, padding=same(31), losses=("silu", "relu"), quick=True),
    depthwise("depthwise-64-k31", 32, 1024, 64, 31, padding=causal(31), losses=("square", "gelu")),
    depthwise("depthwise-64-k31-d30", 32, 1024, 64, 31, dilation=30, padding=causal(31, 30), losses=("square", "silu")),
    depthwise("depthwise-64-k31-d40", 8, 1024, 64, 31, dilation=40, padding=causal(31, 40), losses=("square", "relu")),
    Case("front-1-512-k10-s5", "strided", 4, 16000, 1, 512, 10, stride=5, losses=("gelu", "relu")),
    Case("strided-64-128-k8-s4", "strided", 4, 6000, 64, 128, 8, stride=4, losses=("silu", "square")),
    Case("fir-k1024", "long", 1, 65536, 1, 1, 1024, losses=("square", "relu")),
    Case("depthwise-64-k2048", "long", 1, 8192, 64, 64, 2048, groups=64, padding=causal(2048), losses=("gelu", "silu")),
    Case("tcn-64-k3-d16", "dilated", 8, 1024, 64, 64, 3, dilation=16, padding=causal(3, 16), losses=("relu", "gelu")),
    Case(
        "tcn-32-k2-d256", "dilated", 4, 4096, 32, 32, 2, dilation=256, padding=causal(2, 256), losses=("silu", "square")
    ),
    transposed("up-64-32-k4-s2", 8, 1024, 64, 32, 4, stride=2, padding=(1, 1), losses=("relu", "silu")),
    transposed("up-256-128-k16-s8", 2, 128, 256, 128, 16, stride=8, padding=(4, 4), losses=("gelu", "square")),
    Case("examples-64-16-k5", "per example", 1, 512, 16, 16, 5, examples=64, losses=("relu", "square")),
    Case("ensemble-32-8-k9", "per example", 8, 128, 4, 8, 9, examples=32, losses=("gelu", "silu")),
)

GRIDS: dict[str, tuple[Case | Network, ...]] = {
    "main": GRID,
    "held-out": HELD_OUT,
    "losses": LOSSES,
    "networks": NETWORKS,
}


def select(grid: str, pattern: str | None = None, quick: bool = False) -> list[Case | Network]:
    """The entries of a grid whose name or family fits a glob.

    Raises:
        SystemExit: there is none.
    """
    chosen = [case for case in GRIDS[grid] if not quick or case.quick]
    if pattern is not None:
        chosen = [case for case in chosen if fnmatchcase(case.name, pattern) or fnmatchcase(case.family, pattern)]
    if not chosen:
        names = [case.name for case in GRIDS[grid]]
        raise SystemExit(f"no problem's name or family fits {pattern!r}; there are {names}")
    return chosen


def from_facts(values: dict[str, Any]) -> Case:
    """The case that its `facts` describe."""
    typed: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Case(**typed)
