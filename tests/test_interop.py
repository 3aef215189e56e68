"""Weights to and from other libraries: round trips, the same numbers through the modules, files, and errors."""

import itertools
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

import jconv.nnx
from jconv.interop import from_flax, from_torch, to_flax, to_torch

DTYPES = (np.float16, jnp.bfloat16, np.float32, np.float64, np.complex64)


def drawn(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def same(first, second):
    """Assert that two dicts hold the same arrays, of the same dtypes."""
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].dtype == second[name].dtype
        np.testing.assert_array_equal(first[name], second[name])


@st.composite
def all_params(draw):
    """Params of any shape, with their number of groups; `bias` fits a transposed convolution or an ordinary one."""
    width, per_group, groups, of_each = (draw(st.integers(1, 4)) for _ in range(4))
    transposed = draw(st.booleans())
    dtype = draw(st.sampled_from(DTYPES))
    params = {"kernel": drawn((width, per_group, groups * of_each), dtype)}
    if draw(st.booleans()):
        params["bias"] = drawn(groups * (per_group if transposed else of_each), dtype, seed=1)
    return params, transposed, groups


@given(all_params(), st.sampled_from(["", "encoder.conv1", "conv."]), st.sampled_from(["NLC", "NCL"]))
def test_there_and_back_by_torch_names(case, prefix, layout):
    params, _, _ = case
    if layout == "NCL":
        params = params | {"kernel": params["kernel"].transpose()}
    state_dict = to_torch(params, prefix, layout=layout)
    assert state_dict[prefix.rstrip(".") + "." * bool(prefix) + "weight"].flags.c_contiguous
    same(from_torch(state_dict, prefix, layout=layout), params)


@given(all_params(), st.booleans())
def test_there_and_back_by_flax(case, transpose_kernel):
    params, transposed, groups = case
    options = {"transposed": transposed, "transpose_kernel": transposed and transpose_kernel, "groups": groups}
    same(from_flax(to_flax(params, **options), **options), params)


def test_torch_layouts():
    weight = drawn((4, 2, 3))  # (out, in/groups, width)
    kernel = from_torch({"weight": weight})["kernel"]
    assert kernel[2, 1, 3] == weight[3, 1, 2]
    np.testing.assert_array_equal(from_torch({"weight": weight}, layout="NCL")["kernel"], weight)


@pytest.mark.parametrize("flax_class", [nnx.Conv, jconv.nnx.Conv1D])
def test_convolution_through_a_flax_module(flax_class):
    options = {"strides": 2, "padding": 1, "kernel_dilation": 2, "feature_group_count": 2}
    layer = flax_class(4, 6, kernel_size=(3,), **options, rngs=nnx.Rngs(0))
    state_dict = {"weight": drawn((6, 2, 3)), "bias": drawn(6, seed=1)}
    x = drawn((2, 4, 11), seed=2)
    nnx.update(layer, to_flax(from_torch(state_dict), groups=2))
    want = jconv.conv1d(
        x, state_dict["weight"], state_dict["bias"], stride=2, padding=1, dilation=2, groups=2, layout="NCL"
    )
    got = jnp.swapaxes(layer(jnp.swapaxes(jnp.asarray(x), 1, 2)), 1, 2)
    check_close(got, want, terms=3 * 2, x=x, kernel=state_dict["weight"])
    same(to_torch(from_flax(nnx.state(layer), groups=2)), state_dict)


