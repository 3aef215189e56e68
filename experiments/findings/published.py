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


GREYDANUS = "Greydanus 2020, arXiv:2011.14439"
ISMAIL_FAWAZ = "Ismail Fawaz and others 2019, arXiv:1809.04356"
DEMPSTER_2020 = "Dempster and others 2020, arXiv:1910.13051"
DEMPSTER_2021 = "Dempster and others 2021, arXiv:2012.08791"
TEN_RUNS = "original split, mean of 10 runs"
ONE_RUN = "original split, one run"

PUBLISHED = {
    ("mnist1d", "cnn"): Published(0.94, GREYDANUS, "the split of the data set, one run"),
    ("GunPoint", "fcn"): Published(1.0, ISMAIL_FAWAZ, TEN_RUNS),
    ("ArrowHead", "fcn"): Published(0.843, ISMAIL_FAWAZ, TEN_RUNS),
    ("ItalyPowerDemand", "fcn"): Published(0.961, ISMAIL_FAWAZ, TEN_RUNS),
    ("GunPoint", "resnet"): Published(0.991, ISMAIL_FAWAZ, TEN_RUNS),
    ("ArrowHead", "resnet"): Published(0.845, ISMAIL_FAWAZ, TEN_RUNS),
    ("ItalyPowerDemand", "resnet"): Published(0.963, ISMAIL_FAWAZ, TEN_RUNS),
    ("GunPoint", "rocket"): Published(1.0, DEMPSTER_2020, TEN_RUNS),
    ("ArrowHead", "rocket"): Published(0.814, DEMPSTER_2020, TEN_RUNS),
    ("ItalyPowerDemand", "rocket"): Published(0.970, DEMPSTER_2020, TEN_RUNS),
    ("GunPoint", "minirocket"): Published(0.993, DEMPSTER_2021, ONE_RUN),
    ("ArrowHead", "minirocket"): Published(0.863, DEMPSTER_2021, ONE_RUN),
    ("ItalyPowerDemand", "minirocket"): Published(0.969, DEMPSTER_2021, ONE_RUN),
}
"""(Problem, network) -> what is published, on the original split alone: results of resamples are not comparable."""

HUMAN = {"mnist1d": Published(0.96, GREYDANUS, "a person, on the same signals")}
"""Problem -> what people reach."""
