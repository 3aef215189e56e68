"""What the gallery shows: for each picture a command, what is drawn of its run, and a sentence of its numbers."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jconv import plot

from ..classifying import Classified
from ..config.schema import Understand
from ..dissection import Dissection
from ..fitting import Fitted
from ..showing import course, dissected, explorer, networks, pictures, structure
from ..showing.labels import made_by
from . import numbers
from .numbers import Numbers

if TYPE_CHECKING:
    from jconv.plot import Animation, Picture

NOTEBOOK = "python -m experiments.understand"
ECG = "python -m experiments.fit"
SINCOS = "python -m experiments.fit experiment=fir_sincos"
WHITE = "python -m experiments.fit experiment=fir_white"
BANK = "python -m experiments.fit experiment=filterbank_sinc"
DIGITS = "python -m experiments.fit experiment=mnist1d"
LAYERS = (
    "python -m experiments.fit model=linear_stack model.widths=[3,3,3,3,3] model.dilations=[1,2,4,8,16] "
    "model.padding=causal"
)


@dataclass(frozen=True)
class Screen:
    """What a browser shows of a page.

    Attributes:
        html: the page.
        width, height: of the window, in pixels.
        state: behind the # of its address.
        element: a selector of what to show, or "" for the window.
    """

    html: str
    width: int
    height: int
    state: str = ""
    element: str = ""


@dataclass(frozen=True)
class Entry:
    """One picture.

    Attributes:
        file: its name.
        heading: what it is about.
        command: of the run that it comes from.
        sentence: what it proves, with the names of numbers in braces.
        numbers: what they are, of that run.
        figure: of that run.
    """

    file: str
    heading: str
    command: str
    sentence: str
    numbers: Callable[[Any], Numbers]
    figure: "Callable[[Any], Picture | Animation | Screen]"

    def said(self, found: Numbers) -> str:
        """The sentence with its numbers."""
        return self.sentence.format(**found)


def slide(parts: Dissection) -> "Animation":
    """The notebook's first output channel, made before one's eyes."""
    return plot.slide(parts.x, parts.kernel, parts.bias, inputs=parts.inputs)


OPEN = (
    "Of output {output}, {channel} has {weights:.0%} of the weights and {share:.0%} of the variance; other kernels "
    "with the same output give it anything from {low:.0%} to {high:.0%}"
)


def open_shares(parts: Dissection) -> "Picture":
    """Weights and shares of each channel."""
    assert parts.contributions is not None
    return plot.share_bars(
        parts.contributions,
        parts.kernel,
        title=OPEN.format(**numbers.of_open_shares(parts)),
        ranges=numbers.shares_of(parts),
        inputs=parts.inputs,
    )


def page(parts: Dissection) -> str:
    """The notebook's own page."""
    return explorer.of_dissection(parts, NOTEBOOK, dataclasses.asdict(Understand())).html


def screen(width: int, height: int) -> Callable[[Dissection], Screen]:
    """The first thing that the page shows."""
    return lambda parts: Screen(page(parts), width, height)


def pushed(parts: Dissection) -> Screen:
    """The page with a kernel pushed as far as its slider goes, where shares are most open."""
    state = f"o={numbers.of_open_shares(parts)['output']}&push=-1"
    return Screen(page(parts), 1000, 900, state, "#untold")


def of_notebook(name: str) -> "Callable[[Dissection], Picture]":
    """A picture that `understand` draws."""
    return lambda parts: dict(dissected.draw(parts))[name]


def of_fit(picture: "Callable[[Fitted], Picture]") -> "Callable[[Fitted], Picture]":
    """A picture as `fit` draws it, with the settings that made it."""

    def figure(fit: Fitted) -> "Picture":
        drawn = picture(fit)
        drawn.note(made_by(fit))
        return drawn

    return figure


def of_network(picture: "Callable[[Classified], Picture]") -> "Callable[[Classified], Picture]":
    """A picture of a network as `fit` draws it, with the settings that made it."""

    def figure(found: Classified) -> "Picture":
        drawn = picture(found)
        drawn.note(networks.made_by(found))
        return drawn

    return figure


