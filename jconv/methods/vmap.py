"""The definition, written to be read: one window dot one kernel, mapped over everything else."""

import jax
import jax.numpy as jnp
from jax import Array

from jconv.methods.arrays import padded_input
from jconv.methods.problem import FaceFunction, Method, Problem


def output(x: Array, k: Array, problem: Problem) -> Array:
    """One number is `sum over taps j and inputs c of window[j, c] * kernel[j, c]`; the rest is `jax.vmap`."""
    window = problem.window
    taps = jnp.arange(window.kernel_size) * window.dilation

    def one_number(position: Array, signal: Array, kernel: Array) -> Array:
        seen = signal[position + taps]  # (taps, inputs): the window
        return problem.einsum("jc,jc->", seen, kernel)

    one_channel = jax.vmap(one_number, in_axes=(0, None, None))  # every output position
    one_group = jax.vmap(one_channel, in_axes=(None, None, -1), out_axes=-1)  # every kernel of the group
    one_signal = jax.vmap(one_group, in_axes=(None, 1, 2), out_axes=1)  # every group
    one_batch = jax.vmap(one_signal, in_axes=(None, 0, None))  # every signal of the batch
    every_problem = jax.vmap(one_batch, in_axes=(None, 0, 0))

    positions = jnp.arange(window.output_length) * window.stride
    return every_problem(positions, padded_input(x, window), k)


def by_transposition(output: FaceFunction) -> tuple[FaceFunction, FaceFunction]:
    """The input and kernel faces of a method, from its output face: exact, but only as fast as XLA makes them."""

    def input_face(y: Array, k: Array, problem: Problem) -> Array:
        y, k = y.astype(problem.accumulate), k.astype(problem.accumulate)
        x = jax.ShapeDtypeStruct(problem.x_shape, problem.accumulate)
        return jax.linear_transpose(lambda x: output(x, k, problem), x)(y)[0]

    def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
        x, y = x.astype(problem.accumulate), y.astype(problem.accumulate)
        k = jax.ShapeDtypeStruct(problem.k_shape, problem.accumulate)
        return jax.linear_transpose(lambda k: output(x, k, problem), k)(y)[0]

    return input_face, kernel_face


METHOD = Method("vmap", output, *by_transposition(output))
