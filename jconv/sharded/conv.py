"""`conv1d` and `conv_transpose1d` of signals whose length axis is split over a mesh."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.sharding import AbstractMesh, Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike, DTypeLike

from jconv import checks
from jconv.call import Call, Settings, check_call, checked_array
from jconv.padding_modes import pad_by_mode
from jconv.sharded.exchange import fetched, shared, sliced
from jconv.sharded.plan import Plan, planned
from jconv.window import PADDING_MODES, Padding, Window, forward_window, resolve_padding, transposed_window


def conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    mesh: Mesh | AbstractMesh,
    axis: str,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    method: str | Mapping[str, str] = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """`jconv.conv1d` of a signal whose length is split over a mesh axis; neighbours send what windows share.

    Each device holds an equal part of `x` and gives an equal part of the result. It receives the positions that its
    windows read beyond its own by `ppermute`, from as many devices as they reach to, and convolves by itself. Kernel
    and bias are the same on all devices, and their gradients are summed over them. Works under `jit`, `grad` and `jvp`,
    and on several hosts under `jax.distributed`. Batch and channels may be split over other axes of the mesh. One with
    explicit axes, as `jax.make_mesh` makes them, must also be that of `jax.set_mesh` where JAX says so.

    A length that the devices do not divide is padded with zeros, and a surplus of the result cut off. JAX keeps such
    arrays whole on every device, so memory falls with the number of devices only where it divides both lengths. With
    a `padding_mode` other than "zeros", such a signal, or one that the padding exceeds, is padded before it is split.

    Args:
        x: as in `jconv.conv1d`.
        kernel: as in `jconv.conv1d`.
        bias: as in `jconv.conv1d`.
        mesh: of devices, as `jax.make_mesh` returns.
        axis: name of the axis of `mesh` that the length is split over.
        stride: as in `jconv.conv1d`.
        padding: as in `jconv.conv1d`.
        padding_mode: as in `jconv.conv1d`.
        dilation: as in `jconv.conv1d`.
        groups: as in `jconv.conv1d`.
        layout: as in `jconv.conv1d`.
        method: as in `jconv.conv1d`; "auto" and "direct" choose for the part of one device.
        precision: as in `jconv.conv1d`.
        preferred_element_type: as in `jconv.conv1d`.

    Returns:
        The result of `jconv.conv1d`, up to rounding, split over `axis` where the devices divide its length.

    Raises:
        TypeError: `mesh` is no mesh, or as in `jconv.conv1d`.
        ValueError: `mesh` has no axis `axis`, the length of `x` is symbolic, or as in `jconv.conv1d`.
        NotImplementedError: as in `jconv.conv1d`.

    >>> import jax, jax.numpy as jnp
    >>> mesh = jax.make_mesh((jax.device_count(),), ("time",))
    >>> x = jnp.arange(16.0)[:, None]
    >>> kernel = jnp.array([-1.0, 0.0, 1.0])[:, None, None]
    >>> conv1d(x, kernel, mesh=mesh, axis="time", padding="same", padding_mode="circular")[:, 0].tolist()
    [-14.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, -14.0]
    """
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type, method)
    x, kernel = checked_array("x", x), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    call = check_call("output", x, kernel, bias, settings)
    mode = checks.one_of("padding_mode", padding_mode, PADDING_MODES)
    check_mesh(mesh, axis, "x", call)
    length, settings = call.signal.shape[2], call.settings
    low, high = resolve_padding(padding, length, call.width, settings.stride, settings.dilation)
    call = replace(call, settings=replace(settings, padding=(low, high)))  # a list would have no hash
    window = forward_window(length, call.width, settings.stride, padding, settings.dilation)
    split = Split(mesh, axis)
    arrays = split.placed(x), split.placed(kernel), split.placed(bias)
    return _jitted(*arrays, call=call, window=window, split=split, mode=mode, amounts=(low, high))


def conv_transpose1d(
    y: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    mesh: Mesh | AbstractMesh,
    axis: str,
    stride: int = 1,
    padding: Padding = "valid",
    output_padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    method: str | Mapping[str, str] = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """`jconv.conv_transpose1d` of a signal whose length is split over a mesh axis; see `conv1d` beside this.

    Args:
        y: as in `jconv.conv_transpose1d`.
        kernel: as in `jconv.conv_transpose1d`.
        bias: as in `jconv.conv_transpose1d`.
        mesh: of devices, as `jax.make_mesh` returns.
        axis: name of the axis of `mesh` that the length is split over.
        stride: as in `jconv.conv_transpose1d`.
        padding: as in `jconv.conv_transpose1d`.
        output_padding: as in `jconv.conv_transpose1d`.
        dilation: as in `jconv.conv_transpose1d`.
        groups: as in `jconv.conv_transpose1d`.
        layout: as in `jconv.conv_transpose1d`.
        method: as in `jconv.conv_transpose1d`; "auto" and "direct" choose for the part of one device.
        precision: as in `jconv.conv_transpose1d`.
        preferred_element_type: as in `jconv.conv_transpose1d`.

    Returns:
        The result of `jconv.conv_transpose1d`, up to rounding, split over `axis` where the devices divide its length.

    Raises:
        TypeError, ValueError, NotImplementedError: as `conv1d`.

    >>> import jax, jax.numpy as jnp
    >>> mesh = jax.make_mesh((jax.device_count(),), ("time",))
    >>> kernel = jnp.array([1.0, 2.0, 3.0])[:, None, None]
    >>> conv_transpose1d(jnp.array([[1.0], [10.0]]), kernel, mesh=mesh, axis="time", stride=2)[:, 0].tolist()
    [1.0, 2.0, 13.0, 20.0, 30.0]
    """
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type, method)
    y, kernel = checked_array("y", y), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    call = check_call("input", y, kernel, bias, settings)
    check_mesh(mesh, axis, "y", call)
    length, settings = call.signal.shape[2], call.settings
    window = transposed_window(length, call.width, settings.stride, padding, settings.dilation, output_padding)
    call = replace(call, settings=replace(settings, padding=0))  # which the window holds
    split = Split(mesh, axis)
    arrays = split.placed(y), split.placed(kernel), split.placed(bias)
    return _jitted(*arrays, call=call, window=window, split=split)


@dataclass(frozen=True)
class Split:
    """The axis of a mesh over which the length is split."""

    mesh: Mesh | AbstractMesh
    axis: str

    @property
    def devices(self) -> int:
        """How many parts there are."""
        return self.mesh.shape[self.axis]

    def placed(self, a: Any) -> Any:
        """`a`, put on the mesh if that has explicit axes and `a` is on none."""
        if a is None or not self.mesh.explicit_axes or not jax.typeof(a).sharding.mesh.empty:
            return a
        return jax.device_put(a, NamedSharding(self.mesh, PartitionSpec()))

    def spec(self, position: int) -> PartitionSpec:
        """The split of an array's axis at `position`, nothing said about the others."""
        return PartitionSpec(*(None,) * position, self.axis)


