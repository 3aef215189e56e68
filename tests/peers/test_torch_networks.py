"""Networks of `experiments/` and their twins in PyTorch, which the benchmark times: the same logits."""

import jax
import numpy as np
import pytest
from needed import needed

from benchmarks.torch_networks import copy_weights, networks
from benchmarks.trained_networks import TRAININGS, prepared

torch = needed("torch")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths"),
]


@pytest.fixture(autouse=True)
def as_users_run():
    """JAX's own settings: the strict ones of these tests are for the library."""
    with jax.enable_x64(False), jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.parametrize("training", TRAININGS, ids=lambda training: training.name)
def test_the_twin_gives_the_same_logits(training):
    made = prepared(training, flax=False)
    params, rest = made.classifier.init(jax.random.key(0))
    x = made.data()["x"][:4]
    theirs = networks(torch)[made.settings.name](made.settings, x.shape, training.shape[3])
    copy_weights(torch, made.classifier.module(params, rest), theirs)
    theirs.eval()
    with torch.no_grad():
        logits = theirs(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1)))).numpy()
        changed = next(module for module in theirs.modules() if isinstance(module, torch.nn.Linear))
        changed.bias.add_(1.0)
        wrong = theirs(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1)))).numpy()
    ours = np.asarray(jax.jit(made.classifier.logits)(params, rest, x))
    np.testing.assert_allclose(ours, logits, rtol=1e-3, atol=1e-4)
    assert np.abs(ours - wrong).max() > 1e-2
