"""Networks by jconv, Flax and PyTorch: what each has to give, and what it takes part with."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.contenders import Contender, Ready
from benchmarks.measure import Record, Truth, one_cell
from benchmarks.networks import CELL, Network
from benchmarks.ops import Drawing, JaxOps, TorchOps, by_formula, to_torch
from benchmarks.peers import by_flax, by_lax
from benchmarks.peers_elsewhere import by_torch
from benchmarks.problems import Problem
from benchmarks.runners import by_jconv
from benchmarks.timing import Patience

DISTURBANCES = 3
MARGIN = 8
MOST = 0.05  # of a gradient: a layer that is left out or taken twice is off by all of it


@dataclass(frozen=True)
class Operands:
    """Signal, labels and parameters in float64, and the terms of the longest sum over them."""

    x: np.ndarray
    labels: np.ndarray
    parameters: dict[str, np.ndarray]
    terms: int

    def disturbed(self, size: float, seed: int) -> "Operands":
        """Every number off by up to `size` times itself."""
        off = np.random.default_rng(seed).uniform

        def moved(a: np.ndarray) -> np.ndarray:
            return a * (1 + off(-size, size, a.shape))

        moved_parameters = {name: moved(a) for name, a in self.parameters.items()}
        return Operands(moved(self.x), self.labels, moved_parameters, self.terms)


def operands(network: Network, dtype: np.dtype) -> Operands:
    """Draws, rounded to `dtype`."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal(network.x_shape).astype(dtype).astype(np.float64)
    labels = draw.integers(0, max(network.classes, 1), network.x_shape[0])
    ops = Drawing(by_formula)
    jax.eval_shape(lambda x: network.loss(ops, x, jnp.asarray(labels)), jax.ShapeDtypeStruct(x.shape, jnp.float32))
    parameters = {name: a.astype(dtype).astype(np.float64) for name, a in ops.parameters.items()}
    return Operands(x, labels, parameters, ops.terms)


def truth(network: Network, given: Operands, epsilon: float) -> Truth:
    """From the formula in float64: loss and gradients, and how much they change where all numbers are a rounding off.

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


def value_and_gradients(network: Network, convolution: Callable[[Problem], Callable]) -> Callable:
    """The function `(parameters, x, labels) -> (loss, gradients by name)` of a network, by JAX."""

    def loss(parameters, x, labels):
        return network.loss(JaxOps(parameters, convolution), x, labels)

    return jax.value_and_grad(loss)


def on_device(given: Operands, dtype: np.dtype) -> tuple:
    """Its arguments."""
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


def _never(problem, cell: str) -> None:
    return None


def _jax_contender(name: str, peer: bool, convolution: Callable[[Problem], Callable]) -> Contender:
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
