"""The compiled functions of a training: many steps in one call, and a look between calls, for all members at once.

A state is a dictionary of arrays whose first axis is the member: "params", "optimizer", and where there is patience
"best" (parameters), "best_loss" and "stale" (looks since then).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from ..errors import RunError
from ..models import Convolution

BATCH = "batch"  # axis of the mesh of devices


class Loop:
    """A training that is prepared, and compiled by `compile`.

    Args:
        convolution: what is trained.
        optimizer: learning rate (traced) -> transformation.
        data: "x" (windows, length, in) and "y" (windows, length', out) to train on, "held_out_x" and "held_out_y" of
            one long window each to look at; "validation_x" and "validation_y" where there is patience.
        batch_size: windows a step; all of them if there are no more.
        seeds, rates: of each member.
        longest: steps of one call, at most.
        all_devices: cut each batch into one part for each device.

    Raises:
        RunError: a batch cannot be cut into so many parts.
    """

    def __init__(
        self,
        convolution: Convolution,
        optimizer: Callable[[jax.Array], optax.GradientTransformation],
        data: dict[str, np.ndarray],
        *,
        batch_size: int,
        seeds: np.ndarray,
        rates: np.ndarray,
        longest: int,
        all_devices: bool = False,
    ) -> None:
        self.convolution, self.optimizer = convolution, optimizer
        self.batch, self.members, self.longest = batch_size, len(seeds), longest
        self.windows = len(data["x"])
        self.mesh = mesh(self.batch) if all_devices else None
        keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
        self.keys, self.rates = self.put((keys, jnp.asarray(rates, jnp.float32)))
        self.data = self.put({name: jnp.asarray(array) for name, array in data.items()})
        self.patient = "validation_x" in data

    def put(self, tree: Any) -> Any:
        """Arrays on the devices, whole on each."""
        return tree if self.mesh is None else jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))

    def mapped(self, function: Callable, in_axes: tuple[int | None, ...]) -> Callable:
        """`function` of one member over all members; one alone keeps the program that it has by itself."""
        if self.members > 1:
            return jax.vmap(function, in_axes)

        def alone(*arguments: Any) -> Any:
            pairs = zip(arguments, in_axes, strict=True)
            first = [jax.tree.map(lambda a: a[0], each) if axis == 0 else each for each, axis in pairs]
            return jax.tree.map(lambda a: a[None], function(*first))

        return alone

    def loss(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Mean squared error of one member."""
        return jnp.mean((self.convolution.apply(params, x) - y) ** 2)

    def begin(self) -> dict[str, Any]:
        """The state before the first step."""

        def one(key: jax.Array, rate: jax.Array) -> dict[str, Any]:
            params = self.convolution.init(key)
            state = {"params": params, "optimizer": self.optimizer(rate).init(params)}
            if self.patient:
                state |= {"best": params, "best_loss": jnp.asarray(jnp.inf), "stale": jnp.asarray(0)}
            return state

        return self.put(jax.jit(self.mapped(one, (0, 0)))(self.keys, self.rates))

    def step(
        self, params: Any, state: Any, number: jax.Array, x: jax.Array, y: jax.Array, key: jax.Array, rate: jax.Array
    ) -> tuple[Any, Any, jax.Array]:
        """One update of one member."""
        if self.batch < self.windows:
            rows = jax.random.permutation(jax.random.fold_in(key, number), self.windows)[: self.batch]
            x, y = x[rows], y[rows]
        if self.mesh is not None:
            parts = NamedSharding(self.mesh, PartitionSpec(BATCH))
            x, y = jax.lax.with_sharding_constraint((x, y), parts)
        value, gradient = jax.value_and_grad(self.loss)(params, x, y)
        updates, state = self.optimizer(rate).update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    def steps(
        self, state: dict[str, Any], begin: jax.Array, count: jax.Array, data: Any, keys: jax.Array, rates: jax.Array
    ) -> tuple[dict[str, Any], jax.Array]:
        """`count` steps of all members; data and keys are arguments, so that others do not compile anew."""
        one = self.mapped(self.step, (0, 0, None, None, None, 0, 0))

        def body(i: jax.Array, carry: tuple[Any, Any, jax.Array]) -> tuple[Any, Any, jax.Array]:
            params, moments, values = carry
            params, moments, value = one(params, moments, begin + i, data["x"], data["y"], keys, rates)
            return params, moments, values.at[i].set(value)

        none = jnp.zeros((self.longest, self.members), jnp.float32)
        params, moments, values = jax.lax.fori_loop(0, count, body, (state["params"], state["optimizer"], none))
        return {**state, "params": params, "optimizer": moments}, values

    def around(self, state: dict[str, Any], data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a look finds, and the state with the best parameters so far."""
        losses = self.mapped(self.loss, (0, None, None))
        found = {
            "held_out": losses(state["params"], data["held_out_x"], data["held_out_y"]),
            "arrays": self.mapped(self.convolution.arrays, (0,))(state["params"]),
        }
        if not self.patient:
            return state, found
        found["validation"] = losses(state["params"], data["validation_x"], data["validation_y"])
        better = found["validation"] < state["best_loss"]

        def chosen(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)

        best = jax.tree.map(chosen, state["params"], state["best"])
        state = {
            **state,
            "best": best,
            "best_loss": jnp.where(better, found["validation"], state["best_loss"]),
            "stale": jnp.where(better, 0, state["stale"] + 1),
        }
        found["best_arrays"] = self.mapped(self.convolution.arrays, (0,))(best)
        return state, found

    def compile(self, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Compile, and return the state to begin with.

        Args:
            options: for XLA, as `jax.jit(compiler_options=...)` takes them.
        """
        state, number = self.begin(), np.int32(0)
        given = self.data, self.keys, self.rates
        jitted = jax.jit(self.steps, donate_argnums=0, compiler_options=options)
        self.advance_compiled = jitted.lower(state, number, number, *given).compile()
        self.look_compiled = jax.jit(self.around).lower(state, self.data).compile()
        return state

    def advance(self, state: dict[str, Any], begin: int, count: int) -> tuple[dict[str, Any], np.ndarray]:
        """Do `count` steps and use up the state that was given; the losses are (count, members), before each update."""
        numbers = np.int32(begin), np.int32(count)
        state, values = self.advance_compiled(state, *numbers, self.data, self.keys, self.rates)
        return state, np.asarray(values)[:count]

    def look(self, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Losses "held_out" and "validation" (members,), and "arrays" and "best_arrays" by name, of NumPy."""
        state, found = self.look_compiled(state, self.data)
        return state, jax.tree.map(np.asarray, found)


def mesh(batch: int) -> jax.sharding.Mesh:
    """All devices in a row.

    Raises:
        RunError: a batch cannot be cut into so many parts.
    """
    devices = jax.devices()
    if batch % len(devices):
        raise RunError(
            f"`trainer.batch_size` (={batch} windows) cannot be cut into {len(devices)} equal parts, one for each "
            f"device; set trainer.batch_size={len(devices)} or a multiple, or trainer.devices=one"
        )
    return jax.make_mesh((len(devices),), (BATCH,), axis_types=(AxisType.Auto,))
