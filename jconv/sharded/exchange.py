"""Inside `jax.shard_map`: fetch what a device reads of its neighbours, and fill what lies outside the signal.

Blocks are `(problems, batch, positions, groups, channels)`, one a device.
"""

import jax
import jax.numpy as jnp
from jax import Array, lax

from jconv.primitive import sum_dtype
from jconv.sharded.plan import Plan


def fetched(block: Array, plan: Plan, axis: str, mode: str) -> Array:
    """Return the `plan.reads` positions that this device reads, its own and its neighbours'.

    Outside the signal lies what `mode` says: zeros; with "circular" its other end, as the devices are then a ring; with
    "reflect" and "replicate" what the devices at the ends compute of positions that they have.
    """
    before = _from_neighbours(block, plan, axis, plan.left, 1, ring=mode == "circular")
    after = _from_neighbours(block, plan, axis, plan.right, -1, ring=mode == "circular")
    block = jnp.concatenate([*reversed(before), block, *after], axis=2)
    if mode in ("reflect", "replicate"):
        block = _filled(block, plan, axis, mode)
    block = sliced(block, plan.offsets, plan.reads, axis)
    if plan.needed == (plan.reads,) * plan.devices:
        return block
    # a surplus result must not read what no other does: its cotangent is zero, and zero times a NaN is none
    positions = lax.broadcasted_iota(jnp.int32, (1, 1, plan.reads, 1, 1), 2)
    return jnp.where(positions < of_device(plan.needed, axis), block, jnp.zeros((), block.dtype))


def sliced(block: Array, starts: tuple[int, ...], length: int, axis: str, time: int = 2) -> Array:
    """Return `length` positions of each device's block, from a start of its own, along the array's axis `time`."""
    if len({*starts}) == 1:
        return lax.slice_in_dim(block, starts[0], starts[0] + length, axis=time)
    return lax.dynamic_slice_in_dim(block, of_device(starts, axis), length, axis=time)


def of_device(numbers: tuple[int, ...], axis: str) -> Array:
    """Return this device's entry. Only the host counts from the signal's start, which may not fit into 32 bits."""
    return jnp.asarray(numbers, jnp.int32)[lax.axis_index(axis)]


def _from_neighbours(block: Array, plan: Plan, axis: str, amount: int, step: int, ring: bool) -> list[Array]:
    """The `amount` positions next to the block, nearest piece first, on its left for `step` 1 and right for -1."""
    pieces, devices = [], plan.devices
    for hop in range(1, -(-amount // plan.held) + 1):
        wanted = min(plan.held, amount - (hop - 1) * plan.held)
        start = plan.held - wanted if step == 1 else 0
        piece = lax.slice_in_dim(block, start, start + wanted, axis=2)
        pairs = [(device, device + step * hop) for device in range(devices)]
        pairs = [(a, b % devices) for a, b in pairs if ring or 0 <= b < devices]
        # a device that nobody sends to receives zeros
        pieces.append(lax.ppermute(piece, axis, pairs) if pairs else jnp.zeros_like(piece))
    return pieces


def _filled(block: Array, plan: Plan, axis: str, mode: str) -> Array:
    """Continue the signal beyond its ends, which lie among what was fetched, by mirroring or repeating it."""
    size, own = block.shape[2], range(plan.devices)
    pieces = [block]
    if plan.left:
        begins = of_device(tuple(max(plan.left - device * plan.held, -size) for device in own), axis)  # position 0
        at = jnp.arange(plan.left, dtype=jnp.int32)
        inner = 2 * begins - at if mode == "reflect" else begins
        near = lax.slice_in_dim(block, 0, min(size, 2 * plan.left + 1), axis=2)
        pieces = [_taken(near, jnp.where(at < begins, inner, at)), lax.slice_in_dim(block, plan.left, size, axis=2)]
    if plan.right:
        behind = [(plan.devices - 1 - device) * plan.held for device in own]
        ends = of_device(tuple(max(plan.right - each, -size) for each in behind), axis)  # the last, from the far end
        at = jnp.arange(plan.right - 1, -1, -1, dtype=jnp.int32)
        inner = 2 * ends - at if mode == "reflect" else ends
        near = lax.slice_in_dim(block, max(0, size - 2 * plan.right - 1), size, axis=2)
        from_end = jnp.where(at < ends, inner, at)
        last = pieces.pop()
        pieces += [
            lax.slice_in_dim(last, 0, last.shape[2] - plan.right, axis=2),
            _taken(near, near.shape[2] - 1 - from_end),
        ]
    return jnp.concatenate(pieces, axis=2)


def _taken(block: Array, index: Array) -> Array:
    """Entries of the length axis; in a wide dtype, as the gradient for one is a sum over all its copies."""
    index = jnp.clip(index, 0, block.shape[2] - 1)
    return jnp.take(block.astype(sum_dtype(block.dtype)), index, axis=2, mode="clip").astype(block.dtype)


def shared(kernel: Array, axis: str) -> Array:
    """A kernel that all devices have alike, its gradient being summed over them in a wide dtype."""
    wide = jax.lax.pcast(kernel.astype(sum_dtype(kernel.dtype)), axis, to="varying")
    return wide.astype(kernel.dtype)
