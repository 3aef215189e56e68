"""The README says what is so: its code runs, its commands are valid, its names exist."""

import json
import re
import shlex
from pathlib import Path

import jax
import pytest

import jconv
from benchmarks.report import README_RESULTS, refreshed

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_blocks_run_in_order_and_give_the_shapes_they_state():
    names = {}
    with jax.numpy_dtype_promotion("standard"):
        for block in blocks("python"):
            exec(block, names)
    assert names["y"].shape == (8, 500, 16)
    assert names["back"].shape == names["x"].shape
    assert names["gradient"].shape == names["layer"].kernel.shape


COMMANDS = re.findall(r"python -m experiments\.\w+[^`\n|]*", README)


def test_there_are_experiment_commands_to_check():
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_experiment_commands_compose(command):
    from experiments.config.preflight import preflight
    from experiments.config.schema import Fit, Understand

    _, _, module, *arguments = shlex.split(command)
    name = module.removeprefix("experiments.")
    preflight(arguments, name, {"fit": Fit, "understand": Understand}[name])


def test_the_set_up_commands_are_the_ones_that_ci_runs():
    main, test = (block.strip() for block in blocks("bash"))
    assert main.startswith("python -m pip install -q uv && uv run ")
    assert test in (ROOT / ".ci" / "run").read_text()


def test_the_table_of_methods_is_complete():
    assert set(re.findall(r"^\| `(\w+)` \|", README, flags=re.MULTILINE)) == set(jconv.METHODS)


def test_the_times_are_those_of_the_results_file():
    results = json.loads((ROOT / "benchmarks" / "results" / f"{README_RESULTS}.json").read_text())
    assert refreshed(README, results) == README
    spoilt = re.sub(r"\d+\.\d \|$", "0.0 |", README, flags=re.MULTILINE)
    spoilt = re.sub(r"takes [\d.]+ ms", "takes 0.0 ms", spoilt)
    assert sum(a != b for a, b in zip(spoilt.splitlines(), README.splitlines(), strict=True)) >= 11
    assert refreshed(spoilt, results) == README


def test_five_minutes_are_enough():
    assert len(README.splitlines()) < 150


def test_linked_files_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
