"""`conv1d_stream`: a long signal through a stream, chunk by chunk, in the memory of one chunk."""

import mmap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jconv import checks
from jconv.call import checked_array
from jconv.streaming.stream import Stream

CHUNK = 65536  # positions cut from an array at a time


def conv1d_stream(
    chunks: Iterable[ArrayLike] | ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    chunk_length: int = CHUNK,
    progress: Callable[[int], Any] | None = None,
    **settings: Any,
) -> Iterator[Array]:
    """Convolve a signal that need not fit into memory; yields the outputs in order, one array for each chunk.

    Joined along their last axis but one, they are what `conv1d` (or `conv_transpose1d`, with `transposed=True`) gives
    for the whole signal; `Stream` says how exactly, and what length "same" with a stride assumes. No more than one
    chunk is held: what was read of a memory-mapped file is given back to the system.

    Args:
        chunks: arrays `(*batch, length, channels)` one after another, of any lengths, each size of which is compiled
            for once; or one array, which may be memory-mapped and is cut here. Whole numbers, as a recording has, are
            converted to the dtype of a floating kernel.
        kernel: as in `conv1d`.
        bias: as in `conv1d`.
        chunk_length: positions of a piece, where `chunks` is one array.
        progress: called with the positions of each chunk once its outputs are there; a progress bar's `update`.
        **settings: of `Stream`: stride, padding ("causal" by default), dilation, groups, transposed, method, block.

    Raises:
        TypeError, ValueError: as `Stream` and its `step` do.

    >>> import jax.numpy as jnp
    >>> kernel = jnp.array([1.0, -1.0])[:, None, None]
    >>> pieces = (jnp.arange(first, first + 3.0)[:, None] ** 2 for first in (0, 3))
    >>> [piece[:, 0].tolist() for piece in conv1d_stream(pieces, kernel, padding="valid")]
    [[-1.0, -3.0], [-5.0, -7.0, -9.0]]
    """
    kernel = checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    if kernel.ndim != 3:
        raise ValueError(f"`kernel` (of shape {kernel.shape}) must have 3 axes, (width, per group, channels)")
    if progress is not None and not callable(progress):
        raise TypeError(f"`progress` ({checks.shown(progress)}) must be a function of the positions of a chunk")
    stream = Stream(kernel.shape[0], **settings)
    if isinstance(chunks, np.ndarray | Array):
        chunks = _pieces(chunks, checks.whole_number("chunk_length", chunk_length, minimum=1))
    elif not isinstance(chunks, Iterable):
        raise TypeError(f"`chunks` ({checks.shown(chunks)}) must be arrays one after another, or one array")
    return _outputs(chunks, stream, kernel, bias, progress)


def _outputs(
    chunks: Iterable[Any], stream: Stream, kernel: Array, bias: Array | None, progress: Callable[[int], Any] | None
) -> Iterator[Array]:
    state, prepared = None, stream.prepare(kernel)
    for given in chunks:
        chunk = _of_kernel_dtype(given, kernel.dtype)
        if state is None:
            state = stream.init(chunk.shape[:-2], chunk.shape[-1], chunk.dtype)
        state, out = _step(stream, state, chunk, prepared, bias)
        out.block_until_ready()  # else chunks would be read faster than they are done with, and held
        if progress is not None:
            progress(chunk.shape[-2])
        if out.shape[-2]:
            yield out
    if state is not None:
        out = stream.flush(state, prepared, bias)
        if out.shape[-2]:
            yield out


_step = jax.jit(Stream.step, static_argnums=0)


def _of_kernel_dtype(chunk: Any, dtype: np.dtype) -> Any:
    """The chunk, converted if it holds whole numbers and the kernel does not.

    Raises:
        TypeError, ValueError: it is no array, or has no time and channels.
    """
    if isinstance(chunk, np.ndarray) and not chunk.dtype.isnative:
        chunk = chunk.astype(chunk.dtype.newbyteorder("="))
    if isinstance(chunk, np.ndarray | Array) and chunk.dtype.kind in "iu" and dtype.kind not in "iu":
        chunk = chunk.astype(dtype)
    chunk = checked_array("chunk", chunk)
    if chunk.ndim < 2:
        raise ValueError(f"`chunk` (of shape {chunk.shape}) must have at least 2 axes, (*batch, length, channels)")
    return chunk


def _pieces(signal: np.ndarray | Array, length: int) -> Iterator[Any]:
    """The signal in pieces, copied; a file's pages are given back once they are read."""
    if signal.ndim < 2:
        raise ValueError(f"`chunks` (of shape {signal.shape}) must have at least 2 axes, (*batch, length, channels)")
    give_back = _pages_of(signal)
    for first in range(0, max(signal.shape[-2], 1), length):  # one piece of nothing too, after which padding comes
        piece = signal[..., first : first + length, :]
        yield np.array(piece) if isinstance(signal, np.ndarray) else piece
        give_back()


def _pages_of(signal: Any) -> Callable[[], Any]:
    """What tells the system that the pages of a mapped file are not needed now; nothing for other arrays.

    They count as memory of the process until then. A file mapped as "c" holds changes that live in its pages alone.
    """
    mode = getattr(signal, "mode", None)
    while isinstance(signal, np.ndarray):
        signal = signal.base
    if mode in ("r", "r+") and isinstance(signal, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        return lambda: signal.madvise(mmap.MADV_DONTNEED)
    return lambda: None
