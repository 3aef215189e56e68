"""What many tests share: the three faces of a convolution by way of JAX's gradients, and their comparison."""

from functools import partial

import jax
import numpy as np
import pytest
from bounds import check

import jconv

AUTO_AND_METHODS = ("auto", *jconv.METHODS)
CHOICES = ("auto", "direct", *jconv.METHODS)  # all that the argument `method` may be


def each_case(cases):
    """Run the test for each of `cases`, and call it by the case's name."""
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def with_gradients(function):
    """`(x, k, y)` -> `function(x, k)` and its gradients for x and k along the cotangent `y`."""

    def run(x, k, y):
        value, pullback = jax.vjp(function, x, k)
        return value, *pullback(y)

    return run


def convolution(method, case):
    """`conv1d` of `(x, k)` by `method`, with the case's options."""
    return partial(jconv.conv1d, method=method, **case.options)


def faces(method, case):
    """`(x, k, y)` -> the three faces: the output, and the gradients for x and k along `y`."""
    return with_gradients(convolution(method, case))


def check_faces(case, x, k, y, results, method):
    """Assert that the three faces lie within their bounds."""
    check(results[0], case.form, "output", x, k, method=method)
    check(results[1], case.form, "input", y, k, method=method)
    check(results[2], case.form, "kernel", x, y, method=method)


def close(a, b, size=1.0):
    """Assert that two trees hold the same sums, taken in another order, up to float64 rounding of their scale."""
    for left, right in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        left, right = np.asarray(left), np.asarray(right)
        scale = max(np.abs(right).max(initial=0), size)
        assert left.shape == right.shape
        assert np.abs(left - right).max(initial=0) <= 200 * np.finfo(np.float64).eps * scale
