"""The tasks whose examples have a class, as settings."""

from dataclasses import dataclass
from typing import ClassVar

from .rules import choice
from .tasks import AnyTask

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


LABELLED = {"mnist1d": Mnist1d, "ucr": Ucr}
