"""The automatic choice: what it picks, that it is what runs, and what "direct" promises."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from problems import CASES, Case

import jconv
import jconv.nnx
from jconv.choose import choose, objection
from jconv.explaining import problem_of_call
from jconv.methods import FACES, REGISTRY
from jconv.methods.fft import Blocks, error_ratio
from jconv.primitive import MethodOfEach, convolve


def shape(*sizes, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(sizes, dtype)


WIDE = (
    "dense or taps or winograd"  # equally fast within a tenth on wide gradients for x: which, a new fit may decide anew
)
NARROW = "taps or dense"  # and so on groups of 16 channels


@pytest.mark.parametrize(
    ("x", "kernel", "options", "expected"),
    [
        pytest.param((8, 1024, 256), (3, 256, 256), {}, (WIDE, WIDE, "winograd"), id="dense and wide"),
        pytest.param((8, 1024, 128), (3, 16, 128), {"groups": 8}, (NARROW,) * 3, id="grouped"),
        pytest.param((4, 2048, 1024), (4, 1, 1024), {"groups": 1024}, ("taps",) * 3, id="depthwise"),
        pytest.param((1, 160_000, 1), (1024, 1, 1), {}, ("fft",) * 3, id="long"),
        pytest.param((1, 8192, 64), (4096, 1, 64), {"groups": 64}, ("fft",) * 3, id="long and depthwise"),
    ],
)
def test_what_is_chosen_on_a_cpu(x, kernel, options, expected):
    chosen = jconv.choose_method(shape(*x), shape(*kernel), platform="cpu", **options)
    assert tuple(chosen) == ("output", "input", "kernel")
    for name, wanted in zip(chosen.values(), expected, strict=True):
        assert name == wanted or name in wanted.split(" or ")


@pytest.mark.parametrize(
    ("x", "kernel", "options", "on_gpu", "on_tpu"),
    [
        pytest.param((8, 2048, 256), (3, 256, 256), {}, ("xla",) * 3, ("xla",) * 3, id="dense"),
        pytest.param((8, 4096, 64), (1, 64, 64), {}, ("gemm", "gemm", "xla"), ("gemm",) * 3, id="one tap"),
        pytest.param((64, 64, 64), (1, 64, 256), {}, ("gemm", "gemm", "xla"), ("gemm",) * 3, id="one tap, as many"),
        pytest.param((64, 63, 64), (1, 64, 256), {}, ("gemm", "gemm", "xla"), ("xla",) * 3, id="one tap, short"),
        pytest.param((8, 512, 512), (31, 1, 512), {"groups": 512}, ("taps",) * 3, ("xla",) * 3, id="depthwise"),
        pytest.param((8, 8192, 256), (4096, 1, 256), {"groups": 256}, ("fft",) * 3, ("fft",) * 3, id="long, depthwise"),
        pytest.param((8, 65536, 1), (1024, 1, 1), {}, ("toeplitz",) * 3, ("toeplitz",) * 3, id="long"),
        pytest.param((8, 80000, 1), (10, 1, 512), {"stride": 5}, ("xla",) * 3, ("xla", "dense", "xla"), id="front"),
        pytest.param((8, 80000, 1), (401, 1, 80), {}, ("toeplitz",) * 3, ("toeplitz",) * 3, id="bank"),
    ],
)
def test_what_is_chosen_on_accelerators(x, kernel, options, on_gpu, on_tpu):
    for platform, expected in (("cuda", on_gpu), ("rocm", on_gpu), ("tpu", on_tpu)):
        chosen = jconv.choose_method(shape(*x), shape(*kernel), platform=platform, **options)
        assert tuple(chosen.values()) == expected


@given(
    taps=st.integers(1, 3000),
    inputs=st.integers(1, 40),
    groups=st.sampled_from([1, 2, 30]),
    dilation=st.integers(1, 9),
    dtype=st.sampled_from(["float32", "bfloat16", "complex64"]),
)
@settings(deadline=None, max_examples=60)
def test_accelerators_never_loop_over_many_taps(taps, inputs, groups, dilation, dtype):
    x, kernel = shape(2, 40_000, inputs * groups, dtype=dtype), shape(taps, inputs, 2 * groups, dtype=dtype)
    for platform in ("cuda", "tpu"):
        chosen = jconv.choose_method(x, kernel, groups=groups, dilation=dilation, platform=platform)
        assert taps <= 64 or "taps" not in chosen.values()
        assert not {"vmap", "winograd"} & set(chosen.values())


def test_a_tpu_has_no_fourier_transform_of_64_bits():
    with jax.enable_x64(True):
        x, kernel = (shape(*sizes, dtype=jnp.float64) for sizes in ((8, 262_144, 1), (16_384, 1, 1)))
        assert "fft" in jconv.choose_method(x, kernel, platform="cuda").values()
        assert "fft" not in jconv.choose_method(x, kernel, platform="tpu").values()
        assert "fft (TPUs have no Fourier transform" in jconv.explain(x, kernel, platform="tpu")


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_accelerators_are_given_bfloat16_as_it_is(platform):
    """The convolutions of a step take and give bfloat16, where a CPU is given float32."""

    def step(x, kernel):
        return jax.grad(lambda x, k: jconv.conv1d(x, k, padding="same").astype(jnp.float32).sum(), (0, 1))(x, kernel)

    operands = shape(8, 256, 64, dtype=jnp.bfloat16), shape(3, 64, 64, dtype=jnp.bfloat16)
    text = jax.export.export(jax.jit(step), platforms=[platform])(*operands).mlir_module()
    calls = [line for line in text.splitlines() if "stablehlo.convolution" in line]
    assert len(calls) == 2
    assert all("f32" not in line.replace("bf16", "") for line in calls)


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
        monkeypatch.setitem(REGISTRY, name, replace(method, output=output, input=of_x, kernel=of_k))
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


def test_direct_keeps_a_nan_within_its_group():
    x = np.random.default_rng(0).normal(size=(2, 400, 32)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(9, 8, 32)).astype(np.float32)
    x[0, 200, 3] = np.nan
    y = np.asarray(jconv.conv1d(x, kernel, groups=4, method="direct"))
    assert np.isnan(y[0, 192:201, :8]).all()
    assert np.isnan(y).sum() == 9 * 8


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("options", [{"stride": 2, "groups": 2}, {"dilation": 2, "padding": 2}, {"stride": 4}])
def test_what_is_said_to_spread_no_nan_spreads_none(face, options):
    """A NaN in the first operand reaches just those results that it is part of; the kernel face has no others."""
    problem = problem_of_call(shape(2, 40, 4), shape(3, 4 // options.get("groups", 1), 4), **options)
    shapes = {"output": (problem.x_shape, problem.k_shape), "input": (problem.y_shape, problem.k_shape)}
    first, second = shapes.get(face, (problem.x_shape, problem.y_shape))
    at = (0, 1, 5, 0, 1)
    marked = jnp.zeros(first, jnp.float32).at[at].set(1.0)
    reached = convolve(face, marked, jnp.ones(second, jnp.float32), problem.window, MethodOfEach.same("vmap")) > 0
    rng = np.random.default_rng(0)
    spoilt = jnp.asarray(rng.normal(size=first).astype(np.float32)).at[at].set(jnp.nan)
    other = jnp.asarray(rng.normal(size=second).astype(np.float32))
    calm = [name for name, method in REGISTRY.items() if not method.spreads(face, problem)]
    assert not {"fft", "winograd"} & set(calm)
    for name in calm:
        result = convolve(face, spoilt, other, problem.window, MethodOfEach.same(name))
        np.testing.assert_array_equal(np.isnan(result), reached, err_msg=name)


def test_what_holds_too_much_memory_is_not_taken():
    """Windows laid out for 40 taps are 40 signals; the bound is of four times the operands and the result."""
    problem = problem_of_call(shape(4, 4000, 32, dtype=jnp.float64), shape(40, 32, 32, dtype=jnp.float64))
    for face in FACES:
        name = choose(face, problem, "direct")
        assert "would hold" in str(objection("gemm", face, problem))
        others = [REGISTRY[other].workspace(face, problem) for other in ("taps", "gemm")]
        assert REGISTRY[name].workspace(face, problem) == min(others)


@pytest.mark.parametrize("face", FACES)
def test_a_transform_is_taken_only_where_its_error_bound_is_near_that_of_the_sum(face):
    """A kernel of two taps 4,000 positions apart: two terms a result, and a transform over thousands."""
    sparse = problem_of_call(shape(1, 100_000, 1), shape(2, 1, 1), dilation=4000)
    assert face == "kernel" or error_ratio(face, sparse) > 20
    assert face == "kernel" or "error bound" in str(objection("fft", face, sparse))
    long = problem_of_call(shape(1, 100_000, 1), shape(4001, 1, 1))
    assert error_ratio(face, long) < 3
    assert objection("fft", face, long) is None


def test_a_transform_is_taken_only_where_it_saves_much():
    """Its estimated cost is the least both times; and the notebook's own problem is summed."""
    problem = problem_of_call(shape(1, 20_000, 1), shape(300, 1, 1))
    assert objection("fft", "output", problem, {"fft": 0.75e6, "taps": 1e6}) is None
    assert "saves less than 20 %" in str(objection("fft", "output", problem, {"fft": 0.85e6, "taps": 1e6}))
    assert "saves less than the 50 micro" in str(objection("fft", "output", problem, {"fft": 0.5e5, "taps": 0.9e5}))
    assert objection("taps", "output", problem, {"fft": 0.85e6, "taps": 1e6}) is None
    assert "fft" not in jconv.choose_method(shape(1, 100, 2), shape(3, 2, 4), platform="cpu").values()