ENTRIES = (
    Entry(
        "slide.gif",
        "One output after the other",
        NOTEBOOK,
        "Each output is {products} products and a bias; the first one is {by_hand:.4f} by hand and {library:.4f} by "
        "the library.",
        numbers.of_slide,
        slide,
    ),
    Entry(
        "contributions.png",
        "What each channel adds",
        NOTEBOOK,
        "In {other} of {outputs} outputs the channel with the largest weights is not the one that adds most.",
        numbers.of_weights,
        of_notebook("contributions.png"),
    ),
    Entry(
        "shares.png",
        "What the weights say, and what the data leave open",
        NOTEBOOK,
        OPEN + ".",
        numbers.of_open_shares,
        open_shares,
    ),
    Entry(
        "unseen.png",
        "What a signal cannot tell",
        SINCOS,
        "Of {columns} directions of the weights this signal shows {rank}: another kernel of those below, as large as "
        "the learnt one, changes the outputs by {changed:.0e} of their size.",
        numbers.of_unseen,
        of_fit(structure.unseen),
    ),
    Entry(
        "kernel.png",
        "A kernel recovered",
        WHITE,
        "White noise shows {rank} of {columns} directions, and the learnt weights are off the true ones by "
        "{kernel_rmse:.1e} (root mean square).",
        numbers.of_kernel,
        of_fit(pictures.kernel),
    ),
    Entry(
        "seeds_sincos.png",
        "Sixteen fits of one sine",
        f"{SINCOS} trainer.seeds=16",
        "{seeds} fits end with errors of at most {worst_mse:.0e}, each with another kernel: {spread_unseen_share:.1%} "
        "of their spread lies where the data cannot see.",
        numbers.of_seeds,
        of_fit(course.seeds),
    ),
    Entry(
        "seeds_white.png",
        "Sixteen fits of white noise",
        f"{WHITE} trainer.seeds=16",
        "Where the data show every direction the same {seeds} seeds agree: their weights spread by {spread_rms:.0e}.",
        numbers.of_seeds,
        of_fit(course.seeds),
    ),
    Entry(
        "signal.png",
        "Noise taken off an ECG",
        ECG,
        "On seconds that the fit never saw, the ratio of signal to noise rises from {before:.1f} to {after:.1f} dB; "
        "the error there is {excess_db:+.2g} dB beside that of the least-squares kernel of the seconds that it saw.",
        numbers.of_noise,
        of_fit(pictures.signal),
    ),
    Entry(
        "response_training.png",
        "How it learns which frequencies to keep",
        ECG,
        "The gain begins {first:.2g} times the optimum's largest away from it, and ends within {last:.2%}.",
        numbers.of_gain,
        of_fit(course.gains),
    ),
    Entry(
        "filter_bank.png",
        "Filters that hardly move",
        BANK,
        "{count} band passes moved by {median:.2g} Hz in the median and {most:.2g} Hz at most, where a kernel of this "
        "length resolves {resolved:.0f} Hz.",
        numbers.of_bank,
        of_fit(structure.bank),
    ),
    Entry(
        "receptive_field.png",
        "What layers see",
        LAYERS,
        "{layers} layers with {weights} weights see the past {seen} samples, {ms:.0f} ms; their error is "
        "{excess_db:+.2g} dB beside that of the best causal kernel of that length.",
        numbers.of_layers,
        of_fit(structure.layers),
    ),
    Entry(
        "confusion.png",
        "Digits told apart",
        DIGITS,
        "{seeds} seeds of the published network are right on {test_accuracy:.1%} of {examples} test signals, where "
        "{published_accuracy:.0%} is published; this one is wrong on {wrong}.",
        numbers.of_confusion,
        of_network(networks.confusion),
    ),
    Entry(
        "example.png",
        "Which samples made a score",
        DIGITS,
        "Half of all that {samples} samples add to the score of class {class} comes from {run} of them, {first} to "
        "{last}.",
        numbers.of_example,
        of_network(networks.example),
    ),
    Entry(
        "push.png",
        "A kernel pushed where the data cannot see",
        NOTEBOOK,
        "Moved by its own norm, {channel}'s share of output {output} goes from {share:.0%} to {low:.0%}; the output "
        "stays where it is, to within rounding.",
        numbers.of_open_shares,
        pushed,
    ),
    Entry(
        "page_1280.png",
        "The page of a run",
        NOTEBOOK,
        "The page recomputed {checked} outputs; every number of the sum leads back to samples and weights. "
        "[This is it](explorer.html).",
        numbers.of_page,
        screen(1280, 830),
    ),
    Entry(
        "page_400.png",
        "The same page on a telephone",
        NOTEBOOK,
        "The same {checked} outputs, in one column.",
        numbers.of_page,
        screen(400, 860),
    ),
)
