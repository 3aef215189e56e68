"""`Stream`: one convolution of a signal that arrives in chunks."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from jconv import checks
from jconv.call import Settings, check_call, check_numeric, checked_array, checked_dtype, checked_method, with_bias
from jconv.methods import Face
from jconv.methods.arrays import shifted
from jconv.streaming import buffered, partitioned
from jconv.streaming.partitioned import DelayLine, Spectra
from jconv.streaming.schedule import SAME, Schedule, tail_of_same
from jconv.window import PADDING_WORDS, Padding, check_steps, resolve_padding

BLOCK = 128  # samples: 2.7 ms of sound


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """What a stream keeps between chunks: a pytree whose arrays begin with the batch axes.

    Attributes:
        past: past inputs, `(*batch, history, channels)`, or for "fft" a `DelayLine` of their spectra.
        stream: whose state it is; static, as all that follows.
        offset: slots until the next output is due, of which each input brings one (each `stride` in a transpose);
            negative where padding brings outputs before any input.
        channels: of the chunks.
        dtype: of the chunks.
    """

    past: Any  # an array or a DelayLine
    stream: "Stream" = field(metadata={"static": True})
    offset: int = field(metadata={"static": True})
    channels: int = field(metadata={"static": True})
    dtype: np.dtype = field(metadata={"static": True})


@dataclass(frozen=True)
class Stream:
    """A convolution of a signal that arrives in chunks of any size, whose outputs leave as soon as they are known.

    The outputs of all `step`s and of `flush`, joined, are `jconv.conv1d` (or `conv_transpose1d`) of the whole signal.
    They are equal bit for bit for integers, and on a CPU for depthwise kernels by method "taps". A sum over channels
    may round by the shape it is compiled for, and a gradient is summed chunk by chunk: there both keep the bound of a
    direct sum, and with "fft" that of a Fourier transform.

    Frozen and hashable, so that it can be a static argument; its methods are pure functions, which work under `jit`,
    `vmap` and `grad`. Layout "NLC". `step` has the order of `jax.lax.scan`, whose carry needs a state of one structure:
    from `init` on for "causal" where chunks are whole strides (and whole blocks for "fft"); for other paddings and
    transposes after a first step of at least `latency` samples that is a whole number of strides. A chunk of another
    size, or at another phase of the stride, compiles anew under `jit`.

    Args:
        kernel_size: taps.
        stride: as in `conv1d`.
        padding: as in `conv1d`, zeros alone. A stream does not know its length, on which "same" and "same_lower" with a
            stride depend: they are those of a signal of whole strides, and `flush` raises if the signal was another
            with another padding in front.
        dilation: as in `conv1d`.
        groups: as in `conv1d`.
        transposed: be `conv_transpose1d` with the same arguments, without `output_padding`.
        method: as in `conv1d`, chosen for each size of chunk. "direct" is the default: with it no NaN reaches an output
            whose window does not hold it. "fft" is overlap-save by partitions of the kernel, for long kernels: a NaN
            reaches outputs within `span + 2*block` samples at full rate.
        block: samples of a partition of "fft", at the rate of the longer side. Chunks of one block, or of several, are
            what it does best; no output waits for a block to fill up.

    Raises:
        TypeError, ValueError: an argument has a wrong type or value.

    >>> import jax.numpy as jnp
    >>> stream = Stream(3)
    >>> kernel = jnp.ones((3, 1, 1))
    >>> state = stream.init((), channels=1)
    >>> state, out = stream.step(state, jnp.array([[1.0], [2.0]]), kernel)
    >>> out[:, 0].tolist()
    [1.0, 3.0]
    >>> state, out = stream.step(state, jnp.array([[3.0], [4.0], [5.0]]), kernel)
    >>> out[:, 0].tolist()
    [6.0, 9.0, 12.0]
    """

    kernel_size: int
    _: KW_ONLY
    stride: int = 1
    padding: Padding = "causal"
    dilation: int = 1
    groups: int = 1
    transposed: bool = False
    method: Any = "direct"
    block: int = BLOCK

    def __post_init__(self) -> None:
        """Check each argument, and keep it in a form that is hashable."""
        size = checks.whole_number("kernel_size", self.kernel_size, minimum=1)
        stride, dilation, groups = check_steps(self.stride, self.dilation, self.groups)
        if not isinstance(self.transposed, bool):
            raise TypeError(f"`transposed` ({checks.shown(self.transposed)}) must be True or False")
        if isinstance(self.padding, str):
            padding: Padding = checks.one_of("padding", self.padding, PADDING_WORDS)
        else:
            padding = resolve_padding(self.padding, 0, size, stride, dilation)
        methods = checked_method(self.method)
        checked = {"kernel_size": size, "stride": stride, "dilation": dilation, "groups": groups, "padding": padding}
        checked["method"] = methods if isinstance(self.method, Mapping) else methods.output
        checked["block"] = checks.whole_number("block", self.block, minimum=1)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def latency(self) -> int:
        """Samples that an output waits for beyond its own time.

        Time is counted in samples of the longer side: output `t` of a convolution is of sample `t*stride`, input `t` of
        a transpose brings `stride` samples. An output of sample `n` leaves with the call that brings sample
        `n + latency`, or with `flush`. 0 for "causal", `span - 1` for "valid" and about half of that for "same"; of a
        transpose, what its padding crops in front.
        """
        return max(0, self.schedule.lead)

    @cached_property
    def schedule(self) -> Schedule:
        """When outputs are due."""
        return Schedule.of(self.kernel_size, self.stride, self.padding, self.dilation, self.transposed)

    @property
    def face(self) -> Face:
        """The face of the trilinear form that is computed."""
        return "input" if self.transposed else "output"

    @property
    def in_partitions(self) -> bool:
        """Whether it goes by products of spectra."""
        return getattr(checked_method(self.method), self.face) == "fft"

    def init(self, batch_shape: int | tuple[int, ...], channels: int, dtype: DTypeLike = jnp.float32) -> State:
        """The state before the first chunk.

        Args:
            batch_shape: of the chunks, which have shape `(*batch_shape, length, channels)`.
            channels: of the chunks.
            dtype: of the chunks and the kernel.

        Raises:
            TypeError, ValueError: an argument has a wrong type or value, or `groups` does not divide the channels.
            NotImplementedError: "fft" cannot do the dtype.
        """
        sizes = batch_shape if isinstance(batch_shape, tuple | list) else (batch_shape,)
        sizes = tuple(checks.whole_number("batch_shape", size, minimum=0) for size in sizes)
        channels = checks.whole_number("channels", channels, minimum=1)
        if channels % self.groups:
            raise ValueError(f"`groups` (={self.groups}) must divide `channels` (={channels})")
        kind = checked_dtype("dtype", dtype)
        check_numeric("dtype", kind)
        if not self.in_partitions:
            return State(buffered.begin(sizes, channels, kind, self.schedule), self, self.schedule.lead, channels, kind)
        if not jnp.issubdtype(kind, jnp.inexact):
            raise NotImplementedError(f"`method` (='fft') cannot do this: a Fourier transform is not exact on {kind}")
        return State(partitioned.begin(sizes, channels, kind, self), self, self.schedule.lead, channels, kind)

    def prepare(self, kernel: ArrayLike) -> Array | Spectra:
        """What `step` and `flush` take in the kernel's place, so that "fft" transforms it once; else the kernel itself.

        Raises:
            TypeError, ValueError: it is no kernel of this stream.
        """
        array = self._kernel(kernel)
        return partitioned.prepare(array, self) if self.in_partitions else array

    def step(self, state: State, chunk: ArrayLike, kernel: Any, bias: ArrayLike | None = None) -> tuple[State, Array]:
        """Take the next inputs, and give the outputs that are now known.

        Args:
            state: of `init` or of the step before.
            chunk: `(*batch, length, channels)`, of any length.
            kernel: as in `conv1d` or `conv_transpose1d`, or what `prepare` made of it.
            bias: `(out,)`.

        Returns:
            The state to go on with, and `(*batch, outputs, out)`, of length 0 where no output is known yet.

        Raises:
            TypeError, ValueError: shapes or dtypes do not fit one another, or the state is of another stream.
        """
        chunk = checked_array("chunk", chunk)
        batch = self._batch(state)
        if chunk.ndim < 2 or (*chunk.shape[:-2], chunk.shape[-1]) != (*batch, state.channels):
            wanted = f"({', '.join(map(str, (*batch, 'length', state.channels)))})"
            raise ValueError(f"`chunk` (of shape {chunk.shape}) must have the shape of the state, {wanted}")
        if chunk.dtype != state.dtype:
            raise TypeError(f"`chunk` (of {chunk.dtype}) must have the dtype of the state ({state.dtype})")
        return self._advance(state, chunk, chunk.shape[-2] * self.schedule.slots_each, kernel, bias)

    def flush(self, state: State, kernel: Any, bias: ArrayLike | None = None) -> Array:
        """The outputs that are left where the signal ends, `(*batch, outputs, out)`; there may be none.

        Raises:
            ValueError: `padding` is "same" or "same_lower" with a stride, and the signal ended where they would have
                begun with other zeros.
            TypeError, ValueError: as in `step`.
        """
        batch, tail = self._batch(state), self.schedule.tail
        if self.padding in SAME and not self.transposed:
            sizes = self.kernel_size, self.stride, self.dilation
            tail = tail_of_same(str(self.padding), self.schedule.rest(state.offset), *sizes, self.schedule.low)
        tail = max(tail, 0)
        nothing = jnp.zeros((*batch, 0 if self.transposed else tail, state.channels), state.dtype)
        return self._advance(state, nothing, tail, kernel, bias)[1]

    def reset(self, state: State, rows: ArrayLike) -> State:
        """Let some entries of the batch begin a new signal, the others go on.

        What comes next in those entries belongs to new signals, before which there are zeros: nothing of the old ones
        is left in them, neither values, NaNs nor gradients. The outputs that were under way are lost: the first
        `latency // stride` outputs after a reset of a convolution, and the first `latency` of a transpose, mix zeros
        and the new signal and are to be dropped; those that follow are the new signal's, from its first on. There are
        none to drop for a convolution that is "causal".

        Args:
            state: of `init` or `step`.
            rows: booleans of the batch shape, true for entries that begin anew.

        Raises:
            TypeError, ValueError: `rows` is no such mask, the state is between two strides, or padding brings outputs
                before any input.
        """
        batch = self._batch(state)
        rows = checked_array("rows", rows, booleans=True)
        if rows.dtype != np.bool_:
            raise TypeError(f"`rows` (of {rows.dtype}) must be booleans")
        if rows.shape != batch:
            raise ValueError(f"`rows` (of shape {rows.shape}) must have the batch shape of the state, {batch}")
        if self.schedule.lead < 0:
            raise ValueError(f"`padding` (={self.padding}) must not bring outputs before the first input for a reset")
        if rest := self.schedule.rest(state.offset):
            raise ValueError(
                f"`state` (={rest} inputs after a whole stride of {self.stride}) must be at a whole stride for a reset"
            )

        def cleared(a: Array) -> Array:
            mask = rows.reshape(rows.shape + (1,) * (a.ndim - rows.ndim))
            return jnp.where(mask, jnp.zeros((), a.dtype), a)

        return State(jax.tree.map(cleared, state.past), self, state.offset, state.channels, state.dtype)

    def _batch(self, state: State) -> tuple[int, ...]:
        """The batch shape of a state.

        Raises:
            TypeError, ValueError: it is not a state of this stream.
        """
        if not isinstance(state, State):
            raise TypeError(f"`state` ({checks.shown(state)}) must be what `init` or `step` returned")
        if state.stream != self:
            raise ValueError(f"`state` (of {state.stream}) must be of this stream, {self}")
        past = state.past
        return past.before.shape[:-3] if isinstance(past, DelayLine) else past.shape[:-2]

    def _kernel(self, kernel: Any) -> Array:
        array = checked_array("kernel", kernel)
        if array.ndim != 3:
            raise ValueError(f"`kernel` (of shape {array.shape}) must have 3 axes, (width, per group, channels)")
        if array.shape[0] != self.kernel_size:
            raise ValueError(f"`kernel` (of shape {array.shape}) must have `kernel_size` (={self.kernel_size}) taps")
        return array

    def _advance(self, state: State, chunk: Array, slots: int, kernel: Any, bias: Any) -> tuple[State, Array]:
        """Go on by so many slots, whose inputs are in the chunk or zeros."""
        like: Any = kernel
        if isinstance(kernel, Spectra):
            if kernel.stream != self:
                raise ValueError(f"`kernel` (prepared by {kernel.stream}) must be prepared by this stream, {self}")
            like = jax.ShapeDtypeStruct(kernel.shape, kernel.dtype)
        else:
            kernel = like = self._kernel(kernel)
        if like.dtype != state.dtype:
            raise TypeError(f"`kernel` (of {like.dtype}) must have the dtype of the state ({state.dtype})")
        bias = None if bias is None else checked_array("bias", bias)
        settings = Settings(self.stride, self.padding, self.dilation, self.groups, method=self.method)
        call = check_call(self.face, chunk, like, bias, settings)
        count, offset = self.schedule.due(state.offset, slots)
        if self.in_partitions:
            past, out = self._by_spectra(state, chunk, slots, kernel, bias, count)
        else:
            known = buffered.joined(state.past, chunk)
            past, out = buffered.kept(known, self.schedule), None
            if count:
                compute: Any = buffered.transposed if self.transposed else buffered.forward
                out = compute(known, kernel, bias, state.offset, count, self)
        if out is None:
            out = jnp.zeros((*call.batch_shape, 0, self._outputs(like)), call.dtype)
        return State(past, self, offset, state.channels, state.dtype), out

    def _by_spectra(
        self, state: State, chunk: Array, slots: int, kernel: Any, bias: Array | None, count: int
    ) -> tuple[Any, Array | None]:
        """The line after these slots, and the outputs that are due in them."""
        line, z = state.past, None
        spectra = kernel if isinstance(kernel, Spectra) else partitioned.prepare(kernel, self)
        if slots:
            line, z = partitioned.advance(line, chunk, slots, spectra, self)
        if not count:
            return line, None
        if z is None:
            z = jnp.zeros((*chunk.shape[:-2], *spectra.parts.shape[:3:2], 0), line.before.dtype)
        before = max(-state.offset, 0)  # slots in which nothing but padding is seen
        z = shifted(z, before, before + z.shape[-1], axis=z.ndim - 1)[..., max(state.offset, 0) :: self.schedule.step]
        out = jnp.swapaxes(z.reshape(*z.shape[:-3], math.prod(z.shape[-3:-1]), count), -1, -2).astype(state.dtype)
        return line, out if bias is None else with_bias(out, bias)

    def _outputs(self, kernel: Any) -> int:
        return kernel.shape[1] * self.groups if self.transposed else kernel.shape[2]
