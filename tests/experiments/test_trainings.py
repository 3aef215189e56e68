"""The timed trainings: each contender is the same network, and the table says what was measured."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import trainings
from benchmarks.trained_networks import TRAININGS, prepared, value_and_gradients
from experiments.networks import NETWORKS


def test_all_networks_but_a_free_stack_are_timed():
    assert {prepared(training, False).settings.name for training in TRAININGS} == set(NETWORKS) - {"layers"}
    assert len({training.name for training in TRAININGS}) == len(TRAININGS)


@pytest.mark.parametrize("training", TRAININGS, ids=lambda training: training.name)
def test_flax_has_a_network_of_xlas_convolutions_and_ours_none(training):
    both = [value_and_gradients(training, by_flax, jnp.float32) for by_flax in (False, True)]
    names = [str(jax.make_jaxpr(function)(*operands)) for function, operands in both]
    assert ["conv_general_dilated" in name for name in names] == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("training", TRAININGS[:2], ids=lambda training: training.name)
def test_it_is_the_same_network(training):
    """By `flax.nnx.Conv`, and by `jax.lax` where a layer has weight norm: one loss with its gradients."""
    params, rest = prepared(training, False).classifier.init(jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(4, *training.shape[1:3])).astype(np.float32)
    given = params, rest, x, np.arange(4, dtype=np.int32), np.zeros(2, np.uint32)
    functions = [value_and_gradients(training, by_flax, jnp.float32)[0] for by_flax in (False, True)]
    mine, theirs = (jax.tree.leaves(jax.jit(function)(*given)) for function in functions)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * max(np.abs(b).max(), 1e-3))


def test_the_table_is_of_what_was_measured(tmp_path):
    facts = {"processor": "a CPU", "cores": 2, "versions": {"jax": "1"}, "date": "today"}
    (tmp_path / "trainings").mkdir()
    found = {"machine": facts, "steps": {"mnist1d": {"jconv": 2.0, "flax": 5.0}}}
    (tmp_path / "trainings" / "a.json").write_text(json.dumps(found))
    assert "| mnist1d |  | 5 | 2 |  | 2.50 |" in trainings.section(tmp_path)
    found["steps"]["mnist1d"]["torch"] = 3.0
    (tmp_path / "trainings" / "a.json").write_text(json.dumps(found))
    assert "| mnist1d | 3 | 5 | 2 | 1.50 | 2.50 |" in trainings.section(tmp_path)
    assert trainings.steps_of(tmp_path, "a") == found["steps"]
    assert trainings.section(tmp_path / "nothing") == ""
    assert trainings.steps_of(tmp_path, "nothing") == {}
