"""The named grid: every kind of 1-D convolution that people run, from a toy to the widest and the longest."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One convolution (or transposed convolution), and how it is called.

    `inputs` and `outputs` are the channels that go in and come out, also where `transposed`. `padding` is a pair.
    With `examples` there are so many kernels, mapped by `jax.vmap`, each with a signal of its own or all with the same.
    With `losses`, names of activations, the convolution has a bias, and those losses are timed instead of its faces.
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
        """Positions of what comes out."""
        low, high = self.padding
        if self.transposed:
            return (self.length - 1) * self.stride + self.span - low - high
        return (self.length + low + high - self.span) // self.stride + 1

    @property
    def windows(self) -> int:
        """Windows for each batch entry: positions on the side where the stride is not."""
        return self.length if self.transposed else self.result_length

    @property
    def x_shape(self) -> tuple[int, ...]:
        """What goes in, channels last."""
        mapped = (self.examples,) if self.examples and not self.shared_signal else ()
        return *mapped, self.batch, self.length, self.inputs

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """The kernel as in layout "NLC": `(width, in/groups, out)`, turned about where `transposed`."""
        mapped = (self.examples,) if self.examples else ()
        if self.transposed:
            return *mapped, self.width, self.outputs // self.groups, self.inputs
        return *mapped, self.width, self.inputs // self.groups, self.outputs

    @property
    def y_shape(self) -> tuple[int, ...]:
        """What comes out, channels last."""
        mapped = (self.examples,) if self.examples else ()
        return *mapped, self.batch, self.result_length, self.outputs

    @property
    def multiplications(self) -> int:
        """Of the direct sum; each face needs as many."""
        per_window = self.width * self.inputs * self.outputs // self.groups
        return max(self.examples, 1) * self.batch * self.windows * per_window

    def facts(self) -> dict[str, Any]:
        """The fields that differ from their defaults, as JSON would read them back."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def in_words(self) -> str:
        """The shape in one short line."""
        words = f"{self.batch},{self.length},{self.inputs}->{self.outputs},K{self.width}"
        extras = [f"stride {self.stride}"] * (self.stride > 1) + [f"dil {self.dilation}"] * (self.dilation > 1)
        extras += [f"{self.groups} groups"] * (self.groups > 1) + [f"x{self.examples} kernels"] * bool(self.examples)
        return " ".join([words, *extras])


def same(width: int, dilation: int = 1) -> tuple[int, int]:
    """The padding that keeps the length, of a window that looks both ways."""
    reach = (width - 1) * dilation
    return reach // 2, reach - reach // 2


def causal(width: int, dilation: int = 1) -> tuple[int, int]:
    """The padding that keeps the length, of a window that looks back."""
    return (width - 1) * dilation, 0


def depthwise(name: str, batch: int, length: int, channels: int, width: int, **rest: Any) -> Problem:
    """A kernel for each channel."""
    return Problem(name, "depthwise", batch, length, channels, channels, width, groups=channels, **rest)


def transposed(name: str, batch: int, length: int, inputs: int, outputs: int, width: int, **rest: Any) -> Problem:
    """A transposed convolution."""
    return Problem(name, "transposed", batch, length, inputs, outputs, width, transposed=True, **rest)


