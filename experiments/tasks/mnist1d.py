"""MNIST-1D (Greydanus 2020), made by the package of its author; nothing is downloaded."""

import random

import numpy as np

from ..config import schema
from .examples import Examples


def mnist1d(_: schema.Mnist1d) -> Examples:
    """4,000 examples to train and 1,000 to test, of 40 samples: drawn digits, moved, scaled, sheared and noisy."""
    from mnist1d.data import get_dataset_args, make_dataset

    states = np.random.get_state(), random.getstate()  # noqa: NPY002
    made = make_dataset(get_dataset_args())  # it seeds the generators of NumPy and Python, which are others' too
    np.random.set_state(states[0])  # noqa: NPY002
    random.setstate(states[1])
    x, test_x = (made[name][..., None].astype(np.float32) for name in ("x", "x_test"))
    labels, test_labels = (made[name].astype(np.int32) for name in ("y", "y_test"))
    return Examples(
        title="MNIST-1D: which digit was drawn",
        x=x,
        labels=labels,
        test_x=test_x,
        test_labels=test_labels,
        classes=tuple(map(str, range(10))),
        inputs=("signal",),
        source="made by mnist1d, with its own seed and split (4,000 and 1,000 examples)",
    )
