"""Name -> optax transformation."""

import optax

from .config import schema


def schedule(config: schema.Adam | schema.Sgd, steps: int) -> optax.ScalarOrSchedule:
    """The learning rate over the run.

    Down to zero by a cosine the noise of minibatches dies out too, so the fit ends at the optimum and not around it.
    """
    if config.schedule == "cosine":
        return optax.cosine_decay_schedule(config.learning_rate, steps)
    return config.learning_rate


def adam(config: schema.Adam, steps: int) -> optax.GradientTransformation:
    """Adam."""
    return optax.adam(schedule(config, steps), b1=config.b1, b2=config.b2)


def sgd(config: schema.Sgd, steps: int) -> optax.GradientTransformation:
    """Gradient descent with momentum."""
    return optax.sgd(schedule(config, steps), momentum=config.momentum, nesterov=config.nesterov)


OPTIMIZERS = {"adam": adam, "sgd": sgd}
