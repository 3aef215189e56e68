"""Device meshes: how the primitive's result is laid out on one, and which operands vary inside shard_map."""

from collections.abc import Callable
from typing import Any

import jax
from jax import Array
from jax.sharding import AxisType, NamedSharding, PartitionSpec

AXES = {"x": "bnlgc", "k": "bjcgo", "y": "bntgo"}


def result_sharding(names: tuple[str, str, str], first: NamedSharding, second: NamedSharding) -> NamedSharding:
    """Return the layout of a face's result: its axes are cut as in the operand that has them; time and taps are whole.

    A mesh axis that both operands would bring, to different axes of the result, stays with the first.
    """
    kept = set(AXES[names[2]]) - set("ltj")
    placed: dict[str, Any] = {}
    used: set[str] = set()
    for name, sharding in zip(names, (first, second), strict=False):
        for axis, over in zip(AXES[name], sharding.spec, strict=False):
            mesh_axes = set(over if isinstance(over, tuple) else (over,)) - {None}
            if axis in kept and axis not in placed and mesh_axes and not mesh_axes & used:
                placed[axis] = over
                used |= mesh_axes
    return NamedSharding(first.mesh, PartitionSpec(*(placed.get(axis) for axis in AXES[names[2]])))


def on_any_mesh(
    compute: Callable[[Array, Array], Array], names: tuple[str, str, str], first: Array, second: Array
) -> Array:
    """Run `compute(first, second)`; on a mesh with explicit axes the compiler lays out what it computes inside."""
    shardings = jax.typeof(first).sharding, jax.typeof(second).sharding
    if AxisType.Explicit not in shardings[0].mesh.axis_types:
        return compute(first, second)
    laid_out: Any = jax.sharding.auto_axes(compute, out_sharding=result_sharding(names, *shardings))
    return laid_out(first, second)


def resharded(a: Array, sharding: NamedSharding) -> Array:
    """Lay `a` out as `sharding` says: a cotangent must have the layout of its operand."""
    if sharding.mesh.empty or jax.typeof(a).sharding == sharding:
        return a
    return jax.sharding.reshard(a, sharding)


def equally_varying(first: Array, second: Array) -> tuple[Array, Array]:
    """Make both operands vary over the same mesh axes inside shard_map, as JAX's own operations do.

    The transpose of this is the sum over devices that the gradient for a replicated operand needs.
    """
    varying = [jax.typeof(a).manual_axis_type.varying for a in (first, second)]
    wanted = varying[0] | varying[1]
    return tuple(  # type: ignore[return-value]
        jax.lax.pcast(a, tuple(sorted(wanted - has)), to="varying") if wanted - has else a
        for a, has in zip((first, second), varying, strict=True)
    )
