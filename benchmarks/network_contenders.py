"""Networks by jconv, Flax and PyTorch: what each must give, and what it takes part with.

A network (`benchmarks/networks.py`) is written in operations. They are here by JAX, channels last, and by PyTorch,
channels first; convolutions come from the contender, as a function `(x, kernel, bias) -> y` for a `Case`. Parameters
have names and are kept as JAX has them, in float64: kernels `(width, in/groups, out)`, weights `(in, out)`. PyTorch's
have the first and the last axis swapped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Case, same
from benchmarks.contenders import Contender, Ready
from benchmarks.measure import Record, Truth, one_cell
from benchmarks.networks import CELL, Network
from benchmarks.peers import by_flax, by_lax, by_torch
from benchmarks.runners import by_jconv
from benchmarks.timing import Patience

EPSILON = 1e-5  # added to variances
DISTURBANCES = 3
MARGIN = 8
MOST = 0.05  # of a gradient: a layer that is left out or taken twice is off by all of it


class Ops:
    """The operations that a network is written in; here, what both libraries have in common."""

    def __init__(self, parameters: dict[str, Any], convolution: Callable[[Case], Callable]):
        self.parameters = parameters
        self.convolution = convolution

    def sizes(self, x) -> tuple[int, int, int]:
        """The batch, length and channels of a signal."""
        raise NotImplementedError

    def parameter(self, name: str, shape: tuple[int, ...], scale: float, centre: float = 0.0):
        """The parameter of this name; `Drawing` makes it, from its shape, scale and centre."""
        return self.parameters[name]

    def _convolved(self, name: str, x, case: Case, bias: bool):
        shape = case.kernel_shape
        kernel = self.parameter(f"{name}.kernel", shape, (2 / (shape[0] * shape[1])) ** 0.5)
        if not bias:
            return self.convolution(case)(x, kernel)
        return self.convolution(case)(x, kernel, self.parameter(f"{name}.bias", (case.outputs,), 0.1))

    def conv(self, name, x, outputs, width, *, stride=1, dilation=1, groups=1, causal=False, bias=True):
        """A convolution that keeps the length, or divides it by `stride`."""
        batch, length, inputs = self.sizes(x)
        reach = (width - 1) * dilation + 1 - stride
        padding = (reach, 0) if causal else (reach // 2, reach - reach // 2)
        case = Case(name, "network", batch, length, inputs, outputs, width, stride, dilation, groups, padding)
        return self._convolved(name, x, case, bias)

    def conv_transpose(self, name, x, outputs, width, *, stride):
        """A transposed convolution that makes the length `stride` times as long."""
        batch, length, inputs = self.sizes(x)
        padding = same(width - stride + 1)
        case = Case(name, "network", batch, length, inputs, outputs, width, stride, padding=padding, transposed=True)
        return self._convolved(name, x, case, bias=True)

    def _affine(self, name: str, channels: int):
        return (
            self.parameter(f"{name}.scale", (channels,), 0.1, centre=1.0),
            self.parameter(f"{name}.shift", (channels,), 0.1),
        )

    def _weights(self, name: str, inputs: int, outputs: int):
        return (
            self.parameter(f"{name}.weight", (inputs, outputs), inputs**-0.5),
            self.parameter(f"{name}.bias", (outputs,), 0.1),
        )


class JaxOps(Ops):
    """The operations by JAX, channels last."""

    relu = staticmethod(jax.nn.relu)
    silu = staticmethod(jax.nn.silu)
    elu = staticmethod(jax.nn.elu)
    leaky_relu = staticmethod(partial(jax.nn.leaky_relu, negative_slope=0.1))
    sigmoid = staticmethod(jax.nn.sigmoid)
    tanh = staticmethod(jnp.tanh)

    def sizes(self, x):
        """The batch, length and channels of a signal."""
        return x.shape

    def linear(self, name, x, outputs):
        """A linear layer, at each position of a signal."""
        weight, bias = self._weights(name, x.shape[-1], outputs)
        return x @ weight + bias

    def batch_norm(self, name, x):
        """Normalise over batch and positions, as in training."""
        return self._norm(name, x, (0, 1))

    def layer_norm(self, name, x):
        """Normalise over the channels of each position."""
        return self._norm(name, x, (-1,))

    def _norm(self, name, x, axes):
        scale, shift = self._affine(name, x.shape[-1])
        centred = x - x.mean(axes, keepdims=True)
        variance = jnp.square(centred).mean(axes, keepdims=True)
        return centred * jax.lax.rsqrt(variance + EPSILON) * scale + shift

    def split(self, x):
        """The first and the second half of the channels."""
        return jnp.split(x, 2, axis=-1)

    def mean(self, x):
        """The mean over positions."""
        return x.mean(1)

    def cross_entropy(self, logits, labels):
        """The cross entropy of logits and labels, its mean over the batch."""
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()

    def mean_square(self, x):
        """The mean of the squares of all elements."""
        return jnp.square(x).mean()


def by_formula(case: Case):
    """A convolution as a sum of shifted products over its taps, which shares nothing with what is measured."""
    (low, _), groups = case.padding, case.groups

    def read(j: int) -> slice:
        start = j * case.dilation
        return slice(start, start + (case.windows - 1) * case.stride + 1, case.stride)

    def transposed(x, kernel):
        whole = jnp.zeros((x.shape[0], (case.windows - 1) * case.stride + case.span, case.outputs), x.dtype)
        for j in range(case.width):
            whole = whole.at[:, read(j)].add(x @ kernel[j].T)
        return whole[:, low : low + case.result_length]

    def direct(x, kernel):
        x = jnp.pad(x, ((0, 0), case.padding, (0, 0)))
        if kernel.shape[1] == 1 and case.outputs == groups:
            return sum(x[:, read(j)] * kernel[j, 0] for j in range(case.width))
        x = x.reshape(*x.shape[:2], groups, -1)
        kernel = kernel.reshape(*kernel.shape[:2], groups, -1)
        y = sum(jnp.einsum("ntgc,cgo->ntgo", x[:, read(j)], kernel[j]) for j in range(case.width))
        return jnp.reshape(y, (x.shape[0], -1, case.outputs))

    def convolution(x, kernel, bias: jax.Array | float = 0.0):
        if case.transposed and groups > 1:
            raise NotImplementedError("no network has a transposed convolution with groups")
        return (transposed if case.transposed else direct)(x, kernel) + bias

    return convolution


class Drawing(JaxOps):
    """The operations by JAX, which draw their parameters: so a network's are made by running it once."""

    def __init__(self, convolution, seed: int = 0):
        super().__init__({}, convolution)
        self.random = np.random.default_rng(seed)
        self.terms = 1  # of the longest sum

    def parameter(self, name, shape, scale, centre=0.0):
        """Draw the parameter of this name."""
        if name in self.parameters:
            raise ValueError(f"two parameters are called {name!r}")
        self.parameters[name] = centre + scale * self.random.standard_normal(shape)
        self.terms = max(self.terms, int(np.prod(shape[:-1])))
        return jnp.asarray(self.parameters[name])