def check_mesh(mesh: Any, axis: Any, name: str, call: Call) -> None:
    """Check what only the sharded functions take.

    Raises:
        TypeError: `mesh` is no mesh, or `axis` no name.
        ValueError: the mesh has no such axis, or the length of the signal is not known.
    """
    if not isinstance(mesh, (Mesh, AbstractMesh)):
        raise TypeError(f"`mesh` ({checks.shown(mesh)}) must be a `jax.sharding.Mesh`, as `jax.make_mesh` returns")
    listed = ", ".join(repr(each) for each in mesh.axis_names)
    if not isinstance(axis, str):
        raise TypeError(f"`axis` ({checks.shown(axis)}) must be the name of an axis of `mesh`: {listed}")
    if axis not in mesh.axis_names:
        hint = checks.did_you_mean(axis, [str(each) for each in mesh.axis_names])
        raise ValueError(f"`axis` (={axis!r}) must be an axis of `mesh`: {listed}{'; ' if hint else ''}{hint}")
    if not isinstance(call.signal.shape[2], int):
        raise ValueError(f"`{name}` (of length {call.signal.shape[2]}) must have a length that is known, to be split")


@partial(jax.jit, static_argnames=("call", "window", "split", "mode", "amounts"))
def _jitted(
    signal: Array,
    kernel: Array,
    bias: Array | None,
    *,
    call: Call,
    window: Window,
    split: Split,
    mode: str = "zeros",
    amounts: tuple[int, int] = (0, 0),
) -> Array:
    """One face of a convolution of whole arrays, each device doing its part; `amounts` of padding are of `mode`."""
    compute = partial(_split, call=call, window=window, split=split, mode=mode, amounts=amounts)
    explicit = split.mesh.explicit_axes
    if not explicit:
        return compute(signal, kernel, bias)
    length = window.output_length if call.face == "output" else window.input_length
    sharding = NamedSharding(split.mesh, _result_spec(signal, kernel, call, split, length))
    laid_out: Any = jax.sharding.auto_axes(compute, axes=explicit, out_sharding=sharding)
    return laid_out(signal, kernel, bias)