GRID: tuple[Problem, ...] = (
    Problem("seed", "dense", 1, 100, 2, 4, 3, scan=True, quick=True),
    Problem("dense-1-64-k8", "dense", 32, 128, 1, 64, 8, scan=True, quick=True),
    Problem("dense-8-16-k7", "dense", 4, 400, 8, 16, 7),
    Problem("dense-16-32-k5", "dense", 16, 256, 16, 32, 5, padding=same(5), scan=True),
    Problem("dense-16-16-k3", "dense", 8, 1024, 16, 16, 3),
    Problem("dense-6-12-k9", "dense", 8, 1024, 6, 12, 9),
    Problem("dense-64-64-k5", "dense", 32, 512, 64, 64, 5, scan=True),
    Problem("dense-64-64-k9", "dense", 8, 512, 64, 64, 9, padding=same(9)),
    Problem("dense-128-128-k3", "dense", 8, 512, 128, 128, 3, padding=same(3)),
    Problem("dense-256-256-k3", "dense", 8, 1024, 256, 256, 3),
    Problem("dense-512-512-k3", "dense", 4, 256, 512, 512, 3, padding=same(3), scan=True),
    Problem("dense-96-96-k7", "dense", 4, 1000, 96, 96, 7, padding=same(7)),
    Problem("dense-128-128-k15", "dense", 4, 512, 128, 128, 15, padding=same(15), scan=True),
    Problem("dense-32-32-k31", "dense", 4, 2048, 32, 32, 31, padding=same(31)),
    Problem("pointwise-16-32", "pointwise", 16, 1024, 16, 32, 1),
    Problem("pointwise-64-256", "pointwise", 8, 512, 64, 256, 1, scan=True, quick=True),
    Problem("pointwise-512-512", "pointwise", 4, 512, 512, 512, 1),
    Problem("front-1-512-k10-s5", "strided", 4, 16000, 1, 512, 10, stride=5),
    Problem("front-80-384-k3-s2", "strided", 2, 1500, 80, 384, 3, stride=2, padding=(1, 1)),
    Problem("front-12-64-k16-s2", "strided", 16, 1000, 12, 64, 16, stride=2, scan=True),
    Problem("strided-128-128-k3-s2", "strided", 4, 3200, 128, 128, 3, stride=2),
    Problem("strided-64-128-k8-s4", "strided", 4, 6000, 64, 128, 8, stride=4),
    Problem("patch-3-256-k16-s16", "strided", 8, 4096, 3, 256, 16, stride=16),
    Problem("dilated-64-k3-d16", "dilated", 8, 2048, 64, 64, 3, dilation=16, scan=True),
    Problem("dilated-32-k2-d256", "dilated", 4, 4096, 32, 64, 2, dilation=256, padding=causal(2, 256)),
    Problem("dilated-128-k5-d4", "dilated", 4, 1024, 128, 128, 5, dilation=4, padding=same(5, 4)),
    Problem("grouped-128-g8-k3", "grouped", 8, 1024, 128, 128, 3, groups=8, scan=True, quick=True),
    Problem("grouped-256-g32-k3", "grouped", 4, 1024, 256, 256, 3, groups=32, padding=same(3)),
    Problem("grouped-64-g4-k9", "grouped", 8, 512, 64, 64, 9, groups=4, padding=same(9)),
    Problem("multiplier-24-x2-k7", "grouped", 6, 1200, 24, 48, 7, groups=24),
    Problem("multiplier-32-x4-k5", "grouped", 8, 1024, 32, 128, 5, groups=32, padding=same(5)),
    depthwise("depthwise-64-k3", 8, 1024, 64, 3, padding=same(3), scan=True, quick=True),
    depthwise("depthwise-1024-k4", 4, 2048, 1024, 4, padding=causal(4), scan=True),
    depthwise("depthwise-1536-k4", 2, 1024, 1536, 4, padding=causal(4)),
    depthwise("depthwise-384-k7", 4, 1000, 384, 7, padding=same(7)),
    depthwise("depthwise-256-k31", 4, 400, 256, 31, padding=same(31), scan=True),
    depthwise("depthwise-512-k31", 8, 512, 512, 31, padding=same(31)),
    depthwise("depthwise-64-k128", 4, 4096, 64, 128, padding=causal(128)),
    depthwise("depthwise-256-k3-d32", 4, 1024, 256, 3, dilation=32, padding=same(3, 32)),
    depthwise("depthwise-256-k5-s2", 4, 1024, 256, 5, stride=2, padding=same(5)),
    Problem("fir-k1024", "long", 1, 160000, 1, 1, 1024, scan=True, quick=True),
    Problem("fir-k4096", "long", 1, 65536, 1, 1, 4096),
    Problem("fir-k16384", "long", 1, 65536, 1, 1, 16384),
    Problem("fir-k65536", "long", 1, 131072, 1, 1, 65536),
    Problem("fir-batch-k512", "long", 16, 16000, 1, 1, 512, padding=same(512)),
    Problem("depthwise-64-k4096", "long", 1, 8192, 64, 64, 4096, groups=64, padding=causal(4096)),
    Problem("dense-8-8-k1024", "long", 2, 8192, 8, 8, 1024, padding=causal(1024)),
    Problem("bank-40-k401", "bank", 1, 16000, 1, 40, 401, scan=True),
    Problem("bank-64-k512-s160", "bank", 1, 80000, 1, 64, 512, stride=160, scan=True),
    Problem("bank-514-k400-s160", "bank", 4, 16000, 1, 514, 400, stride=160),
    transposed("up-256-128-k16-s8", 2, 128, 256, 128, 16, stride=8, padding=(4, 4)),
    transposed("up-64-32-k4-s2", 8, 1024, 64, 32, 4, stride=2, padding=(1, 1), scan=True, quick=True),
    transposed("up-512-1-k400-s160", 2, 100, 512, 1, 400, stride=160),
    transposed("up-64-depthwise-k4-s2", 8, 1024, 64, 64, 4, stride=2, groups=64),
    Problem("examples-64-16-k5", "per example", 1, 512, 16, 16, 5, examples=64, scan=True),
    Problem("examples-8-64-k9", "per example", 4, 256, 64, 64, 9, examples=8),
    Problem("examples-16-depthwise-k31", "per example", 1, 1024, 32, 32, 31, groups=32, examples=16),
    Problem("ensemble-32-8-k9", "per example", 8, 128, 4, 8, 9, examples=32, scan=True, quick=True),
    Problem("ensemble-64-shared-k16", "per example", 4, 500, 1, 4, 16, examples=64, shared_signal=True, scan=True),
)