def to_torch(array: np.ndarray) -> np.ndarray:
    """A parameter or gradient with PyTorch's axes from JAX's, or with JAX's from PyTorch's."""
    return np.ascontiguousarray(np.swapaxes(array, 0, -1)) if array.ndim > 1 else array


class TorchOps(Ops):
    """The operations by PyTorch, channels first."""

    def __init__(self, parameters: dict[str, Any], convolution: Callable[[Case], Callable]):
        super().__init__(parameters, convolution)
        torch = import_module("torch")
        self.torch, self.functional = torch, torch.nn.functional
        self.relu, self.silu, self.elu = self.functional.relu, self.functional.silu, self.functional.elu
        self.leaky_relu = partial(self.functional.leaky_relu, negative_slope=0.1)
        self.sigmoid, self.tanh = torch.sigmoid, torch.tanh

    def sizes(self, x):
        """The batch, length and channels of a signal."""
        return x.shape[0], x.shape[2], x.shape[1]

    def linear(self, name, x, outputs):
        """A linear layer, at each position of a signal."""
        weight, bias = self._weights(name, x.shape[1], outputs)
        if x.ndim == 2:
            return self.functional.linear(x, weight, bias)
        return self.functional.linear(x.transpose(1, 2), weight, bias).transpose(1, 2)

    def batch_norm(self, name, x):
        """Normalise over batch and positions, as in training."""
        scale, shift = self._affine(name, x.shape[1])
        return self.functional.batch_norm(x, None, None, scale, shift, training=True, eps=EPSILON)

    def layer_norm(self, name, x):
        """Normalise over the channels of each position."""
        scale, shift = self._affine(name, x.shape[1])
        normed = self.functional.layer_norm(x.transpose(1, 2), (x.shape[1],), scale, shift, EPSILON)
        return normed.transpose(1, 2)

    def split(self, x):
        """The first and the second half of the channels."""
        return x.chunk(2, dim=1)

    def mean(self, x):
        """The mean over positions."""
        return x.mean(2)

    def cross_entropy(self, logits, labels):
        """The cross entropy of logits and labels, its mean over the batch."""
        return self.functional.cross_entropy(logits, labels)

    def mean_square(self, x):
        """The mean of the squares of all elements."""
        return x.square().mean()


