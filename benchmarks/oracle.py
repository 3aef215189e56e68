"""What is right: every cell in float64 by NumPy, from the formula, sharing nothing with what is measured."""

import numpy as np

from benchmarks.cases import Case, activation_of, cells_of

LONGEST_LOOP = 256  # wider kernels over many windows go through a double-precision Fourier transform


def operands(case: Case, dtype: np.dtype, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signal, kernel and a cotangent of the result, with losses a bias: unit-normal draws, rounded to `dtype`."""
    draw = np.random.default_rng(seed).standard_normal
    last = (*case.y_shape[:-3], case.outputs) if case.losses else case.y_shape
    x, k, g = (draw(shape) for shape in (case.x_shape, case.kernel_shape, last))
    k /= np.sqrt(case.width * case.kernel_shape[-2])
    return x.astype(dtype), k.astype(dtype), g.astype(dtype)


def expected(case: Case, x: np.ndarray, k: np.ndarray, g: np.ndarray) -> dict[str, tuple[np.ndarray, ...]]:
    """The arrays that each cell must give."""
    x, k, g = (a.astype(np.float64) for a in (x, k, g))
    y = _mapped(case, _result, x, k)
    if case.losses:
        before = y + g[..., None, None, :]
        return {cell: _loss(case, activation_of(cell), x, k, before) for cell in cells_of(case)}
    whole = (y, _mapped(case, _signal_gradient, y, k), _mapped(case, _kernel_gradient, x, y))
    return {
        "output": (y,),
        "gradient for x": (_mapped(case, _signal_gradient, g, k),),
        "gradient for kernel": (_mapped(case, _kernel_gradient, x, g),),
        "whole step": whole,
        "step in scan": whole[1:],
    }


def unsure(case: Case, x: np.ndarray, k: np.ndarray, bias: np.ndarray, off: float) -> tuple[np.ndarray, ...]:
    """How far a right relu loss may be off where the sums are off by up to `off` times their root mean square.

    A sum that close to nil may be taken for either side of the kink, and its cotangent for 0 or 1.
    """
    x, k, bias = (a.astype(np.float64) for a in (x, k, bias))
    before = _mapped(case, _result, x, k) + bias[..., None, None, :]
    either = (np.abs(before) <= off * np.sqrt(np.mean(before**2))).astype(np.float64)
    return np.zeros(()), *_gradients(case, np.abs(x), np.abs(k), either)


def _loss(case: Case, activation: str | None, x: np.ndarray, k: np.ndarray, before: np.ndarray):
    if activation == "square":
        after, slope = before**2, 2 * before
    elif activation == "relu":
        after, slope = np.maximum(before, 0), (before > 0).astype(np.float64)
    elif activation == "silu":
        gate = 0.5 * (1 + np.tanh(before / 2))
        after, slope = before * gate, gate * (1 + before * (1 - gate))
    elif activation == "gelu":  # with the hyperbolic tangent
        scale, cubic = np.sqrt(2 / np.pi), 0.044715
        bent = np.tanh(scale * (before + cubic * before**3))
        after = 0.5 * before * (1 + bent)
        slope = 0.5 * (1 + bent) + 0.5 * before * (1 - bent**2) * scale * (1 + 3 * cubic * before**2)
    else:
        raise ValueError(f"no loss {activation!r}")
    return np.asarray(after.sum()), *_gradients(case, x, k, slope)


def _gradients(case: Case, x: np.ndarray, k: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, ...]:
    """For x, kernel and bias."""
    to_x, to_kernel = _mapped(case, _signal_gradient, g, k), _mapped(case, _kernel_gradient, x, g)
    return to_x, to_kernel, g.sum(axis=(-3, -2))


def _mapped(case: Case, function, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if not case.examples:
        return function(case, a, b)
    a_mapped = not (case.shared_signal and function is not _signal_gradient)
    results = [function(case, a[e] if a_mapped else a, b[e]) for e in range(case.examples)]
    if case.shared_signal and function is _signal_gradient:
        return np.sum(results, axis=0)
    return np.stack(results)


def _result(case: Case, x: np.ndarray, k: np.ndarray) -> np.ndarray:
    return _wide_side(case, x, k) if case.transposed else _narrow_side(case, x, k)


def _signal_gradient(case: Case, g: np.ndarray, k: np.ndarray) -> np.ndarray:
    return _narrow_side(case, g, k) if case.transposed else _wide_side(case, g, k)


def _kernel_gradient(case: Case, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    wide, narrow = (g, x) if case.transposed else (x, g)
    groups, width = case.groups, case.width
    wide, narrow = _padded(case, _by_group(wide, groups)), _by_group(narrow, groups)
    if _loops(case):
        taps = [np.einsum("ngtc,ngto->cgo", _read(case, wide, j), narrow, optimize=True) for j in range(width)]
        k = np.stack(taps)
    else:
        product = np.einsum("ngcf,ngof->cgof", _spectrum(wide), np.conj(_spectrum(narrow, case)), optimize=True)
        k = np.moveaxis(np.fft.irfft(product, _size(case))[..., : case.span : case.dilation], -1, 0)
    return k.reshape(case.kernel_shape[-3:])


def _narrow_side(case: Case, wide: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The sum over windows: `y[t] = sum over j of wide[t*stride + j*dilation - low] @ k[j]`."""
    wide, k = _padded(case, _by_group(wide, case.groups)), _kernel_by_group(case, k)
    if _loops(case):
        y = sum(_read(case, wide, j) @ k[j] for j in range(case.width))
    else:
        product = np.einsum("ngcf,gcof->ngof", _spectrum(wide), np.conj(_kernel_spectrum(case, k)), optimize=True)
        y = np.fft.irfft(product, _size(case))[..., : case.windows * case.stride : case.stride]
        y = np.swapaxes(y, -1, -2)
    return _all_groups(np.asarray(y))


def _wide_side(case: Case, narrow: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The adjoint: each position is sent back to where its window read."""
    narrow, k = _by_group(narrow, case.groups), _kernel_by_group(case, k)
    low, _ = case.padding
    length = case.result_length if case.transposed else case.length
    if _loops(case):
        wide = np.zeros((*narrow.shape[:2], _extent(case), k.shape[2]))
        for j in range(case.width):
            _read(case, wide, j)[...] += narrow @ np.swapaxes(k[j], -1, -2)
    else:
        spectra = _spectrum(narrow, case), _kernel_spectrum(case, k)
        wide = np.fft.irfft(np.einsum("ngof,gcof->ngcf", *spectra, optimize=True), _size(case))
        wide = np.swapaxes(wide, -1, -2)[:, :, : _extent(case)]
    result = np.zeros((*wide.shape[:2], length, k.shape[2]))
    kept = wide[:, :, low : low + length]
    result[:, :, : kept.shape[2]] = kept
    return _all_groups(result)


def _loops(case: Case) -> bool:
    return case.width <= LONGEST_LOOP or case.windows <= LONGEST_LOOP or case.stride > 1


def _extent(case: Case) -> int:
    return (case.windows - 1) * case.stride + case.span


def _size(case: Case) -> int:
    return 1 << (_extent(case) - 1).bit_length()


def _by_group(a: np.ndarray, groups: int) -> np.ndarray:
    """(n, length, channels) -> (n, groups, length, channels of one group)."""
    return np.swapaxes(a.reshape(*a.shape[:2], groups, -1), 1, 2)


def _all_groups(a: np.ndarray) -> np.ndarray:
    a = np.swapaxes(a, 1, 2)
    return a.reshape(*a.shape[:2], -1)


def _kernel_by_group(case: Case, k: np.ndarray) -> np.ndarray:
    """(width, c, groups * o) -> (width, groups, c, o)."""
    return np.swapaxes(k.reshape(*k.shape[:2], case.groups, -1), 1, 2)


def _padded(case: Case, wide: np.ndarray) -> np.ndarray:
    low, high = case.padding
    return np.pad(wide, ((0, 0), (0, 0), (low, high), (0, 0)))[:, :, : _extent(case)]


def _read(case: Case, wide: np.ndarray, j: int) -> np.ndarray:
    start = j * case.dilation
    return wide[:, :, start : start + (case.windows - 1) * case.stride + 1 : case.stride]


def _spectrum(a: np.ndarray, case: Case | None = None) -> np.ndarray:
    size = 1 << (a.shape[2] - 1).bit_length() if case is None else _size(case)
    return np.fft.rfft(np.swapaxes(a, 2, 3), size)


def _kernel_spectrum(case: Case, k: np.ndarray) -> np.ndarray:
    over_time = np.zeros((*k.shape[1:], case.span))
    over_time[..., :: case.dilation] = np.moveaxis(k, 0, -1)
    return np.fft.rfft(over_time, _size(case))