@pytest.mark.parametrize("transpose_kernel", [False, True])
@pytest.mark.parametrize(
    ("flax_class", "groups"), [(nnx.ConvTranspose, 1), (jconv.nnx.ConvTranspose1D, 1), (jconv.nnx.ConvTranspose1D, 2)]
)
def test_transposed_through_a_flax_module(flax_class, groups, transpose_kernel):
    stride, dilation, padding, output_padding, width = 3, 2, 1, 2, 3
    reach = (width - 1) * dilation
    grouped = {"feature_group_count": groups} if groups > 1 else {}
    layer = flax_class(
        4,
        6,
        kernel_size=(width,),
        strides=(stride,),
        padding=[(reach - padding, reach - padding + output_padding)],
        kernel_dilation=(dilation,),
        transpose_kernel=transpose_kernel,
        **grouped,
        rngs=nnx.Rngs(0),
    )
    state_dict = {"weight": drawn((4, 6 // groups, width)), "bias": drawn(6, seed=1)}
    x = drawn((2, 4, 7), seed=2)
    options = {"transposed": True, "transpose_kernel": transpose_kernel, "groups": groups}
    nnx.update(layer, to_flax(from_torch(state_dict), **options))
    want = jconv.conv_transpose1d(
        x,
        state_dict["weight"],
        state_dict["bias"],
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
        layout="NCL",
    )
    got = jnp.swapaxes(layer(jnp.swapaxes(jnp.asarray(x), 1, 2)), 1, 2)
    check_close(got, want, terms=width * 4, x=x, kernel=state_dict["weight"])
    same(to_torch(from_flax(nnx.state(layer), **options)), state_dict)


def check_close(got, want, *, terms, x, kernel):
    """Two float32 sums of at most `terms` products and a bias differ by `n*eps` times the largest possible sum."""
    assert got.shape == want.shape
    largest = terms * np.abs(x).max() * np.abs(kernel).max() + 5  # a bias is below 5
    assert np.abs(got - want).max() <= (terms + 2) * np.finfo(np.float32).eps * largest


WEIGHT_NORM = {
    "old": ("weight_g", "weight_v"),
    "new": ("parametrizations.weight.original0", "parametrizations.weight.original1"),
}


@pytest.mark.parametrize("names", WEIGHT_NORM.values(), ids=WEIGHT_NORM)
@pytest.mark.parametrize("g_shape", [(4, 1, 1), (1, 2, 1), (1, 1, 3), ()], ids=str)
def test_weight_norm_is_multiplied_out(names, g_shape):
    magnitude, direction = drawn(g_shape or 1).reshape(g_shape), drawn((4, 2, 3), seed=1)
    state_dict = {f"conv.{name}": array for name, array in zip(names, (magnitude, direction), strict=True)}
    weight = from_torch(state_dict, "conv", layout="NCL")["kernel"]
    kept = tuple(axis for axis, length in enumerate(g_shape) if length > 1)
    others = tuple(axis for axis in range(3) if axis not in kept)
    norms = np.sqrt((weight.astype(np.float64) ** 2).sum(axis=others, keepdims=True))
    eps = float(np.finfo(np.float32).eps)  # each entry is rounded once
    np.testing.assert_allclose(norms, np.abs(magnitude).reshape(norms.shape), rtol=eps)
    parallel = (weight * direction).sum(axis=others, keepdims=True) / norms
    lengths = np.sqrt((direction**2).sum(axis=others, keepdims=True))
    np.testing.assert_allclose(parallel, np.sign(magnitude).reshape(norms.shape) * lengths, rtol=30 * eps)
    assert weight.dtype == np.float32


def test_results_are_copies():
    for shape in ((4, 2, 3), (1, 1, 5)):  # the second is contiguous however its axes are ordered
        state_dict = {"weight": np.ones(shape, np.float32), "bias": np.ones(shape[0], np.float32)}
        for layout in ("NLC", "NCL"):
            params = from_torch(state_dict, layout=layout)
            results = [params, to_torch(params, layout=layout)]
            if layout == "NLC":
                results += [to_flax(params), from_flax(params)]
            arrays = [array for result in (state_dict, *results) for array in result.values()]
            assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))


class Tensor:
    """What is read of a PyTorch tensor."""

    def __init__(self, array):
        self.array, self.dtype = array, f"torch.{array.dtype}"

    def detach(self):
        return self

    def float(self):
        return Tensor(self.array.astype(np.float32))

    def numpy(self, *, force):
        assert force
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_are_read_without_torch(dtype):
    weight = drawn((4, 2, 3), dtype)
    same(from_torch({"weight": Tensor(weight)}, layout="NCL"), {"kernel": weight})


def test_neither_torch_nor_flax_nor_safetensors_is_imported():
    code = "import sys, jconv.interop; print([m for m in ('torch', 'flax', 'safetensors', 'onnx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
