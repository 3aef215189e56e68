"""What others reached on the same data with the same kind of network, and how they measured it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A test accuracy, as a share.

    Attributes:
        accuracy: what is stated.
        source: who states it, where.
        how: on which split, and how many runs.
    """

    accuracy: float
    source: str
    how: str


ORIGINAL = "original split"
GREYDANUS = "Greydanus 2020, arXiv:2011.14439, table 1"
ISMAIL_FAWAZ = "Ismail Fawaz and others 2019, arXiv:1809.04356"

PUBLISHED = {
    ("mnist1d", "cnn"): Published(0.94, GREYDANUS, "the split of the data set"),
    ("ItalyPowerDemand", "fcn"): Published(0.961, ISMAIL_FAWAZ, f"{ORIGINAL}, mean of 10 runs"),
}
"""(Problem, network) -> what is published."""

HUMAN = {"mnist1d": Published(0.96, GREYDANUS, "an expert, on the same images")}
"""Problem -> what people reach."""
