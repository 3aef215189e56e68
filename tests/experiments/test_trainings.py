"""The timed trainings: each contender is the same network, and the table says what was measured."""

import json

import jax
import numpy as np
import pytest

from benchmarks import trainings


@pytest.mark.parametrize("name", [training.experiment for training in trainings.TRAININGS])
def test_flax_has_the_same_network(name):
    ours, flax = (trainings.prepared(name, flax) for flax in (False, True))
    params, rest = ours.classifier.init(jax.random.key(0))
    x = ours.data()["x"][:2]
    mine, theirs = (made.classifier.logits(params, rest, x) for made in (ours, flax))
    np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
    names = [str(jax.make_jaxpr(made.classifier.logits)(params, rest, x)) for made in (ours, flax)]
    assert ["conv_general_dilated" in name for name in names] == [False, True]


def test_the_table_is_of_what_was_measured(tmp_path):
    facts = {"processor": "a CPU", "cores": 2, "versions": {"jax": "1"}, "date": "today"}
    (tmp_path / "trainings").mkdir()
    found = {"machine": facts, "steps": {"mnist1d": {"jconv": 2.0, "flax": 5.0}}}
    (tmp_path / "trainings" / "a.json").write_text(json.dumps(found))
    assert "| mnist1d |  | 5 | 2 |  | 2.50 |" in trainings.section(tmp_path)
    found["steps"]["mnist1d"]["torch"] = 3.0
    (tmp_path / "trainings" / "a.json").write_text(json.dumps(found))
    assert "| mnist1d | 3 | 5 | 2 | 1.50 | 2.50 |" in trainings.section(tmp_path)
    assert trainings.section(tmp_path / "nothing") == ""
