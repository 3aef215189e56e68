"""`conv1d_stream`: iterables, arrays and mapped files give the whole signal's outputs, in the memory of a chunk."""

import os
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from bounds import check
from oracle import Form

import jconv


def joined(outputs):
    return np.concatenate([np.asarray(out) for out in outputs], axis=-2)


@pytest.mark.parametrize("source", ["iterable", "array"])
def test_outputs_are_those_of_the_whole_signal(source):
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=size).astype(np.float32) for size in ((1, 50, 4), (5, 2, 6)))
    chunks = (x[:, at : at + 20] for at in range(0, 50, 20)) if source == "iterable" else x
    seen = []
    outputs = jconv.conv1d_stream(
        chunks, kernel, padding="same", stride=2, groups=2, chunk_length=20, progress=seen.append
    )
    assert seen == [], "nothing is read before the first output is asked for"
    check(joined(outputs), Form(50, 5, 25, 2, 1, 1, 2), "output", x, kernel, method="direct")
    assert seen == [20, 20, 10]


@pytest.mark.parametrize("kind", [np.int16, np.dtype(">i2"), "jax"])
def test_whole_numbers_of_a_recording_become_numbers_of_the_kernel(kind):
    x = np.arange(-20, 20, dtype=np.int16)[:, None]
    kernel = np.ones((2, 1, 1), np.float32)
    got = joined(jconv.conv1d_stream(jnp.asarray(x) if kind == "jax" else x.astype(kind), kernel, chunk_length=16))
    np.testing.assert_array_equal(got[1:, 0], x[1:, 0] + x[:-1, 0])


def test_numbers_in_the_other_order_of_bytes_are_read():
    x, kernel = np.arange(5, dtype=">f4")[:, None], np.ones((1, 1, 1), np.float32)
    np.testing.assert_array_equal(joined(jconv.conv1d_stream(x, kernel)), x)


def test_an_array_without_samples_gives_what_padding_gives():
    kernel = np.ones((3, 1, 1), np.float32)
    assert joined(jconv.conv1d_stream(np.zeros((0, 1), np.float32), kernel, padding=(5, 5))).shape == (8, 1)


def test_progress_is_asked_for_as_a_function():
    with pytest.raises(TypeError, match=r"`progress` \(.*True.*\) must be a function"):
        jconv.conv1d_stream(np.zeros((3, 1), np.float32), np.ones((1, 1, 1), np.float32), progress=True)  # pyright: ignore


def resident():
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from Linux's /proc")
def test_a_mapped_file_is_filtered_in_constant_memory(tmp_path):
    size, chunk = 64 * 2**20, 2**20
    path = tmp_path / "silence.f32"
    with path.open("wb") as file:
        file.truncate(size)
    signal = np.memmap(path, np.float32, mode="r").reshape(-1, 2)
    kernel = np.ones((4, 1, 2), np.float32)
    taken, memory = 0, []
    for out in jconv.conv1d_stream(signal, kernel, groups=2, chunk_length=chunk // 8):
        taken += out.shape[0]
        memory.append(resident())
    assert taken == len(signal)
    assert max(memory[3:]) - memory[3] <= size // 2, "a few chunks and their outputs, and not the file"
