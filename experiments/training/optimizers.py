"""Name -> optax transformation."""

from collections.abc import Callable

import optax
from jax.typing import ArrayLike

from ..config import schema

LEFT_AT_LAST = 0.01  # of the learning rate, by the exponential schedule


def schedule(config: schema.Optimizer, steps: int) -> Callable[[ArrayLike], ArrayLike]:
    """The learning rate over the run, as a share of its largest: step -> 0 to 1.

    Down to zero the noise of minibatches dies out too, so the fit ends at the optimum and not around it.
    """
    rise = round(config.warmup * steps)
    down = max(1, steps - rise)
    falls = {
        "cosine": optax.cosine_decay_schedule(1.0, down),
        "linear": optax.linear_schedule(1.0, 0.0, down),
        "exponential": optax.exponential_decay(1.0, down, LEFT_AT_LAST),
        "constant": optax.constant_schedule(1.0),
    }
    if not rise:
        return falls[config.schedule]  # type: ignore[return-value]
    return optax.join_schedules([optax.linear_schedule(1 / rise, 1.0, rise), falls[config.schedule]], [rise])  # type: ignore[return-value]


def adam(config: schema.Adam, rate: optax.Schedule) -> optax.GradientTransformation:
    """Adam (Kingma and Ba 2015)."""
    return optax.adam(rate, b1=config.b1, b2=config.b2)


def adamw(config: schema.AdamW, rate: optax.Schedule) -> optax.GradientTransformation:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""
    return optax.adamw(rate, b1=config.b1, b2=config.b2, weight_decay=config.weight_decay)


def sgd(config: schema.Sgd, rate: optax.Schedule) -> optax.GradientTransformation:
    """Gradient descent with momentum."""
    return optax.sgd(rate, momentum=config.momentum, nesterov=config.nesterov)


OPTIMIZERS = {"adam": adam, "adamw": adamw, "sgd": sgd}


def optimizer(config: schema.Optimizer, steps: int, learning_rate: ArrayLike) -> optax.GradientTransformation:
    """What turns gradients into updates.

    Args:
        config: its settings; `learning_rate` goes before the one that they have.
        steps: of the whole run, over which the learning rate changes.
        learning_rate: the largest of the run; it may be traced, so that fits with several run side by side.
    """
    share = schedule(config, steps)
    update = OPTIMIZERS[config.name](config, lambda count: learning_rate * share(count))  # type: ignore[arg-type]
    return update if config.clip is None else optax.chain(optax.clip_by_global_norm(config.clip), update)
