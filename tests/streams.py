"""What the tests of streams share: settings of one stream, the oracle's form of them, and a signal run through it."""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from bounds import ROUNDOFF, limits
from oracle import Form

import jconv

QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # to compile


@dataclass(frozen=True)
class Case:
    """One stream, its signal, and where the signal is cut."""

    cuts: tuple[int, ...]  # lengths of the chunks
    taps: int = 3
    stride: int = 1
    padding: str | tuple[int, int] = "causal"
    dilation: int = 1
    groups: int = 1
    inputs: int = 1  # of a group
    outputs: int = 1  # of a group
    transposed: bool = False
    method: str = "direct"
    block: int = 4
    batch: tuple[int, ...] = (2,)
    dtype: str = "float32"
    seed: int = 0

    @property
    def length(self):
        return sum(self.cuts)

    @property
    def stream(self):
        settings = {name: getattr(self, name) for name in ("stride", "padding", "dilation", "groups")}
        return jconv.Stream(self.taps, **settings, transposed=self.transposed, method=self.method, block=self.block)

    @property
    def span(self):
        return (self.taps - 1) * self.dilation + 1

    @property
    def pads(self):
        """The padding's numbers, from the definition of each word."""
        if isinstance(self.padding, tuple):
            return self.padding
        if self.padding == "valid":
            return 0, 0
        if self.padding == "causal":
            return self.span - 1, 0
        length = self.length * self.stride if self.transposed else self.length
        total = max((math.ceil(length / self.stride) - 1) * self.stride + self.span - length, 0)
        return (total // 2, total - total // 2) if self.padding == "same" else (total - total // 2, total // 2)

    @property
    def positions(self):
        """Outputs of the whole signal, none where its padding leaves none."""
        low, high = self.pads
        if not self.transposed:
            return max(0, (self.length + low + high - self.span) // self.stride + 1)
        if self.padding in ("same", "same_lower"):
            return self.length * self.stride
        return max(0, (self.length - 1) * self.stride + self.span - low - high)

    @property
    def form(self):
        """The trilinear form, in which a transpose's signal is `y` and its results `x`."""
        length, outputs = (self.positions, self.length) if self.transposed else (self.length, self.positions)
        return Form(length, self.taps, outputs, self.stride, self.dilation, self.pads[0], self.groups)

    @property
    def faces(self):
        """Of the results, of the gradient for the signal."""
        return ("input", "output") if self.transposed else ("output", "input")

    @property
    def whole_strides(self):
        """Whether "same" in a stream, which assumes whole strides, is that of this length."""
        words = self.padding in ("same", "same_lower") and not self.transposed
        total = max(self.span - self.stride, 0)
        return not words or self.pads[0] == (total // 2 if self.padding == "same" else total - total // 2)

    def arrays(self):
        """Signal, kernel, bias and a cotangent."""
        random = np.random.default_rng(self.seed)
        inputs, outputs = self.groups * self.inputs, self.groups * self.outputs
        kernel = (self.taps, self.outputs, inputs) if self.transposed else (self.taps, self.inputs, outputs)
        shapes = (*self.batch, self.length, inputs), kernel, (outputs,), (*self.batch, self.positions, outputs)
        if np.dtype(self.dtype).kind in "iu":
            return [random.integers(-9, 10, shape).astype(self.dtype) for shape in shapes]
        return [random.normal(size=shape).astype(self.dtype) for shape in shapes]

    def run(self, x, kernel, bias):
        """All outputs of the stream, joined."""
        stream = self.stream
        state, outs = stream.init(self.batch, x.shape[-1], x.dtype), []
        for chunk in jnp.split(x, np.cumsum(self.cuts)[:-1].tolist(), axis=-2):
            state, out = stream.step(state, chunk, kernel, bias)
            outs.append(out)
        return jnp.concatenate([*outs, stream.flush(state, kernel, bias)], axis=-2)


def streamed(case):
    """The outputs of a case, and the gradients for its signal, kernel and bias."""

    def faces(x, kernel, bias, cotangent):
        out, back = jax.vjp(case.run, x, kernel, bias)
        return out, *back(cotangent)

    compiled = jax.jit(faces).lower(*case.arrays()).compile(compiler_options=QUICK)
    return compiled(*case.arrays())


def flat(a):
    """`(*batch, length, channels)` with one batch axis."""
    a = np.asarray(a)
    return a.reshape(math.prod(a.shape[:-2]), *a.shape[-2:])


def exact_and_bounds(case, x, kernel, bias, cotangent):
    """For each of the four results the exact one, and how far from it this case's may lie.

    A stream sums the same products as the whole signal, in another order, to which the bound of a direct sum is blind.
    """
    form, (forward, backward) = case.form, case.faces
    x, cotangent = flat(x), flat(cotangent)
    bias, wide = bias.astype(np.float64), cotangent.astype(np.float64)
    unit = ROUNDOFF[np.dtype(case.dtype)]

    def one(face, a, b):
        exact = getattr(form, face)(a.astype(np.float64), b.astype(np.float64))
        if case.method == "fft":
            return exact, np.broadcast_to(fourier(case, face, a, b), exact.shape)
        return exact, limits(form, face, a, b, method="direct", dtype=case.dtype)

    out, bound = one(forward, x, kernel)
    out = out + bias
    terms = cotangent.shape[0] * cotangent.shape[1]
    pair = (cotangent, x) if case.transposed else (x, cotangent)
    return [
        (out, bound + 2 * unit * (np.abs(out) + bound)),
        one(backward, cotangent, kernel),
        one("kernel", *pair),
        (wide.sum(axis=(0, 1)), 2 * terms * unit * np.abs(wide).sum(axis=(0, 1))),
    ]


def fourier(case, face, first, second):
    """The bound of a Fourier method in `bounds.py`, for partitions of `block`.

    A transform is of `2*block` samples; a result sums as many spectra as there are channels and partitions, the
    gradient for the kernel as many as there are blocks and entries of the batch. A chunk is a part of at least one
    block, and each may add to the blocks. What two blocks share counts in both, and each operand of a gradient counts
    in two: at most 2 in the norm.
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    full_rate = case.length * (case.stride if case.transposed else 1) + sum(map(abs, case.pads)) + case.span
    blocks = full_rate // case.block + len(case.cuts) + 2
    partitions = -(-case.span // case.block)
    added = a.shape[0] * blocks * (1 + partitions) if face == "kernel" else a.shape[-1] * (partitions + blocks)
    roundings = 3 * 4 * np.log2(2 * case.block) + 3 + added
    groups, axis = case.groups, 1
    norm_a = np.linalg.norm(a, axis=axis).reshape(a.shape[0], groups, -1)
    if face == "kernel":
        norm_b = np.linalg.norm(b, axis=1).reshape(b.shape[0], groups, -1)
        size = np.einsum("ngc,ngo->cgo", norm_a, norm_b)
        size = size.reshape(1, size.shape[0], -1)
    else:
        norm_b = np.linalg.norm(b, axis=0).reshape(b.shape[1], groups, -1)
        size = np.einsum("ngc,cgo->ngo" if face == "output" else "ngo,cgo->ngc", norm_a, norm_b)
        size = size.reshape(a.shape[0], 1, -1)
    return 2 * min(roundings, 6 * np.sqrt(roundings)) * ROUNDOFF[np.dtype(case.dtype)] * size


def check(case):
    """Assert that a case gives what the formula does: outputs, and gradients for chunks, kernel and bias."""
    arrays = case.arrays()
    results = zip(("output", "signal", "kernel", "bias"), streamed(case), exact_and_bounds(case, *arrays), strict=True)
    for name, got, (exact, bound) in results:
        got = flat(got) if name in ("output", "signal") else np.asarray(got)
        assert got.shape == exact.shape, (name, case)
        assert got.dtype == np.dtype(case.dtype)
        worst = np.max(np.abs(got - exact) / np.maximum(bound, 1e-300), initial=0)
        assert worst <= 1, f"{name} of {case} is {worst:.3g} times its bound off"
