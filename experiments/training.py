"""The jitted training loop: many steps in one call, a look around between calls."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .config import schema
from .models import Convolution, as_numpy

FIRST_LOOKS = (1, 2, 5, 10, 20, 50, 100, 200)  # most of the way is made early, so look early too
SNAPSHOT_RATIO = 1.5
DIVERGED = 1e6  # times the loss of predicting zero
LONGEST_CALL = 0.5  # seconds; between calls it can be asked to stop


@dataclass
class Training:
    """What a training left behind, whole or stopped half-way.

    Attributes:
        train_loss: of every step, on its own minibatch, before its update.
        looks: steps after which the held-out part was looked at.
        held_out_loss: at those.
        snapshot_steps, snapshots: kernels (width, in, out) on the way, at steps that grow by half each, and the
            last.
        arrays: the last {"kernel": ..., "bias": ...}.
        stopped: ended early because it was asked to.
        diverged: ended because the loss was no longer a number, or absurd.
    """

    train_loss: list[float] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    held_out_loss: list[float] = field(default_factory=list)
    snapshot_steps: list[int] = field(default_factory=list)
    snapshots: list[np.ndarray] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    stopped: bool = False
    diverged: bool = False

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.train_loss)


def train(
    convolution: Convolution,
    optimizer: optax.GradientTransformation,
    data: dict[str, np.ndarray],
    config: schema.Trainer,
    seed: int,
    look: Callable[[Training], None],
    stop: Callable[[], bool],
) -> Training:
    """Minimise the mean squared error.

    Args:
        convolution: parameters to begin with, and how to run them.
        optimizer: what turns gradients into updates.
        data: "x" (windows, length, in) and "y" (windows, length', out) to train on, "held_out_x" and "held_out_y" of
            one long window each to look at.
        config: steps, batch size, how often to look.
        seed: of the order of the windows.
        look: called after each look at the held-out part, with the training so far.
        stop: asked between calls of the compiled loop, twice a second or more often; True ends the training there.
    """
    x, y = jnp.asarray(data["x"]), jnp.asarray(data["y"])
    batch = min(config.batch_size or len(x), len(x))
    longest = max(np.diff([0, *look_steps(config)]))

    def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((convolution.apply(params, x) - y) ** 2)

    def step(params: Any, state: Any, number: jax.Array, given: Any) -> tuple[Any, Any, jax.Array]:
        x, y, key = given
        some_x, some_y = x, y
        if batch < len(x):
            rows = jax.random.permutation(jax.random.fold_in(key, number), len(x))[:batch]
            some_x, some_y = x[rows], y[rows]
        value, gradient = jax.value_and_grad(loss)(params, some_x, some_y)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    @jax.jit
    def advance(params: Any, state: Any, begin: Any, count: Any, given: Any) -> tuple[Any, Any, jax.Array]:
        """`count` steps; what is an argument and not a constant, as data and key, does not compile anew."""

        def body(i: jax.Array, carry: tuple[Any, Any, jax.Array]) -> tuple[Any, Any, jax.Array]:
            params, state, values = carry
            params, state, value = step(params, state, begin + i, given)
            return params, state, values.at[i].set(value)

        return jax.lax.fori_loop(0, count, body, (params, state, jnp.zeros(longest, jnp.float32)))

    done = Training()
    given = x, y, jax.random.key(seed)
    params = convolution.init(jax.random.key(seed))
    state = optimizer.init(params)
    begin = time.perf_counter()
    number = np.int32(0)
    advance_compiled = advance.lower(params, state, number, number, given).compile()
    held_out = jnp.asarray(data["held_out_x"]), jnp.asarray(data["held_out_y"])
    look_compiled = jax.jit(loss).lower(params, *held_out).compile()
    done.compile_seconds = time.perf_counter() - begin

    begin = time.perf_counter()
    done.stopped = stop()
    if done.stopped:
        return done
    remember(done, 0, as_numpy(convolution.arrays(params)), final=False)
    nothing = float(np.mean(np.square(data["y"])))
    most = 1  # steps of the next call
    for until in look_steps(config):
        while done.steps < until and not done.stopped:
            count = min(most, until - done.steps)
            called = time.perf_counter()
            params, state, values = advance_compiled(params, state, np.int32(done.steps), np.int32(count), given)
            done.train_loss += np.asarray(values)[:count].tolist()
            most = next_count(count, time.perf_counter() - called)
            done.stopped = done.steps < config.steps and stop()
        done.looks.append(done.steps)
        done.held_out_loss.append(float(look_compiled(params, *held_out)))
        latest = (done.train_loss[-1], done.held_out_loss[-1])
        done.diverged = not np.all(np.isfinite(latest)) or max(latest) > DIVERGED * nothing
        ended = done.stopped or done.diverged or until == config.steps
        remember(done, done.steps, as_numpy(convolution.arrays(params)), final=ended)
        look(done)
        if ended:
            break
    done.run_seconds = time.perf_counter() - begin
    return done


def next_count(count: int, seconds: float) -> int:
    """How many steps the next call may take, if `count` took `seconds`."""
    return max(1, min(int(count * LONGEST_CALL / max(seconds, 1e-6)), 4 * count))


def look_steps(config: schema.Trainer) -> list[int]:
    """The steps to look after: a few early ones, then every `report_every`, and the last."""
    early = {step for step in FIRST_LOOKS if step < config.report_every}
    return sorted(
        {step for step in early if step < config.steps}
        | {*range(config.report_every, config.steps, config.report_every), config.steps}
    )


def remember(done: Training, step: int, arrays: dict[str, np.ndarray], final: bool) -> None:
    """Keep the parameters, and a snapshot of the kernel where it has had time to change."""
    done.arrays = arrays
    if final or step < 2 or step >= SNAPSHOT_RATIO * done.snapshot_steps[-1]:
        done.snapshot_steps.append(step)
        done.snapshots.append(arrays["kernel"])