# shapes between those above, to judge rules that were fitted to them
HELD_OUT: tuple[Problem, ...] = (
    Problem("other-dense-4-8-k7", "dense", 4, 300, 4, 8, 7),
    Problem("other-dense-48-96-k4", "dense", 8, 700, 48, 96, 4, padding=same(4)),
    Problem("other-dense-384-192-k5", "dense", 2, 600, 384, 192, 5),
    Problem("other-dense-112-80-k12", "dense", 4, 600, 112, 80, 12),
    Problem("other-pointwise-24-40", "pointwise", 16, 900, 24, 40, 1),
    Problem("other-front-2-96-k25-s7", "strided", 6, 9000, 2, 96, 25, stride=7),
    Problem("other-strided-96-64-k6-s3", "strided", 3, 3000, 96, 64, 6, stride=3),
    Problem("other-dilated-24-k4-d50", "dilated", 5, 3000, 24, 48, 4, dilation=50),
    Problem("other-grouped-96-g6-k5", "grouped", 6, 900, 96, 96, 5, groups=6, padding=same(5)),
    Problem("other-multiplier-20-x3-k9", "grouped", 6, 1500, 20, 60, 9, groups=20),
    depthwise("other-depthwise-700-k5", 3, 1200, 700, 5, padding=causal(5)),
    depthwise("other-depthwise-96-k17", 6, 1800, 96, 17, padding=same(17)),
    depthwise("other-depthwise-40-k60", 2, 3000, 40, 60, padding=same(60)),
    Problem("other-fir-k2500", "long", 2, 50000, 1, 1, 2500),
    Problem("other-dense-3-5-k700", "long", 2, 12000, 3, 5, 700),
    Problem("other-bank-24-k300-s10", "bank", 2, 20000, 1, 24, 300, stride=10),
    transposed("other-up-96-48-k9-s3", 4, 400, 96, 48, 9, stride=3, padding=(3, 3)),
    Problem("other-examples-24-12-k7", "per example", 2, 400, 12, 20, 7, examples=24),
)


def from_facts(values: dict[str, Any]) -> Problem:
    """The problem that its `facts` describe."""
    typed: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Problem(**typed)
