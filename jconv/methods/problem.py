"""What every method is given: three faces of one trilinear form, over five named axes.

T(x, k, y) = sum over b n t j g c o of  x[b, n, t*stride + j*dilation - low, g, c] * k[b, j, c, g, o] * y[b, n, t, g, o]

b  independent problems, each with a kernel of its own (more than one only under vmap)
n  batch entries that share a kernel          t  output positions          j  kernel taps
g  groups                                     c  inputs of one group       o  outputs of one group
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv.accelerators import LANES, Work, filled_up
from jconv.window import Window

Face = Literal["output", "input", "kernel"]
FACES: tuple[Face, ...] = ("output", "input", "kernel")
ACCELERATORS = ("cuda", "rocm", "tpu")
USUAL_SIZE = 8  # of a batch that is not known yet, under `jax.export`


@dataclass(frozen=True)
class Problem:
    """All that is static about one call: the window, the sizes, and how to do the arithmetic.

    `dtype` is that of the operands; `accumulate` that of sums and of what a method returns; `result` that of what the
    caller gets, `accumulate` if None. The `platform` decides which method is chosen, what a loop may hold and which
    loops run side by side.
    """

    window: Window
    problems: int
    batch: int
    groups: int
    inputs: int
    outputs: int
    dtype: np.dtype
    accumulate: np.dtype
    precision: Any = None
    platform: str = "cpu"
    result: np.dtype | None = None

    @property
    def convolved_as(self) -> np.dtype:
        """What XLA's convolutions are asked for.

        Accelerators sum 16-bit operands in float32 whatever they return. Asked for float32, XLA for GPUs converts the
        operands and takes a float32 convolution: 4 kernels of 5 times the traffic instead of 2 of once.
        """
        return self.result if self.result is not None and self.platform in ACCELERATORS else self.accumulate

    @property
    def x_shape(self) -> tuple[int, ...]:
        """(problems, batch, input length, groups, inputs)."""
        return self.problems, self.batch, self.window.input_length, self.groups, self.inputs

    @property
    def k_shape(self) -> tuple[int, ...]:
        """(problems, kernel size, inputs, groups, outputs)."""
        return self.problems, self.window.kernel_size, self.inputs, self.groups, self.outputs

    @property
    def y_shape(self) -> tuple[int, ...]:
        """(problems, batch, output length, groups, outputs)."""
        return self.problems, self.batch, self.window.output_length, self.groups, self.outputs

    @property
    def multiplications(self) -> float:
        """Multiplications of the direct sum, the same for every face."""
        pairs = self.groups * self.inputs * self.outputs
        return float(self.problems * self.batch * self.window.output_length * self.window.kernel_size * pairs)

    @property
    def signal_entries(self) -> float:
        """Entries of x and y together."""
        return entries(self.x_shape) + entries(self.y_shape)

    @property
    def least_traffic(self) -> float:
        """Bytes of x, k and y together, each once."""
        return (self.signal_entries + entries(self.k_shape)) * self.dtype.itemsize

    def traffic_in_lanes(self, groups: int) -> float:
        """The least traffic on a TPU, which fills up the last axis, here the channels of so many groups, with zeros."""
        x, y = (filled_up(groups * channels, LANES) for channels in (self.inputs, self.outputs))
        return (x * entries(self.x_shape) + y * entries(self.y_shape) + entries(self.k_shape)) * self.dtype.itemsize

    @property
    def on_gpu(self) -> bool:
        """Whether it runs on a GPU."""
        return self.platform in ("cuda", "rocm")

    @property
    def usual(self) -> "Problem":
        """This problem, `USUAL_SIZE` where the batch or the number of problems is a symbol or zero: for decisions."""
        problems, batch = (n if isinstance(n, int) and n else USUAL_SIZE for n in (self.problems, self.batch))
        return replace(self, problems=problems, batch=batch)

    def widened(self) -> "Problem":
        """This problem as a method is given it: on a CPU, whose loops would convert each entry many times, operands of
        16 bits are converted to `accumulate` once and beforehand.
        """
        return replace(self, dtype=self.accumulate) if self.platform == "cpu" else self

    def mirrored(self) -> "Problem":
        """The problem whose output face is this one's input face, once `y` has zeros for its stride.

        Its kernel is this one's with the taps reversed and the channel axes swapped.
        """
        window = self.window
        positions = (window.output_length - 1) * window.stride + 1
        before = window.span - 1 - window.low
        mirror = Window(positions, window.kernel_size, window.input_length, 1, window.dilation, before)
        return replace(self, window=mirror, inputs=self.outputs, outputs=self.inputs)

    def einsum(self, formula: str, a: Array, b: Array) -> Array:
        """`jnp.einsum` at this problem's precision, summed in `accumulate`."""
        return jnp.einsum(formula, a, b, precision=self.precision, preferred_element_type=self.accumulate)


