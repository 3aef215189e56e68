"""Matrix products of a problem, each written in the form that XLA computes fastest on a CPU."""

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import cpu
from jconv.methods.problem import Problem


def product(problem: Problem, rows: Array, matrices: Array) -> Array:
    """(matrices, n, t, summed) times (matrices, summed, across) -> (matrices, n, t, across).

    A single float32 product on a CPU is written as a pointwise convolution: XLA has that computed by another library
    than a plain product, with AVX2 up to twice as fast where the result is neither a column nor very wide.
    """
    pointwise = len(matrices) == 1 and matrices.shape[2] in cpu.POINTWISE
    if not pointwise or problem.platform != "cpu" or problem.accumulate != np.float32:
        return problem.einsum("gntc,gco->gnto", rows, matrices)
    y = lax.conv_general_dilated(
        rows[0],
        matrices,
        window_strides=(1,),
        padding="VALID",
        dimension_numbers=("NWC", "WIO", "NWC"),
        precision=problem.precision,
        preferred_element_type=problem.accumulate,
    )
    return y[None]


def product_over_positions(problem: Problem, a: Array, b: Array) -> Array:
    """(matrices, n, t, rows) and (matrices, n, t, columns), multiplied and summed over n and t.

    Of two single matrices the narrower comes first: XLA's product is up to 1.7 times faster so. On a CPU the same
    float32 sum is up to 2.7 times faster over one axis, or as two of half the length, than over two axes: each
    reaches another library.
    """
    if len(a) == 1 and b.shape[3] < a.shape[3]:
        return jnp.swapaxes(product_over_positions(problem, b, a), 1, 2)
    sums = _sums(a.shape[1] * a.shape[2], a.shape[3] * b.shape[3])
    if len(a) > 1 or not sums or problem.platform != "cpu" or problem.accumulate != np.float32:
        return problem.einsum("mntr,mntc->mrc", a, b)
    a, b = (m.reshape(sums, -1, m.shape[3]) for m in (a, b))
    return jnp.sum(problem.einsum("ptr,ptc->prc", a, b), axis=0, keepdims=True)


def _sums(terms: int, entries: int) -> int:
    """How many sums over one axis make a product of so many terms and entries of its result; 0: one over two axes."""
    if not isinstance(terms, int):
        return 0  # a symbol of `jax.export`
    if entries < cpu.SMALL_RESULT:
        return 1 if terms >= cpu.LONG_SUM else 0
    long = terms >= (cpu.LONG_SUM if entries < cpu.LARGE_RESULT else cpu.VERY_LONG_SUM)
    return 2 if long and terms % 2 == 0 else 0
