"""The peers: jax.lax in two layouts, Flax, Equinox, Keras, PyTorch and SciPy, each called as its users would."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jax
import numpy as np
from jax import Array, lax

from benchmarks.cases import Case, activation_of
from benchmarks.contenders import (
    CHANNELS_FIRST,
    CHANNELS_FIRST_REVERSED,
    CHANNELS_LAST,
    LEARNING_RATE,
    SCANNED_STEPS,
    Contender,
    Layout,
    Ready,
    jax_contender,
)

PEERS = ("lax NWC", "lax NCW", "flax", "equinox", "keras", "torch", "scipy")
LOSS_PEERS = ("lax NCW", "flax", "torch")  # with a bias and a loss the others compile to the programs of these
MOST_WORK = 2_000_000_000  # multiplications of a direct sum
MOST_GROUPED_WORK = 2_200_000_000  # the same with groups, for which XLA needs seconds
MOST_TORCH_WORK = 1_000_000_000  # the same with wide kernels, for whose gradients PyTorch needs tens of seconds


def installed(names: Sequence[str] = PEERS) -> tuple[list[Contender], list[str]]:
    """The peers of these names that are installed, and the names of those that are not."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    missing = [name for name in names if not name.startswith("lax") and find_spec(name) is None]
    return [_peer(name) for name in names if name not in missing], missing


def _peer(name: str) -> Contender:
    if name == "torch":
        return Contender(name, True, _torch_refuses, _torch_ready)
    if name == "scipy":
        return Contender(name, True, _scipy_refuses, _scipy_ready)
    layout, convolution = {
        "lax NWC": (CHANNELS_LAST, partial(by_lax, "NWC")),
        "lax NCW": (CHANNELS_FIRST, partial(by_lax, "NCW")),
        "flax": (CHANNELS_LAST, by_flax),
        "equinox": (CHANNELS_FIRST, _equinox),
        "keras": (CHANNELS_LAST, _keras),
    }[name]
    return jax_contender(name, True, partial(_layout, name, layout), convolution, partial(_refuses, name))


def _layout(name: str, layout: Layout, case: Case) -> Layout:
    return CHANNELS_FIRST_REVERSED if name == "equinox" and case.transposed else layout


def _refuses(name: str, case: Case, cell: str) -> str | None:
    if case.transposed and case.groups > 1 and name != "lax NWC":
        return "has no transposed convolution with groups (in this kernel's layout)"
    return _refuses_direct(case, cell)


def _refuses_direct(case: Case, cell: str) -> str | None:
    """Why a direct sum would take too long: one call would last for many seconds."""
    grouped = case.groups * max(case.examples, 1) > 1
    work = case.multiplications
    return f"{work:.1e} multiplications" if work > (MOST_GROUPED_WORK if grouped else MOST_WORK) else None


def _transposed_padding(case: Case) -> tuple[int, int]:
    """What jax.lax pads the stride-dilated signal with, so that the result is the adjoint's."""
    low, high = case.padding
    return case.span - 1 - low, case.span - 1 - high


def by_lax(order: str, case: Case):
    """`jax.lax` as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`."""
    convolution = _lax(order, case)

    def with_bias(x: Array, kernel: Array, bias: Array | None = None) -> Array:
        y = convolution(x, kernel)
        if bias is None:
            return y
        return y + (bias if order == "NWC" else bias[:, None])

    return with_bias


def _lax(order: str, case: Case):
    kernel_order = "WIO" if order == "NWC" else "OIW"
    numbers = (order, kernel_order, order)
    if case.transposed and case.groups > 1:
        return partial(_lax_transposed_in_groups, case)
    if case.transposed:
        return lambda x, kernel: lax.conv_transpose(
            x,
            kernel,
            strides=(case.stride,),
            padding=[_transposed_padding(case)],
            rhs_dilation=(case.dilation,),
            dimension_numbers=numbers,
            transpose_kernel=True,
        )
    return lambda x, kernel: lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(case.stride,),
        padding=[case.padding],
        rhs_dilation=(case.dilation,),
        dimension_numbers=numbers,
        feature_group_count=case.groups,
    )


def _lax_transposed_in_groups(case: Case, x: Array, kernel: Array) -> Array:
    """`jax.lax.conv_transpose` has no groups: the same written as a convolution of the stride-dilated signal."""
    width, outputs, channels = kernel.shape
    inputs = channels // case.groups
    split = kernel[::-1].reshape(width, outputs, case.groups, inputs)
    return lax.conv_general_dilated(
        x,
        split.transpose(0, 3, 2, 1).reshape(width, inputs, case.groups * outputs),
        window_strides=(1,),
        padding=[_transposed_padding(case)],
        lhs_dilation=(case.stride,),
        rhs_dilation=(case.dilation,),
        dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=case.groups,
    )


def by_flax(case: Case):
    """A layer of Flax as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`."""
    nnx = import_module("flax.nnx")

    def convolution(x: Array, kernel: Array, bias: Array | None = None) -> Array:
        options: dict[str, Any] = {"strides": case.stride, "kernel_dilation": case.dilation}
        options |= {"use_bias": bias is not None, "bias_init": lambda key, shape, dtype: bias}
        options["kernel_init"] = lambda key, shape, dtype: kernel
        sizes = {"in_features": case.inputs, "out_features": case.outputs, "kernel_size": (case.width,)}
        rngs = nnx.Rngs(0)
        if case.transposed:
            padding = [_transposed_padding(case)]
            module = nnx.ConvTranspose(**sizes, **options, padding=padding, transpose_kernel=True, rngs=rngs)
        else:
            padding = [case.padding]
            module = nnx.Conv(**sizes, **options, padding=padding, feature_group_count=case.groups, rngs=rngs)
        return module(x)

    return convolution


