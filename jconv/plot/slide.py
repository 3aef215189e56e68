"""A kernel that slides over a signal: one output after the other, the first two step by step."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from jconv.plot.animation import Animation
from jconv.plot.arguments import array, at_most, names_of
from jconv.plot.style import BLACK, GREY, Picture, color_of, dress
from jconv.window import Padding, forward_window

MOST_INPUTS, MOST_TAPS = 4, 64
SLOW = 2
"""Windows that are shown step by step."""
STEPS = ("multiply", "add up each channel", "add the bias")
FRAMES = 8
"""Of each step, and in a second."""
MOST_WINDOWS = 40
"""Of the others; of more as many, evenly spread."""
HELD = 1500
"""Milliseconds that the last frame stays."""
WIDE, HIGH, DOTS = 6.4, 4.4, 100
"""Inches, and dots in each: 640 x 440."""
BEHIND = "#D8D8D8"
"""Behind what a window sees; opaque, as lines that shine through would be drawn anew wherever it moves."""


@dataclass(frozen=True)
class Frame:
    """How far a frame has come.

    Attributes:
        output: the window's number.
        done: of each of `STEPS`, 0 to 1.
    """

    output: int
    done: tuple[float, float, float]


def slide(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    output: int = 0,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
    inputs: Sequence[str] | None = None,
    title: str | None = None,
) -> Animation:
    """One output channel of a convolution, made before one's eyes, as an animation of 640 x 440 pixels.

    For two windows the samples are multiplied by the weights, each channel's products are added up, and the bias is
    added, a second each. Then the window moves on, eight times a second. Of more than 40 further windows as many are
    shown, evenly spread; the output's line goes through all.

    Args:
        x: (length, in), real; at most 4 channels.
        kernel: (width, in, out), real; at most 64 taps.
        bias: (out,), or None for none.
        output: number of the output channel.
        stride: as in `jconv.conv1d`, and so are `padding`, which holds zeros, and `dilation`.
        padding: where the padding lies.
        dilation: positions from one tap to the next.
        inputs: names of the input channels, or None for numbers.
        title: text above, or None for one that counts what is added.

    Raises:
        TypeError, ValueError: shapes or settings that do not fit, complex numbers, or more than can be shown.

    >>> import numpy as np
    >>> found = slide(np.arange(6.0)[:, None], np.ones((3, 1, 1)))
    >>> found.title
    'One output is 3 products, added up; the same 3 weights slide on'
    >>> len(found.milliseconds)  # 2 windows of 3 steps in 8 frames, and 2 windows more
    50
    """
    x, kernel = array("x", x, "length in"), array("kernel", kernel, "width in out", **{"in": np.shape(x)[-1]})
    width, count, outs = kernel.shape
    bias = np.zeros(outs) if bias is None else array("bias", bias, "out", out=outs)
    if not 0 <= output < outs:
        raise ValueError(f"`output` (={output}) must be a channel of `kernel`, 0 to {outs - 1}")
    at_most("kernel", count, MOST_INPUTS, "input channels")
    at_most("kernel", width, MOST_TAPS, "taps")
    window = forward_window(len(x), width, stride, padding, dilation)
    names = names_of("inputs", inputs, count, "input")
    starts = np.arange(window.output_length) * stride - window.low
    padded = np.pad(x, ((max(window.low, 0), max(window.high, 0)), (0, 0)))
    taps = starts[:, None] + dilation * np.arange(width)
    samples = padded[taps + max(window.low, 0)]  # (outputs, width, in)
    whole = title or headline(width * count, bool(bias[output]))
    scene = Scene(whole, padded, -max(window.low, 0), taps, samples, kernel[:, :, output], float(bias[output]), names)
    frames = course(len(taps))
    shown = [round(1000 / FRAMES)] * (len(frames) - 1) + [HELD]
    return Animation(scene.figure, lambda number: scene.draw(frames[number]), scene.moving, tuple(shown), whole)


def headline(products: int, bias: bool) -> str:
    """What is to be seen."""
    terms = f"{products} product" + "s" * (products != 1) + " and a bias" * bias
    added = ", added up" if products > 1 or bias else ""
    on = "the same weight slides on" if products == 1 else f"the same {products} weights slide on"
    return f"One output is {terms}{added}; {on}"


def course(windows: int) -> list[Frame]:
    """All frames: the first windows step by step, the others as a whole."""
    frames = []
    for output, step, part in product(range(min(SLOW, windows)), range(len(STEPS)), range(1, FRAMES + 1)):
        done = [1.0] * step + [part / FRAMES] + [0.0] * (len(STEPS) - 1 - step)
        frames.append(Frame(output, (done[0], done[1], done[2])))
    rest = range(SLOW, windows)
    kept = np.unique(np.linspace(0, len(rest) - 1, min(len(rest), MOST_WINDOWS)).round().astype(int))
    return frames + [Frame(rest[place], (1.0, 1.0, 1.0)) for place in kept]


class Scene:
    """The axes and what moves in them.

    Attributes:
        figure: all of it.
        window: behind the samples that a window sees.
        signal: a line for each channel.
        dots: those samples, a line for each channel.
        held: the same samples among the weights.
        products: bars (in, width).
        sums: bars: the channels', the bias's, and the output's.
        made: the outputs so far.
        here: the newest of them.
        words: what is being done.
    """

    def __init__(
        self,
        title: str,
        padded: np.ndarray,
        first: int,
        taps: np.ndarray,
        samples: np.ndarray,
        weights: np.ndarray,
        bias: float,
        names: Sequence[str],
    ) -> None:
        self.taps, self.samples, self.bias = taps, samples, bias
        self.parts = samples * weights  # (outputs, width, in)
        self.totals = self.parts.sum(axis=1)
        self.outputs = self.totals.sum(axis=1) + bias
        self.figure = Picture(figsize=(WIDE, HIGH), dpi=DOTS)
        self.figure.suptitle(wrapped(title), x=0.015, ha="left", fontsize=9.5, fontweight="bold")
        grid = self.figure.add_gridspec(3, 2, height_ratios=[1, 1.5, 1], width_ratios=[1.35, 1])
        self.draw_inputs(self.figure.add_subplot(grid[0, :]), padded, first, names)
        self.draw_products(self.figure.add_subplot(grid[1, 0]), weights, names)
        self.draw_sums(self.figure.add_subplot(grid[1, 1]), names)
        self.draw_outputs(self.figure.add_subplot(grid[2, :]), first, first + len(padded) - 1)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")  # nothing moves but what should, and a frame takes half as long

    @property
    def moving(self) -> tuple[Artist, ...]:
        """All that a frame changes, the lowest first; the signal too, for the window passes behind it."""
        bars = [*(bar for bars in self.products for bar in bars), *self.sums]
        return self.window, *self.signal, *self.dots, *bars, *self.held, self.made, self.here, self.words

    def draw_inputs(self, ax: Axes, padded: np.ndarray, first: int, names: Sequence[str]) -> None:
        """The signal, and the window over it."""
        plain(ax)
        time = first + np.arange(len(padded))
        self.signal = []
        for channel, name in enumerate(names):
            self.signal += ax.plot(time, padded[:, channel], color=color_of(channel), linewidth=1.2, label=name)
        low, high = padded.min(), padded.max()
        room = 0.12 * (high - low or 1.0)
        ax.set_ylim(low - room, high + room)
        ax.set_xlim(time[0] - 1, time[-1] + 1)
        ax.set_ylabel("input")
        ax.tick_params(labelbottom=False)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9, handlelength=1)
        side = {"facecolor": BEHIND, "edgecolor": "none", "zorder": 0}
        self.window = Rectangle((0, low - room), 1, high - low + 2 * room, **side)
        ax.add_patch(self.window)
        look = {"marker": "o", "linewidth": 0, "markersize": 3.5}
        self.dots = [ax.plot([], [], color=color_of(channel), **look)[0] for channel in range(len(names))]

    def draw_products(self, ax: Axes, weights: np.ndarray, names: Sequence[str]) -> None:
        """Weights as hollow bars, which never change; in them the samples as dots and the products as bars."""
        plain(ax)
        width, count = weights.shape
        places = [channel * (width + 1) + np.arange(width) for channel in range(count)]
        self.products, self.held = [], []
        for channel, where in enumerate(places):
            color = color_of(channel)
            edge = {"fill": False, "edgecolor": GREY, "linewidth": 1.0}
            ax.bar(where, weights[:, channel], width=0.86, label="" if channel else "weight", **edge)
            label = "" if channel else "product"
            self.products.append(ax.bar(where, np.zeros(width), width=0.5, color=color, label=label))
            look = {"marker": "o", "linewidth": 0, "markersize": 4, "markerfacecolor": "white"}
            self.held += ax.plot(where, np.zeros(width), color=color, label="" if channel else "sample", **look)
        limits(ax, np.concatenate([weights.ravel(), self.parts.ravel(), self.samples.ravel()]))
        ax.set_xticks([where.mean() for where in places], names, fontsize=9)
        ax.set_title("sample times weight = product", fontsize=9, loc="left")
        ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.14), ncols=3, frameon=False, fontsize=8, handlelength=1)

    def draw_sums(self, ax: Axes, names: Sequence[str]) -> None:
        """A bar for each channel and the bias, each where the last one ended, and one for their sum."""
        plain(ax)
        labels = [*names, "bias", "output"]
        colors = [*(color_of(channel) for channel in range(len(names))), GREY, BLACK]
        self.sums = ax.bar(range(len(labels)), np.zeros(len(labels)), width=0.66, color=colors)
        levels = np.cumsum(np.column_stack([self.totals, np.full(len(self.totals), self.bias)]), axis=1)
        limits(ax, levels.ravel())
        ax.set_xticks(range(len(labels)), labels, fontsize=9 if len(labels) < 5 else 7)
        self.words = ax.set_title("", fontsize=9, loc="left")

    def draw_outputs(self, ax: Axes, first: int, last: int) -> None:
        """The outputs so far, each at the middle of its window."""
        plain(ax)
        limits(ax, self.outputs)
        ax.set_xlim(first - 1, last + 1)
        ax.set_ylabel("output")
        ax.set_xlabel("sample", fontsize=9)
        (self.made,) = ax.plot([], [], color=BLACK, linewidth=1.4)
        (self.here,) = ax.plot([], [], color=BLACK, marker="o", markersize=5, linewidth=0)

    def draw(self, frame: Frame) -> None:
        """Show a frame."""
        multiplied, added, shifted = frame.done
        now = self.taps[frame.output]
        self.window.set_x(now[0] - 0.5)
        self.window.set_width(now[-1] - now[0] + 1)
        for channel, (dots, held, bars) in enumerate(zip(self.dots, self.held, self.products, strict=True)):
            samples = self.samples[frame.output, :, channel]
            dots.set_data(now, samples)
            held.set_ydata(samples)
            for bar, part in zip(bars, self.parts[frame.output, :, channel], strict=True):
                bar.set_height(multiplied * part)
        self.draw_running_sum(frame)
        complete = frame.output + (shifted == 1)
        middle = self.taps[:complete].mean(axis=1)
        self.made.set_data(middle, self.outputs[:complete])
        self.here.set_data(middle[-1:], self.outputs[:complete][-1:])
        step = sum(part == 1 for part in (multiplied, added))
        self.words.set_text(f"{step + 1}. {STEPS[step]}" if frame.output < SLOW else "the same at each place")

    def draw_running_sum(self, frame: Frame) -> None:
        """The bars that pile up to the output: channels one after the other, then the bias."""
        _, added, shifted = frame.done
        terms = self.totals[frame.output]
        grown = np.clip(added * len(terms) - np.arange(len(terms)), 0, 1) * terms
        steps = np.append(grown, shifted * self.bias)
        ends = np.cumsum(steps)
        bases = np.append(0, ends[:-1])
        for bar, base, step in zip(self.sums, bases, steps, strict=False):
            bar.set(y=base, height=step)
        self.sums[-1].set_height(ends[-1] if shifted == 1 else 0.0)


def plain(ax: Axes) -> None:
    """Two spines, small numbers, and a line at 0."""
    dress(ax)
    ax.grid(False)
    ax.tick_params(labelsize=8, length=2)
    ax.axhline(0, color=BLACK, linewidth=0.6)


def limits(ax: Axes, values: np.ndarray) -> None:
    """Room for all values and 0, which stays as it is."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    room = 0.08 * (high - low or 1.0)
    ax.set_ylim(low - room, high + room)


def wrapped(title: str) -> str:
    """On as many lines as it takes."""
    return textwrap.fill(title, 74)
