"""Sums of lagged products of long signals in float64, by Fourier transforms of pieces."""

from collections.abc import Callable

import numpy as np

NUMBERS = 2**20  # in one piece: 8 MiB, of which a few are held

Read = Callable[[slice, int, int], np.ndarray]
"""Entries, first and last position to (entries, signals, positions), zero where there is nothing."""


def lagged_products(
    first: Read, second: Read, entries: int, length: int, lags: int, *, paired: bool = False
) -> np.ndarray:
    """`sum over entries and m of conj(first[u, m]) * second[v, m + l]` for l from 0 to `lags`, piece by piece.

    A transform in float64 leaves each sum off by a few units of 1e-16 of the product of both norms.

    Args:
        first: read at positions 0 to `length`.
        second: read at positions 0 to `length + lags`; the same function as `first` is read once.
        entries: that both have.
        length: after the last position at which `first` is not zero.
        lags: the largest lag.
        paired: whether only signals of the same number are multiplied.

    Returns:
        (first's signals, second's, lags + 1), or (signals, lags + 1) if `paired`.
    """
    shortest = length + lags
    size = 1 << (max(min(4 * (lags + 1), shortest), 4096 if shortest > 4096 else shortest) - 1).bit_length()
    hop = size - lags
    total, is_complex = None, False
    signals = max(read(slice(0, 1), 0, 1).shape[1] for read in (first, second))
    for some, begin, blocks in pieces(entries, length, hop, size * signals):
        end = begin + blocks * hop
        ahead = second(some, begin, end + lags)
        here = ahead[:, :, : end - begin] if first is second else first(some, begin, end)
        here = here.reshape(*here.shape[:2], blocks, hop)
        ahead = np.lib.stride_tricks.sliding_window_view(ahead, size, axis=2)[:, :, ::hop][:, :, :blocks]
        is_complex = np.iscomplexobj(here) or np.iscomplexobj(ahead)
        transform = np.fft.fft if is_complex else np.fft.rfft
        spectra = [transform(part, size).transpose(3, 1, 0, 2) for part in (here, ahead)]
        left, right = (part.reshape(*part.shape[:2], -1) for part in spectra)
        products = np.einsum("fub,fub->fu", left.conj(), right) if paired else left.conj() @ right.transpose(0, 2, 1)
        total = products if total is None else total + products
    assert total is not None
    back = np.fft.ifft(total, axis=0) if is_complex else np.fft.irfft(total, size, axis=0)
    return np.moveaxis(back[: lags + 1], 0, -1)


def pieces(entries: int, length: int, hop: int, numbers: int) -> list[tuple[slice, int, int]]:
    """Entries, first position and number of blocks of each piece; a block holds `numbers`."""
    blocks = -(-length // hop)
    together = max(NUMBERS // numbers, 1)
    if blocks > together:
        return [
            (slice(entry, entry + 1), at * hop, min(together, blocks - at))
            for entry in range(entries)
            for at in range(0, blocks, together)
        ]
    some = max(together // blocks, 1)
    return [(slice(entry, min(entry + some, entries)), 0, blocks) for entry in range(0, entries, some)]