@dataclass(frozen=True)
class Operands:
    """Signal, labels and parameters in float64, and the terms of the longest sum over them."""

    x: np.ndarray
    labels: np.ndarray
    parameters: dict[str, np.ndarray]
    terms: int

    def disturbed(self, size: float, seed: int) -> "Operands":
        """The same with every number off by up to `size` times itself."""
        off = np.random.default_rng(seed).uniform

        def moved(a: np.ndarray) -> np.ndarray:
            return a * (1 + off(-size, size, a.shape))

        moved_parameters = {name: moved(a) for name, a in self.parameters.items()}
        return Operands(moved(self.x), self.labels, moved_parameters, self.terms)


def operands(network: Network, dtype: np.dtype) -> Operands:
    """The operands of a network: unit-normal draws, rounded to `dtype`."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal(network.x_shape).astype(dtype).astype(np.float64)
    labels = draw.integers(0, max(network.classes, 1), network.x_shape[0])
    ops = Drawing(by_formula)
    jax.eval_shape(lambda x: network.loss(ops, x, jnp.asarray(labels)), jax.ShapeDtypeStruct(x.shape, jnp.float32))
    parameters = {name: a.astype(dtype).astype(np.float64) for name, a in ops.parameters.items()}
    return Operands(x, labels, parameters, ops.terms)


def truth(network: Network, given: Operands, epsilon: float) -> Truth:
    """The loss and gradients in float64, from the formula, and how far a contender may be off.

    A sum of n terms is off by about the root of n roundings. Numbers that are off by as much at the network's entrance
    and in all its layers move the results as the roundings inside move them, whatever its depth. Arrays are compared as
    a whole, since an activation taken for the other side of its kink moves a few numbers by much.
    """
    with jax.enable_x64(True):
        run = jax.jit(value_and_gradients(network, by_formula))

        def results(given: Operands) -> tuple[np.ndarray, ...]:
            value, gradients = run(*on_device(given, np.dtype(np.float64)))
            return tuple(np.asarray(a) for a in (value, *gradients.values()))

        right = results(given)
        rounding = epsilon * given.terms**0.5
        changes = np.zeros(len(right))
        for seed in range(DISTURBANCES):
            moved = results(given.disturbed(rounding, seed))
            changes = np.maximum(changes, [_apart(a, b) for a, b in zip(moved, right, strict=True)])
    tolerances = tuple(min(float(MARGIN * max(change, rounding)), MOST) for change in changes)
    return Truth(right, tolerances, (0.0,) * len(right), as_a_whole=True)


def _apart(a: np.ndarray, right: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - right) ** 2) / np.mean(right**2)))


def value_and_gradients(network: Network, convolution: Callable[[Case], Callable]) -> Callable:
    """The function `(parameters, x, labels) -> (loss, gradients by name)` of a network, by JAX."""

    def loss(parameters, x, labels):
        return network.loss(JaxOps(parameters, convolution), x, labels)

    return jax.value_and_grad(loss)


def on_device(given: Operands, dtype: np.dtype) -> tuple:
    """Parameters, signal and labels, as arrays of JAX."""
    parameters = {name: jnp.asarray(a, dtype) for name, a in sorted(given.parameters.items())}
    return parameters, jnp.asarray(given.x, dtype), jnp.asarray(given.labels)


def contenders() -> tuple[list[Contender], list[str]]:
    """This library, the peers that are installed, and the names of those that are not."""
    ours = _jax_contender("auto", False, partial(by_jconv, "auto"))
    peers = {"flax": _jax_contender("flax", True, by_flax), "torch": Contender("torch", True, _never, _torch_ready)}
    missing = [name for name in peers if find_spec(name) is None]
    if "flax" in missing:
        peers["lax NWC"] = _jax_contender("lax NWC", True, partial(by_lax, "NWC"))  # what a layer of Flax calls
    return [ours, *(peer for name, peer in peers.items() if name not in missing)], missing


def _never(case, cell: str) -> None:
    return None


def _jax_contender(name: str, peer: bool, convolution: Callable[[Case], Callable]) -> Contender:
    def prepare(network, cell: str, given: tuple, programs: dict[str, Ready]) -> Ready:
        arrays = on_device(*given)
        function = jax.jit(value_and_gradients(network, convolution))
        start = time.perf_counter()
        compiled = function.lower(*arrays).compile()
        seconds = time.perf_counter() - start
        memory = compiled.memory_analysis()

        def results(computed):
            value, gradients = computed
            return tuple(np.asarray(a).astype(np.float64) for a in (value, *gradients.values()))

        def call():
            return jax.block_until_ready(function(*arrays))

        return Ready(call, results, 1, seconds, None if memory is None else int(memory.temp_size_in_bytes))

    return Contender(name, peer, _never, prepare)


def _torch_ready(network, cell: str, given: tuple, programs: dict[str, Ready]) -> Ready:
    torch = import_module("torch")
    numbers, dtype = given
    on_gpu = jax.default_backend() == "gpu" and torch.cuda.is_available()
    device, kind = "cuda" if on_gpu else "cpu", getattr(torch, np.dtype(dtype).name)

    def there(a: np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(a)).to(device, kind)

    parameters = {name: there(to_torch(a)).requires_grad_() for name, a in sorted(numbers.parameters.items())}
    x, labels = there(np.swapaxes(numbers.x, 1, 2)), torch.from_numpy(numbers.labels).to(device)
    ops = TorchOps(parameters, partial(by_torch, torch))

    def call():
        loss = network.loss(ops, x, labels)
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        if on_gpu:
            torch.cuda.synchronize()
        return loss, *gradients

    def results(computed):
        return tuple(to_torch(a.detach().double().cpu().numpy()) for a in computed)

    return Ready(call, results)


def measure(network: Network, contenders: list[Contender], dtype: np.dtype, epsilon: float, patience: Patience):
    """The record of one network."""
    given = operands(network, dtype)
    right = truth(network, given, epsilon)
    cells: dict[str, dict[str, Record]] = {
        CELL: one_cell(network, CELL, contenders, (given, dtype), right, patience, {})
    }
    return {"problem": network.facts(), "cells": cells}
