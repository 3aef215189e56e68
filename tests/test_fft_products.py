"""The transforms that TPUs get: products of their spectra are products of polynomials, whose ends come back negated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jconv.methods import fft_products


def multiplied(a, b, size):
    """The product of polynomials modulo z^size + 1, in float64."""
    whole = np.zeros(2 * size)
    whole[: len(a) + len(b) - 1] = np.convolve(a, b)
    return whole[:size] - whole[size:]


@pytest.mark.parametrize("size", [2, 4, 64, 512, 32768], ids=str)
def test_a_product_of_spectra_of_reals_is_a_product_of_polynomials(size):
    """By one factor, two and three. The longest sum has `size` terms, and errors are relative to the norms."""
    rng = np.random.default_rng(size)
    a, b = rng.normal(size=(2, size))
    spectra = [fft_products.spectrum(jnp.asarray(each, jnp.float32)[None]) for each in (a, b)]
    assert spectra[0].shape == (1, size // 2)
    got = fft_products.samples(spectra[0] * spectra[1], real=True)
    error = np.abs(np.asarray(got)[0] - multiplied(a, b, size)).max()
    assert error <= 20 * np.finfo(np.float32).eps * np.linalg.norm(a) * np.linalg.norm(b)


def order(sizes):
    """The frequencies of a spectrum as they come: of the first factor slowest, and least of all."""
    if not sizes:
        return np.zeros(1, int)
    return (np.arange(sizes[0])[:, None] + sizes[0] * order(sizes[1:])).ravel()


@pytest.mark.parametrize("size", [1, 2, 128, 8192, 32768], ids=str)
def test_a_spectrum_of_complex_numbers_is_numpys_in_another_order(size):
    rng = np.random.default_rng(size)
    a = rng.normal(size=size) + 1j * rng.normal(size=size)
    found = fft_products.spectrum(jnp.asarray(a, jnp.complex64))
    bound = 20 * np.finfo(np.float32).eps * np.linalg.norm(a)
    wanted = np.fft.fft(a)[order(fft_products.factors(size))]
    assert np.abs(np.asarray(found) - wanted).max() <= size**0.5 * bound
    assert np.abs(np.asarray(fft_products.samples(found, real=False)) - a).max() <= bound


def test_real_samples_take_half_the_products():
    """As XLA counts them: those of a complex signal of half the length."""

    def operations(like):
        text = jax.jit(fft_products.spectrum).lower(like).cost_analysis()
        assert text is not None
        return text["flops"]

    real = operations(jax.ShapeDtypeStruct((16, 8192), jnp.float32))
    assert real <= 1.1 * operations(jax.ShapeDtypeStruct((16, 4096), jnp.complex64))