FaceFunction = Callable[[Array, Array, Problem], Array]


Counts = dict[str, float]


def entries(shape: tuple[int, ...]) -> float:
    """How many entries an array of this shape has, as a float that does not overflow."""
    return math.prod(map(float, shape))


def not_considered(face: Face, problem: Problem) -> Work | None:
    """The work of a method that accelerators never take."""
    return None


@dataclass(frozen=True)
class Method:
    """One algorithm: its three faces, what it cannot do, and what it costs.

    Each face is a function `(first operand, second operand, problem) -> result` in `problem.accumulate`. What the
    automatic choice knows of a method is what the method says here.

    Attributes:
        name: what `method=` takes.
        output, input, kernel: `(x, k) -> y`, `(y, k) -> x` and `(x, y) -> k`.
        refuses: the reason why it cannot do a problem, or None.
        spreads: whether a NaN in the signal may reach results that it is no part of, and errors be relative to more
            than each result's own terms.
        any_length: whether the length may be a symbol of `jax.export`.
        counts: what a face does on a CPU, by names whose nanoseconds `python -m benchmarks fit` fits; None where it is
            not considered there.
        work: what a face does on an accelerator, as XLA's compiler for it reports; None where it is not considered.
        workspace: entries that a face holds beside operands and result, at the most.
        error_ratio: how many times the error bound of a direct sum its own is; None for a direct sum.
        least_saved: the share of a direct sum's time that it must save to be taken.
        unlisted: why it is not considered where it has no counts or work.
    """

    name: str
    output: FaceFunction
    input: FaceFunction
    kernel: FaceFunction
    refuses: Callable[[Problem], str | None] = lambda problem: None
    spreads: Callable[[Face, Problem], bool] = lambda face, problem: False
    any_length: bool = False
    counts: Callable[[Face, Problem], Counts | None] = lambda face, problem: None
    work: Callable[[Face, Problem], Work | None] = not_considered
    workspace: Callable[[Face, Problem], float] = lambda face, problem: 0.0
    error_ratio: Callable[[Face, Problem], float] | None = None
    least_saved: float = 0.0
    unlisted: str | None = None

    def check(self, problem: Problem) -> None:
        """Raise NotImplementedError, naming the method, if it cannot do `problem`."""
        if problem.window.known or self.any_length:
            reason = self.refuses(problem)
        else:
            reason = (
                f"the length {problem.window.input_length} is not known; 'auto' and 'direct' take a method that can"
            )
        if reason:
            raise NotImplementedError(f"`method` (={self.name!r}) cannot do this: {reason}")

    def run(self, face: Face, first: Array, second: Array, problem: Problem) -> Array:
        """Compute one face."""
        self.check(problem)
        compute: FaceFunction = getattr(self, face)
        if not problem.window.known:
            problem = replace(problem, platform="any")  # what is done for CPUs alone needs numbers
        if isinstance(problem.problems, int):
            return compute(first, second, problem)
        one = replace(problem, problems=1)  # their number is a symbol of `jax.export`: one after another
        return lax.map(lambda pair: compute(pair[0][None], pair[1][None], one)[0], (first, second))
