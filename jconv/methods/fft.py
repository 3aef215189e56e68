"""Products of spectra, over the whole signal or block by block, the kernel in one part or several.

Each output block reads `hop + reach - 1` inputs for each part (overlap-save); each input block is written to by as
many (overlap-add); the kernel sums over the blocks in the frequency domain, so one inverse transform for each part
suffices. Where there are several parts, blocks move by one part's reach, so that part `p` of output block `b` reads
input block `b + p`.

A few long transforms run at a fraction of the rate of many short ones, which share the lanes of the vectors; a long
kernel in parts (Wefers, Partitioned convolution algorithms for real-time auralization, 2015) trades them for products
of spectra.

The error is relative to the norms of the operands, not to each output: an isolated large value, or one NaN, spreads
over its whole block.
"""

import functools
import operator
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv import accelerators, cpu
from jconv.accelerators import Work
from jconv.methods import fft_products
from jconv.methods.arrays import dilated, padded_input, shifted, unpadded_input
from jconv.methods.problem import ACCELERATORS, Counts, Face, Method, Problem


class Blocks(NamedTuple):
    """`count` blocks of `hop` positions and `parts` parts of `reach` taps, transformed at length `size`.

    `size >= hop + reach - 1`; with several parts `hop == reach`.
    """

    count: int
    hop: int
    size: int
    parts: int
    reach: int

    @classmethod
    def of(cls, problem: Problem) -> "Blocks":
        """The cheapest to transform and multiply, the kernel in parts only where that saves much."""
        problem = problem.usual

        def work(blocks: Blocks) -> float:
            return blocks.points(problem) + cpu.SPECTRAL_PRODUCT * blocks.products(problem)

        best = min(_in_one_part(problem), key=work)
        return min(
            (cut for cut in _in_parts(problem) if work(cut) <= cpu.PARTS_WORTH * work(best)),
            key=work,
            default=best,
        )

    @property
    def read(self) -> int:
        """How many input blocks all output blocks read."""
        return self.count + self.parts - 1

    def points(self, problem: Problem) -> float:
        """Samples transformed times the logarithm of the length; fewer where transforms share vectors."""
        turns = sum(
            n % cpu.TRANSFORMS_ABREAST + cpu.ABREAST_TIMES * (n // cpu.TRANSFORMS_ABREAST)
            for n in self._transforms(problem)
        )
        return float(turns * self.size * np.log2(self.size))

    def samples(self, problem: Problem) -> float:
        """Samples transformed."""
        return float(sum(self._transforms(problem)) * self.size)

    def products(self, problem: Problem) -> float:
        """Multiplications of complex samples."""
        pairs = problem.problems * problem.batch * problem.groups * problem.inputs * problem.outputs
        return float(self.count * self.parts * pairs * self.size) / 2

    def _transforms(self, problem: Problem) -> tuple[int, int, int]:
        """Numbers of transforms: of x, of y and of the kernel."""
        signals, groups = problem.problems * problem.batch * problem.groups, problem.problems * problem.groups
        kernels = groups * problem.inputs * problem.outputs
        return signals * problem.inputs * self.read, signals * problem.outputs * self.count, kernels * self.parts


def _in_one_part(problem: Problem) -> Iterator[Blocks]:
    """The whole signal, or blocks of it."""
    window = problem.window
    span, positions = window.span, window.extent - window.span + 1
    yield Blocks(1, positions, _length(window.extent, problem), 1, span)
    size = _length(max(cpu.SPANS_A_BLOCK * span, cpu.LEAST_TRANSFORM), problem)
    hop = size - span + 1
    if 2 * hop < positions:
        yield Blocks(-(-positions // hop), hop, size, 1, span)


def _in_parts(problem: Problem) -> Iterator[Blocks]:
    window = problem.window
    positions = window.extent - window.span + 1
    for parts in cpu.KERNEL_PARTS:
        reach = -(-window.span // parts)
        if 2 * reach >= cpu.LEAST_TRANSFORM and reach < positions:
            yield Blocks(-(-positions // reach), reach, _length(2 * reach - 1, problem), parts, reach)


def _length(least: int, problem: Problem) -> int:
    return 1 << max(least - 1, 1).bit_length() if _by_products(problem) else fast_length(least)


def _by_products(problem: Problem) -> bool:
    return problem.platform == "tpu"


def fast_length(least: int) -> int:
    """The least `2^a 3^b 5^c` that is not below `least`.

    >>> fast_length(1021)
    1024
    """
    best = 1 << max(least - 1, 0).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            quotient = -(-least // three)
            best = min(best, three << max(quotient - 1, 0).bit_length())
            three *= 3
        five *= 5
    return best


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`Y_b = sum over c and p of X_(b+p)c * conj(K_pc)`, a correlation."""
    window, blocks = problem.window, Blocks.of(problem)
    signal = _spectrum(_reading_blocks(x, problem, blocks), blocks, problem)  # (b, n, g, blocks, c, f)
    kernel = _reversed_spectrum(_kernel_parts(k, problem, blocks), blocks, problem)  # (b, g, parts, c, o, f)
    product = _sum(
        _times(_blocks_from(signal, p, blocks.count), kernel[:, :, p], "bngmcf,bgcof->bngmof", problem)
        for p in range(blocks.parts)
    )
    y = _samples(product, blocks, problem)[..., : blocks.hop]
    y = _joined(y)[..., : window.extent - window.span + 1 : window.stride]
    return jnp.moveaxis(y, 4, 2)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`X_bc = sum over o and p of Y_(b-p)o * K_pco`, a convolution."""
    window, blocks = problem.window, Blocks.of(problem)
    signal = _spectrum(_writing_blocks(y, problem, blocks), blocks, problem)
    kernel = _spectrum(_kernel_parts(k, problem, blocks), blocks, problem)
    kernel = jnp.swapaxes(kernel, 3, 4)
    product = _sum(
        shifted(_times(signal, kernel[:, :, p], "bngmof,bgocf->bngmcf", problem), p, blocks.read, axis=3)
        for p in range(blocks.parts)
    )
    x = _samples(product, blocks, problem)[..., : blocks.hop + blocks.reach - 1]
    heads, tails = _joined(x[..., : blocks.hop]), x[..., blocks.hop :]
    if blocks.read == 1:
        padded = jnp.concatenate([heads, tails[:, :, :, 0]], axis=-1)
    else:
        late = _joined(shifted(tails, 0, blocks.hop, axis=5))
        padded = shifted(heads, 0, window.extent, axis=4) + shifted(late, blocks.hop, window.extent, axis=4)
    return unpadded_input(jnp.moveaxis(padded, 4, 2), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`K_pco = sum over blocks and batch of X_(b+p)c * conj(Y_bo)`."""
    window, blocks = problem.window, Blocks.of(problem)
    signal = _spectrum(_reading_blocks(x, problem, blocks), blocks, problem)
    cotangent = _reversed_spectrum(_writing_blocks(y, problem, blocks), blocks, problem)

    def part(p: int) -> Array:
        read = _blocks_from(signal, p, blocks.count)
        if problem.inputs == 1 or problem.outputs == 1:
            return jnp.sum(read[..., :, None, :] * cotangent[..., None, :, :], axis=(1, 3))
        return jnp.einsum("bngmcf,bngmof->bgcof", read, cotangent, precision=_precision(problem))

    product = jnp.stack([part(p) for p in range(blocks.parts)], axis=4)  # (b, g, c, o, parts, f)
    k = _samples(product, blocks, problem)[..., : blocks.reach]
    k = k.reshape(*k.shape[:4], blocks.parts * blocks.reach)[..., : window.span : window.dilation]
    return jnp.transpose(k, (0, 4, 2, 1, 3))


def _reading_blocks(x: Array, problem: Problem, blocks: Blocks) -> Array:
    """What each block reads: (b, n, g, blocks, c, hop + reach - 1)."""
    signal = jnp.moveaxis(padded_input(x.astype(problem.accumulate), problem.window), 2, 4)  # (b, n, g, c, time)
    if blocks.read == 1:
        return signal[:, :, :, None]
    signal = shifted(signal, 0, (blocks.read + 1) * blocks.hop, axis=4)
    heads = _cut(signal[..., : -blocks.hop], blocks)
    tails = _cut(signal[..., blocks.hop :], blocks)
    return jnp.concatenate([heads, tails[..., : blocks.reach - 1]], axis=-1)


def _writing_blocks(y: Array, problem: Problem, blocks: Blocks) -> Array:
    """The output positions at stride 1, cut into blocks: (b, n, g, blocks, o, hop)."""
    upsampled = dilated(jnp.moveaxis(y.astype(problem.accumulate), 2, 4), problem.window.stride, axis=4)
    return _cut(shifted(upsampled, 0, blocks.count * blocks.hop, axis=4), blocks)


def _kernel_parts(k: Array, problem: Problem, blocks: Blocks) -> Array:
    """(b, taps, c, g, o) -> (b, g, parts, c, o, reach)."""
    k = dilated(jnp.transpose(k, (0, 3, 2, 4, 1)).astype(problem.accumulate), problem.window.dilation, axis=4)
    k = shifted(k, 0, blocks.parts * blocks.reach, axis=4)
    return jnp.moveaxis(k.reshape(*k.shape[:4], blocks.parts, blocks.reach), 4, 2)


def _blocks_from(spectra: Array, first: int, count: int) -> Array:
    return spectra[:, :, :, first : first + count]


def _times(signal: Array, kernel: Array, formula: str, problem: Problem) -> Array:
    """The spectra of blocks times those of one part of the kernel, summed over the channels of the signal."""
    if signal.shape[4] == 1:  # no sum: XLA is better off without a matrix product
        return signal * kernel[:, None, :, None, 0]
    return jnp.einsum(formula, signal, kernel, precision=_precision(problem))


def _precision(problem: Problem) -> Any:
    """That of products of spectra: the error bound is one of float32, which accelerators round to fewer bits."""
    asked = problem.precision
    return lax.Precision.HIGHEST if asked is None and problem.platform in ACCELERATORS else asked


def _sum(terms: Iterable[Array]) -> Array:
    return functools.reduce(operator.add, terms)


def _cut(signal: Array, blocks: Blocks) -> Array:
    """(b, n, g, channels, blocks * hop) -> (b, n, g, blocks, channels, hop)."""
    return jnp.swapaxes(signal.reshape(*signal.shape[:-1], -1, blocks.hop), 3, 4)


def _joined(parts: Array) -> Array:
    """The inverse of `_cut`."""
    parts = jnp.swapaxes(parts, 3, 4)
    return parts.reshape(*parts.shape[:-2], parts.shape[-2] * parts.shape[-1])


def _spectrum(a: Array, blocks: Blocks, problem: Problem) -> Array:
    if _by_products(problem):
        return fft_products.spectrum(shifted(a, 0, blocks.size, axis=a.ndim - 1))
    return jnp.fft.fft(a, blocks.size) if jnp.iscomplexobj(a) else jnp.fft.rfft(a, blocks.size)


def _reversed_spectrum(a: Array, blocks: Blocks, problem: Problem) -> Array:
    """The spectrum of `a` reversed in time about its first sample."""
    return jnp.conj(_spectrum(jnp.conj(a), blocks, problem))


def _samples(spectrum: Array, blocks: Blocks, problem: Problem) -> Array:
    complex_ = np.issubdtype(problem.accumulate, np.complexfloating)
    if _by_products(problem):
        return fft_products.samples(spectrum, real=not complex_)
    if complex_:
        return jnp.fft.ifft(spectrum, blocks.size)
    return jnp.fft.irfft(spectrum, blocks.size)


def _refuses(problem: Problem) -> str | None:
    if not np.issubdtype(problem.accumulate, np.inexact):
        return f"a Fourier transform is not exact on integers; x and kernel are {problem.dtype.name}"
    if problem.platform == "tpu" and np.finfo(problem.accumulate).bits > 32:
        return f"TPUs have no Fourier transform of 64 bits; x and kernel are {problem.dtype.name}"
    return None


def counts(face: Face, problem: Problem) -> Counts:
    """What a face does: its transforms, and its products of spectra."""
    blocks = Blocks.of(problem)
    return {
        "call": 1.0,
        "point": blocks.points(problem),
        "spectral": blocks.products(problem),
    }


def work(face: Face, problem: Problem) -> Work:
    """Transforms, in float32 at least; products of their spectra are as precise, and so no faster than other sums."""
    blocks = Blocks.of(problem)
    itemsize = problem.accumulate.itemsize
    traffic = accelerators.PASSES * blocks.samples(problem) * itemsize + problem.least_traffic
    sums = 3 * blocks.products(problem)
    if not _by_products(problem):
        return Work(10, traffic, sums=sums)
    return Work(50, accelerators.PASSES_BY_PRODUCTS * traffic, sums=sums)


def error_ratio(face: Face, problem: Problem) -> float:
    """This method's error bound over that of a direct sum, for random data of one scale.

    A transform's error is at most about `2 eps |x| |k|`, in norms over what one block contracts with one part; a
    direct sum's `4 eps sum |x| |k|`. Of random data with `n` terms a result, the sum is about `2/pi n`, and a norm the
    root of its number of entries.
    """
    window, blocks = problem.window, Blocks.of(problem)
    taps = window.kernel_size / blocks.parts
    if face == "output":
        longer = (blocks.hop + blocks.reach - 1) / taps
    elif face == "input":
        longer = blocks.hop * window.stride / taps
    else:
        longer = window.extent / window.output_length
    return np.pi / 4 * longer**0.5


METHOD = Method(
    "fft",
    output,
    input_face,
    kernel_face,
    _refuses,
    spreads=lambda face, problem: True,
    counts=counts,
    work=work,
    error_ratio=error_ratio,
    least_saved=0.2,
)
