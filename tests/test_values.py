"""Every method, face, layout and dtype against the float64 oracle, within derived bounds."""

import math
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from bounds import check
from oracle import pad_with_mode
from problems import CASES, Case

import jconv
from jconv.choose import choose
from jconv.methods import REGISTRY
from jconv.primitive import OPERANDS
from jconv.selection import problem_of_call

ALL = ("auto", *jconv.METHODS)
FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64, np.complex64, np.complex128)
INTEGERS = (np.int8, np.int32, np.int64, np.uint8)


def faces(case, x, k, y, method, **options):
    """The three faces by way of conv1d: its value and its two transposes."""

    @jax.jit
    def run(x, k, y):
        value, pullback = jax.vjp(lambda x, k: jconv.conv1d(x, k, method=method, **case.options, **options), x, k)
        return value, *pullback(y)

    return run(x, k, y)


def check_faces(case, x, k, y, results, method):
    check(results[0], case.form, "output", x, k, method=method)
    check(results[1], case.form, "input", y, k, method=method)
    check(results[2], case.form, "kernel", x, y, method=method)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("method", ALL)
def test_every_method_and_face(case, method):
    x, k, y = case.arrays()
    check_faces(case, x, k, y, faces(case, x, k, y, method), method)


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("case", [CASES[9], CASES[15], CASES[16]], ids=lambda case: case.name)
def test_every_floating_dtype(case, method, dtype):
    x, k, y = case.arrays(dtype)
    check_faces(case, x, k, y, faces(case, x, k, y, method), method)


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("method", [name for name in ALL if name not in ("fft", "winograd")])
@pytest.mark.parametrize("case", [CASES[9], CASES[16]], ids=lambda case: case.name)
def test_integers_are_exact(case, method, dtype):
    x, k, y = case.arrays(dtype)
    check(jconv.conv1d(x, k, method=method, **case.options), case.form, "output", x, k, method=method)
    transposed = jconv.conv_transpose1d(y, k, method=method, **transposed_options(case))
    check(transposed, case.form, "input", y, k, method=method)


def transposed_options(case):
    """Keyword arguments of conv_transpose1d that give the input's length of `case`."""
    form = case.form
    high = (form.outputs - 1) * form.stride + (form.taps - 1) * form.dilation + 1 - form.low - form.length
    return {**case.options, "padding": (form.low, high)}


@pytest.mark.parametrize("case", CASES[4::3], ids=lambda case: case.name)
@pytest.mark.parametrize("method", ALL)
def test_transposed_convolution_and_its_gradients(case, method):
    x, k, y = case.arrays(np.float64)

    @jax.jit
    def run(x, k, y):
        def transposed(y, k):
            return jconv.conv_transpose1d(y, k, method=method, **transposed_options(case))

        value, pullback = jax.vjp(transposed, y, k)
        return value, *pullback(x)

    value, of_y, of_k = run(x, k, y)
    check(value, case.form, "input", y, k, method=method)
    check(of_y, case.form, "output", x, k, method=method)
    check(of_k, case.form, "kernel", x, y, method=method)


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("function", ["conv1d", "conv_transpose1d"])
def test_channels_first_is_the_transposed_layout(method, function):
    case = CASES[15]
    x, k, y = case.arrays()
    b = np.arange(6, dtype=np.float32)
    last, options = (x, case.options) if function == "conv1d" else (y, transposed_options(case))
    b = b[: case.outputs if function == "conv1d" else case.inputs]
    run = getattr(jconv, function)
    a = run(last, k, b, method=method, **options)
    c = run(last.swapaxes(1, 2), k.T, b, method=method, layout="NCL", **options)
    np.testing.assert_array_equal(np.asarray(c).swapaxes(1, 2), a)


@pytest.mark.parametrize("batch", [(), (3,), (2, 3), (0,), (2, 0, 3)])
@pytest.mark.parametrize("method", ALL)
def test_any_number_of_batch_axes(batch, method):
    case = Case("", taps=2)
    x = np.random.default_rng(0).normal(size=(*batch, 20, 3)).astype(np.float32)
    k = case.arrays()[1]
    value, pullback = jax.vjp(lambda x, k: jconv.conv1d(x, k, method=method), x, k)
    of_x, of_k = pullback(jnp.ones_like(value))
    assert value.shape == (*batch, 19, 4)
    assert of_x.shape == x.shape
    flat = x.reshape(math.prod(batch), 20, 3)
    check(value.reshape(math.prod(batch), 19, 4), case.form, "output", flat, k, method=method)
    check(of_k, case.form, "kernel", flat, np.ones((flat.shape[0], 19, 4), np.float32), method=method)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [(3, 5), (-2, 4), "same", "causal", 6])
