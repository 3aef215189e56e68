"""What XLA's compilers for GPUs and TPUs make of the faces. None of these is there: nothing here is run."""

import os

import jax
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import jconv
from benchmarks.accelerators.compiling import compiled
from benchmarks.accelerators.grid import CASES, FACES, NETWORK, NETWORKS_AND_TRAININGS, Entry, program
from benchmarks.accelerators.targets import TARGETS

if not os.environ.get("JCONV_ACCELERATORS"):
    pytest.skip("needs the environment that .ci/accelerators makes", allow_module_level=True)

BY_NAME = {case.name: case for case in (*CASES, *NETWORKS_AND_TRAININGS)}
REFUSED = {(target, method, "int32") for target in ("h100", "v5e") for method in ("winograd", "fft")}
REFUSED |= {("h100", method, "int32") for method in ("xla", "dense", "toeplitz")}
_devices = {}


@pytest.fixture(autouse=True)
def as_users_write():
    """The networks promote ranks and dtypes as their users would."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def devices(target):
    """The devices of a target; each compiler is started once."""
    if target not in _devices:
        _devices[target] = TARGETS[target].topology().devices
    return _devices[target]


def report(target, name, cell, contender="auto", dtype="float32"):
    """What a program of the benchmark's grid does; it must compile."""
    record = compiled(Entry(BY_NAME[name], dtype, cell, contender), devices(target))
    assert "kernels" in record, record
    return record


def text_of(target, function, *operands):
    there = NamedSharding(Mesh(np.array(devices(target))[:1], "device"), PartitionSpec())
    placed = [jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=there) for a in operands]
    return jax.jit(function).lower(*placed).compile().as_text() or ""


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "complex64"])
@pytest.mark.parametrize("method", ["auto", *jconv.METHODS])
@pytest.mark.parametrize("target", ["h100", "v5e"])
def test_every_method_compiles_or_says_why_not(target, method, dtype):
    """A grouped convolution with stride and padding, and its gradients where the dtype has them."""
    if method != "auto" and (target, dtype) in (("v5e", "bfloat16"), ("v5e", "complex64"), ("h100", "complex64")):
        pytest.skip("seconds each, and the same program but for the dtype")
    if (target, method, dtype) == ("v5e", "dense", "int32"):
        pytest.skip("takes two minutes, and is never taken")
    x, k, y = (jax.ShapeDtypeStruct(shape, dtype) for shape in ((2, 200, 8), (40, 4, 4), (2, 91, 4)))

    def faces(x, k, y):
        def convolution(x, k):
            return jconv.conv1d(x, k, stride=2, padding=10, groups=2, method=method)

        if dtype == "int32":
            return (convolution(x, k),)
        z, pull_back = jax.vjp(convolution, x, k)
        return z, *pull_back(y)

    if (target, method, dtype) in REFUSED:
        with pytest.raises(NotImplementedError, match=f"={method!r}"):
            text_of(target, faces, x, k, y)
    else:
        assert "ENTRY" in text_of(target, faces, x, k, y)


@pytest.mark.parametrize("cell", FACES)
@pytest.mark.parametrize("name", ["depthwise-512-k31", "depthwise-256-k64", "depthwise-256-k31-d4"])
def test_depthwise_on_a_gpu_is_a_few_kernels_of_our_own(name, cell):
    record = report("h100", name, cell)
    assert record["library"] == []
    assert record["kernels"] <= 8
    assert record["traffic"] <= 3


@pytest.mark.parametrize("cell", FACES)
def test_a_long_depthwise_kernel_on_a_gpu_is_a_transform_and_no_loop(cell):
    record = report("h100", "hyena-256-k4096", cell)
    assert record["turns"] == 0
    assert record["kernels"] <= 40
    assert record["traffic"] <= 12
    assert record["compile_s"] < 20


@pytest.mark.parametrize("cell", FACES)
def test_bfloat16_on_a_gpu_calls_the_library_for_it(cell):
    """The convolution's operands are bfloat16, and no signal is copied to float32."""
    function, operands = program(Entry(BY_NAME["dense-256-k3"], "bfloat16", cell, "auto"))
    text = text_of("h100", function, *operands)
    (call,) = [line for line in text.splitlines() if 'custom_call_target="__cudnn$conv' in line]
    assert call.split("custom-call(")[0].count("bf16[") >= 1
    assert "f32[8,2048,256]" not in text


def test_a_dilated_kernel_on_a_gpu_is_not_filled_with_zeros():
    """3 taps, 64 apart: as windows of 3, where XLA would make 129."""
    function, operands = program(Entry(BY_NAME["dilated-128-k3-d64"], "float32", "output", "auto"))
    text = text_of("h100", function, *operands)
    assert "window={size=3x1" in text
    assert "129" not in "".join(line for line in text.splitlines() if "cudnn$conv" in line)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["mnist1d_cnn", "mamba", "resnext"])
def test_a_network_starts_no_more_kernels_than_flax(name, dtype):
    ours, flax = (report("h100", name, NETWORK, contender, dtype) for contender in ("auto", "flax"))
    assert ours["kernels"] <= 1.2 * flax["kernels"]


@pytest.mark.parametrize(
    ("name", "cell", "other", "gain"),
    [
        ("examples-64-16-k5", "gradient for x", "xla", 5.0),
        ("ensemble-64-2-1-k31", "output", "xla", 2.0),
        ("front-1-512-k10-s5", "gradient for x", "xla", 2.0),
        ("pointwise-64", "output", "xla", 2.0),
    ],
)
def test_the_choice_on_a_tpu_is_estimated_to_be_faster_than_a_convolution(name, cell, other, gain):
    ours, theirs = (report("v5e", name, cell, contender) for contender in ("auto", other))
    assert gain * ours["cycles"] <= theirs["cycles"]


@pytest.mark.parametrize("cell", FACES)
def test_one_channel_and_a_long_kernel_compile_soon_for_a_tpu(cell):
    """XLA's own convolution takes minutes."""
    record = report("v5e", "fir-k1024", cell)
    assert record["compile_s"] < 20
    assert record["held"] <= 2


@pytest.mark.parametrize("cell", FACES)
@pytest.mark.parametrize("name", ["dense-256-k3", "depthwise-512-k31"])
def test_a_b200_starts_what_an_h100_starts(name, cell):
    """The choice is made from an H100's programs; the next generation's are the same kernels and calls."""
    newer, older = (report(target, name, cell) for target in ("b200", "h100"))
    assert (newer["kernels"], newer["library"]) == (older["kernels"], older["library"])


@pytest.mark.parametrize(
    ("name", "cell", "other", "gain"),
    [
        ("examples-64-16-k5", "gradient for x", "lax NWC", 5.0),
        ("pointwise-64", "output", "lax NWC", 1.5),
        ("front-1-512-k10-s5", "gradient for x", "lax NWC", 2.0),
    ],
)
def test_the_choice_for_a_v5e_holds_on_a_v6e(name, cell, other, gain):
    ours, theirs = (report("v6e", name, cell, contender) for contender in ("auto", other))
    assert gain * ours["cycles"] <= theirs["cycles"]


@pytest.mark.parametrize("cell", ["output", "gradient for kernel"])
def test_a_long_depthwise_kernel_on_a_tpu_compiles_soon_and_holds_little(cell):
    """Real signals are transformed as half as many complex samples; XLA's own convolution takes minutes."""
    record = report("v5e", "hyena-256-k4096", cell)
    assert record["compile_s"] < 20
    assert record["held"] <= 4
    assert record["cycles"] <= 6e6