def _equinox(case: Case):
    equinox = import_module("equinox")
    kind = equinox.nn.ConvTranspose1d if case.transposed else equinox.nn.Conv1d
    module = kind(
        case.inputs,
        case.outputs,
        case.width,
        stride=case.stride,
        padding=(case.padding,),
        dilation=case.dilation,
        groups=case.groups,
        use_bias=False,
        key=jax.random.key(0),
    )

    def convolution(x: Array, kernel: Array) -> Array:
        filled = equinox.tree_at(lambda module: module.weight, module, kernel)
        return jax.vmap(filled)(x)

    return convolution


def _keras(case: Case):
    ops = import_module("keras.ops")
    low, high = case.padding
    options = {"strides": case.stride, "dilation_rate": case.dilation, "data_format": "channels_last"}

    def convolution(x: Array, kernel: Array) -> Array:
        if case.transposed:
            whole = ops.conv_transpose(x, kernel, padding="valid", **options)
            return whole[:, low : low + case.result_length]
        if low or high:
            x = ops.pad(x, ((0, 0), (low, high), (0, 0)))
        return ops.conv(x, kernel, padding="valid", **options)

    return convolution


def _torch_refuses(case: Case, cell: str) -> str | None:
    if case.multiplications > MOST_TORCH_WORK and case.width > 1000 and cell != "output":
        return f"{case.multiplications:.1e} multiplications"
    return _refuses_direct(case, cell)


def _torch_ready(case: Case, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
    torch = import_module("torch")
    on_gpu = jax.default_backend() == "gpu" and torch.cuda.is_available()
    kind = getattr(torch, operands[0].dtype.name)
    native = CHANNELS_FIRST.native(cell, *(np.asarray(a, np.float64) for a in operands))
    x, kernel, g = (torch.from_numpy(a).to("cuda" if on_gpu else "cpu", kind) for a in native)
    apply = by_torch(torch, case)
    wanted = {
        "output": (),
        "gradient for x": (x.requires_grad_(cell in ("gradient for x", "whole step", "step in scan")),),
        "gradient for kernel": (kernel.requires_grad_(cell in ("gradient for kernel", "whole step", "step in scan")),),
    }
    y = apply(x, kernel) if cell.startswith("gradient") else None
    activation = activation_of(cell)
    of_loss = [a.requires_grad_() for a in (x, kernel, g)] if activation else []

    def step():
        y = apply(x, kernel)
        return y, *torch.autograd.grad(y, (x, kernel), y.detach())

    def run():
        if activation:
            loss = torch_activations(torch)[activation](apply(*of_loss)).sum()
            return loss, *torch.autograd.grad(loss, of_loss)
        if cell == "output":
            return (apply(x, kernel),)
        if cell == "whole step":
            return step()
        if cell == "step in scan":
            gradients = ()
            for _ in range(SCANNED_STEPS):
                _, *gradients = step()
                with torch.no_grad():
                    kernel.sub_(gradients[1], alpha=LEARNING_RATE)
            return tuple(gradients)
        return torch.autograd.grad(y, wanted[cell], g, retain_graph=True)

    def call():
        results = run()
        if on_gpu:
            torch.cuda.synchronize()
        return results

    def results(computed):
        return CHANNELS_FIRST.restored(cell, tuple(a.detach().double().cpu().numpy() for a in computed))

    return Ready(call, results, SCANNED_STEPS if cell == "step in scan" else 1)


def torch_activations(torch) -> dict[str, Callable]:
    """By the names of our losses."""
    functional = torch.nn.functional
    gelu = partial(functional.gelu, approximate="tanh")
    return {"square": torch.square, "relu": functional.relu, "gelu": gelu, "silu": functional.silu}


def by_torch(torch, case: Case):
    """PyTorch as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`, channels first."""
    functional = torch.nn.functional
    low, high = case.padding
    options = {"stride": case.stride, "dilation": case.dilation, "groups": case.groups}

    def convolution(x, kernel, bias=None):
        if case.transposed:
            return functional.conv_transpose1d(x, kernel, bias, padding=low, **options)
        if low != high:
            x = functional.pad(x, (low, high))
        return functional.conv1d(x, kernel, bias, padding=low if low == high else 0, **options)

    if not case.examples:
        return convolution

    def mapped(x, *kernel_and_bias):
        axes = (None if case.shared_signal else 0, *(0 for _ in kernel_and_bias))
        return torch.func.vmap(convolution, in_dims=axes)(x, *kernel_and_bias)

    return mapped


def _scipy_refuses(case: Case, cell: str) -> str | None:
    if cell != "output":
        return "has no gradients"
    single = case.inputs == case.outputs == 1 and not case.examples
    return None if single and case.family == "long" else "is here for one long channel"


def _scipy_ready(case: Case, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
    signal = import_module("scipy.signal")
    kind = np.promote_types(operands[0].dtype, np.float32)
    x = np.pad(operands[0][..., 0].astype(kind), ((0, 0), case.padding))
    reversed_kernel = np.ascontiguousarray(operands[1][None, ::-1, 0, 0].astype(kind))
    call = partial(signal.oaconvolve, x, reversed_kernel, mode="valid", axes=1)
    return Ready(call, lambda y: (np.asarray(y, np.float64)[..., None],))
