"""The definition, written to be read: one window dot one kernel, mapped over everything else."""

import jax
import jax.numpy as jnp
from jax import Array

from jconv.methods.arrays import dilated, padded_input, shifted, unpadded_input
from jconv.methods.problem import Method, Problem


def output(x: Array, k: Array, problem: Problem) -> Array:
    """One number is the dot product of a window, `(taps, inputs)`, and a kernel; there is one for each position."""
    window = problem.window
    starts = jnp.arange(window.output_length) * window.stride
    taps = jnp.arange(window.kernel_size) * window.dilation
    return _windows_dot_kernels(padded_input(x, window), starts, taps, k, problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The same, the taps counted backwards: position `l` sums `y[t] * k[j]` over all `t*stride + j*dilation = l`."""
    window = problem.window
    reach = window.span - 1
    upsampled = dilated(y, window.stride, axis=2)
    signal = shifted(upsampled, reach, upsampled.shape[2] + 2 * reach)
    starts = jnp.arange(window.extent)
    taps = reach - jnp.arange(window.kernel_size) * window.dilation
    return unpadded_input(_windows_dot_kernels(signal, starts, taps, jnp.swapaxes(k, 2, 4), problem), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """One weight is the dot product of what its tap has read, over batch and positions, and the output's cotangent."""
    window = problem.window
    starts = jnp.arange(window.output_length) * window.stride

    def one_tap(tap: Array, signals: Array, cotangents: Array) -> Array:
        read = signals[:, starts + tap]  # (batch, positions, inputs)
        return problem.einsum("ntc,nto->co", read, cotangents)

    every_tap = jax.vmap(one_tap, in_axes=(0, None, None))
    every_group = jax.vmap(every_tap, in_axes=(None, 2, 2), out_axes=2)
    every_problem = jax.vmap(every_group, in_axes=(None, 0, 0))
    return every_problem(jnp.arange(window.kernel_size) * window.dilation, padded_input(x, window), y)


def _windows_dot_kernels(signals: Array, starts: Array, taps: Array, kernels: Array, problem: Problem) -> Array:
    def one_number(start: Array, signal: Array, kernel: Array) -> Array:
        seen = signal[start + taps]  # (taps, inputs): the window
        return problem.einsum("jc,jc->", seen, kernel)

    every_position = jax.vmap(one_number, in_axes=(0, None, None))
    every_kernel = jax.vmap(every_position, in_axes=(None, None, -1), out_axes=-1)
    every_group = jax.vmap(every_kernel, in_axes=(None, 1, 2), out_axes=1)
    every_signal = jax.vmap(every_group, in_axes=(None, 0, None))
    every_problem = jax.vmap(every_signal, in_axes=(None, 0, 0))
    return every_problem(starts, signals, kernels)


METHOD = Method("vmap", output, input_face, kernel_face, any_length=True, unlisted="the definition")
