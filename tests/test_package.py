"""`import jconv`: parts loaded on demand, missing extras, the version, and hints for PyTorch's tensors and modules."""

import subprocess
import sys
import tomllib
from pathlib import Path

import jax.numpy as jnp
import pytest

import jconv
from jconv.interop import from_torch, to_flax, to_torch


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")


def test_parts_are_imported_when_asked_for():
    parts = "nnx plot report interop analysis"
    code = f"import sys, jconv; print('flax' in sys.modules, {{*'{parts}'.split()}} <= {{*dir(jconv)}})"
    first, second, *_ = run(code + "; print(jconv.nnx.Conv1D, jconv.plot, jconv.interop, jconv.analysis, jconv.report)")
    assert first == "False True"
    assert "Conv1D" in second


@pytest.mark.parametrize(("part", "package", "extra"), [("nnx", "flax", "flax"), ("plot", "matplotlib", "plot")])
def test_a_missing_extra_is_named(part, package, extra):
    code = f"import sys; sys.modules['{package}'] = None; import jconv"
    code += f"\ntry: jconv.{part}\nexcept ImportError as error: print(error)"
    assert run(code)[0] == f"jconv.{part} needs {package}: pip install 'jconv[{extra}]'"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'jconv' has no attribute 'conv2d'$"):
        jconv.conv2d  # noqa: B018  # pyright: ignore


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert jconv.__version__ == project["version"]


class Tensor:
    """Stands for PyTorch's, which is not installed here."""


Module = type("Module", (), {"__module__": "torch.nn.modules.module"})
Tensor.__module__ = "torch"


class Layer(Module):
    pass


@pytest.mark.parametrize(
    ("value", "hint"), [(Tensor(), r"`\.detach\(\)\.numpy\(\)`"), (Layer(), r"`\.state_dict\(\)`")]
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_values_of_pytorch_are_told_what_to_call(value, hint, position):
    arrays = [jnp.ones((2, 9, 3)), jnp.ones((5, 3, 4)), jnp.ones(4)]
    arrays[position] = value
    with pytest.raises(TypeError, match=hint):
        jconv.conv1d(*arrays)


@pytest.mark.parametrize("convert", [from_torch, to_torch, to_flax])
def test_a_module_in_place_of_a_mapping_is_told_what_to_call(convert):
    with pytest.raises(TypeError, match=r"`\.state_dict\(\)`"):
        convert(Layer())


def test_other_values_get_no_hint():
    with pytest.raises(TypeError, match=r"must be a JAX or NumPy array$"):
        jconv.conv1d([1.0], jnp.ones((5, 3, 4)))  # type: ignore[arg-type]
