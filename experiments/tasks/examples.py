"""What a task with classes hands to a training."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Signals of one length, each with a class, in the split that is published.

    Attributes:
        title: what is asked, in a few words.
        x: (examples, length, in) float32, to train on.
        labels: (examples,) int32, places in `classes`.
        test_x, test_labels: the same, looked at once.
        classes: names.
        inputs: names of the channels.
        source: where the examples are from, and who split them.
    """

    title: str
    x: np.ndarray
    labels: np.ndarray
    test_x: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    inputs: tuple[str, ...]
    source: str