def _result_spec(signal: Array, kernel: Array, call: Call, split: Split, length: int) -> PartitionSpec:
    """How a result is laid out over explicit axes: its batch as the signal's, its channels as the kernel's."""
    first = call.settings.layout == "NCL"
    *batch, _, _ = _entries(signal)
    over_kernel = _entries(kernel)
    channels = over_kernel[1 if call.face == "input" else 0 if first else 2]
    used = {split.axis}
    kept = []
    for entry in (*batch, channels):
        names = tuple(name for name in (entry if isinstance(entry, tuple) else (entry,)) if name not in (*used, None))
        used |= set(names)
        kept.append(names or None)
    time = split.axis if split.axis in split.mesh.explicit_axes and length % split.devices == 0 else None
    return PartitionSpec(*kept[:-1], *((kept[-1], time) if first else (time, kept[-1])))


def _entries(a: Array) -> tuple[Any, ...]:
    """How each axis of an array is laid out on a mesh with explicit axes."""
    sharding = jax.typeof(a).sharding
    return (None,) * a.ndim if sharding.mesh.empty else tuple(sharding.spec)


def _split(
    signal: Array,
    kernel: Array,
    bias: Array | None,
    *,
    call: Call,
    window: Window,
    split: Split,
    mode: str,
    amounts: tuple[int, int],
) -> Array:
    """The same where no axis of the mesh is explicit."""
    signal, kernel = call.operands(signal, kernel)
    length = window.input_length
    if mode != "zeros" and (length % split.devices or max(amounts) >= length):
        signal, padding = pad_by_mode(signal, mode, call)
        window, mode = forward_window(signal.shape[2], call.width, window.stride, padding, window.dilation), "zeros"
    plan = planned(call.face, window, split.devices, amounts if mode == "reflect" else None)
    surplus = plan.held * plan.devices - signal.shape[2]
    if surplus:
        signal = jnp.pad(signal, [(0, 0), (0, 0), (0, surplus), (0, 0), (0, 0)])
    time = len(call.batch_shape) + (call.settings.layout == "NCL")  # where a result has its length
    run = jax.shard_map(
        partial(_of_one_device, call=call, plan=plan, axis=split.axis, mode=mode),
        mesh=jax.sharding.get_abstract_mesh() if split.mesh.explicit_axes else split.mesh,
        in_specs=(split.spec(2), PartitionSpec(), PartitionSpec()),
        out_specs=split.spec(time),
        axis_names={split.axis},
    )
    result = run(signal, kernel, bias)
    length = window.output_length if call.face == "output" else window.input_length
    return result if result.shape[time] == length else lax.slice_in_dim(result, 0, length, axis=time)


def _of_one_device(
    block: Array, kernel: Array, bias: Array | None, *, call: Call, plan: Plan, axis: str, mode: str
) -> Array:
    """The share of the result that one device gives."""
    block = fetched(block, plan, axis, mode)
    result = call.run(block, shared(kernel, axis), bias, plan.window)
    return sliced(result, plan.crops, plan.share, axis, len(call.batch_shape) + (call.settings.layout == "NCL"))
