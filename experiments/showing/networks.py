"""The pictures of a network: what it confuses, what it sees, what its first kernels became."""

from collections.abc import Iterator
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

import jconv
from jconv import analysis, plot

from ..classifying import Classified
from . import drawing

POINTS = 256  # frequencies


def draw(found: Classified) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, one after the other; what has no gradient shows what it confuses alone."""
    pictures = {"confusion.png": confusion}
    if found.ensemble.steps:
        one = found.examples.x.shape[2] == 1
        pictures |= {"loss.png": loss, "first_kernels.png": first_filters if one else first_kernels}
        pictures |= {"receptive_field.png": receptive_field, "example.png": example}
    for name, picture in pictures.items():
        figure = picture(found)
        figure.note(made_by(found))
        yield name, figure


def made_by(found: Classified) -> str:
    """Task, network, steps and seed in one line."""
    run = found.run
    problem = f" {run.task.problem}" if hasattr(run.task, "problem") else ""  # type: ignore[union-attr]
    seed = found.made.members[found.best].seed
    parts = [f"task {run.task.name}{problem}", f"network {found.made.settings.name}"]
    if found.ensemble.steps:
        parts += [
            f"{run.optimizer.name}, learning rate {run.optimizer.learning_rate:g}",
            f"{found.ensemble.steps} steps",
        ]
    return " | ".join([*parts, f"seed {seed}"])


def confusion(found: Classified) -> plot.Picture:
    """Which class was taken for which, of the member that is looked at."""
    counts = found.scores.confusion(found.best)
    return plot.confusion(counts, classes=found.examples.classes, title=confused(counts, found.examples.classes))


def confused(counts: np.ndarray, classes: tuple[str, ...]) -> str:
    """How many are wrong, and the most frequent mistake, in a sentence."""
    wrong = int(counts.sum() - np.trace(counts))
    if not wrong:
        return f"All {counts.sum()} test examples are right"
    off = counts - np.diag(np.diag(counts))
    true, taken = np.unravel_index(off.argmax(), off.shape)
    times = f"{off.max()} times" if off.max() > 1 else "once"
    most = f"most often {classes[true]} is taken for {classes[taken]}, {times}"
    return f"{wrong} of {counts.sum()} test examples are wrong; {most}"


def loss(found: Classified) -> plot.Picture:
    """Loss against step."""
    training = found.training
    looks, losses = np.asarray(training.looks), np.asarray(training.held_out_loss)
    part = "validation part" if found.ensemble.looked_at == "validation" else "training part"
    least = int(losses.argmin())
    return drawing.loss_curves(
        np.asarray(training.train_loss),
        looks,
        losses,
        title=f"The loss on the {part} is least at step {looks[least]}: {losses[least]:.3g}",
        value_label="cross-entropy",
        part=part,
    )


def responses(kernel: np.ndarray) -> np.ndarray:
    """(frequencies, filters) of kernels (width, 1, filters)."""
    return np.asarray(analysis.frequency_response(kernel, points=POINTS)[1])[:, 0]


def first_filters(found: Classified) -> plot.Picture:
    """What the first kernels let through, before and after."""
    start, end = (arrays["kernel"] for arrays in (found.training.first_arrays, found.training.arrays))
    frequencies = np.asarray(analysis.frequency_response(end, points=POINTS)[0])
    before, after = responses(start), responses(end)
    return plot.filter_bank(
        frequencies, before, after, title=moved(frequencies, before, after), frequency_label="cycles per sample"
    )


def moved(frequencies: np.ndarray, before: np.ndarray, after: np.ndarray) -> str:
    """How far the filters of the first layer went, in a sentence."""
    then, now = np.abs(before), np.abs(after)
    change = np.linalg.norm(now - then, axis=0) / np.linalg.norm(then, axis=0)
    low = int((frequencies[now.argmax(axis=0)] < 0.25).sum())
    count = after.shape[1]
    return (
        f"First layer: the gain of its {count} filters changed by {np.median(change):.0%} (median); "
        f"{low} let slow waves pass most, {count - low} fast ones"
    )


def first_kernels(found: Classified) -> plot.Picture:
    """The kernels of the first layer, input channel by tap."""
    kernel = found.training.arrays["kernel"]
    power = np.square(kernel, dtype=np.float64).sum(axis=(0, 2))
    leading = found.examples.inputs[int(power.argmax())]
    share = f"{power.max() / power.sum():.0%} of their squared weights are on {leading}"
    title = f"First layer: {kernel.shape[2]} kernels of {len(kernel)} taps; {share}"
    return plot.kernel_heatmaps(kernel, inputs=found.examples.inputs, title=title)


def receptive_field(found: Classified) -> plot.Picture:
    """What an output of each layer sees."""
    taps, strides, dilations = (list(each) for each in zip(*found.made.classifier.path, strict=True))
    seen = jconv.receptive_field(taps, stride=strides, dilation=dilations)
    length = found.examples.x.shape[1]
    beyond = f", more than the {length} of an example" if seen > length else f" of the {length} of an example"
    causal = getattr(found.made.settings, "padding", "same") == "causal"
    return plot.receptive_field(
        taps,
        title=f"An output of the last convolution sees {seen} samples{beyond}",
        stride=strides,
        dilation=dilations,
        causal=causal,
    )


@dataclass(frozen=True)
class Driven:
    """What each sample of an example adds to the score of the class that is chosen, by the local kernel.

    Attributes:
        number: of the test example.
        parts: (length, in) weight times sample.
        rest: what they leave of the score.
        first, last: the shortest run of samples with half of the sum of all absolute parts, `last` not among them.
    """

    number: int
    parts: np.ndarray
    rest: float
    first: int
    last: int


def driven(found: Classified) -> Driven:
    """Of the test example whose score leads by the median of all leads among those that are right."""
    outputs, labels = found.outputs[found.best], found.examples.test_labels
    ordered = np.sort(outputs, axis=1)
    lead, right = ordered[:, -1] - ordered[:, -2], outputs.argmax(axis=1) == labels
    among = np.flatnonzero(right) if right.any() else np.arange(len(labels))
    number = int(among[np.argsort(lead[among], kind="stable")[len(among) // 2]])
    params, rest = found.made.classifier.taken_back(found.training.arrays)
    x = found.made.standardised(found.examples.test_x[number])
    local = analysis.local_kernel(lambda x: found.made.classifier.logits(params, rest, x[None]), jnp.asarray(x), 0)
    chosen = int(outputs[number].argmax())
    parts = np.zeros(x.shape)
    parts[local.first : local.last] = local.kernel[..., chosen].astype(np.float64) * x[local.first : local.last]
    sums = np.concatenate([[0.0], np.cumsum(np.abs(parts).sum(axis=1))])
    runs = [(int(np.searchsorted(sums, sums[at] + sums[-1] / 2)), at) for at in range(len(x))]
    first, last = min(((at, end) for end, at in runs if end <= len(x)), key=lambda run: run[1] - run[0])
    return Driven(number, parts, float(local.rest[chosen]), first, last)


def example(found: Classified) -> plot.Picture:
    """One test example, and what its samples add to the score of its class."""
    one, examples = driven(found), found.examples
    true = examples.classes[examples.test_labels[one.number]]
    taken = examples.classes[int(found.outputs[found.best][one.number].argmax())]
    kind = "Its local kernel, exact: the network is linear around this example"
    if not exact(found):
        kind = "Its gradient, approximate: the network is not linear around this example"
    run = f"samples {one.first} to {one.last - 1}"
    figure = plot.signal_panels(
        np.arange(len(one.parts)),
        {
            "input, standardised": (found.made.standardised(examples.test_x[one.number]), examples.inputs),
            f"added to the score of {taken}": (one.parts, examples.inputs),
        },
        title=f"Test example {one.number}, {true} seen as {taken}: half of all that samples add comes from {run}",
        time_label="sample",
    )
    figure.note(f"{kind}. Weight times sample; the rest of the score is {one.rest:.3g}.")
    return figure


def exact(found: Classified) -> bool:
    """Whether the network is piecewise linear, once it is trained."""
    return found.made.settings.name != "separable"
