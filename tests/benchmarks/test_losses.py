"""Losses: their grid, what is right of them, who takes part, and that a wrong one is not timed."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from benchmarks import measure, oracle, peers
from benchmarks.cases import GRID, LOSSES, Case, activation_of, cells_of, from_facts
from benchmarks.contenders import ACTIVATIONS
from benchmarks.peers import LOSS_PEERS, installed
from benchmarks.runners import IN_TWO_CALLS, in_two_calls, ours
from benchmarks.timing import Patience

SMALL = Case("small", "any", 2, 40, 4, 6, 3, padding=(2, 1), losses=tuple(ACTIVATIONS))
PROBLEMS = [
    replace(SMALL, stride=2, groups=2),
    replace(SMALL, transposed=True, stride=2, padding=(1, 0)),
    replace(SMALL, examples=3),
    replace(SMALL, inputs=6, groups=6, dilation=5, padding=(10, 0)),
]
FLOAT64_ROUNDING = np.finfo(np.float64).eps


@pytest.fixture(autouse=True)
def as_users_run():
    """JAX's own settings: the strict ones of these tests are for the library."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def test_every_family_meets_every_activation():
    families = {problem.family for problem in LOSSES}
    assert {"dense", "grouped", "depthwise", "strided", "long", "dilated", "transposed", "per example"} == families
    for family in families:
        met = {activation for problem in LOSSES if problem.family == family for activation in problem.losses}
        assert met == set(ACTIVATIONS), family


def test_the_grid_has_the_widths_that_people_use():
    dense = {problem.inputs for problem in LOSSES if problem.family == "dense"}
    assert {16, 32, 48, 64, 128, 256} <= dense
    assert {8, 16, 32} == {problem.inputs // problem.groups for problem in LOSSES if problem.family == "grouped"}
    assert len({problem.name for problem in LOSSES}) == len(LOSSES)
    assert all(from_facts(problem.facts()) == problem for problem in LOSSES)


def test_a_problem_with_losses_has_these_cells_alone():
    assert cells_of(SMALL) == ("square loss", "relu loss", "gelu loss", "silu loss")
    assert [activation_of(cell) for cell in cells_of(SMALL)] == list(ACTIVATIONS)
    assert {activation_of(cell) for cell in cells_of(GRID[0])} == {None}


def numerical(problem, cell, operands, number, place, step=1e-5):
    """The derivative of the oracle's loss for one entry of one operand, by a central difference."""

    def at(offset):
        moved = [a.copy() for a in operands]
        moved[number][place] += offset
        return oracle.expected(problem, *moved)[cell][0]

    return (at(step) - at(-step)) / (2 * step)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_oracle_gives_the_derivatives_of_its_loss(problem):
    """A central difference is off by step**2 times a third derivative, and by the rounding of a sum over the step."""
    operands = oracle.operands(problem, np.dtype(np.float64))
    step = 1e-5
    for cell, (value, *gradients) in oracle.expected(problem, *operands).items():
        terms = np.prod(problem.y_shape)
        for number, gradient in enumerate(gradients):
            assert gradient.shape == operands[number].shape
            place = tuple(size // 2 for size in gradient.shape)
            rounding = FLOAT64_ROUNDING * terms * abs(value) / step
            third = step**2 * terms * np.abs(operands[0]).max() ** 3
            difference = numerical(problem, cell, operands, number, place, step)
            assert abs(difference - gradient[place]) <= rounding + third, (cell, number)


@pytest.fixture
def lax_alone(monkeypatch):
    """As if no peer but jax.lax were installed."""
    monkeypatch.setattr(peers, "find_spec", lambda name: None)


@pytest.mark.usefixtures("lax_alone")
@pytest.mark.parametrize("problem", PROBLEMS[1:])
def test_whoever_takes_part_is_right_and_timed(problem):
    contenders = [*ours(("auto",)), in_two_calls(), *installed(LOSS_PEERS)[0]]
    problem = replace(problem, losses=("relu",))
    record = measure.measure(problem, contenders, np.dtype(np.float32), 2.0**-23, Patience(0, 1))
    assert set(record["cells"]) == {"relu loss"}
    for records in record["cells"].values():
        assert set(records) == {"auto", IN_TWO_CALLS, "lax NCW"}
        assert all(entry.get("ms", 0) > 0 for entry in records.values()), records


def test_a_layer_of_flax_has_the_bias():
    (flax,) = [peer for peer in installed(LOSS_PEERS)[0] if peer.name == "flax"]
    problem = replace(SMALL, losses=("silu",))
    records = measure.measure(problem, [flax], np.dtype(np.float32), 2.0**-23, Patience(0, 1))["cells"]["silu loss"]
    assert records["flax"]["ms"] > 0


def test_a_loss_with_a_wrong_gradient_is_not_timed(monkeypatch):
    right = oracle.expected

    def spoilt(*arguments):
        return {cell: (*arrays[:3], 2 * arrays[3]) for cell, arrays in right(*arguments).items()}  # the bias's

    monkeypatch.setattr(oracle, "expected", spoilt)
    problem = replace(SMALL, losses=("relu",))
    record = measure.measure(problem, ours(("auto",)), np.dtype(np.float32), 2.0**-23, Patience(0, 1))
    assert record["cells"]["relu loss"]["auto"]["wrong"]
    assert "ms" not in record["cells"]["relu loss"]["auto"]


def test_a_sum_at_the_kink_may_fall_to_either_side():
    """The slack is what the gradients change by if the nearest sum changes its side, and nothing where none is near."""
    problem = replace(SMALL, losses=("relu",))
    x, k, bias = oracle.operands(problem, np.dtype(np.float64))
    assert all(not np.any(slack) for slack in oracle.unsure(problem, x, k, bias, 0.0))
    everywhere = oracle.unsure(problem, x, k, bias, np.inf)
    np.testing.assert_array_equal(everywhere[3], np.full(problem.outputs, problem.batch * problem.result_length))
    assert np.all(everywhere[2] >= np.abs(oracle.expected(problem, x, k, bias)["relu loss"][2]))


def test_auto_never_sits_out():
    """However slow it was before: what it misses would be missing from the report too."""
    too_slow = {"auto": 100.0, "torch": 100.0}
    assert measure._too_slow("auto", "relu loss", too_slow, Patience()) is None
    assert measure._too_slow("torch", "relu loss", too_slow, Patience())
