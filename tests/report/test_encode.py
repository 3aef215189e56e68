"""Arrays come back from a page as they went in: exactly, or within the rounding that their codec states."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jconv.report.encode import Packer, unpacked

DTYPES = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.int32, np.complex64, np.complex128)


@given(st.data())
def test_exact_arrays_come_back_bit_for_bit(data):
    packer, arrays = Packer(), {}
    for i in range(data.draw(st.integers(1, 4))):
        dtype = data.draw(st.sampled_from(DTYPES))
        shape = data.draw(st.lists(st.integers(0, 5), max_size=3))
        drawn = np.random.default_rng(i).normal(size=shape) * 50
        arrays[f"a{i}"] = np.asarray(drawn).astype(dtype)
        packer.add(f"a{i}", arrays[f"a{i}"])
    back = unpacked(packer.index, packer.text)
    for name, array in arrays.items():
        wide = np.stack([array.real, array.imag], -1) if np.iscomplexobj(array) else array
        np.testing.assert_array_equal(back[name], wide.astype(np.float64))


def test_nan_infinity_and_minus_zero_stay():
    packer = Packer()
    packer.add("a", np.array([np.nan, np.inf, -np.inf, -0.0], np.float32))
    back = unpacked(packer.index, packer.text)["a"]
    np.testing.assert_array_equal(back, [np.nan, np.inf, -np.inf, 0])
    assert np.signbit(back[3])


@pytest.mark.parametrize(("codec", "levels"), [("i2", 2 * 32767), ("u1", 255)])
def test_rounded_arrays_are_off_by_half_a_level(codec, levels):
    packer, array = Packer(), np.random.default_rng(0).normal(size=(20, 7))
    packer.add("a", array, codec, steps=codec == "i2")
    extent = 2 * np.abs(array).max() if codec == "i2" else array.max() - array.min()
    assert np.abs(unpacked(packer.index, packer.text)["a"] - array).max() <= 0.5001 * extent / levels


def test_snapshots_that_resemble_their_neighbours_are_stored_by_differences():
    path = np.cumsum(np.random.default_rng(0).normal(size=(64, 400)) / 1000, axis=0) + np.linspace(-1, 1, 400)
    texts = []
    for steps in (False, True):
        packer = Packer()
        packer.add("a", path, "i2", steps=steps)
        texts.append(packer.text)
        np.testing.assert_allclose(unpacked(packer.index, packer.text)["a"], path, atol=np.abs(path).max() / 65000)
    assert len(texts[1]) < 0.95 * len(texts[0])
