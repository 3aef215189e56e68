"""What networks are written in: the same operations by JAX, channels last, and by PyTorch, channels first.

A convolution is that of a contender, as `(x, kernel, bias) -> y` of a `Problem`. Parameters have names and are kept as
JAX has them, in float64: kernels `(width, in/groups, out)`, weights `(in, out)`. PyTorch's are these with the first and
the last axis swapped.
"""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import Problem, same

EPSILON = 1e-5  # added to variances


class Ops:
    """What both have in common: how a convolution is described, and where its parameters are."""

    def __init__(self, parameters: dict[str, Any], convolution: Callable[[Problem], Callable]):
        self.parameters = parameters
        self.convolution = convolution

    def sizes(self, x) -> tuple[int, int, int]:
        """Batch, length and channels."""
        raise NotImplementedError

    def parameter(self, name: str, shape: tuple[int, ...], scale: float, centre: float = 0.0):
        """The parameter of this name; shape, scale and centre are for whoever makes it."""
        return self.parameters[name]

    def _convolved(self, name: str, x, problem: Problem, bias: bool):
        shape = problem.kernel_shape
        kernel = self.parameter(f"{name}.kernel", shape, (2 / (shape[0] * shape[1])) ** 0.5)
        if not bias:
            return self.convolution(problem)(x, kernel)
        return self.convolution(problem)(x, kernel, self.parameter(f"{name}.bias", (problem.outputs,), 0.1))

    def conv(self, name, x, outputs, width, *, stride=1, dilation=1, groups=1, causal=False, bias=True):
        """A convolution that keeps the length, but for its stride."""
        batch, length, inputs = self.sizes(x)
        reach = (width - 1) * dilation + 1 - stride
        padding = (reach, 0) if causal else (reach // 2, reach - reach // 2)
        problem = Problem(name, "network", batch, length, inputs, outputs, width, stride, dilation, groups, padding)
        return self._convolved(name, x, problem, bias)

    def conv_transpose(self, name, x, outputs, width, *, stride):
        """A transposed convolution that makes the length `stride` times as long."""
        batch, length, inputs = self.sizes(x)
        padding = same(width - stride + 1)
        problem = Problem(
            name, "network", batch, length, inputs, outputs, width, stride, padding=padding, transposed=True
        )
        return self._convolved(name, x, problem, bias=True)

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
    """By JAX."""

    relu = staticmethod(jax.nn.relu)
    gelu = staticmethod(functools.partial(jax.nn.gelu, approximate=True))
    silu = staticmethod(jax.nn.silu)
    elu = staticmethod(jax.nn.elu)
    leaky_relu = staticmethod(functools.partial(jax.nn.leaky_relu, negative_slope=0.1))
    sigmoid = staticmethod(jax.nn.sigmoid)
    tanh = staticmethod(jnp.tanh)

    def sizes(self, x):
        """Batch, length and channels."""
        return x.shape

    def linear(self, name, x, outputs):
        """The same product at each position."""
        weight, bias = self._weights(name, x.shape[-1], outputs)
        return x @ weight + bias

    def batch_norm(self, name, x):
        """Over batch and positions, as in training."""
        return self._norm(name, x, (0, 1))

    def layer_norm(self, name, x):
        """Over the channels of each position."""
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
        """Over positions."""
        return x.mean(1)

    def flatten(self, x):
        """All positions and channels of an example in one axis."""
        return x.reshape(x.shape[0], -1)

    def cross_entropy(self, logits, labels):
        """The mean over the batch."""
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()

    def mean_square(self, x):
        """Over all elements."""
        return jnp.square(x).mean()


def by_formula(problem: Problem):
    """A convolution as the sum of shifted products over its taps, sharing nothing with what is measured."""
    (low, _), groups = problem.padding, problem.groups

    def read(j: int) -> slice:
        start = j * problem.dilation
        return slice(start, start + (problem.windows - 1) * problem.stride + 1, problem.stride)

    def transposed(x, kernel):
        whole = jnp.zeros((x.shape[0], (problem.windows - 1) * problem.stride + problem.span, problem.outputs), x.dtype)
        for j in range(problem.width):
            whole = whole.at[:, read(j)].add(x @ kernel[j].T)
        return whole[:, low : low + problem.result_length]

    def direct(x, kernel):
        x = jnp.pad(x, ((0, 0), problem.padding, (0, 0)))
        if kernel.shape[1] == 1 and problem.outputs == groups:
            return sum(x[:, read(j)] * kernel[j, 0] for j in range(problem.width))
        x = x.reshape(*x.shape[:2], groups, -1)
        kernel = kernel.reshape(*kernel.shape[:2], groups, -1)
        terms = (jnp.einsum("ntgc,cgo->ntgo", x[:, read(j)], kernel[j]) for j in range(problem.width))
        y = functools.reduce(jnp.add, terms)
        return y.reshape(*y.shape[:2], problem.outputs)

    def convolution(x, kernel, bias: jax.Array | float = 0.0):
        if problem.transposed and groups > 1:
            raise NotImplementedError("no network has a transposed convolution with groups")
        return (transposed if problem.transposed else direct)(x, kernel) + bias

    return convolution


class Drawing(JaxOps):
    """By JAX, and a parameter that is not there yet is drawn."""

    def __init__(self, convolution, seed: int = 0):
        super().__init__({}, convolution)
        self.random = np.random.default_rng(seed)
        self.terms = 1  # of the longest sum

    def parameter(self, name, shape, scale, centre=0.0):
        """A normal draw."""
        if name in self.parameters:
            raise ValueError(f"two parameters are called {name!r}")
        self.parameters[name] = centre + scale * self.random.standard_normal(shape)
        self.terms = max(self.terms, int(np.prod(shape[:-1])))
        return jnp.asarray(self.parameters[name])


def to_torch(array: np.ndarray) -> np.ndarray:
    """A parameter or a gradient from JAX's axes to PyTorch's; its own way back."""
    return np.ascontiguousarray(np.swapaxes(array, 0, -1)) if array.ndim > 1 else array


class TorchOps(Ops):
    """By PyTorch, channels first."""

    def __init__(self, parameters: dict[str, Any], convolution: Callable[[Problem], Callable]):
        super().__init__(parameters, convolution)
        torch = import_module("torch")
        self.torch, self.functional = torch, torch.nn.functional
        self.relu, self.silu, self.elu = self.functional.relu, self.functional.silu, self.functional.elu
        self.gelu = functools.partial(self.functional.gelu, approximate="tanh")
        self.leaky_relu = functools.partial(self.functional.leaky_relu, negative_slope=0.1)
        self.sigmoid, self.tanh = torch.sigmoid, torch.tanh

    def sizes(self, x):
        """Batch, length and channels."""
        return x.shape[0], x.shape[2], x.shape[1]

    def linear(self, name, x, outputs):
        """The same product at each position; of a signal the channels are its last axis for as long."""
        weight, bias = self._weights(name, x.shape[1], outputs)
        if x.ndim == 2:
            return self.functional.linear(x, weight, bias)
        return self.functional.linear(x.transpose(1, 2), weight, bias).transpose(1, 2)

    def batch_norm(self, name, x):
        """Over batch and positions, as in training."""
        scale, shift = self._affine(name, x.shape[1])
        return self.functional.batch_norm(x, None, None, scale, shift, training=True, eps=EPSILON)

    def layer_norm(self, name, x):
        """Over the channels of each position."""
        scale, shift = self._affine(name, x.shape[1])
        normed = self.functional.layer_norm(x.transpose(1, 2), (x.shape[1],), scale, shift, EPSILON)
        return normed.transpose(1, 2)

    def split(self, x):
        """The first and the second half of the channels."""
        return x.chunk(2, dim=1)

    def mean(self, x):
        """Over positions."""
        return x.mean(2)

    def flatten(self, x):
        """All positions and channels of an example in one axis, in JAX's order, so that weights are the same."""
        return x.transpose(1, 2).flatten(1)

    def cross_entropy(self, logits, labels):
        """The mean over the batch."""
        return self.functional.cross_entropy(logits, labels)

    def mean_square(self, x):
        """Over all elements."""
        return x.square().mean()
