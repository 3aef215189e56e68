"""Every method, face, layout and dtype against the float64 oracle, within derived bounds."""

import itertools
import math
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from bounds import check
from helpers import AUTO_AND_METHODS, check_faces, each_case, faces, with_gradients
from oracle import pad_with_mode
from problems import CASES, Case, case_named, cases_named

import jconv
from jconv.choose import choose
from jconv.explaining import problem_of_call
from jconv.methods import FACES, REGISTRY
from jconv.primitive import OPERANDS

FLOATS = (ml_dtypes.bfloat16, np.float64, np.complex128)  # every case is float32, and some are complex64
INTEGERS = (np.int8, np.int32, np.uint8)


def check_case(case, method, dtype: Any = np.float32):
    x, k, y = case.arrays(dtype)
    check_faces(case, x, k, y, jax.jit(faces(method, case))(x, k, y), method)


NOTHING_OF_ITS_OWN = {  # what a method does there it does elsewhere too: only the slow tests run it
    "vmap": ("narrow groups", "positions", "an odd", "depthwise, taps", "long"),
    "xla": ("narrow groups", "positions", "an odd", "depthwise, taps", "long kernel"),
    "taps": ("long kernel of two channels",),
    "toeplitz": ("narrow groups", "positions", "an odd"),
    "winograd": ("narrow groups", "depthwise, taps", "depthwise, strided", "long"),
    "fft": ("narrow groups", "positions", "an odd", "depthwise, taps"),
}


@pytest.mark.parametrize(
    ("method", "case"),
    [
        pytest.param(
            method,
            case,
            id=f"{method}-{case.name}",
            marks=pytest.mark.slow if case.name.startswith(NOTHING_OF_ITS_OWN.get(method, ())) else (),
        )
        for method in jconv.METHODS
        for case in CASES
    ],
)
def test_every_method_and_face(method, case):
    check_case(case, method)


def test_auto_takes_a_method_that_can_do_the_case():
    """So it runs what the sweep of methods has run."""
    for case in CASES:
        x, k, _ = case.arrays()
        problem = problem_of_call(x, k, **case.options)
        for face in FACES:
            REGISTRY[choose(face, problem)].check(problem)


@each_case(cases_named("plain", "narrow groups, parts in a loop", "positions summed in halves", "long kernel in parts"))
def test_auto_runs(case):
    """Cases for which it takes "taps", "gemm", "fft", and not the same for each face."""
    check_case(case, "auto")


@each_case(cases_named("strided and dilated"))
@pytest.mark.parametrize(
    ("method", "dtype"),
    [("auto", np.float16), *itertools.product(jconv.METHODS, FLOATS)],
    ids=lambda value: value if isinstance(value, str) else np.dtype(value).name,
)
def test_every_floating_dtype(method, dtype, case):
    check_case(case, method, dtype)


@each_case(cases_named("grouped", "depthwise"))
@pytest.mark.parametrize("method", jconv.METHODS)
def test_complex_numbers_in_groups(method, case):
    check_case(case, method, np.complex64)


@pytest.mark.parametrize(
    ("case", "dtype"),
    [*(("strided and dilated", dtype) for dtype in INTEGERS), ("depthwise", np.int32)],
    ids=lambda value: value if isinstance(value, str) else np.dtype(value).name,
)
@pytest.mark.parametrize("method", [name for name in AUTO_AND_METHODS if name not in ("fft", "winograd")])
def test_integers_are_exact(case, method, dtype):
    case = case_named(case)
    x, k, y = case.arrays(dtype)

    @jax.jit
    def run(x, k, y):
        transposed = jconv.conv_transpose1d(y, k, method=method, **transposed_options(case))
        return jconv.conv1d(x, k, method=method, **case.options), transposed

    value, transposed = run(x, k, y)
    check(value, case.form, "output", x, k, method=method)
    check(transposed, case.form, "input", y, k, method=method)


def transposed_options(case):
    """Keyword arguments of conv_transpose1d that give the input's length of `case`."""
    form = case.form
    high = (form.outputs - 1) * form.stride + (form.taps - 1) * form.dilation + 1 - form.low - form.length
    return {**case.options, "padding": (form.low, high)}


SHAPED_ALIKE = ("narrow groups", "depthwise,", "positions", "an odd", "long")  # what methods cut, in usual windows
WINDOWS = [case for case in CASES if not case.name.startswith(SHAPED_ALIKE)]


