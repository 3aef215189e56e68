"""The kernel face of "dense" as a sum of several convolutions: what is cut so, and that it changes nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import check_faces, each_case, faces
from problems import Case, cases_named

from jconv import cpu
from jconv.methods import Problem, dense
from jconv.window import Window

CASES = [
    *cases_named("single sample", "kernel as long as the signal", "stride beyond the span", "padded beyond the span"),
    *cases_named("negative on both sides, strided", "grouped", "depthwise with multiplier, strided"),
    *cases_named("an odd number of positions", "long kernel, strided and dilated", "cropped behind to nothing"),
    Case("windows before and behind the signal", length=23, taps=5, padding=(7, 9)),
    Case("cropped", length=40, taps=3, padding=(-3, -2)),
    Case("strided and dilated", length=61, taps=3, stride=2, dilation=3, padding=(4, 1)),
    Case("fewer positions than parts", length=7, taps=5),
]


@pytest.fixture
def any_size(monkeypatch, compiled_anew):
    """Sums of any size are cut."""
    monkeypatch.setattr(cpu, "SUMMED_POSITIONS", 0)
    monkeypatch.setattr(cpu, "SUMMED_WORK", 0)


@each_case(CASES)
def test_parts_change_nothing(case, any_size):
    x, k, y = case.arrays()
    check_faces(case, x, k, y, jax.jit(faces("dense", case))(x, k, y), "dense")


def test_parts_are_all_positions_and_what_their_windows_read(any_size):
    problem = Problem(Window(30, 4, 22, 1, 3, 1), 1, 2, 1, 3, 5, np.dtype("float32"), np.dtype("float32"), None)
    rng = np.random.default_rng(0)
    x, y = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in (problem.x_shape, problem.y_shape))
    parts = dense.parts_of(x, y, problem)
    assert len(parts) == cpu.SUMS_AT_ONCE
    assert np.array_equal(np.concatenate([part_y for _, part_y, _ in parts], axis=2), y)
    for part_x, part_y, part in parts:
        assert (part_x.shape, part_y.shape) == (part.x_shape, part.y_shape)
        assert part.window.low == part.window.high == 0


@pytest.mark.parametrize(
    ("batch", "taps", "channels", "groups", "platform", "cut"),
    [
        (8, 5, 64, 1, "cpu", True),
        (8, 5, 64, 1, "cuda", False),  # several convolutions gain nothing there
        (8, 5, 32, 4, "cpu", True),
        (8, 5, 32, 8, "cpu", False),  # eight convolutions are enough
        (1, 5, 64, 1, "cpu", False),  # 1,000 positions
        (8, 1, 16, 1, "cpu", False),  # two million multiplications
    ],
)
def test_what_is_cut(batch, taps, channels, groups, platform, cut):
    float32 = np.dtype("float32")
    window = Window(1000 + taps - 1, taps, 1000)
    problem = Problem(window, 1, batch, groups, channels, channels, float32, float32, None, platform)
    assert dense.in_parts(problem) == cut
