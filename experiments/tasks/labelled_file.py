"""Examples of your own: a table with one example a row and a column of classes, or arrays in a .npz."""

from pathlib import Path
from typing import Any

import numpy as np

from ..config import schema
from .binary import loaded
from .examples import Examples
from .problem import numbered
from .recording import cannot_read, chosen, plural

LEAST = 2  # examples of a class: one to train, one to test


def labelled_file(config: schema.LabelledFile) -> Examples:
    """The examples of a file, shuffled, and cut into a part that trains and a part that tests.

    Raises:
        ConfigError: the file cannot be read, a cell is no number, or there are too few examples or classes.
    """
    read = table if config.path.lower().endswith(schema.TEXT) else arrays
    x, names = read(config)
    classes, labels = np.unique(names, return_inverse=True)
    counts = np.bincount(labels)
    if len(classes) < LEAST:
        raise cannot_read(config.path, f"has one class alone, {classes[0]} in `task.classes` (={config.classes})")
    if counts.min() < LEAST:
        few = classes[counts.argmin()]
        raise cannot_read(config.path, f"has one example of class {few}; a class needs one to train and one to test")
    train = split(labels, config.train_fraction, config.seed)
    test = np.setdiff1d(np.arange(len(labels)), train)
    labels = labels.astype(np.int32)
    return Examples(
        title=f"{Path(config.path).name}: which of {len(classes)} classes",
        x=x[train],
        labels=labels[train],
        test_x=x[test],
        test_labels=labels[test],
        classes=tuple(map(str, classes)),
        inputs=("signal",) if x.shape[2] == 1 else numbered("input", x.shape[2]),
        source=f"{config.path}, split here at random ({len(train)} and {len(test)} examples)",
    )


def split(labels: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Places of the examples that train: of each class this share, at least one, and not all."""
    random, train = np.random.default_rng(seed), []
    for label in np.unique(labels):
        own = random.permutation(np.flatnonzero(labels == label))
        train.append(own[: min(max(round(fraction * len(own)), 1), len(own) - 1)])
    return random.permutation(np.concatenate(train))


def table(config: schema.LabelledFile) -> tuple[np.ndarray, np.ndarray]:
    """Signals (examples, length, 1) and the class of each, of a file of text."""
    import pandas

    path = config.path
    try:
        read = pandas.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    except (OSError, ValueError, pandas.errors.ParserError) as error:
        raise cannot_read(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    names = [str(name).strip() for name in read.columns]
    (column,) = chosen("task.classes", config.classes, names, path)
    place = names.index(column)
    cells = read.drop(columns=read.columns[place])
    if not len(read) or not cells.shape[1]:
        there = f"{plural(len(read), 'row')} of {plural(cells.shape[1], 'sample')}"
        raise cannot_read(path, f"holds {there}; a row is an example")
    numbers = cells.apply(pandas.to_numeric, errors="coerce").to_numpy(np.float32)
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        row, sample = wrong[0]
        cell = cells.iat[row, sample]
        raise cannot_read(path, f"row {row + 2}, column `{cells.columns[sample]}`: {cell!r} is not a finite number")
    return numbers[..., None], read.iloc[:, place].str.strip().to_numpy(str)


def arrays(config: schema.LabelledFile) -> tuple[np.ndarray, np.ndarray]:
    """Signals (examples, length, in) and the class of each, of a .npz."""
    path = config.path
    with loaded(path, lambda: np.load(path, allow_pickle=False)) as file:
        found: dict[str, Any] = {name: loaded(path, lambda name=name: file[name]) for name in file.files}
    (named,) = chosen("task.classes", config.classes, list(found), path)
    others = [name for name, array in found.items() if name != named and array.ndim in (2, 3)]
    asked = others if config.input is None else chosen("task.input", config.input, list(found), path)
    if len(asked) != 1:
        raise cannot_read(path, f"has {plural(len(asked), 'array')} of examples: {asked}; name one by task.input")
    x, classes = found[asked[0]], found[named]
    x = x[..., None] if x.ndim == 2 else x
    if x.ndim != 3 or classes.shape != x.shape[:1] or not x.size:
        shapes = f"`{asked[0]}` {found[asked[0]].shape} and `{named}` {classes.shape}"
        raise cannot_read(path, f"has {shapes}; expected (examples, length) or (examples, length, in), and (examples,)")
    if not np.isfinite(x).all():
        raise cannot_read(path, f"example {np.argwhere(~np.isfinite(x))[0][0]} of `{asked[0]}` holds no finite number")
    return x.astype(np.float32), classes.astype(str)
