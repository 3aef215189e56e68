"""The notebook retold: its numbers, to the digits it printed."""

import re

import numpy as np
import pytest

from experiments import dissection
from experiments.config.schema import Understand
from experiments.errors import RunError
from experiments.understand import run

NOTEBOOK_ROWS = [
    [1.0425, -0.1738, 0.2711, 0.2394],
    [1.0289, -0.1572, 0.2871, 0.2293],
    [1.0040, -0.1421, 0.2989, 0.2131],
    [0.9679, -0.1288, 0.3066, 0.1908],
    [0.9210, -0.1172, 0.3098, 0.1629],
]
CONFIG = Understand(weights="notebook", points=100, stop=10.0, seed=0, compilation_cache=None)


def test_it_prints_and_draws_the_notebook(tmp_path, capsys):
    metrics = run(CONFIG, tmp_path)
    printed = capsys.readouterr().out
    rows = [line.partition("->")[2] for line in printed.splitlines() if "->" in line]
    found = [[float(number) for number in re.findall(r"-?\d+\.\d+", row)] for row in rows]
    np.testing.assert_allclose(found, NOTEBOOK_ROWS, atol=2e-4)
    assert "1.0425" in printed.partition("by hand")[2]
    assert metrics["by_hand"] == pytest.approx(1.0425, abs=2e-4)
    assert metrics["contributions_error"] < 1e-6
    assert metrics["methods_error"] < 1e-6
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert pictures == {"signal.png", "outputs.png", "kernels.png", "by_hand.png", "contributions.png"}


def test_random_weights_add_up_too():
    parts = dissection.dissect(Understand(weights="random", points=50, stop=7.0, seed=3, compilation_cache=None))
    assert parts.disagreeing() == ""
    other = dissection.dissect(Understand(weights="random", points=50, stop=7.0, seed=4, compilation_cache=None))
    assert not np.allclose(parts.kernel, other.kernel)


def test_methods_that_disagree_are_an_error(tmp_path, monkeypatch):
    real = dissection.jconv.conv1d

    def wrong(*arguments, method="auto", **settings):
        return real(*arguments, method=method, **settings) + (1e-3 if method == "vmap" else 0)

    monkeypatch.setattr(dissection.jconv, "conv1d", wrong)
    with pytest.raises(RunError, match='method "vmap" differs'):
        run(CONFIG, tmp_path)
