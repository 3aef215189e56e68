"""The tasks whose examples have a class, as settings."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

from dataclasses import dataclass
from typing import Any, ClassVar

from .rules import MISSING, ConfigError, Whole, choice, custom, limits
from .tasks import MOST_SEED, TEXT, AnyTask, columns

PROBLEMS = ("GunPoint", "ArrowHead", "ItalyPowerDemand", "BasicMotions")


@dataclass
class Labelled(AnyTask):
    """Examples to classify; the test part is looked at once, at the end."""

    suits: ClassVar[dict] = {"trainer": {"batch_size": 64, "report_every": 100}}


@dataclass
class Mnist1d(Labelled):
    """MNIST-1D (Greydanus 2020): 4,000 examples to train and 1,000 to test, 40 samples, 10 classes, made here."""

    name: str = choice("mnist1d")


@dataclass
class Ucr(Labelled):
    """A problem of the UCR and UEA archives that aeon ships, in its original split.

    Attributes:
        problem: which one.
    """

    suits: ClassVar[dict] = {"trainer": {"batch_size": 16, "report_every": 100}}

    name: str = choice("ucr")
    problem: str = choice(*PROBLEMS)


def one_column(key: str, value: Any) -> Any:
    """A name, or a number from 0."""
    if value is None or isinstance(value, list | tuple):
        raise ConfigError(f"`{key}` (={value}) must be the name of the column of classes, or its number from 0")
    return columns(key, value)


@dataclass
class LabelledFile(Labelled):
    """Examples of your own.

    Attributes:
        path: a .csv, .tsv or .txt file with a header, one example a row, whose other columns are its samples in order;
            or a .npz with an array (examples, length) or (examples, length, in), and one of classes (examples,).
        classes: name of the column or array of classes, or its number from 0.
        input: of a .npz with several arrays, the one of examples.
        train_fraction: this much of each class trains, drawn by `seed`; the rest tests.
        seed: of that split.
    """

    suits: ClassVar[dict] = {"trainer": {"batch_size": 16, "report_every": 100}}

    name: str = choice("labelled_file")
    path: str = MISSING
    classes: Any = custom(MISSING, one_column)
    input: str | None = None
    train_fraction: float = limits(0.7, above=0, below=1)
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)

    def __post_init__(self) -> None:
        """Also refuse files of another kind."""
        super().__post_init__()
        if not self.path.lower().endswith((*TEXT, ".npz")):
            raise ConfigError(f"`task.path` (={self.path}) must end in one of {', '.join((*TEXT, '.npz'))}")


LABELLED = {"mnist1d": Mnist1d, "ucr": Ucr, "labelled_file": LabelledFile}
