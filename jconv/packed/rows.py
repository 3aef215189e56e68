"""`conv1d` over rows of several segments, or of fewer samples than the row is long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from jconv import checks
from jconv import conv as plain
from jconv.call import Call, Settings, check_call, checked_array, with_bias
from jconv.packed.masked_taps import masked_taps
from jconv.packed.segments import (
    NONE,
    check_shape,
    checked_ids,
    checked_lengths,
    ids_of_outputs,
    numbered,
    positions_needed,
)
from jconv.packed.states import added_by_states, final_states, places
from jconv.primitive import problem_of
from jconv.window import Padding, Window, forward_window, resolve_padding

SUMMED_BY_TAPS = ("auto", "direct", "taps")


def conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    segment_ids: ArrayLike | None = None,
    lengths: ArrayLike | None = None,
    initial_states: ArrayLike | None = None,
    return_final_states: bool = False,
    num_segments: int | None = None,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    method: str | Mapping[str, str] = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
    """`jconv.conv1d` of rows that hold several segments: each gives what it gives alone, and no segment sees another.

    A tap counts where the position that it reads has the segment number of its output, else it adds nothing. Output
    `t` belongs to the segment of position `t * stride`. Masked positions, those of no segment, are never read: outputs
    and gradients are the same whatever stands there, NaN included; outputs and the gradient for x are zero there.
    `output_segment_ids` and `output_lengths` say where the outputs are.

    Shape:
        - x, kernel, bias, result: as in `jconv.conv1d`.
        - segment_ids: `(*batch, length)`. lengths: `(*batch,)`.
        - states: `(*batch, segments, span - 1, in)` where `segment_ids` are numbers, else `(*batch, span - 1, in)`;
          in layout "NCL" the last two axes are swapped. `span = (width - 1) * dilation + 1`.

    Args:
        x: signal, as in `jconv.conv1d`.
        kernel: weights, as in `jconv.conv1d`.
        bias: added to every output that is not masked.
        segment_ids: the segment of each position: signed integers, of which a negative one masks the position (as in
            causal-conv1d; subtract 1 where 0 stands for padding). Positions of a segment are meant to be neighbours;
            those of equal numbers see each other in any case. Or booleans, a mask: true where a sample counts, all of
            one segment.
        lengths: how many positions of each row count, from its first; together with `segment_ids` both must hold. A
            number beyond the row counts as its length, one below 0 as 0.
        initial_states: the samples before each segment, of the dtype of `x`; `[..., i, :, :]` is that of segment
            number `i`, and a segment whose number is beyond has none. Needs `padding` "causal".
        return_final_states: also return the last `span - 1` samples of each segment with its initial state (or zeros)
            before it: the `initial_states` of what follows. A segment that a row does not have keeps its state. With
            `stride` above 1 the next row goes on in step if the segment's length is a multiple of `stride`.
        num_segments: how many states are returned where `segment_ids` are numbers and `initial_states` is None.
        stride: as in `jconv.conv1d`. A segment gives what it gives alone where it begins at a multiple of `stride`.
        padding: of each segment, as in `jconv.conv1d`, at most `span - 1` in all; "same" only with `stride` 1.
        padding_mode: only "zeros".
        dilation: as in `jconv.conv1d`.
        groups: as in `jconv.conv1d`.
        layout: as in `jconv.conv1d`.
        method: as in `jconv.conv1d`; with numbers as `segment_ids` one of "auto", "direct" and "taps", all of which
            are one masked product for each tap. Without, the row is one plain convolution of the masked signal.
        precision: as in `jconv.conv1d`.
        preferred_element_type: as in `jconv.conv1d`.

    Returns:
        The outputs, or `(outputs, final_states)` if `return_final_states`.

    Raises:
        TypeError, ValueError, NotImplementedError: as `jconv.conv1d`, and for what is said above.

    >>> import jax.numpy as jnp
    >>> x = jnp.array([1.0, 2.0, 3.0, 10.0, 20.0, jnp.nan])[:, None]
    >>> kernel = jnp.array([1.0, 1.0])[:, None, None]  # a sample and the one before
    >>> conv1d(x, kernel, segment_ids=jnp.array([0, 0, 0, 1, 1, -1]), padding="causal")[:, 0].tolist()
    [1.0, 3.0, 5.0, 10.0, 30.0, 0.0]
    """
    checks.one_of("padding_mode", padding_mode, ("zeros",))
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type, method)
    x, kernel = checked_array("x", x), checked_array("kernel", kernel)
    bias = None if bias is None else checked_array("bias", bias)
    call = check_call("output", x, kernel, bias, settings)
    stride, length, separate = call.settings.stride, call.signal.shape[2], False
    pads = resolve_padding(padding, length, call.width, stride, call.settings.dilation)
    window = forward_window(length, call.width, stride, pads, call.settings.dilation)
    needed = positions_needed(padding, length, call.width, stride, call.settings.dilation)
    if segment_ids is not None:
        segment_ids = checked_ids("segment_ids", segment_ids, (*call.batch_shape, length))
        separate = segment_ids.dtype != np.bool_
    lengths = None if lengths is None else checked_lengths(lengths, call.batch_shape)
    if separate and not set(call.settings.method.names()) <= set(SUMMED_BY_TAPS):
        listed = ", ".join(map(repr, SUMMED_BY_TAPS))
        raise ValueError(f"`method` (={method!r}) must be one of {listed} with numbers as `segment_ids`")
    if (initial_states is not None or return_final_states) and pads != (window.span - 1, 0):
        raise ValueError(f"`padding` (={padding!r}) must be 'causal' with `initial_states` or `return_final_states`")
    segments = _checked_count(num_segments, initial_states, return_final_states, separate)
    call = replace(call, settings=replace(call.settings, padding=pads, preferred_element_type=None))
    plan = Plan(call, window, needed, separate, segments, bool(return_final_states))
    states = None if initial_states is None else _checked_states(initial_states, plan)
    return _computed(x, kernel, bias, segment_ids, lengths, states, plan=plan)


@dataclass(frozen=True)
class Plan:
    """All of a call but its arrays, checked; hashable."""

    call: Call
    window: Window
    needed: int  # positions after its own that an output needs in its segment
    separate: bool  # whether a row may hold several segments
    segments: int  # that have a state, of each row
    return_final_states: bool

    @property
    def states_shape(self) -> tuple[Any, ...]:
        """`(*batch, segments, span - 1, in)`, without the second where a row is one segment."""
        several = (self.segments,) if self.separate else ()
        return (
            *self.call.batch_shape,
            *several,
            self.window.span - 1,
            self.call.settings.groups * self.call.signal.shape[4],
        )


@partial(jax.jit, static_argnames="plan")
def _computed(
    x: Array,
    kernel: Array,
    bias: Array | None,
    segment_ids: Array | None,
    lengths: Array | None,
    states: Array | None,
    *,
    plan: Plan,
) -> Any:
    call, window = plan.call, plan.window
    first, second = call.operands(x, kernel)
    rows, taps = (a.reshape(*a.shape[1:3], a.shape[3] * a.shape[4]) for a in (first, second))
    ids = _ids(segment_ids, lengths, call)
    masked = segment_ids is not None or lengths is not None
    if masked:
        rows = jnp.where((ids >= 0)[..., None], rows, 0)
    output_ids = ids_of_outputs(ids, window.output_length, window.stride, plan.needed)
    wide = problem_of("output", first, second, window, call.settings.precision, call.dtype).accumulate
    options: dict[str, Any] = {"groups": call.settings.groups, "precision": call.settings.precision}
    if plan.separate:
        y = masked_taps(rows, taps, ids, output_ids, window=window, dtype=wide, **options)
    else:
        method: Any = call.settings.method
        steps = {"stride": window.stride, "dilation": window.dilation, "padding": call.settings.padding}
        dtype = call.dtype if states is None else wide
        y = plain.conv1d(rows, taps, method=method, preferred_element_type=dtype, **steps, **options)
    at = places(ids, plan.segments)
    if states is not None:
        y = y + added_by_states(states, taps, output_ids, at, window, dtype=wide, **options)
    y = (y if bias is None else with_bias(y, bias)).astype(call.dtype)
    if masked:
        y = jnp.where((output_ids >= 0)[..., None], y, 0)
    y = _laid_out(y.reshape(*call.batch_shape, *y.shape[1:]), call)
    if not plan.return_final_states:
        return y
    last = final_states(rows, ids, states, at, window.span - 1)
    return y, _laid_out(last.reshape(plan.states_shape), call)


def _ids(segment_ids: Array | None, lengths: Array | None, call: Call) -> Array:
    """The segment of each position, `(batch, length)`; of a row that is one segment, 0."""
    batch, length = call.signal.shape[1:3]
    ids = jnp.zeros((batch, length), np.int32) if segment_ids is None else numbered(segment_ids).reshape(batch, length)
    if lengths is None:
        return ids
    counts = lengths.reshape(batch, 1)
    return jnp.where(jnp.arange(length, dtype=counts.dtype)[None] < counts, ids, NONE)


def _checked_count(num_segments: Any, initial_states: Any, return_final_states: bool, separate: bool) -> int:
    """How many states there are for each row: one, or of several segments as many as asked for or given."""
    if num_segments is not None:
        num_segments = checks.whole_number("num_segments", num_segments, minimum=1)
        if not separate:
            raise ValueError(f"`num_segments` (={num_segments}) must be None without numbers as `segment_ids`")
    if not separate:
        return 1
    if initial_states is not None:
        shape = getattr(initial_states, "shape", ())
        return num_segments or (shape[-3] if len(shape) >= 3 else 1)
    if return_final_states and num_segments is None:
        raise ValueError(
            "`num_segments` (=None) must be an integer with `return_final_states` and numbers as `segment_ids`"
        )
    return num_segments or 1


def _checked_states(states: Any, plan: Plan) -> Array:
    """States `(batch, segments, span - 1, in)`."""
    call, shape = plan.call, plan.states_shape
    states = checked_array("initial_states", states)
    if states.dtype != call.signal.dtype:
        raise TypeError(f"`initial_states` (of {states.dtype}) must have the dtype of `x` ({call.signal.dtype})")
    given = (*shape[:-2], shape[-1], shape[-2]) if call.settings.layout == "NCL" else shape
    check_shape("initial_states", states, given, "the samples before each segment")
    return _laid_out(states, call).reshape(call.signal.shape[1], plan.segments, *shape[-2:])


def _laid_out(a: Array, call: Call) -> Array:
    """Between `(*batch, length, channels)` and the layout of the call, either way."""
    return jnp.swapaxes(a, -1, -2) if call.settings.layout == "NCL" else a
