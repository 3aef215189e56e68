"""The page of a network: its first convolution on test examples, its layers, what made scores, what it confuses."""

import dataclasses
from typing import Any

import numpy as np

from jconv import report

from ..classifying import Classified
from ..tasks.recording import plural
from .networks import driven, exact

MOST_MISTAKES = 3  # whose examples are on the page
MOST_LISTED = 24  # numbers of examples in a cell
MOST_LAYERS, MOST_CLASSES = 64, 64  # that the page takes


def page(found: Classified, command: str | None = None) -> report.Page | None:
    """The convolution that sees the signal, on test examples, and the network above it.

    Args:
        found: a training that is done; of what has no gradient, which has thousands of convolutions, there is no page.
        command: how to repeat it.
    """
    if not found.ensemble.steps:
        return None
    examples, settings = found.examples, found.made.settings
    numbers = shown_examples(found)
    path = found.made.classifier.module(*found.made.classifier.taken_back(found.training.arrays)).path
    first = path[0]
    bias = None if first.bias is None else np.asarray(first.bias[...])
    which = f"example {numbers[0]}" + ("" if len(numbers) == 1 else f" and {plural(len(numbers) - 1, 'mistake')}")
    words = f"This is the first of {len(path)} convolutions of the network {settings.name}, on the test "
    words += f"{'example' if len(numbers) == 1 else 'examples'} {', '.join(map(str, numbers))}. "
    words += f"{len(examples.labels)} examples trained it, {examples.source}. "
    words += f"On {len(examples.test_labels)} test examples, which were looked at once, its accuracy is "
    words += (
        f"{found.scores.accuracies[found.best]:.2%}. Each channel of the input has mean 0 and deviation 1 over the "
    )
    words += "training part."
    return report.page(
        x=found.made.standardised(examples.test_x[numbers]),
        kernel=np.asarray(first.kernel[...]),
        bias=bias,
        stride=first.strides,
        padding=padding_of(first),
        dilation=first.kernel_dilation,
        title=f"{examples.title}: the first of {len(path)} convolutions, on test {which}",
        inputs=examples.inputs,
        layers=[
            report.Layer(f"conv {place}", each.kernel_size[0], each.strides, each.kernel_dilation, padding_of(each))
            for place, each in enumerate(path[:MOST_LAYERS], start=1)
        ],
        locals=[local(found, number, entry) for entry, number in enumerate(numbers)],
        confusion=confusions(found, numbers),
        command=command,
        config=dataclasses.asdict(found.run),
        method=words,
    )


def padding_of(layer: Any) -> Any:
    """The padding of a layer as `jconv.conv1d` takes it."""
    return layer.padding.lower() if isinstance(layer.padding, str) else layer.padding


def shown_examples(found: Classified) -> list[int]:
    """The test example of `driven`, and one of each of the most frequent mistakes."""
    chosen, labels = found.chosen[found.best], found.examples.test_labels
    counts = found.scores.confusion(found.best)
    mistakes = counts - np.diag(np.diag(counts))
    cells = np.dstack(np.unravel_index(np.argsort(-mistakes, axis=None, kind="stable"), counts.shape))[0]
    wrong = [int(np.flatnonzero((labels == i) & (chosen == k))[0]) for i, k in cells[:MOST_MISTAKES] if mistakes[i, k]]
    return list(dict.fromkeys([driven(found).number, *wrong]))


def local(found: Classified, number: int, entry: int) -> report.Local:
    """The score of the class that was chosen for a test example as a local kernel, for the page's entry `entry`."""
    classifier, examples = found.made.classifier, found.examples
    params, rest = classifier.taken_back(found.training.arrays)
    chosen = int(found.chosen[found.best][number])
    return report.local(
        lambda x: classifier.logits(params, rest, x[None]),
        found.made.standardised(examples.test_x[number]),
        0,
        chosen,
        name=f"score of {examples.classes[chosen]}, test example {number}",
        exact=exact(found),
        entry=entry,
    )


def confusions(found: Classified, numbers: list[int]) -> report.Confusion | None:
    """Which class was taken for which, with the numbers of the first test examples of each cell."""
    if len(found.examples.classes) > MOST_CLASSES:
        return None
    chosen, labels, counts = found.chosen[found.best], found.examples.test_labels, found.scores.confusion(found.best)
    listed = {
        (int(i), int(k)): np.flatnonzero((labels == i) & (chosen == k))[:MOST_LISTED].tolist()
        for i, k in np.argwhere(counts)
    }
    return report.Confusion(counts, found.examples.classes, listed, numbers)
