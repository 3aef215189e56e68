"""The automatic choice: what it picks, that it is what runs, and what "direct" promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from problems import Case

import jconv
from jconv.methods import REGISTRY, Method


def shape(*sizes, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(sizes, dtype)


@pytest.mark.parametrize(
    ("x", "kernel", "options", "expected"),
    [
        pytest.param((8, 1024, 256), (3, 256, 256), {}, ("xla", "xla", None), id="dense and wide"),
        pytest.param((4, 2048, 1024), (4, 1, 1024), {"groups": 1024}, ("taps",) * 3, id="depthwise"),
        pytest.param((1, 160_000, 1), (1024, 1, 1), {}, ("fft",) * 3, id="long"),
        pytest.param((1, 8192, 64), (4096, 1, 64), {"groups": 64}, ("fft",) * 3, id="long and depthwise"),
    ],
)
def test_what_is_chosen_on_a_cpu(x, kernel, options, expected):
    chosen = jconv.choose_method(shape(*x), shape(*kernel), platform="cpu", **options)
    assert tuple(chosen) == ("output", "input", "kernel")
    for name, wanted in zip(chosen.values(), expected, strict=True):
        assert wanted is None or name == wanted
    assert chosen["kernel"] != "xla", "under lax.scan XLA's kernel gradient is many times slower"


@pytest.mark.parametrize("platform", ["cpu", "cuda", "tpu"])
@pytest.mark.parametrize("dtype", [jnp.int32, jnp.bfloat16, jnp.float64, jnp.complex64])
def test_a_choice_can_do_the_case(platform, dtype):
    for groups in (1, 4):
        x, kernel = shape(2, 5000, 4, dtype=dtype), shape(900, 4 // groups, 8, dtype=dtype)
        for transposed in (False, True):
            if transposed:
                x = shape(2, 5000, 8, dtype=dtype)
            chosen = jconv.choose_method(x, kernel, groups=groups, platform=platform, transposed=transposed)
            assert set(chosen.values()) <= set(jconv.METHODS) - {"vmap"}
            assert dtype != jnp.int32 or "fft" not in chosen.values()


def test_the_choice_is_what_runs(monkeypatch):
    x, kernel, y = (jnp.asarray(a) for a in Case("", length=600, taps=300, inputs=1, outputs=1).arrays())
    chosen = jconv.choose_method(x, kernel)
    ran = []

    def recording(name, face):
        def run(first, second, problem):
            ran.append((face, name))
            return getattr(REGISTRY_BEFORE[name], face)(first, second, problem)

        return run

    REGISTRY_BEFORE = dict(REGISTRY)
    for name, method in REGISTRY_BEFORE.items():
        output, of_x, of_k = (recording(name, face) for face in ("output", "input", "kernel"))
        monkeypatch.setitem(REGISTRY, name, Method(name, output, of_x, of_k, method.refuses))
    jax.clear_caches()
    _, pullback = jax.vjp(jconv.conv1d, x, kernel)
    pullback(y)
    jax.clear_caches()
    assert dict(ran) == chosen


def test_measuring_gives_a_method_for_each_face():
    chosen = jconv.choose_method(shape(1, 300, 2), shape(5, 2, 3), measure=True)
    assert set(chosen) == {"output", "input", "kernel"}
    assert set(chosen.values()) <= set(jconv.METHODS)


def test_direct_keeps_a_nan_and_a_large_value_in_their_windows():
    x = np.random.default_rng(0).normal(size=(1, 20_000, 1)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(600, 1, 1)).astype(np.float32)
    assert jconv.choose_method(jnp.asarray(x), jnp.asarray(kernel))["output"] == "fft"
    x[0, 10_000] = np.nan
    y = np.asarray(jconv.conv1d(x, kernel, method="direct"))[0, :, 0]
    assert np.isnan(y).sum() == 600
    x[0, 10_000] = 1e12
    far = np.asarray(jconv.conv1d(x, kernel, method="direct"))[0, 11_000:, 0]
    without = np.asarray(jconv.conv1d(x[:, 11_000:], kernel, method="direct"))[0, :, 0]
    size = np.asarray(jconv.conv1d(np.abs(x[:, 11_000:]), np.abs(kernel), method="direct"))[0, :, 0]
    assert np.all(np.abs(far - without) <= 2 * 6 * np.sqrt(600) * np.finfo(np.float32).eps / 2 * size)


def test_bad_arguments_are_those_of_conv1d():
    with pytest.raises(ValueError, match="must have in/groups"):
        jconv.choose_method(shape(1, 300, 2), shape(5, 3, 3))
