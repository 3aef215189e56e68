"""The peers that do not run on JAX: PyTorch, and SciPy's overlap-add for one long channel."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import jax
import numpy as np

from benchmarks.cells import LEARNING_RATE, SCANNED_STEPS, activation_of
from benchmarks.contenders import Contender, Ready
from benchmarks.layouts import CHANNELS_FIRST
from benchmarks.peers import refuses_direct
from benchmarks.problems import Problem


def other_peers() -> tuple[list[Contender], list[str]]:
    """The peers that are installed, and the names of those that are not."""
    peers = {"torch": Contender("torch", True, _torch_refuses, _torch_ready)}
    peers["scipy"] = Contender("scipy", True, _scipy_refuses, _scipy_ready)
    found = [peer for name, peer in peers.items() if find_spec(name) is not None]
    return found, [name for name in peers if find_spec(name) is None]


def _torch_refuses(problem: Problem, cell: str) -> str | None:
    if problem.multiplications > 1_000_000_000 and problem.width > 1000 and cell != "output":
        return f"{problem.multiplications:.1e} multiplications"  # its gradients take tens of seconds
    return refuses_direct(problem, cell)


def _torch_ready(problem: Problem, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
    torch = import_module("torch")
    on_gpu = jax.default_backend() == "gpu" and torch.cuda.is_available()
    kind = getattr(torch, operands[0].dtype.name)
    native = CHANNELS_FIRST.native(cell, *(np.asarray(a, np.float64) for a in operands))
    x, kernel, g = (torch.from_numpy(a).to("cuda" if on_gpu else "cpu", kind) for a in native)
    apply = by_torch(torch, problem)
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


def by_torch(torch, problem: Problem):
    """PyTorch as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`, channels first."""
    functional = torch.nn.functional
    low, high = problem.padding
    options = {"stride": problem.stride, "dilation": problem.dilation, "groups": problem.groups}

    def convolution(x, kernel, bias=None):
        if problem.transposed:
            return functional.conv_transpose1d(x, kernel, bias, padding=low, **options)
        if low != high:
            x = functional.pad(x, (low, high))
        return functional.conv1d(x, kernel, bias, padding=low if low == high else 0, **options)

    if not problem.examples:
        return convolution

    def mapped(x, *kernel_and_bias):
        axes = (None if problem.shared_signal else 0, *(0 for _ in kernel_and_bias))
        return torch.func.vmap(convolution, in_dims=axes)(x, *kernel_and_bias)

    return mapped


def _scipy_refuses(problem: Problem, cell: str) -> str | None:
    if cell != "output":
        return "has no gradients"
    single = problem.inputs == problem.outputs == 1 and not problem.examples
    return None if single and problem.family == "long" else "is here for one long channel"


def _scipy_ready(problem: Problem, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
    signal = import_module("scipy.signal")
    kind = np.promote_types(operands[0].dtype, np.float32)
    x = np.pad(operands[0][..., 0].astype(kind), ((0, 0), problem.padding))
    reversed_kernel = np.ascontiguousarray(operands[1][None, ::-1, 0, 0].astype(kind))
    call = partial(signal.oaconvolve, x, reversed_kernel, mode="valid", axes=1)
    return Ready(call, lambda y: (np.asarray(y, np.float64)[..., None],))