def test_windows_beyond_32_bit_positions_are_refused_not_misread():
    x, kernel = shape(1, 2**28, 8), shape(3, 8, 2)
    with pytest.raises(NotImplementedError, match=r"gemm.*2147483648 entries"):
        jax.eval_shape(lambda x, kernel: jconv.conv1d(x, kernel, method="gemm"), x, kernel)
    assert "gemm" not in jconv.choose_method(x, kernel, platform="cpu").values()


def test_long_kernels_are_cut_where_short_transforms_fill_the_vectors():
    """One signal of 131,072 samples; and of the table of problems those that are there to try it."""
    assert Blocks.of(problem_of_call(shape(1, 131_072, 1), shape(65_536, 1, 1))).parts > 1
    assert Blocks.of(problem_of_call(shape(64, 8192, 1), shape(4096, 1, 1))).parts == 1
    for case in CASES:
        x, k, _ = case.arrays()
        assert (Blocks.of(problem_of_call(x, k, **case.options)).parts > 1) == case.name.endswith("in parts")


@given(length=st.integers(300, 4000), taps=st.integers(2, 60), dilation=st.integers(1, 8), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_the_error_of_a_transform_on_noise_is_within_the_ratio(length, taps, dilation, seed):
    """Of noise, the largest error of "fft" is no more than the ratio times the bound of the direct sum."""
    assume((taps - 1) * dilation < length)
    rng = np.random.default_rng(seed)
    x, k = rng.normal(size=(1, length, 1)).astype(np.float32), rng.normal(size=(taps, 1, 1)).astype(np.float32)
    problem = problem_of_call(x, k, dilation=dilation)
    y = np.asarray(jconv.conv1d(x, k, dilation=dilation, method="fft"), np.float64)[0, :, 0]
    wide = np.zeros((taps - 1) * dilation + 1)
    wide[::dilation] = k[:, 0, 0]
    exact = np.correlate(x[0, :, 0].astype(np.float64), wide, "valid")
    direct_bound = 4 * np.finfo(np.float32).eps * 2 / np.pi * taps
    assert np.abs(y - exact).max() <= 2 * error_ratio("output", problem) * direct_bound


def test_a_method_for_each_face_is_what_runs():
    x, kernel, y = (jnp.asarray(a) for a in Case("", length=60, taps=5).arrays())
    methods = {"output": "gemm", "input": "fft", "kernel": "dense"}

    def faces(method):
        z, pullback = jax.vjp(lambda x, k: jconv.conv1d(x, k, method=method), x, kernel)
        return (z, *pullback(y))

    for name, mixed in zip(methods, faces(methods), strict=True):
        alone = dict(zip(methods, faces(methods[name]), strict=True))[name]
        np.testing.assert_array_equal(mixed, alone)
    layer = jconv.nnx.Conv1D(3, 4, kernel_size=5, padding="VALID", method=methods, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(layer(x), jconv.conv1d(x, layer.kernel[...], layer.bias[...], method="gemm"))


@pytest.mark.parametrize("method", [{"output": "gemm"}, {"output": "gemm", "input": "fft", "kernel": "gem"}, 3])
def test_a_wrong_method_for_a_face_is_named(method):
    with pytest.raises((TypeError, ValueError), match=r"^`method"):
        jconv.conv1d(jnp.ones((1, 9, 1)), jnp.ones((3, 1, 1)), method=method)


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.int32])
def test_the_explanation_names_the_choice_and_every_method(platform, dtype):
    x, kernel = shape(4, 2000, 8, dtype=dtype), shape(64, 8, 8, dtype=dtype)
    text = jconv.explain(x, kernel, platform=platform)
    chosen = jconv.choose_method(x, kernel, platform=platform)
    for face, name in chosen.items():
        start = text.index(f"{face} (")
        block = text[start:].split("not considered:")[0]
        assert block.splitlines()[0].endswith(f": {name}")
        assert f"> {name}" in block
    assert all(text.count(name) >= 3 for name in jconv.METHODS)


