"""Weights in safetensors files, and what is said when names, shapes or files are wrong."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jconv.interop import from_flax, from_torch, load_safetensors, save_safetensors, to_flax, to_torch

safetensors_numpy = pytest.importorskip("safetensors.numpy")

ARRAYS = {
    "encoder.conv1.weight": np.arange(24, dtype=np.float32).reshape(4, 2, 3),
    "encoder.conv1.bias": np.arange(4, dtype=np.float32),
    "encoder.conv10.weight": np.ones((4, 2, 3), np.float32),
    "decoder.up.weight": np.ones((2, 4, 3), np.float32),
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_numpy.save_file(ARRAYS, path)
    return path


@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16, np.float32, np.float64, np.complex64, np.int32])
@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray, np.asfortranarray], ids=["numpy", "jax", "fortran"])
def test_saved_and_loaded(tmp_path, dtype, convert):
    arrays = {"a": np.arange(24).reshape(2, 3, 4).astype(dtype), "b.c": np.array(3).astype(dtype)}
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {name: convert(array) for name, array in arrays.items()})
    loaded = load_safetensors(path)
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


@pytest.mark.parametrize("prefix", ["encoder.conv1", "encoder.conv1."])
def test_a_prefix_is_a_whole_name(path, prefix):
    loaded = load_safetensors(str(path), prefix)
    assert loaded.keys() == {"weight", "bias"}  # and nothing of conv10
    want = from_torch(ARRAYS, prefix)
    np.testing.assert_array_equal(from_torch(loaded)["kernel"], want["kernel"])
    np.testing.assert_array_equal(want["kernel"], ARRAYS["encoder.conv1.weight"].T)


def test_the_file_is_one_that_safetensors_reads(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, to_torch(from_torch(ARRAYS, "encoder.conv1"), "conv"), metadata={"format": "pt"})
    loaded = safetensors_numpy.load_file(path)
    np.testing.assert_array_equal(loaded["conv.weight"], ARRAYS["encoder.conv1.weight"])
    header = path.read_bytes()[8:]
    assert json.JSONDecoder().raw_decode(header.decode("latin-1"))[0]["__metadata__"] == {"format": "pt"}


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    whole = Path.write_bytes

    def half(target, data):
        whole(target, data[:50])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        save_safetensors(path, {"a": np.ones(3)})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_a_file_as_any_other(tmp_path):
    save_safetensors(tmp_path / "x", {"a": np.ones(3)})
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def said(error, call):
    """The message of `call`'s error, of exactly this type; one line."""
    with pytest.raises(error) as info:
        call()
    assert info.type is error
    (message,) = info.value.args
    assert "\n" not in message
    return message


@pytest.mark.parametrize("broken", ["empty", "truncated", "other"])
def test_a_broken_file(path, broken):
    data = path.read_bytes()
    path.write_bytes({"empty": b"", "truncated": data[:-1], "other": b"\x80\x02}q\x00" * 50}[broken])
    assert said(ValueError, lambda: load_safetensors(path)).startswith(
        f"`path` (='{path}') is not a whole safetensors file: "
    )


def test_no_file(tmp_path):
    missing = tmp_path / "x.safetensors"
    assert said(FileNotFoundError, lambda: load_safetensors(missing)) == f"`path` (='{missing}') does not exist"
    assert "it is a folder" in said(IsADirectoryError, lambda: load_safetensors(tmp_path))
    message = said(FileNotFoundError, lambda: save_safetensors(tmp_path / "no" / "x", {}))
    assert "must lie in a folder that exists" in message
    assert "it is a folder" in said(IsADirectoryError, lambda: save_safetensors(tmp_path, {}))
    assert said(TypeError, lambda: load_safetensors(NUMBER)) == "`path` (=3, a int) must be a string or a path"


