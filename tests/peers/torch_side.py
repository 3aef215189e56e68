"""The same call on both sides, PyTorch's and ours, and how far apart rounding alone can put the two.

A value and each gradient is a sum of products. PyTorch itself, run on ones, counts them; run on the absolute values in
float64, it gives the sum of the absolute products. A sum of n rounded products errs by at most `n*eps/2` of that sum,
whatever the order (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1); two libraries may differ by
twice as much, `n*eps`. Two more terms are allowed, for the bias and the last rounding.
"""

import jax
import numpy as np
from bounds import MOST_OUTPUTS, amplification_of
from needed import needed

torch = needed("torch")

RESULTS = ("value", "x gradient", "kernel gradient", "bias gradient")


def drawn(shapes, dtype, seed=0):
    """Arrays of these shapes, normally distributed; None for None."""
    rng = np.random.default_rng(seed)
    return [None if shape is None else rng.normal(size=shape).astype(dtype) for shape in shapes]


def torch_results(function, arrays, cotangent=None):
    """The value of `function(*arrays)` and its gradients along `cotangent` (ones if None), by PyTorch."""
    tensors = [None if a is None else torch.from_numpy(a).requires_grad_() for a in arrays]
    value = function(*tensors)
    value.backward(torch.ones_like(value) if cotangent is None else torch.from_numpy(cotangent))
    gradients = [None if t is None else t.grad.numpy() for t in tensors]
    return [value.detach().numpy(), *gradients]


def our_results(function, arrays, cotangent):
    """The value of `function(*arrays)` and its gradients along `cotangent`, by JAX, in one compilation."""

    @jax.jit
    def both(arrays, cotangent):
        value, pull_back = jax.vjp(function, *arrays)
        return value, *pull_back(cotangent)

    return both(arrays, cotangent)


def check(ours, theirs, shapes, dtype, extra=None, seed=0):
    """Assert that `ours` and `theirs`, functions of (x, kernel, bias), agree in value and gradients.

    `extra(arrays, cotangent)` adds to the four bounds what a method that sums in another way needs.
    """
    arrays = drawn(shapes, dtype, seed)
    shape = theirs(*[None if a is None else torch.from_numpy(a) for a in arrays]).shape
    cotangent = np.random.default_rng(seed + 1).normal(size=tuple(shape)).astype(dtype)
    want = torch_results(theirs, arrays, cotangent)
    got = our_results(ours, arrays, cotangent)
    ones = [None if a is None else np.ones(a.shape) for a in arrays]
    sizes = [None if a is None else np.abs(a.astype(np.float64)) for a in arrays]
    counts = torch_results(theirs, ones)
    magnitudes = torch_results(theirs, sizes, np.abs(cotangent.astype(np.float64)))
    extras = [0.0] * 4 if extra is None else extra(arrays, cotangent)
    eps = np.finfo(dtype).eps
    for name, g, w, count, magnitude, more in zip(RESULTS, got, want, counts, magnitudes, extras, strict=True):
        if w is None:
            assert g is None
            continue
        assert g.shape == w.shape, name
        assert g.dtype == w.dtype == dtype, name
        error = np.abs(np.asarray(g, np.float64) - w.astype(np.float64))
        bound = (count + 2) * eps * magnitude + more
        worst = np.max(np.where(error > 0, error / np.maximum(bound, 1e-300), 0))
        assert worst <= 1, f"{name}: the two differ by {worst:.3g} times the bound"


def fourier_extra(convolve, groups, points):
    """What the FFT adds: `eps * log2(points)` of the operands' norms over length, summed over channels.

    That sum is the same convolution of kernels of width one, over signals of length one, that hold the norms.
    """

    def extra(arrays, cotangent):
        operands = (*arrays[:2], cotangent)
        norms = [np.linalg.norm(a.astype(np.float64), axis=-1, keepdims=True) for a in operands]
        value, x_gradient, kernel_gradient = torch_results(
            lambda a, k: convolve(a, k, groups=groups), norms[:2], norms[2]
        )
        factor = np.finfo(arrays[0].dtype).eps * np.log2(points)
        return [factor * value, factor * x_gradient, factor * kernel_gradient, 0.0]

    return extra


def tile_extra(convolve, groups, width):
    """What values of polynomials add: the bound of `bounds.polynomial`, over whole signals, each as long as a tile.

    The largest of a signal, and the sum of a kernel's absolute taps, are again a convolution of width and length one;
    for the kernel's gradient both signals are summed.
    """

    def extra(arrays, cotangent):
        x, k, g = (np.abs(a.astype(np.float64)) for a in (*arrays[:2], cotangent))
        largest = [np.max(a, axis=-1, keepdims=True) for a in (x, g)]
        summed = [np.sum(a, axis=-1, keepdims=True) for a in (x, k, g)]
        value, x_gradient, _ = torch_results(
            lambda a, k: convolve(a, k, groups=groups), [largest[0], summed[1]], largest[1]
        )
        _, _, kernel_gradient = torch_results(
            lambda a, k: convolve(a, k, groups=groups), [summed[0], summed[1]], summed[2]
        )
        terms = 30 + max(x.size, k.size, g.size)
        factor = np.finfo(arrays[0].dtype).eps / 2 * terms
        output, kernel = (amplification_of(MOST_OUTPUTS, width, face) for face in ("output", "kernel"))
        return [factor * output * value, factor * output * x_gradient, factor * kernel * kernel_gradient, 0.0]

    return extra