def test_what_was_measured_is_kept_and_not_measured_again(tmp_path, monkeypatch):
    path = tmp_path / "folder" / "choices.json"
    x, kernel = shape(1, 300, 2), shape(5, 2, 3)
    chosen = jconv.choose_method(x, kernel, measure=True, cache=path)
    monkeypatch.setattr("jconv.measuring._fastest", lambda *_: pytest.fail("measured again"))
    assert jconv.choose_method(x, kernel, measure=True, cache=path) == chosen
    monkeypatch.setattr("jconv.measuring._fastest", lambda *_: "vmap")
    other = jconv.choose_method(x, shape(6, 2, 3), measure=True, cache=path)
    assert set(other.values()) == {"vmap"}
    assert len(json.loads(path.read_text())) == 2
    path.write_text(path.read_text().replace('"vmap"', '"a method of the past"'))
    assert set(jconv.choose_method(x, shape(6, 2, 3), measure=True, cache=path).values()) == {"vmap"}


def test_a_cache_that_cannot_be_written_is_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "choices.json"
    monkeypatch.setattr("jconv.measuring._fastest", lambda *_: "vmap")
    jconv.choose_method(shape(1, 300, 2), shape(5, 2, 3), measure=True, cache=path)
    before = path.read_text()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jconv.measuring.os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        jconv.choose_method(shape(1, 301, 2), shape(5, 2, 3), measure=True, cache=path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a": 3}', "\x00"])
def test_a_file_that_is_no_cache_is_left_alone(tmp_path, text):
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"`cache` \(='.*notes.txt'\) is no file of measured choices"):
        jconv.choose_method(shape(1, 300, 2), shape(5, 2, 3), measure=True, cache=path)
    assert path.read_text() == text


