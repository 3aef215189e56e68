"""The peers that run on JAX: jax.lax in two layouts, Flax, Equinox and Keras, each called as its users would."""

import os
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jax
from jax import Array, lax

from benchmarks.contenders import Contender, jax_contender
from benchmarks.layouts import CHANNELS_FIRST, CHANNELS_FIRST_REVERSED, CHANNELS_LAST, Layout
from benchmarks.problems import Problem

MOST_WORK = 2_000_000_000  # multiplications
MOST_GROUPED_WORK = 2_200_000_000  # XLA needs seconds for as many


def refuses_direct(problem: Problem, cell: str) -> str | None:
    """Why a direct sum would take too long: one call would last for many seconds."""
    grouped = problem.groups * max(problem.examples, 1) > 1
    work = problem.multiplications
    return f"{work:.1e} multiplications" if work > (MOST_GROUPED_WORK if grouped else MOST_WORK) else None


def loss_peers() -> tuple[list[Contender], list[str]]:
    """Of these, those that add something where there is a bias and a loss: the rest compile to the same programs."""
    found, missing = jax_peers()
    wanted = ("lax NCW", "flax")
    return [peer for peer in found if peer.name in wanted], [name for name in missing if name in wanted]


def jax_peers() -> tuple[list[Contender], list[str]]:
    """The peers that are installed, and the names of those that are not."""
    peers = {
        "lax NWC": (None, CHANNELS_LAST, partial(by_lax, "NWC")),
        "lax NCW": (None, CHANNELS_FIRST, partial(by_lax, "NCW")),
        "flax": ("flax", CHANNELS_LAST, by_flax),
        "equinox": ("equinox", CHANNELS_FIRST, _equinox),
        "keras": ("keras", CHANNELS_LAST, _keras),
    }
    os.environ.setdefault("KERAS_BACKEND", "jax")
    found, missing = [], []
    for name, (package, layout, convolution) in peers.items():
        if package is not None and find_spec(package) is None:
            missing.append(name)
            continue
        way = partial(_layout, name, layout)
        found.append(jax_contender(name, True, way, convolution, partial(_refuses, name)))
    return found, missing


def _layout(name: str, layout: Layout, problem: Problem) -> Layout:
    return CHANNELS_FIRST_REVERSED if name == "equinox" and problem.transposed else layout


def _refuses(name: str, problem: Problem, cell: str) -> str | None:
    if problem.transposed and problem.groups > 1 and name != "lax NWC":
        return "has no transposed convolution with groups (in this kernel's layout)"
    return refuses_direct(problem, cell)


def _transposed_padding(problem: Problem) -> tuple[int, int]:
    """What jax.lax pads the stride-dilated signal with, so that the result is the adjoint's."""
    low, high = problem.padding
    return problem.span - 1 - low, problem.span - 1 - high


def by_lax(order: str, problem: Problem):
    """`jax.lax` as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`."""
    convolution = _lax(order, problem)

    def with_bias(x: Array, kernel: Array, bias: Array | None = None) -> Array:
        y = convolution(x, kernel)
        if bias is None:
            return y
        return y + (bias if order == "NWC" else bias[:, None])

    return with_bias


def _lax(order: str, problem: Problem):
    kernel_order = "WIO" if order == "NWC" else "OIW"
    numbers = (order, kernel_order, order)
    if problem.transposed and problem.groups > 1:
        return partial(_lax_transposed_in_groups, problem)
    if problem.transposed:
        return lambda x, kernel: lax.conv_transpose(
            x,
            kernel,
            strides=(problem.stride,),
            padding=[_transposed_padding(problem)],
            rhs_dilation=(problem.dilation,),
            dimension_numbers=numbers,
            transpose_kernel=True,
        )
    return lambda x, kernel: lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(problem.stride,),
        padding=[problem.padding],
        rhs_dilation=(problem.dilation,),
        dimension_numbers=numbers,
        feature_group_count=problem.groups,
    )


def _lax_transposed_in_groups(problem: Problem, x: Array, kernel: Array) -> Array:
    """`jax.lax.conv_transpose` has no groups: the same written as a convolution of the stride-dilated signal."""
    width, outputs, channels = kernel.shape
    inputs = channels // problem.groups
    split = kernel[::-1].reshape(width, outputs, problem.groups, inputs)
    return lax.conv_general_dilated(
        x,
        split.transpose(0, 3, 2, 1).reshape(width, inputs, problem.groups * outputs),
        window_strides=(1,),
        padding=[_transposed_padding(problem)],
        lhs_dilation=(problem.stride,),
        rhs_dilation=(problem.dilation,),
        dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=problem.groups,
    )


def by_flax(problem: Problem):
    """A layer of Flax as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`."""
    nnx = import_module("flax.nnx")

    def convolution(x: Array, kernel: Array, bias: Array | None = None) -> Array:
        options: dict[str, Any] = {"strides": problem.stride, "kernel_dilation": problem.dilation}
        options |= {"use_bias": bias is not None, "bias_init": lambda key, shape, dtype: bias}
        options["kernel_init"] = lambda key, shape, dtype: kernel
        sizes = {"in_features": problem.inputs, "out_features": problem.outputs, "kernel_size": (problem.width,)}
        rngs = nnx.Rngs(0)
        if problem.transposed:
            padding = [_transposed_padding(problem)]
            module = nnx.ConvTranspose(**sizes, **options, padding=padding, transpose_kernel=True, rngs=rngs)
        else:
            padding = [problem.padding]
            module = nnx.Conv(**sizes, **options, padding=padding, feature_group_count=problem.groups, rngs=rngs)
        return module(x)

    return convolution


def _equinox(problem: Problem):
    equinox = import_module("equinox")
    kind = equinox.nn.ConvTranspose1d if problem.transposed else equinox.nn.Conv1d
    module = kind(
        problem.inputs,
        problem.outputs,
        problem.width,
        stride=problem.stride,
        padding=(problem.padding,),
        dilation=problem.dilation,
        groups=problem.groups,
        use_bias=False,
        key=jax.random.key(0),
    )

    def convolution(x: Array, kernel: Array) -> Array:
        filled = equinox.tree_at(lambda module: module.weight, module, kernel)
        return jax.vmap(filled)(x)

    return convolution


def _keras(problem: Problem):
    ops = import_module("keras.ops")
    low, high = problem.padding
    options = {"strides": problem.stride, "dilation_rate": problem.dilation, "data_format": "channels_last"}

    def convolution(x: Array, kernel: Array) -> Array:
        if problem.transposed:
            whole = ops.conv_transpose(x, kernel, padding="valid", **options)
            return whole[:, low : low + problem.result_length]
        if low or high:
            x = ops.pad(x, ((0, 0), (low, high), (0, 0)))
        return ops.conv(x, kernel, padding="valid", **options)

    return convolution
