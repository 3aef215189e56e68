"""What every method is given: three faces of one trilinear form, over five named axes.

T(x, k, y) = sum over b n t j g c o of  x[b, n, t*stride + j*dilation - low, g, c] * k[b, j, c, g, o] * y[b, n, t, g, o]

b  independent problems, each with a kernel of its own (more than one only under vmap)
n  batch entries that share a kernel          t  output positions          j  kernel taps
g  groups                                     c  inputs of one group       o  outputs of one group
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv.window import Window

Face = Literal["output", "input", "kernel"]
FACES: tuple[Face, ...] = ("output", "input", "kernel")
USUAL_SIZE = 8  # of a batch that is not known yet, under `jax.export`
POINTWISE = range(32, 512)  # columns of a result that XLA computes faster as a pointwise convolution than as a product

LONG_SUM, VERY_LONG_SUM = 2000, 12000  # terms of a product over positions
SMALL_RESULT, LARGE_RESULT = 8192, 20000  # and entries


@dataclass(frozen=True)
class Problem:
    """All that is static about one call: the window, the sizes, and how to do the arithmetic.

    `dtype` is that of the operands; `accumulate` that of sums and of what a method returns. Which method is chosen, what
    a loop may hold and which loops run side by side depend on the `platform`.
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

    def product(self, rows: Array, matrices: Array) -> Array:
        """(matrices, n, t, summed) times (matrices, summed, across) -> (matrices, n, t, across).

        A single float32 product on a CPU is written as a pointwise convolution: XLA has that computed by another
        library than a plain product, with AVX2 up to twice as fast where the result is neither a column nor very wide.
        """
        pointwise = len(matrices) == 1 and matrices.shape[2] in POINTWISE
        if not pointwise or self.platform != "cpu" or self.accumulate != np.float32:
            return self.einsum("gntc,gco->gnto", rows, matrices)
        y = lax.conv_general_dilated(
            rows[0],
            matrices,
            window_strides=(1,),
            padding="VALID",
            dimension_numbers=("NWC", "WIO", "NWC"),
            precision=self.precision,
            preferred_element_type=self.accumulate,
        )
        return y[None]

    def product_over_positions(self, a: Array, b: Array) -> Array:
        """(matrices, n, t, rows) and (matrices, n, t, columns), multiplied and summed over n and t.

        Of two single matrices the narrower comes first: XLA's product is up to 1.7 times faster so. On a CPU the same
        float32 sum is up to 2.7 times faster over one axis, or as two of half the length, than over two axes: each
        reaches another library.
        """
        if len(a) == 1 and b.shape[3] < a.shape[3]:
            return jnp.swapaxes(self.product_over_positions(b, a), 1, 2)
        pieces = _pieces(a.shape[1] * a.shape[2], a.shape[3] * b.shape[3])
        if len(a) > 1 or not pieces or self.platform != "cpu" or self.accumulate != np.float32:
            return self.einsum("mntr,mntc->mrc", a, b)
        a, b = (m.reshape(pieces, -1, m.shape[3]) for m in (a, b))
        return jnp.sum(self.einsum("ptr,ptc->prc", a, b), axis=0, keepdims=True)


def _pieces(terms: int, entries: int) -> int:
    """Sums that a product of so many terms and entries of the result is cut into; 0 if it is left over two axes."""
    if not isinstance(terms, int):
        return 0  # a symbol of `jax.export`
    if entries < SMALL_RESULT:
        return 1 if terms >= LONG_SUM else 0
    long = terms >= (LONG_SUM if entries < LARGE_RESULT else VERY_LONG_SUM)
    return 2 if long and terms % 2 == 0 else 0


FaceFunction = Callable[[Array, Array, Problem], Array]


@dataclass(frozen=True)
class Method:
    """One algorithm: a function a face, each `(first operand, second operand, problem) -> result` in `accumulate`.

    `refuses` gives the reason why the method cannot do a problem, or None. `spreads` tells whether a NaN in the signal
    may reach results that it is no part of, and errors be relative to more than each result's own terms. `any_length`
    tells whether the length may be a symbol of `jax.export`.
    """

    name: str
    output: FaceFunction  # (x, k) -> y
    input: FaceFunction  # (y, k) -> x
    kernel: FaceFunction  # (x, y) -> k
    refuses: Callable[[Problem], str | None] = lambda problem: None
    spreads: Callable[[Face, Problem], bool] = lambda face, problem: False
    any_length: bool = False

    def check(self, problem: Problem) -> None:
        """Raise NotImplementedError, naming the method, if it cannot do `problem`."""
        if problem.window.known or self.any_length:
            reason = self.refuses(problem)
        else:
            reason = f"the length {problem.window.input_length} is not known; 'auto', 'direct' and 'xla' can"
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
