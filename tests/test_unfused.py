"""What is kept apart stays apart: else long sums would be compiled into loops that are many times slower."""

import jax
import jax.numpy as jnp
import pytest

import jconv
from jconv.methods.arrays import fusion_barrier


def twice_kept(platform):
    return lambda x: fusion_barrier(platform, lambda x: fusion_barrier(platform, lambda x: x + 1, x) * 2, x)


def test_values_and_types_are_those_of_the_function():
    x = jnp.arange(3, dtype=jnp.float32)
    assert jax.jit(twice_kept("cpu"))(x).tolist() == [2, 4, 6]
    assert twice_kept("cpu")(x).dtype == x.dtype


@pytest.mark.parametrize("inside_a_loop", [False, True])
def test_the_compiled_program_has_the_branch(inside_a_loop):
    function = twice_kept("cpu")
    if inside_a_loop:
        function = lambda x: jax.lax.fori_loop(0, 5, lambda _, x: twice_kept("cpu")(x), x)  # noqa: E731
    with jax.default_device(jax.devices("cpu")[0]):
        program = jax.jit(function).lower(jnp.zeros(1000)).compile().as_text()
    assert program is not None
    assert program.count(" conditional(") == 2


@pytest.mark.usefixtures("optimised")
def test_products_of_groups_are_not_held_for_whatever_reads_the_result():
    """Of a loss, its activation and its gradients: 9 times the signal before the result was laid out once, 7 since."""
    x, kernel, bias = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in ((4, 1024, 256), (3, 32, 256), (256,)))
    loss = lambda *operands: jax.nn.relu(jconv.conv1d(*operands, padding="same", groups=8, method="taps")).sum()  # noqa: E731
    compiled = jax.jit(jax.value_and_grad(loss, (0, 1, 2))).lower(x, kernel, bias).compile()
    memory = compiled.memory_analysis()
    assert memory is not None
    assert memory.temp_size_in_bytes < 8 * 4 * x.size


def test_other_platforms_fuse_as_they_like():
    text = jax.jit(twice_kept("cuda")).lower(jnp.zeros(1000)).as_text()
    assert "case" not in text