@pytest.mark.parametrize("length", [12, 4, 2, 1])
def test_padding_modes(mode, padding, length):
    """NumPy's values, also where padding reaches past a short signal several times."""
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=(2, length, 3)), rng.normal(size=(4, 3, 4))
    words = {"same": (1, 2), "causal": (3, 0), 6: (6, 6)}
    low, high = words.get(padding) or padding
    padded = pad_with_mode(x, low, high, mode)
    if padded.shape[1] < 4:
        with pytest.raises(ValueError, match="the output would be empty"):
            jconv.conv1d(x, k, padding=padding, padding_mode=mode)
        return
    case = Case("", length=padded.shape[1], taps=4)
    check(jconv.conv1d(x, k, padding=padding, padding_mode=mode), case.form, "output", padded, k, method="auto")


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
@pytest.mark.parametrize("method", ALL)
def test_low_precision_sums_in_float32(dtype, method):
    """A sum of 4096 ones and a small term is lost in 8 or 11 bits, and kept in 24."""
    x = np.ones((1, 4096, 1), dtype)
    k = np.ones((4096, 1, 1), dtype)
    assert float(jconv.conv1d(x, k, method=method)[0, 0, 0]) == 4096
    wide = jconv.conv1d(x, k, method=method, preferred_element_type=np.float32)
    assert wide.dtype == np.float32
    of_x = jax.grad(lambda x: jconv.conv1d(x, k, method=method, preferred_element_type=np.float32).sum())(
        jnp.asarray(x)
    )
    assert of_x.dtype == dtype


def test_preferred_element_type_widens_integers():
    x, k = np.full((1, 3, 1), 100, np.int8), np.full((3, 1, 1), 100, np.int8)
    assert int(jconv.conv1d(x, k, preferred_element_type=np.int32)[0, 0, 0]) == 30_000


def test_bias_is_added_once_to_every_position():
    x, k, _ = CASES[0].arrays(np.float64)
    bias = np.arange(4.0)
    plain = np.asarray(jconv.conv1d(x, k))
    np.testing.assert_array_equal(jconv.conv1d(x, k, bias), plain + bias)
    of_bias = jax.grad(lambda b: jconv.conv1d(x, k, b).sum())(jnp.asarray(bias))
    np.testing.assert_array_equal(of_bias, np.full(4, 2 * 18))


def test_ten_million_samples_and_a_kernel_of_65536():
    """An impulse comes back as the kernel, reversed, wherever it is put; the sizes are those of a long recording."""
    taps, length, at = 65_536, 10_000_000, 7_654_321
    k = np.random.default_rng(0).normal(size=(taps, 1, 1)).astype(np.float32)
    x = np.zeros((length, 1), np.float32)
    x[at] = 1
    y = np.asarray(jconv.conv1d(x, k, method="fft"))[:, 0]
    expected = np.zeros(length - taps + 1, np.float32)
    expected[at - taps + 1 : at + 1] = k[::-1, 0, 0]
    assert np.abs(y - expected).max() <= 20 * np.finfo(np.float32).eps * np.linalg.norm(k)


@pytest.mark.parametrize(("method", "dtype"), [("auto", np.float32), ("taps", ml_dtypes.bfloat16)])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_accelerators_run_is_right_too(case, method, dtype):
    """Other loops than on a CPU, and operands that are not widened beforehand; run here, for want of another device."""
    x, k, y = case.arrays(dtype)
    problem = replace(problem_of_call(x, k, **case.options), platform="cuda")
    flat = {"x": x, "k": k, "y": y}
    shapes = {"x": problem.x_shape, "k": problem.k_shape, "y": problem.y_shape}
    axes = {name: jnp.asarray(flat[name]).reshape(shapes[name]) for name in flat}
    for face, (first, second, result) in OPERANDS.items():
        name = choose(face, problem, "cuda") if method == "auto" else method
        run = jax.jit(partial(REGISTRY[name].run, face, problem=problem))
        got = run(axes[first], axes[second]).astype(dtype).reshape(flat[result].shape)
        check(got, case.form, face, flat[first], flat[second], method=name)