@pytest.mark.parametrize(
    ("case", "method"),
    [
        *(pytest.param(case, "xla", id=f"xla-{case.name}") for case in WINDOWS),
        *(pytest.param(case_named("grouped"), method, id=f"{method}-grouped") for method in AUTO_AND_METHODS),
    ],
)
def test_transposed_convolution_and_its_gradients(case, method):
    """Its faces are those of conv1d: every window by one method, and every method on one window."""
    x, k, y = case.arrays(np.float64)
    transposed = partial(jconv.conv_transpose1d, method=method, **transposed_options(case))
    value, of_y, of_k = jax.jit(with_gradients(transposed))(y, k, x)
    check(value, case.form, "input", y, k, method=method)
    check(of_y, case.form, "output", x, k, method=method)
    check(of_k, case.form, "kernel", x, y, method=method)


@pytest.mark.parametrize("function", ["conv1d", "conv_transpose1d"])
def test_channels_first_is_the_transposed_layout(function):
    case = case_named("grouped")
    x, k, y = case.arrays()
    b = np.arange(6, dtype=np.float32)
    last, options = (x, case.options) if function == "conv1d" else (y, transposed_options(case))
    b = b[: case.outputs if function == "conv1d" else case.inputs]
    run = getattr(jconv, function)
    a = run(last, k, b, **options)
    c = run(last.swapaxes(1, 2), k.T, b, layout="NCL", **options)
    np.testing.assert_array_equal(np.asarray(c).swapaxes(1, 2), a)


@pytest.mark.parametrize("batch", [(), (3,), (2, 3), (0,), (2, 0, 3)])
def test_any_number_of_batch_axes(batch):
    case = Case("", taps=2)
    x = np.random.default_rng(0).normal(size=(*batch, 20, 3)).astype(np.float32)
    k = case.arrays()[1]
    value, of_x, of_k = jax.jit(with_gradients(jconv.conv1d))(x, k, np.ones((*batch, 19, 4), np.float32))
    assert value.shape == (*batch, 19, 4)
    assert of_x.shape == x.shape
    flat = x.reshape(math.prod(batch), 20, 3)
    check(value.reshape(math.prod(batch), 19, 4), case.form, "output", flat, k, method="auto")
    check(of_k, case.form, "kernel", flat, np.ones((flat.shape[0], 19, 4), np.float32), method="auto")


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [(3, 5), (-2, 4), "same", "causal", 6])
@pytest.mark.parametrize("length", [12, 2, 1])
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


@pytest.mark.parametrize(
    ("method", "dtype"),
    [("auto", np.float16), *((method, ml_dtypes.bfloat16) for method in jconv.METHODS)],
    ids=lambda value: value if isinstance(value, str) else np.dtype(value).name,
)
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
    x, k, _ = case_named("plain").arrays(np.float64)
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


BY_TAPS = (  # one for each way of "taps" there, and for each kind of window
    "single sample",
    "pointwise strided and padded",
    "negative on both sides, strided",
    "all padding at the front",
    "grouped",
    "depthwise with multiplier, strided",
    "many to one a group",
    "narrow groups, blocks of positions",
    "narrow groups, parts in a loop",
    "depthwise, strided, taps in a loop",
    "long kernel, strided and dilated",
    "long signal, several blocks, strided",
    "cropped in front to nothing",
)
DILATED = ("dilated beyond the padding", "many to one a group", "narrow groups, a sum in three parts")
TAKEN = ("plain", "grouped", "depthwise", "many to one a group", "depthwise, taps in a loop", "long kernel in parts")


@pytest.mark.parametrize(
    ("case", "method", "dtype", "platform"),
    [
        *((name, "taps", ml_dtypes.bfloat16, "cuda") for name in BY_TAPS),
        *((name, "auto", np.float32, "cuda") for name in TAKEN),
        *((name, "xla", np.float32, "cuda") for name in DILATED),
        *((name, method, np.float32, "tpu") for name in TAKEN for method in ("taps", "gemm", "fft")),
    ],
    ids=lambda value: value if isinstance(value, str) else np.dtype(value).name,
)
def test_what_accelerators_run_is_right_too(case, method, dtype, platform):
    """Other loops than on a CPU, and operands that are not widened beforehand; run here, for want of another device."""
    case = case_named(case)
    arrays = dict(zip("xky", case.arrays(dtype), strict=True))
    problem = replace(problem_of_call(arrays["x"], arrays["k"], **case.options), platform=platform)
    shapes = {"x": problem.x_shape, "k": problem.k_shape, "y": problem.y_shape}
    names = {face: choose(face, problem) if method == "auto" else method for face in FACES}

    @jax.jit
    def run(x, k, y):
        axes = {name: a.reshape(shapes[name]) for name, a in zip("xky", (x, k, y), strict=True)}
        return [REGISTRY[names[face]].run(face, axes[a], axes[b], problem) for face, (a, b, _) in OPERANDS.items()]

    for result, (face, (first, second, third)) in zip(run(**arrays), OPERANDS.items(), strict=True):
        got = result.astype(dtype).reshape(arrays[third].shape)
        check(got, case.form, face, arrays[first], arrays[second], method=names[face])