def test_dtypes_the_format_or_numpy_lacks(tmp_path):
    path = tmp_path / "x.safetensors"
    message = said(ValueError, lambda: save_safetensors(path, {"a": np.ones(2, np.complex128)}))
    assert message.startswith("`arrays` cannot be written to `path`")
    assert "complex128" in message
    assert not list(tmp_path.iterdir())
    header = json.dumps({"a": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\x38\x38")
    assert "holds 'a' as F8_E4M3, which NumPy lacks" in said(ValueError, lambda: load_safetensors(path))


def test_without_the_package(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for call in (lambda: load_safetensors(path), lambda: save_safetensors(path, {})):
        assert re.fullmatch(
            r"\w+ needs the package safetensors: pip install 'safetensors>=[\d.]+'", said(ImportError, call)
        )


def test_a_name_that_is_not_there(path):
    want = "`prefix` (='encoder.conv2.') is the start of no name; did you mean 'encoder.conv1' or 'encoder.conv10'?"
    assert said(KeyError, lambda: from_torch(ARRAYS, "encoder.conv2")) == want
    assert said(KeyError, lambda: load_safetensors(path, "encoder.conv2")) == want
    assert said(KeyError, lambda: from_torch(ARRAYS, "zzz")) == (
        "`prefix` (='zzz.') is the start of no name; "
        "the modules with weights are 'decoder.up', 'encoder.conv1', 'encoder.conv10'"
    )
    assert said(KeyError, lambda: from_torch({}, "a")) == "`prefix` (='a.') is the start of no name; the names are []"


def test_a_module_without_a_weight_we_know():
    spectral = {"conv.weight_orig": np.ones((4, 2, 3)), "conv.weight_u": np.ones(4), "conv.weight_v": np.ones(6)}
    message = said(KeyError, lambda: from_torch(spectral, "conv"))
    assert "['weight_orig', 'weight_u', 'weight_v']" in message
    assert "remove this parametrisation in PyTorch" in message
    message = said(KeyError, lambda: from_torch(ARRAYS))
    assert message.startswith("`prefix` (='') must name a module with a weight in a known form (weight, weight_g with")
    assert message.endswith("; the modules with weights are 'decoder.up', 'encoder.conv1', 'encoder.conv10'")
    message = said(KeyError, lambda: from_torch(ARRAYS, "encoder"))
    assert message.endswith("; did you mean 'encoder.conv1'?")


KERNEL: Any = np.ones((3, 2, 4), np.float32)
NUMBER: Any = 3
NUMBERED: Any = {1: KERNEL}
WRONG = {
    "not a dict": (TypeError, lambda: from_torch(KERNEL), "`state_dict` (a ndarray) must be a mapping"),
    "not a string": (TypeError, lambda: from_torch({}, NUMBER), "`prefix` (=3, a int) must be a string"),
    "not an array": (TypeError, lambda: from_torch({"weight": [1.0]}), "weight (=[1.0], a list) must be an array"),
    "not numbers": (TypeError, lambda: from_torch({"weight": np.array(["a"])}), "weight (of <U1) must hold numbers"),
    "layout": (ValueError, lambda: from_torch({"weight": KERNEL}, layout="NLCC"), "did you mean 'NLC'?"),
    "a linear layer": (ValueError, lambda: from_torch({"weight": np.ones((4, 2))}), "weight must have 3 axes"),
    "torch bias": (
        ValueError,
        lambda: from_torch({"a.weight": np.ones((4, 2, 3)), "a.bias": np.ones(3)}, "a"),
        "a.bias (of shape (3,)) must have shape (2,) or (4,) or (8,); a.weight has shape (4, 2, 3)",
    ),
    "magnitude": (
        ValueError,
        lambda: from_torch({"weight_g": np.ones((3, 1, 1)), "weight_v": np.ones((4, 2, 3))}),
        "weight_g (of shape (3, 1, 1)) must be a scalar or have axes of length 1 or those of weight_v",
    ),
    "no direction": (
        ValueError,
        lambda: from_torch({"weight_g": np.ones((4, 1, 1)), "weight_v": np.zeros((4, 2, 3))}),
        "weight_v is zero along axes (1, 2) somewhere",
    ),
    "no kernel": (KeyError, lambda: to_torch({"weight": KERNEL}), "must have a \"kernel\"; it has ['weight']"),
    "too much": (ValueError, lambda: to_torch({"kernel": KERNEL, "scale": KERNEL}), "it has ['scale'] too"),
    "kernel axes": (ValueError, lambda: to_flax({"kernel": KERNEL[0]}), "must have 3 axes, (width, per group,"),
    "flax bias": (
        ValueError,
        lambda: from_flax({"kernel": KERNEL, "bias": np.ones(2)}),
        '`params["bias"]` (of shape (2,)) must have shape (4,); the kernel',
    ),
    "groups": (
        ValueError,
        lambda: to_flax({"kernel": KERNEL}, groups=3),
        "`groups` (=3) must divide the last axis of the kernel, whose shape is (3, 2, 4)",
    ),
    "no groups": (ValueError, lambda: to_flax({"kernel": KERNEL}, groups=0), "`groups` (=0) must be at least 1"),
    "not transposed": (ValueError, lambda: to_flax({"kernel": KERNEL}, transpose_kernel=True), "`transposed` must be"),
    "names": (TypeError, lambda: save_safetensors("x", NUMBERED), "`arrays` must have strings for names; one is =1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    error, call, text = WRONG[name]
    assert text in said(error, call)
