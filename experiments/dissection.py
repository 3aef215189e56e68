"""One convolution in all its parts: outputs by every method, one of them by hand, what each channel adds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from flax import nnx

import jconv
from jconv import plot
from jconv.analysis import contributions, shares
from jconv.nnx import Conv1D

from .config import schema
from .notebook import BIAS, KERNEL, sin_and_cos

INPUTS = ("sin", "cos")
ROWS = 5
EPS = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Dissection:
    """Arrays of float32.

    Attributes:
        time: (length,) radians.
        x: (length, 2).
        kernel: (3, 2, 4).
        bias: (4,).
        y: (length - 2, 4).
        contributions: (2, length - 2, 4).
        by_method: name -> (length - 2, 4), the Flax module among them.
        made_by: the settings, in one line.
    """

    time: np.ndarray
    x: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    y: np.ndarray
    contributions: np.ndarray
    by_method: dict[str, np.ndarray]
    made_by: str = ""

    @property
    def products(self) -> np.ndarray:
        """First window times the weights of output 0: (3, 2)."""
        return self.x[:3] * self.kernel[:, :, 0]

    def metrics(self) -> dict[str, float]:
        """The numbers worth keeping."""
        return {
            "by_hand": float(self.products.sum() + self.bias[0]),
            "contributions_error": float(np.abs(self.contributions.sum(axis=0) + self.bias - self.y).max()),
            "methods_error": max(float(np.abs(y - self.y).max()) for y in self.by_method.values()),
        }

    def tolerance(self) -> float:
        """What rounding may change in a sum of seven terms: one eps of the sum of their sizes for each."""
        most = np.abs(self.kernel).sum(axis=(0, 1)).max() * np.abs(self.x).max() + np.abs(self.bias).max()
        return 7 * EPS * float(most)

    def disagreeing(self) -> str:
        """Which two computations of the same differ by more than rounding; empty if none."""
        numbers, most = self.metrics(), self.tolerance()
        if not abs(numbers["by_hand"] - self.y[0, 0]) <= most:
            return f"by hand output 0 is {numbers['by_hand']:.7f} and by the library {self.y[0, 0]:.7f}"
        if not numbers["contributions_error"] <= most:
            return f"contributions and bias miss the output by {numbers['contributions_error']:.1e}"
        for name, y in self.by_method.items():
            if not np.abs(y - self.y).max() <= most:
                return f"{name} differs from conv1d by {np.abs(y - self.y).max():.1e}"
        return ""


def dissect(config: schema.Understand) -> Dissection:
    """Run the convolution every way there is."""
    x = sin_and_cos(config.points, config.stop)
    kernel, bias = (KERNEL, BIAS) if config.weights == "notebook" else random_weights(config.seed)
    by_method = {
        f'method "{method}"': np.asarray(
            jconv.conv1d(jnp.asarray(x), jnp.asarray(kernel), jnp.asarray(bias), method=method)
        )
        for method in jconv.METHODS
    }
    module = Conv1D(2, 4, 3, padding="VALID", rngs=nnx.Rngs(0))
    state = nnx.state(module, nnx.Param)
    nnx.replace_by_pure_dict(state, {"kernel": jnp.asarray(kernel), "bias": jnp.asarray(bias)})
    nnx.update(module, state)
    by_method["nnx.Conv1D"] = np.asarray(module(jnp.asarray(x)))
    return Dissection(
        time=np.linspace(0, config.stop, config.points),
        x=x,
        kernel=kernel,
        bias=bias,
        y=np.asarray(jconv.conv1d(jnp.asarray(x), jnp.asarray(kernel), jnp.asarray(bias))),
        contributions=np.asarray(contributions(jnp.asarray(x), jnp.asarray(kernel))),
        by_method=by_method,
        made_by=f"weights {config.weights}"
        + (f", seed {config.seed}" if config.weights == "random" else "")
        + f" | {config.points} points from 0 to {config.stop:g} radians | {len(kernel)} taps",
    )


def random_weights(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Uniform as torch begins: within 1 / sqrt(2 channels * 3 taps)."""
    random, reach = np.random.default_rng(seed), 6**-0.5
    kernel, bias = random.uniform(-reach, reach, (3, 2, 4)), random.uniform(-reach, reach, 4)
    return kernel.astype(np.float32), bias.astype(np.float32)


