"""Single channels against scipy.signal: `correlate` in each of its modes, and its long convolutions by FFT."""

import numpy as np
import pytest
from needed import needed

import jconv

scipy_signal = needed("scipy.signal")
pytestmark = pytest.mark.peers


def drawn(length, dtype, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=length)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.normal(size=length)
    return values.astype(dtype)


def ours(x, kernel, **options):
    """Cross-correlation of two vectors."""
    return np.asarray(jconv.conv1d(x[:, None], kernel[:, None, None], **options))[:, 0]


def padding(mode, width):
    """What each mode of `scipy.signal.correlate` pads; its "same" is centred on the full result."""
    return {"valid": 0, "full": width - 1, "same": (width - 1 - (width - 1) // 2, (width - 1) // 2)}[mode]


@pytest.mark.parametrize("method", ["direct", "fft"])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize("width", [1, 4, 5])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_correlate(mode, width, dtype, method):
    x, kernel = drawn(23, dtype, seed=0), drawn(width, dtype, seed=1)
    want = scipy_signal.correlate(x, kernel, mode=mode, method="direct")  # conjugates its second argument
    got = ours(x, kernel.conj(), padding=padding(mode, width), method="fft" if method == "fft" else "auto")
    assert got.shape == want.shape
    assert got.dtype == want.dtype == np.dtype(dtype)
    eps = np.finfo(dtype).eps * (np.sqrt(8) if np.dtype(dtype).kind == "c" else 1)  # Higham, lemma 3.5
    bound = (width + 2) * eps * ours(abs(x), abs(kernel), padding=padding(mode, width))
    if method == "fft":
        bound = bound + eps * np.log2(4 * x.size) * np.linalg.norm(x) * np.linalg.norm(kernel)
    assert (abs(got - want) <= bound).all()


@pytest.mark.parametrize("convolve", ["oaconvolve", "fftconvolve"])
def test_long_convolution(convolve):
    """200,000 positions and 4,001 taps in float64; a convolution is the correlation with the reversed kernel."""
    x, kernel = drawn(200_000, "float64", seed=2), drawn(4_001, "float64", seed=3)
    want = getattr(scipy_signal, convolve)(x, kernel, mode="full")
    got = ours(x, kernel[::-1].copy(), padding=kernel.size - 1, method="fft")
    assert got.shape == want.shape
    # each side errs by at most eps/2 * log2(points) of the norms of its operands
    bound = np.finfo(np.float64).eps * np.log2(2 * x.size) * np.linalg.norm(x) * np.linalg.norm(kernel)
    assert abs(got - want).max() <= bound
