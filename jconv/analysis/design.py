"""What each output of a convolution sees of a signal, read in float64 piece by piece, never all of it at once."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np

from jconv import checks
from jconv.window import PADDING_MODES, Padding, Window, check_steps, forward_window

NUMBERS = 2**20  # float64 numbers that one piece may have: 8 MiB, of which a few are held
TAPS_SUMMED = 32  # more taps than this are summed by Fourier transforms
IN_CACHE = 1024  # positions


@dataclass(frozen=True)
class Settings:
    """Where the windows lie, as the arguments of `conv1d` say it."""

    kernel_size: int
    stride: int = 1
    padding: Padding = "valid"
    padding_mode: str = "zeros"
    dilation: int = 1
    groups: int = 1

    def checked(self) -> "Settings":
        """Check all that depends on no array.

        Raises:
            TypeError, ValueError: an option has a wrong type or value.
        """
        size = checks.whole_number("kernel_size", self.kernel_size, minimum=1)
        stride, dilation, groups = check_steps(self.stride, self.dilation, self.groups)
        mode = checks.one_of("padding_mode", self.padding_mode, PADDING_MODES)
        return Settings(size, stride, self.padding, mode, dilation, groups)


@dataclass(frozen=True)
class Design:
    """The rows of a regression of outputs on what they see: one row a window, one column a tap of a channel, then ones.

    With a stride the signal is split into phases, so that in each a window moves on by one position:
    output `t` at tap `j` reads position `t + (j // phases) * step` of phase `j % phases`. So every column is a *track*
    (a phase of a channel, or the ones), shifted. A track has zeros before and after what the windows read.

    Attributes:
        x: (entries, length, in) of one group of channels; a memory-mapped array is read only where it is needed.
        window: where the windows lie.
        mode: what the padding holds.
        ones: whether there is a last column of ones, for a bias.
    """

    x: np.ndarray
    window: Window
    mode: str
    ones: bool

    @property
    def entries(self) -> int:
        """Signals; each is padded on its own."""
        return self.x.shape[0]

    @property
    def outputs(self) -> int:
        """Windows of one entry."""
        return self.window.output_length

    @property
    def rows_in_all(self) -> int:
        """Windows of all entries."""
        return self.entries * self.outputs

    @property
    def dtype(self) -> np.dtype:
        """float64, or complex128 for a complex signal."""
        return np.dtype(np.complex128 if np.iscomplexobj(self.x) else np.float64)

    @cached_property
    def phases(self) -> int:
        """Phases that taps fall into."""
        return min(self.window.stride // int(np.gcd(self.window.stride, self.window.dilation)), self.window.kernel_size)

    @cached_property
    def step(self) -> int:
        """Positions in a phase from one of its taps to the next."""
        return self.window.dilation // int(np.gcd(self.window.stride, self.window.dilation))

    @property
    def tracks(self) -> int:
        """Phases of channels, and the ones."""
        return self.phases * self.x.shape[2] + self.ones

    @cached_property
    def track_of(self) -> np.ndarray:
        """The track of each column."""
        tap, channel = np.divmod(np.arange(self.window.kernel_size * self.x.shape[2]), self.x.shape[2])
        tracks = tap % self.phases * self.x.shape[2] + channel
        return np.append(tracks, self.tracks - 1) if self.ones else tracks

    @cached_property
    def shift_of(self) -> np.ndarray:
        """By how many positions each column is ahead of its track's beginning."""
        shifts = np.arange(self.window.kernel_size * self.x.shape[2]) // self.x.shape[2] // self.phases * self.step
        return np.append(shifts, 0) if self.ones else shifts

    @property
    def columns(self) -> int:
        """Taps times channels, and 1 for the ones."""
        return self.window.kernel_size * self.x.shape[2] + self.ones

    @cached_property
    def reach(self) -> int:
        """The largest shift."""
        return (self.window.kernel_size - 1) // self.phases * self.step

    def padded(self, entries: slice, start: int, count: int) -> np.ndarray:
        """`count` positions of the padded signal, a stride apart: (entries, in, count)."""
        length, stride = self.x.shape[1], self.window.stride
        first = start - self.window.low
        inside = slice(min(max(-(first // stride), 0), count), min(max(-(-(length - first) // stride), 0), count))
        inside = slice(inside.start, max(inside.start, inside.stop))
        whole = len(range(*entries.indices(self.entries)))
        out = np.zeros((whole, self.x.shape[2], count), self.dtype)
        begin, end = first + inside.start * stride, first + (inside.stop - 1) * stride + 1
        if inside.stop > inside.start:
            out[:, :, inside] = self.x[entries, begin:end:stride].transpose(0, 2, 1)
        if self.mode != "zeros" and inside != slice(0, count):
            outside = np.r_[: inside.start, inside.stop : count]
            out[:, :, outside] = self.x[entries, mirrored(first + stride * outside, length, self.mode)].transpose(
                0, 2, 1
            )
        return out

    def read(self, entries: slice, first: int, last: int) -> np.ndarray:
        """Positions `first` to `last` of all tracks, in float64: (entries, tracks, last - first)."""
        whole, channels = len(range(*entries.indices(self.entries))), self.x.shape[2]
        out = np.zeros((whole, self.tracks, last - first), self.dtype)
        for phase in range(self.phases):
            taps = -(-(self.window.kernel_size - phase) // self.phases)
            begin, end = max(first, 0), min(last, self.outputs + (taps - 1) * self.step)
            if end > begin:
                start = begin * self.window.stride + phase * self.window.dilation
                own = slice(phase * channels, (phase + 1) * channels)
                out[:, own, begin - first : end - first] = self.padded(entries, start, end - begin)
        if self.ones:
            out[:, -1, max(-first, 0) : max(self.outputs - first, 0)] = 1
        return out

    def rows(self, entries: slice, first: int, last: int) -> np.ndarray:
        """What windows `first` to `last` see, also of windows that hang over an end: (entries, windows, columns)."""
        tracks = self.read(entries, first, last + self.reach)
        at = np.arange(last - first)[:, None] + self.shift_of
        return tracks[:, self.track_of, at]

    def apply(self, weights: np.ndarray, entries: slice, first: int, last: int) -> np.ndarray:
        """Rows `first` to `last` times weights (columns, out), without the rows: (entries, out, last - first)."""
        tracks = self.read(entries, first, last + self.reach)
        count, shifts = last - first, self.reach // self.step + 1
        by_shift = np.zeros((shifts, weights.shape[1], self.tracks), weights.dtype)
        by_shift[self.shift_of // self.step, :, self.track_of] = weights
        if shifts <= TAPS_SUMMED:
            out = np.zeros((len(tracks), weights.shape[1], count), np.result_type(tracks, weights))
            for at in range(0, count, IN_CACHE):  # the sums of a few positions stay in a cache while taps are added
                part = out[:, :, at : at + IN_CACHE]
                for shift, each in enumerate(by_shift):
                    begin = at + shift * self.step
                    part += each @ tracks[:, :, begin : begin + part.shape[2]]
            return out
        turned = np.zeros((weights.shape[1], self.tracks, self.reach + 1), weights.dtype)
        turned[:, :, :: self.step] = by_shift[::-1].transpose(1, 2, 0)
        return overlap_save(tracks, turned)

    def pieces(self, numbers: int, longest: int | None = None) -> list[tuple[slice, int, int]]:
        """All windows cut up: entries, first window, after the last; of each window `numbers` are held."""
        rows = max(NUMBERS // max(numbers, 1), 64)
        long = min(rows, self.outputs if longest is None else longest)
        together = max(rows // self.outputs, 1) if long >= self.outputs else 1
        return [
            (slice(entry, min(entry + together, self.entries)), first, min(first + long, self.outputs))
            for entry in range(0, self.entries, together)
            for first in range(0, self.outputs, long)
        ]


def overlap_save(signals: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Convolutions of signals (entries, in, length) with taps (out, in, width), where they overlap wholly."""
    reach, length = taps.shape[2] - 1, signals.shape[2]
    size = 1 << (min(max(8 * reach, 4096), length) - 1).bit_length()
    hop = size - reach
    blocks = -(-(length - reach) // hop)
    signals = np.pad(signals, ((0, 0), (0, 0), (0, (blocks - 1) * hop + size - length)))
    parts = np.lib.stride_tricks.sliding_window_view(signals, size, axis=2)[:, :, ::hop]
    if np.iscomplexobj(signals) or np.iscomplexobj(taps):
        spectra = np.einsum("eubf,ouf->eobf", np.fft.fft(parts), np.fft.fft(taps, size))
        out = np.fft.ifft(spectra)
    else:
        spectra = np.einsum("eubf,ouf->eobf", np.fft.rfft(parts), np.fft.rfft(taps, size))
        out = np.fft.irfft(spectra, size)
    return out[..., reach:].reshape(*out.shape[:2], -1)[:, :, : length - reach]


def mirrored(index: np.ndarray, length: int, mode: str) -> np.ndarray:
    """Where padding takes the value at `index` from: the rule of `numpy.pad`, for any distance."""
    if mode == "replicate":
        return np.clip(index, 0, length - 1)
    if mode == "circular":
        return index % length
    period = max(2 * (length - 1), 1)
    return np.abs((index + length - 1) % period - (length - 1))


def designs(x: np.ndarray, settings: Settings, ones: bool) -> list[Design]:
    """One design for each group of channels of x (*batch, length, in).

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments.
    """
    settings = settings.checked()
    if x.ndim < 2 or not x.size:
        raise ValueError(f"`x` has shape {x.shape}; expected (*batch, length, in), none of them 0")
    if x.shape[-1] % settings.groups:
        raise ValueError(f"`groups` (={settings.groups}) must divide the {x.shape[-1]} channels of `x`")
    each = x.shape[-1] // settings.groups
    size = settings.kernel_size
    window = forward_window(x.shape[-2], size, settings.stride, settings.padding, settings.dilation)
    entries = x.reshape(-1, *x.shape[-2:])
    return [
        Design(entries[..., group * each : (group + 1) * each], window, settings.padding_mode, ones)
        for group in range(settings.groups)
    ]


def data(name: str, values) -> np.ndarray:
    """An array as NumPy sees it, without a copy of what is memory-mapped.

    Raises:
        TypeError: it does not hold numbers.
    """
    values = np.asarray(values)
    if not (jnp.issubdtype(values.dtype, jnp.number) or values.dtype == bool):
        raise TypeError(f"`{name}` is of dtype {values.dtype}; it must hold numbers")
    return values


def rounding_of(x: np.ndarray, rounding: float | None) -> float:
    """The relative rounding of data: as given, or the eps of their dtype.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if rounding is None:
        return float(jnp.finfo(x.dtype).eps) if jnp.issubdtype(x.dtype, jnp.inexact) else float(np.finfo(float).eps)
    if not 0 <= rounding < 1:
        raise ValueError(f"`rounding` (={rounding}) must be at least 0 and less than 1")
    return rounding