def test_a_cache_without_measuring_is_refused():
    with pytest.raises(ValueError, match=r"`cache`.*`measure`=True"):
        jconv.choose_method(shape(1, 300, 2), shape(5, 2, 3), cache="choices.json")


def test_bad_arguments_are_those_of_conv1d():
    with pytest.raises(ValueError, match="must have in/groups"):
        jconv.choose_method(shape(1, 300, 2), shape(5, 3, 3))


@pytest.mark.parametrize("ask", [jconv.choose_method, jconv.explain])
def test_a_shape_and_a_dtype_stand_for_an_array(ask):
    pair = ask(((2, 300, 4), "float32"), ((5, 4, 4), jnp.float32), platform="cpu")
    assert pair == ask(shape(2, 300, 4), shape(5, 4, 4), platform="cpu")


@pytest.mark.parametrize("wrong", [(2, 300, 4), [1.0], "float32", ((2, -3, 4), "float32"), ((2, 3), "float31"), None])
def test_anything_else_is_refused_in_a_line(wrong):
    for position, name in enumerate(("x", "kernel")):
        arguments = [shape(2, 300, 4), shape(5, 4, 4)]
        arguments[position] = wrong
        with pytest.raises(TypeError, match=rf"^`{name}` \(=.*must be an array.*$"):
            jconv.explain(*arguments)


def test_output_padding_is_for_transposed_convolutions():
    """It adds to the length: with it the problem is that of one position more."""
    arguments = ((2, 30, 4), "float32"), ((5, 4, 4), "float32")
    lengths = [
        problem_of_call(*arguments, stride=2, transposed=True, output_padding=more).window.input_length
        for more in (0, 1)
    ]
    assert lengths == [63, 64]
    for ask in (jconv.choose_method, jconv.explain):
        assert ask(*arguments, stride=2, transposed=True, output_padding=1)
        with pytest.raises(ValueError, match=r"^`output_padding` \(=1\)"):
            ask(*arguments, output_padding=1)


def test_a_platform_is_one_of_those_there_are():
    x, kernel = ((2, 9, 4), "float32"), ((3, 4, 4), "float32")
    assert jconv.explain(x, kernel, platform="CPU") == jconv.explain(x, kernel, platform="cpu")
    assert jconv.choose_method(x, kernel, platform="gpu") == jconv.choose_method(x, kernel, platform="cuda")
    with pytest.raises(ValueError, match=r"^`platform` \(='banana'\) must be one of 'cpu'"):
        jconv.explain(x, kernel, platform="banana")
    with pytest.raises(ValueError, match=r"^`platform` \(='tpu'\) is where methods are estimated"):
        jconv.choose_method(x, kernel, platform="tpu", measure=True)