def explain(parts: Dissection) -> Iterator[str]:
    """The lines to print."""
    numbers = parts.metrics()
    yield f"x       {parts.x.shape}   (length, in): sin and cos, as channels"
    yield f"kernel  {parts.kernel.shape}  (width, in, out): for each output two rows of three weights"
    yield f"bias    {parts.bias.shape}"
    yield f"y       {parts.y.shape}   (length - width + 1, out): 'valid', so the kernel never leaves the signal\n"
    for output in range(parts.kernel.shape[2]):
        for channel, name in enumerate(INPUTS):
            weights = row(parts.kernel[:, channel, output])
            tail = f"   bias {parts.bias[output]:7.4f}" if channel == 0 else ""
            yield f"kernel of output {output}, on {name}: {weights}{tail}"
    yield f"\nFirst {ROWS} rows of x (sin, cos) and y (outputs 0 to {parts.y.shape[1] - 1}):"
    for t in range(ROWS):
        yield f"  {row(parts.x[t])}   ->  {row(parts.y[t])}"
    yield "\ny[0, 0] by hand: one dot product for each input channel, plus bias"
    for channel, name in enumerate(INPUTS):
        samples, weights = row(parts.x[:3, channel]), row(parts.kernel[:, channel, 0])
        yield f"  {name}:  [{samples}] . [{weights}] = {parts.products[:, channel].sum():7.4f}"
    yield f"  bias:                                                         {parts.bias[0]:7.4f}"
    yield f"  sum:                                                          {numbers['by_hand']:7.4f}"
    yield "\nEvery output is the sum of what each input channel adds, plus bias:"
    yield f"  largest difference from y: {numbers['contributions_error']:.1e}"
    yield f"  {weights_and_shares(parts)}."
    yield f"Largest difference from conv1d (rounding allows {parts.tolerance():.1e}):"
    for name, y in parts.by_method.items():
        yield f"  {name:14} {np.abs(y - parts.y).max():.1e}"


def row(values: np.ndarray) -> str:
    """Numbers as the notebook prints them."""
    return ", ".join(f"{value:7.4f}" for value in values)


def weights_and_shares(parts: Dissection) -> str:
    """Whether for each output the channel with the larger weights is the one that adds most, in a sentence."""
    sizes, added = np.linalg.norm(parts.kernel, axis=0), shares(parts.contributions)
    outputs = [output for output in range(sizes.shape[1]) if np.isfinite(added[:, output]).all()]
    if not outputs:
        return "No output varies"
    other = [output for output in outputs if sizes[:, output].argmax() != added[:, output].argmax()]
    if not other:
        return "In each output that varies, the channel with the largest weights adds most"
    return f"The channel with the largest weights is not the one that adds most in {listed('output', other)}"


def listed(thing: str, numbers: Sequence[int]) -> str:
    """As in "output 1", "outputs 1 and 2", "outputs 1, 2 and 3"."""
    *most, last = map(str, numbers)
    return f"{thing}s {', '.join(most)} and {last}" if most else f"{thing} {last}"


def waves(parts: Dissection) -> str:
    """Whether each output is a wave like those of the input, shifted, scaled and raised, in a sentence."""
    count = parts.y.shape[1]
    rows = np.column_stack([parts.x[: len(parts.y)], np.ones(len(parts.y))]).astype(np.float64)
    rest = parts.y - rows @ np.linalg.lstsq(rows, parts.y.astype(np.float64))[0]
    others = [output for output in range(count) if np.abs(rest[:, output]).max() > parts.tolerance()]
    if not others:
        return f"What comes out: {count} channels, each a shifted, scaled and raised wave of the input's frequency"
    return f"What comes out: {count} channels; more than a wave of the input's frequency in {listed('output', others)}"


def draw(parts: Dissection) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, one after the other, each with the settings that made it."""
    for name, figure in pictures(parts):
        figure.note(parts.made_by)
        yield name, figure


def pictures(parts: Dissection) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, with the headlines that they justify."""
    when = "time of the window's first sample (radians)"
    width, inputs, outputs = parts.kernel.shape
    names = [f"output {output}" for output in range(outputs)]
    yield (
        "signal.png",
        plot.signal_panels(
            parts.time,
            {"value": (parts.x, INPUTS)},
            title=f"What goes in: {' and '.join(INPUTS)}, {inputs} channels of {len(parts.x)} samples",
            time_label="time (radians)",
        ),
    )
    yield (
        "outputs.png",
        plot.signal_panels(
            parts.time[: len(parts.y)], {"value": (parts.y, names)}, title=waves(parts), time_label=when
        ),
    )
    yield (
        "kernels.png",
        plot.kernel_heatmaps(
            parts.kernel,
            bias=parts.bias,
            inputs=INPUTS,
            title=f"{outputs} kernels: each weighs {width} samples of {inputs} channels",
        ),
    )
    yield (
        "by_hand.png",
        plot.window_by_hand(
            parts.x[:width],
            parts.kernel[:, :, 0],
            float(parts.bias[0]),
            inputs=INPUTS,
            title=f"One output by hand: multiply, add up, add the bias: {parts.metrics()['by_hand']:.4f}; "
            f"conv1d gives {parts.y[0, 0]:.4f}",
        ),
    )
    figure = plot.contribution_panels(
        parts.time[: len(parts.y)],
        parts.contributions,
        parts.bias,
        parts.y,
        inputs=INPUTS,
        kernel=parts.kernel,
        title=weights_and_shares(parts),
        time_label=when,
        value_label="value",
    )
    figure.note(
        "What the channels add and the bias sum to the output, to within "
        f"{parts.metrics()['contributions_error']:.0e}. Weights: their root sum of squares."
    )
    yield "contributions.png", figure
