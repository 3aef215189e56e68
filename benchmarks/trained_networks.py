"""Networks of `experiments/` as the benchmark takes them: by settings, on made signals, and on flax's convolution."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np


@dataclass(frozen=True)
class Training:
    """A training that a user starts, on made signals of the same shape as the real ones.

    Attributes:
        name: of its network and its data.
        settings: what follows `python -m experiments.fit`.
        shape: examples, length, channels, classes.
        steps: of one timed take.
    """

    name: str
    settings: tuple[str, ...]
    shape: tuple[int, int, int, int]
    steps: int
    family: str = "training"

    def facts(self) -> dict[str, Any]:
        """What its results are stored with, as JSON reads it back."""
        return {"name": self.name, "settings": list(self.settings), "shape": list(self.shape)}


MNIST1D, MOTIONS = (4000, 40, 1, 10), (40, 100, 6, 4)
TRAININGS = (
    Training("mnist1d_cnn", ("experiment=mnist1d",), MNIST1D, 200),
    Training("mnist1d_tcn", ("experiment=mnist1d_tcn",), MNIST1D, 30),
    Training("mnist1d_separable", ("experiment=mnist1d", "model=separable"), MNIST1D, 30),
    Training("motions_fcn", ("experiment=ucr_fcn",), MOTIONS, 30),
    Training("motions_resnet", ("experiment=ucr_fcn", "model=resnet"), MOTIONS, 30),
)


def examples(training: Training) -> Any:
    """Made signals and labels."""
    from experiments.tasks import Examples

    count, length, inputs, classes = training.shape
    random = np.random.default_rng(0)
    x = random.normal(size=(count, length, inputs)).astype(np.float32)
    labels = random.integers(classes, size=count).astype(np.int32)
    names = tuple(map(str, range(classes)))
    return Examples("made", x, labels, x[:8], labels[:8], names, tuple(map(str, range(inputs))), "made")


def by_lax(x: Any, kernel: Any, bias: Any, *, padding: str, dilation: int) -> Any:
    """What flax's own convolution does."""
    from jax import lax

    numbers = ("NWC", "WIO", "NWC")
    return (
        lax.conv_general_dilated(x, kernel, (1,), padding.upper(), rhs_dilation=(dilation,), dimension_numbers=numbers)
        + bias
    )


def prepared(training: Training, flax: bool) -> Any:
    """A `Classifying` on made signals, and its modules on flax's convolution if asked for."""
    from flax import nnx

    from experiments import classifying
    from experiments.config import schema
    from experiments.config.given import given
    from experiments.networks import cnn, fcn, resnet, separable, tcn

    config = given(schema.Fit, [*training.settings, "trainer.seeds=1"], {}, "fit")
    with mock.patch.object(classifying, "load_examples", return_value=examples(training)):
        made = classifying.Classifying(config)
    if flax:
        patched = [mock.patch.object(module, "Conv1D", nnx.Conv) for module in (cnn, fcn, resnet, separable)]
        patched += [mock.patch.object(tcn, "jconv", SimpleNamespace(conv1d=by_lax))]
        made.__dict__["classifier"] = within(patched, made)
    return made


def within(patches: list[Any], made: Any) -> Any:
    """The classifier of `made`, each of whose functions is traced with the patches in place."""

    def patched(function: Callable) -> Callable:
        def inside(*arguments: Any) -> Any:
            for patch in patches:
                patch.start()
            try:
                return function(*arguments)
            finally:
                for patch in patches:
                    patch.stop()

        return inside

    plain = patched(lambda: made.classifier)()
    del made.__dict__["classifier"]
    return type(plain)(
        init=patched(plain.init),
        training_logits=patched(plain.training_logits),
        logits=patched(plain.logits),
        module=patched(plain.module),
        path=plain.path,
    )


def value_and_gradients(training: Training, flax: bool, dtype: Any) -> tuple[Callable, list[Any]]:
    """The loss of one batch with its gradients, and the operands of that as `jax.ShapeDtypeStruct`s or trees of them.

    Args:
        training: of which network.
        flax: by flax's own convolution.
        dtype: of parameters and signals.
    """
    import jax

    made = prepared(training, flax)
    loss, batch = made.objective().loss, min(made.config.trainer.batch_size, training.shape[0])

    def values(params: Any, rest: Any, x: Any, labels: Any, bits: Any) -> Any:
        # the key is an operand: of a known one XLA works out all that is dropped while it compiles
        key = jax.random.wrap_key_data(bits)
        return jax.value_and_grad(loss, has_aux=True)(params, rest, x, labels, key)

    params, rest = jax.eval_shape(made.classifier.init, jax.random.key(0))
    params = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, dtype), params)
    x = jax.ShapeDtypeStruct((batch, *training.shape[1:3]), dtype)
    labels = jax.ShapeDtypeStruct((batch,), np.int32)
    return values, [params, rest, x, labels, jax.ShapeDtypeStruct((2,), np.uint32)]
