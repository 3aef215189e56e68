"""PyTorch modules' own state dicts, weight-normalised ones and files included, give the modules' own values."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from needed import needed

import jconv.nnx
from jconv.interop import from_flax, from_torch, load_safetensors, save_safetensors, to_flax, to_torch

torch = needed("torch")
pytestmark = pytest.mark.peers

NORMS = {
    "plain": lambda module, dim: module,
    "old": lambda module, dim: torch.nn.utils.weight_norm(module, dim=dim),
    "new": lambda module, dim: torch.nn.utils.parametrizations.weight_norm(module, dim=dim),
}
MODULES: dict[str, dict[str, Any]] = {
    "Conv1d": {"stride": 2, "padding": 1, "dilation": 2, "groups": 2},
    "ConvTranspose1d": {"stride": 3, "padding": 1, "output_padding": 2, "dilation": 2, "groups": 2},
}
# How many eps PyTorch's float32 weight may lie from g * v / norm(v): a sum of 48 squares errs by 48/2 and its root by
# half of that; a root, a quotient, a product and our one rounding add 1/2 each.
FOLDING = 48 / 4 + 4 / 2


def built(name, norm="plain", dim=0):
    torch.manual_seed(0)
    return NORMS[norm](getattr(torch.nn, name)(4, 8, 3, **MODULES[name]), dim)


def signal():
    return np.random.default_rng(1).normal(size=(2, 4, 9)).astype(np.float32)


def values(module, x):
    with torch.no_grad():
        return module(torch.from_numpy(x)).numpy()


def check_close(got, module, x, terms):
    """Two float32 sums of at most `terms` products and a bias, by the same kernel up to a few roundings of it."""
    want = values(module, x)
    sizes = values(absolute(module), np.abs(x))
    assert got.shape == want.shape
    bound = (terms + 2 + FOLDING) * np.finfo(np.float32).eps * sizes
    assert (np.abs(np.asarray(got) - want) <= bound).all()


def absolute(module):
    """A plain module of the same kind with the absolute values of the weights."""
    plain = getattr(torch.nn, type(module).__name__.removeprefix("Parametrized"))(4, 8, 3, **options_of(module))
    with torch.no_grad():
        plain.weight.copy_(module.weight.abs())
        plain.bias.copy_(module.bias.abs())
    return plain


def options_of(module):
    return MODULES[type(module).__name__.removeprefix("Parametrized")]


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning")
@pytest.mark.parametrize(
    ("norm", "dim"), [("plain", 0), ("old", 0), ("old", 2), ("old", None), ("new", 0), ("new", 1), ("new", None)]
)
@pytest.mark.parametrize("name", MODULES)
def test_a_state_dict_gives_the_values_of_its_module(name, norm, dim):
    module, x = built(name, norm, dim), signal()
    params = from_torch({f"net.0.{key}": entry for key, entry in module.state_dict().items()}, "net.0", layout="NCL")
    function = jconv.conv1d if name == "Conv1d" else jconv.conv_transpose1d
    got = function(x, params["kernel"], params["bias"], **MODULES[name], layout="NCL")
    check_close(got, module, x, terms=3 * 4)
    weight = module.weight.detach().numpy()
    eps = np.finfo(np.float32).eps
    assert (np.abs(params["kernel"] - weight) <= FOLDING * eps * np.abs(weight)).all()
    if norm == "plain":
        np.testing.assert_array_equal(params["kernel"], weight)


@pytest.mark.parametrize("transpose_kernel", [False, True])
def test_a_transposed_module_as_a_flax_module(transpose_kernel):
    module, x = built("ConvTranspose1d"), signal()
    reach = (3 - 1) * 2
    layer = jconv.nnx.ConvTranspose1D(
        4,
        8,
        kernel_size=3,
        strides=3,
        padding=(reach - 1, reach - 1 + 2),
        kernel_dilation=2,
        feature_group_count=2,
        transpose_kernel=transpose_kernel,
        rngs=nnx.Rngs(0),
    )
    options = {"transposed": True, "transpose_kernel": transpose_kernel, "groups": 2}
    nnx.update(layer, to_flax(from_torch(module.state_dict()), **options))
    got = jnp.swapaxes(layer(jnp.swapaxes(jnp.asarray(x), 1, 2)), 1, 2)
    check_close(got, module, x, terms=3 * 4)
    back = to_torch(from_flax(nnx.state(layer), **options))
    module.load_state_dict({key: torch.from_numpy(array) for key, array in back.items()})


@pytest.mark.parametrize("name", MODULES)
def test_what_we_give_back_loads_into_a_module(name):
    module = built(name)
    back = to_torch(from_torch(module.state_dict()))
    for key, array in back.items():
        np.testing.assert_array_equal(array, module.state_dict()[key].numpy())
    getattr(torch.nn, name)(4, 8, 3, **MODULES[name]).load_state_dict(
        {key: torch.from_numpy(array) for key, array in back.items()}
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64"])
def test_every_dtype_of_tensor(dtype):
    module = torch.nn.Conv1d(4, 8, 3, dtype=getattr(torch, dtype))
    params = from_torch(module.state_dict())
    assert params["kernel"].dtype == jnp.dtype(dtype)
    for key, name in {"weight": "kernel", "bias": "bias"}.items():
        wide = torch.complex128 if dtype == "complex64" else torch.float64
        want = module.state_dict()[key].to(wide).numpy()
        np.testing.assert_array_equal(params[name].astype(want.dtype), want.transpose())


def test_a_file_goes_both_ways(tmp_path):
    safetensors_torch = needed("safetensors.torch")
    module = torch.nn.Conv1d(4, 8, 3, dtype=torch.bfloat16)
    path = tmp_path / "model.safetensors"
    safetensors_torch.save_file({f"conv.{key}": entry for key, entry in module.state_dict().items()}, path)
    params = from_torch(load_safetensors(path), "conv")
    save_safetensors(path, to_torch(params))
    loaded = safetensors_torch.load_file(path)
    assert all(torch.equal(entry, loaded[key]) for key, entry in module.state_dict().items())
    save_safetensors(path, module.state_dict())
    np.testing.assert_array_equal(from_torch(load_safetensors(path))["kernel"], params["kernel"])


def test_the_module_goes_its_own_way_afterwards():
    module = torch.nn.Conv1d(1, 1, 3)
    params = from_torch(module.state_dict())
    before = params["kernel"].copy()
    with torch.no_grad():
        module.weight.add_(1.0)
    np.testing.assert_array_equal(params["kernel"], before)
