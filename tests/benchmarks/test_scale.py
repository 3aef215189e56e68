"""What is counted of split convolutions, and that `docs/scale.md` says the same and runs."""

import itertools
import re
from pathlib import Path

import jax
import jax.numpy as jnp

import jconv
from benchmarks import scale

HERE = Path(scale.__file__).parent
TEXT = scale.DOC.read_text(encoding="utf-8")
FOUND = scale.load(HERE)


def test_the_page_has_the_stored_numbers():
    assert scale.written(TEXT, FOUND) == TEXT, "`python -m benchmarks scale` writes the tables"
    assert set(FOUND["devices"]) == {str(number) for number in scale.DEVICES}


def test_what_was_counted_is_what_was_planned():
    for number, cells in FOUND["devices"].items():
        assert [cell["split"]["name"] for cell in cells] == [split.name for split in scale.COMPILED]
        for split, cell in zip(scale.COMPILED, cells, strict=True):
            assert cell["sent"] == split.sent(int(number)), (split.name, number)
            assert cell["gathered"] == 0, (split.name, number)


def test_memory_halves_with_each_doubling_until_the_halo_is_what_is_held():
    for index, split in enumerate(scale.COMPILED):
        held = [FOUND["devices"][str(number)][index]["temporary"] for number in scale.DEVICES]
        halo = split.sent(2)
        for more, fewer in itertools.pairwise(held):
            assert fewer <= more / 2 + 2 * halo + 4096, split.name


def test_the_compiler_here_says_the_same():
    split = next(split for split in scale.COMPILED if split.name == "stride 4, 16 taps")
    (cell,) = scale.counted(8, (split,))
    assert cell["sent"] == split.sent(8) > 0
    assert cell["gathered"] == 0


def test_bytes_are_read_from_the_text_of_a_program():
    text = """
    %ppermute.1 = f32[1,2,15,1,4]{4,3,2,1,0} collective-permute(%a), channel_id=1
    %b = f32[7]{0} add(%ppermute.1, %c)
    """
    assert scale.sent(text) == 2 * 15 * 4 * 4


def test_where_the_halo_takes_as_long_as_the_work():
    for split, machine in itertools.product(scale.LARGE, scale.MACHINES):
        held = scale.even(split, machine)
        halo = scale.halo_time(split, 1024, machine)
        assert abs(scale.compute_time(split, held, machine) / halo - 1) < 1e-9


def test_the_page_runs():
    jax.config.update("jax_enable_x64", False)  # as users run it
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    names = {}
    with jax.numpy_dtype_promotion("standard"):
        exec(block, names)
    y, kernel = names["y"], names["kernel"]
    parts = [part.data.shape for part in y.addressable_shards]
    assert parts == [(1, 4096 // jax.device_count(), 8)] * jax.device_count()
    expected = jconv.conv1d(
        jnp.asarray(jax.device_get(names["x"])), kernel, dilation=2, padding="same", padding_mode="reflect"
    )
    assert abs(jax.device_get(y) - jax.device_get(expected)).max() < 1e-3
    assert names["gradient"].shape == kernel.shape
