"""What is compiled for accelerators: convolutions of every kind, by every method and by jax.lax, and small networks."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

import jconv
from benchmarks.cases import Case, causal, depthwise, same, transposed
from benchmarks.networks import NETWORKS, Network
from benchmarks.trained_networks import TRAININGS, Training
from benchmarks.trained_networks import value_and_gradients as of_training

DTYPES = ("float32", "bfloat16")
FACES = ("output", "gradient for x", "gradient for kernel")
LONG = {"fft": 31, "toeplitz": 31}  # taps from which these are compiled; of fewer they take minutes and are absurd
NEVER_ON_TPU = ("vmap", "winograd")
WHOLE = ("whole step", "step in scan", "gelu loss")
LAX = ("lax NWC", "lax NCW")
NETWORK = "value and gradients"

CASES: tuple[Case, ...] = (
    Case("dense-64-k7", "dense", 8, 4096, 64, 64, 7, padding=same(7)),
    Case("dense-256-k3", "dense", 8, 2048, 256, 256, 3, padding=same(3)),
    Case("dense-512-k7", "dense", 8, 1024, 512, 512, 7, padding=same(7)),
    Case("dense-1024-k3", "dense", 8, 1024, 1024, 1024, 3, padding=same(3)),
    Case("pointwise-64", "pointwise", 8, 4096, 64, 64, 1),
    Case("pointwise-1024", "pointwise", 8, 1024, 1024, 1024, 1),
    Case("pointwise-64-256-batch-100", "pointwise", 100, 40, 64, 256, 1),
    Case("front-1-512-k10-s5", "strided", 8, 80000, 1, 512, 10, stride=5),
    Case("strided-128-k3-s2", "strided", 8, 4096, 128, 128, 3, stride=2, padding=(1, 1)),
    Case("dilated-128-k3-d64", "dilated", 8, 4096, 128, 128, 3, dilation=64, padding=causal(3, 64)),
    Case("groups-8-of-32", "grouped", 8, 2048, 256, 256, 3, groups=8, padding=same(3)),
    Case("groups-32-of-32", "grouped", 8, 2048, 1024, 1024, 3, groups=32, padding=same(3)),
    depthwise("depthwise-2048-k4", 8, 8192, 2048, 4, padding=causal(4)),
    depthwise("depthwise-512-k31", 8, 512, 512, 31, padding=same(31)),
    depthwise("depthwise-256-k31-d4", 8, 4096, 256, 31, dilation=4, padding=same(31, 4)),
    depthwise("depthwise-256-k64", 8, 4096, 256, 64, padding=causal(64)),
    depthwise("hyena-256-k4096", 8, 4096, 256, 4096, padding=causal(4096)),
    Case("fir-k1024", "long", 8, 65536, 1, 1, 1024, padding=causal(1024)),
    Case("fir-k16384", "long", 8, 262144, 1, 1, 16384, padding=causal(16384)),
    Case("bank-80-k401", "bank", 8, 80000, 1, 80, 401, padding=same(401)),
    transposed("up-512-256-k16-s8", 8, 256, 512, 256, 16, stride=8, padding=(4, 4)),
    Case("examples-64-16-k5", "per example", 1, 4096, 16, 16, 5, padding=same(5), examples=64),
    Case("ensemble-64-2-1-k31", "per example", 8, 1000, 2, 1, 31, examples=64),
)

NETWORKS_AND_TRAININGS: tuple[Network | Training, ...] = (*NETWORKS, *TRAININGS)


@dataclass(frozen=True)
class Entry:
    """A program to compile: a cell of a case or network in one dtype, by one contender."""

    case: Case | Network | Training
    dtype: str
    cell: str
    contender: str

    @property
    def key(self) -> str:
        """The case and the dtype, as results are kept by."""
        return f"{self.case.name}, {self.dtype}"


def entries(platform: str, pattern: str | None = None, methods: tuple[str, ...] = jconv.METHODS) -> list[Entry]:
    """The grid, cases and networks whose name or family fits a glob; faces by these methods, besides auto and lax.

    For a TPU, where a compilation takes ten times as long, methods are compiled in float32 alone, and without those
    that are never considered there.

    Raises:
        SystemExit: none fits.
    """

    def fits(case: Case | Network | Training) -> bool:
        return pattern is None or fnmatchcase(case.name, pattern) or fnmatchcase(case.family, pattern)

    made = []
    for case in filter(fits, CASES):
        methods = tuple(name for name in methods if platform != "tpu" or name not in NEVER_ON_TPU)
        sane = [name for name in methods if case.width >= LONG.get(name, 0)]
        by_dtype = {"float32": sane, "bfloat16": [] if platform == "tpu" else sane}
        for dtype in DTYPES:
            made += [Entry(case, dtype, cell, name) for cell in FACES for name in ("auto", *LAX, *by_dtype[dtype])]
            made += [Entry(case, dtype, cell, name) for cell in WHOLE for name in ("auto", LAX[0])]
    for network in filter(fits, NETWORKS_AND_TRAININGS):
        made += [Entry(network, dtype, NETWORK, name) for dtype in DTYPES for name in ("auto", "flax")]
    if not made:
        raise SystemExit(
            f"no case fits {pattern!r}; there are {[case.name for case in (*CASES, *NETWORKS_AND_TRAININGS)]}"
        )
    return made


def program(entry: Entry) -> tuple[Callable, list]:
    """The function of an entry, and its operands as `jax.ShapeDtypeStruct`s or trees of them.

    Raises:
        NotImplementedError: the method cannot do the case.
    """
    import jax
    import jax.numpy as jnp

    from benchmarks.contenders import SCANNED_STEPS, jax_cell, per_example
    from benchmarks.network_contenders import on_device, operands, value_and_gradients
    from benchmarks.peers import by_flax, by_lax
    from benchmarks.runners import by_jconv

    dtype = jnp.dtype(entry.dtype)
    name = entry.contender
    if isinstance(entry.case, Training):
        return of_training(entry.case, name == "flax", dtype)
    by: Callable = by_flax if name == "flax" else partial(by_jconv, name)
    if isinstance(entry.case, Network):
        given = on_device(operands(entry.case, dtype), dtype)
        like = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), given)
        return value_and_gradients(entry.case, by), list(like)
    case, first = entry.case, name == LAX[1]
    if name in LAX:
        by = partial(by_lax, name.split()[1])
    shapes = [_channels_first(case.x_shape, (-1, -2)), _channels_first(case.kernel_shape, (-1, -3))]
    shapes += [_channels_first(case.y_shape, (-1, -2))]
    if not first:
        shapes = [case.x_shape, case.kernel_shape, case.y_shape]
    if entry.cell == "step in scan":
        shapes[0] = (SCANNED_STEPS, *shapes[0])
    if entry.cell.endswith("loss"):
        shapes[2] = (*shapes[1][:1], case.outputs) if case.examples else (case.outputs,)
    function = jax_cell(entry.cell, per_example(case, by(case)))
    return function, [jax.ShapeDtypeStruct(shape, dtype) for shape in shapes]


def _channels_first(shape: tuple[int, ...], swapped: tuple[int, int]) -> tuple[int, ...]:
    sizes = list(shape)
    a, b = swapped
    sizes[a], sizes[b] = sizes[b], sizes[a]
    return tuple(sizes)
