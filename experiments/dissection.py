"""One convolution in all its parts: outputs by every method, one of them by hand, what each channel adds."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx

import jconv
from jconv.analysis import contributions
from jconv.call import Settings
from jconv.explaining import problem_of_call
from jconv.methods import REGISTRY
from jconv.nnx import Conv1D
from jconv.window import Window, forward_window, transposed_window

from .config import schema
from .own_arrays import Arrays, arrays

EPS = float(np.finfo(np.float32).eps)
SPREADING = ("fft", "winograd")  # whose errors are relative to more than the terms of one output
AMPLIFIED = 51  # at most 50.06 by the matrices of any tiling of winograd, as tests/bounds.py works out
MOST_HELD = 2 << 30  # bytes that a method may hold beside its operands; a dense matrix of long signals is larger
USUAL = {"stride": 1, "padding": "valid", "padding_mode": "zeros", "dilation": 1, "groups": 1, "transposed": False}
NUMPY_MODES: dict[str, Any] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class ByHand(NamedTuple):
    """One value of output channel 0 as products.

    Attributes:
        position: of the output.
        samples: (count,) positions in x, outside 0 to length - 1 where they are padding.
        window: (count, in/groups) samples.
        weights: (count, in/groups).
    """

    position: int
    samples: np.ndarray
    window: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Dissection:
    """Arrays of float32.

    Attributes:
        time: (length,) in `time_unit`.
        x: (length, in).
        kernel: (width, in/groups, out), or (width, out/groups, in) of a transposed convolution.
        bias: (out,), zeros where there is none.
        y: (output length, out).
        contributions: (in, output length, out), or None of a transposed convolution.
        by_method: name -> as y, the Flax module among them where it has these settings.
        made_by: the settings, in one line.
        inputs: names of the input channels.
        time_unit: "radian", "s" or, where time is counted in samples, "".
        settings: stride, padding, dilation and groups, of `jconv.conv1d`.
        padding_mode: of `jconv.conv1d`.
        transposed: whether it is `jconv.conv_transpose1d`.
        has_bias: whether a bias is added.
        own: whether the kernel or the signal is the user's.
        left_out: what does not fit this convolution, a sentence each.
    """

    time: np.ndarray
    x: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    y: np.ndarray
    contributions: np.ndarray | None
    by_method: dict[str, np.ndarray]
    made_by: str = ""
    inputs: tuple[str, ...] = ("sin", "cos")
    time_unit: str = "radian"
    settings: dict[str, Any] = field(
        default_factory=lambda: {"stride": 1, "padding": "valid", "dilation": 1, "groups": 1}
    )
    padding_mode: str = "zeros"
    transposed: bool = False
    has_bias: bool = True
    own: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        """Of jconv, which computes it."""
        return "conv_transpose1d" if self.transposed else "conv1d"

    @property
    def plain(self) -> bool:
        """Whether output t is the window that begins at sample t, and none reads padding."""
        window = self.window
        return not self.transposed and window.stride == 1 and window.low == 0 and window.high == 0

    @property
    def usual(self) -> bool:
        """Whether all settings of the convolution are the default ones."""
        there = {**self.settings, "padding_mode": self.padding_mode, "transposed": self.transposed}
        return there == USUAL

    @cached_property
    def window(self) -> Window:
        """Where the windows lie; of a transposed convolution those of its adjoint."""
        stride, padding, dilation = (self.settings[name] for name in ("stride", "padding", "dilation"))
        made = transposed_window if self.transposed else forward_window
        return made(len(self.x), len(self.kernel), stride, padding, dilation)

    @cached_property
    def dense_kernel(self) -> np.ndarray:
        """(width, in, out): from each input to each output, zero between groups."""
        groups = self.settings["groups"]
        inputs, outputs = self.x.shape[1], self.y.shape[1]
        each_in, each_out = inputs // groups, outputs // groups
        kernel = np.zeros((len(self.kernel), inputs, outputs), self.kernel.dtype)
        for group in range(groups):
            ins = slice(group * each_in, (group + 1) * each_in)
            outs = slice(group * each_out, (group + 1) * each_out)
            part = self.kernel[:, :, ins].transpose(0, 2, 1) if self.transposed else self.kernel[:, :, outs]
            kernel[:, ins, outs] = part
        return kernel

    @property
    def by_hand(self) -> ByHand:
        """The first value of output 0 whose window lies inside the signal, else of those with most samples."""
        window, width = self.window, len(self.kernel)
        taps = np.arange(width) * window.dilation
        channels = slice(0, self.x.shape[1] // self.settings["groups"])
        if self.transposed:
            counts = np.zeros(window.input_length, int)
            for tap in taps:
                reached = np.arange(len(self.x)) * window.stride + tap - window.low
                counts[reached[(reached >= 0) & (reached < len(counts))]] += 1
            position = int(counts.argmax())
            samples, rest = np.divmod(position + window.low - taps, window.stride)
            used = (rest == 0) & (samples >= 0) & (samples < len(self.x))
            samples = samples[used]
            return ByHand(position, samples, self.x[samples, channels], self.kernel[used, 0, channels])
        position, last = window.inside
        if position >= last:
            counts = np.zeros(window.output_length, int)
            for tap in taps:
                reads = np.arange(len(counts)) * window.stride + tap - window.low
                counts += (reads >= 0) & (reads < len(self.x))
            position = int(counts.argmax())
        samples = position * window.stride + taps - window.low
        before, after = max(window.low, 0), max(window.high, 0)
        padded = np.pad(self.x[:, channels], ((before, after), (0, 0)), NUMPY_MODES[self.padding_mode])
        return ByHand(position, samples, padded[samples + before], self.kernel[:, :, 0])

    @property
    def products(self) -> np.ndarray:
        """What `by_hand` multiplies: (count, in/groups)."""
        return self.by_hand.window * self.by_hand.weights

    def metrics(self) -> dict[str, float]:
        """The numbers worth keeping."""
        numbers = {"by_hand": float(self.products.sum() + self.bias[0])}
        if self.contributions is not None:
            numbers["contributions_error"] = float(np.abs(self.contributions.sum(axis=0) + self.bias - self.y).max())
        return numbers | {"methods_error": max(float(np.abs(y - self.y).max()) for y in self.by_method.values())}

    @property
    def terms(self) -> int:
        """Numbers in the sum of one output: products and bias."""
        return len(self.kernel) * (self.x.shape[1] // self.settings["groups"]) + 1

    def tolerance(self) -> float:
        """What rounding may change in a sum of so many terms: one eps of the sum of their sizes for each."""
        return self.terms * EPS * self.largest_sum

    @property
    def largest_sum(self) -> float:
        """At most the sum of the sizes of the terms of an output."""
        most = np.abs(self.dense_kernel).sum(axis=(0, 1)).max() * np.abs(self.x).max() + np.abs(self.bias).max()
        return float(most)

    def allowed(self, name: str) -> float:
        """How far a method may lie from another: `tolerance`, or more if its errors spread (see tests/bounds.py).

        A Fourier transform errs by `n` roundings of the norms of kernel and signal, four in each butterfly of three
        transforms; sums of polynomials' values by those of `terms` and 30 more, times what their matrices amplify.
        """
        if name == "winograd":
            return self.tolerance() + (self.terms + 30) * EPS / 2 * AMPLIFIED * self.largest_sum
        if name != "fft":
            return self.tolerance()
        window, groups = self.window, self.settings["groups"]
        reach = window.output_length * window.stride + len(self.kernel) * window.dilation
        roundings = 12 * np.log2(2 * reach) + 3 + 16 * (self.x.shape[1] // groups)
        before, after = max(window.low, 0), max(window.high, 0)
        pads = (0, 0) if self.transposed else (before, after)
        padded = np.pad(self.x, (pads, (0, 0)), NUMPY_MODES[self.padding_mode]).astype(np.float64)
        norms = np.linalg.norm(padded, axis=0) @ np.linalg.norm(self.dense_kernel.astype(np.float64), axis=0)
        return self.tolerance() + float(roundings * EPS / 2 * 2 * norms.max())

    def disagreeing(self) -> str:
        """Which two computations of the same differ by more than rounding; empty if none."""
        numbers, most = self.metrics(), self.tolerance()
        y = self.y[self.by_hand.position, 0]
        if not abs(numbers["by_hand"] - y) <= most:
            return f"by hand output 0 is {numbers['by_hand']:.7f} and by the library {y:.7f}"
        if not numbers.get("contributions_error", 0.0) <= most:
            return f"contributions and bias miss the output by {numbers['contributions_error']:.1e}"
        for name, y in self.by_method.items():
            if not np.abs(y - self.y).max() <= self.allowed(method_of(name)):
                return f"{name} differs from {self.function} by {np.abs(y - self.y).max():.1e}"
        return ""


def dissect(config: schema.Understand) -> Dissection:
    """Run the convolution every way there is.

    Raises:
        ConfigError: a file cannot be read, or the arrays do not fit each other.
    """
    given = arrays(config)
    padding = tuple(config.padding) if isinstance(config.padding, list) else config.padding
    settings: dict[str, Any] = {
        "stride": config.stride,
        "padding": padding,
        "dilation": config.dilation,
        "groups": config.groups,
    }
    mode: dict[str, Any] = {} if config.transposed else {"padding_mode": config.padding_mode}
    operands = jnp.asarray(given.x), jnp.asarray(given.kernel), None if given.bias is None else jnp.asarray(given.bias)
    convolve = jconv.conv_transpose1d if config.transposed else jconv.conv1d
    by_method, left_out = {}, []
    problem = problem_of_call(*operands[:2], Settings(**settings), config.transposed, platform=None)
    for method in jconv.METHODS:
        held = 4 * REGISTRY[method].workspace("input" if config.transposed else "output", problem)
        if held > MOST_HELD:
            left_out.append(f'Method "{method}" is left out: it would hold {held / 2**30:.1f} GiB')
            continue
        try:
            by_method[f'method "{method}"'] = np.asarray(convolve(*operands, method=method, **settings, **mode))
        except NotImplementedError as error:
            left_out.append(f'Method "{method}" is left out: {error}')
    if config.transposed:
        left_out.append("Contributions are left out: jconv.analysis.contributions splits conv1d, not its transpose")
    elif config.padding_mode == "zeros":
        by_method["nnx.Conv1D"] = by_module(given, settings)
    kernel = given.kernel
    outputs = config.channels(kernel.shape)[1]
    return Dissection(
        time=given.time,
        x=given.x,
        kernel=kernel,
        bias=np.zeros(outputs, np.float32) if given.bias is None else given.bias,
        y=np.asarray(convolve(*operands, method="direct", **settings, **mode)),
        contributions=None
        if config.transposed
        else np.asarray(contributions(*operands[:2], method="direct", **settings, **mode)),
        by_method=by_method,
        made_by=made_by(config, len(given.x), len(kernel)),
        inputs=given.inputs,
        time_unit=given.time_unit,
        settings=settings,
        padding_mode=config.padding_mode,
        transposed=config.transposed,
        has_bias=given.bias is not None,
        own=config.kernel is not None or config.signal is not None,
        left_out=tuple(left_out),
    )


def method_of(name: str) -> str:
    """The method behind a name of `by_method`."""
    return name.removeprefix('method "').removesuffix('"')


def by_module(given: Arrays, settings: dict[str, Any]) -> np.ndarray:
    """The output of the Flax module."""
    width, each, outputs = given.kernel.shape
    module = Conv1D(
        each * settings["groups"],
        outputs,
        width,
        settings["stride"],
        padding=settings["padding"],
        kernel_dilation=settings["dilation"],
        feature_group_count=settings["groups"],
        use_bias=given.bias is not None,
        rngs=nnx.Rngs(0),
    )
    weights = {"kernel": given.kernel} if given.bias is None else {"kernel": given.kernel, "bias": given.bias}
    state = nnx.state(module, nnx.Param)
    nnx.replace_by_pure_dict(state, {name: jnp.asarray(array) for name, array in weights.items()})
    nnx.update(module, state)
    return np.asarray(module(jnp.asarray(given.x)))


def made_by(config: schema.Understand, samples: int, taps: int) -> str:
    """The settings in one line."""
    if config.kernel is None:
        weights = f"weights {config.weights}" + (f", seed {config.seed}" if config.weights == "random" else "")
    else:
        weights = f"kernel {config.kernel}" if isinstance(config.kernel, str) else "kernel as given"
    made = f"{samples} points from 0 to {config.stop:g} radians"
    signal = made if config.signal is None else f"{samples} samples of {config.signal}"
    changed = [f"{name} {getattr(config, name)}" for name, usual in USUAL.items() if getattr(config, name) != usual]
    return " | ".join([weights, signal, f"{taps} taps", *changed])
