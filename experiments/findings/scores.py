"""Test accuracy -> metrics.json and the table on the terminal, what is published beside it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..training.members import Ensemble
from .published import HUMAN, PUBLISHED


@dataclass(frozen=True)
class Scores:
    """How many test examples got which class.

    Attributes:
        labels: (examples,) the true classes.
        chosen: (members, examples) those that each member chose.
        classes: names.
        problem, network: which, as `published` names them.
    """

    labels: np.ndarray
    chosen: np.ndarray
    classes: tuple[str, ...]
    problem: str
    network: str

    @property
    def accuracies(self) -> np.ndarray:
        """(members,) shares of the test examples that are right."""
        return (self.chosen == self.labels).mean(axis=1)

    def confusion(self, member: int) -> np.ndarray:
        """(true classes, chosen classes) counts of one member."""
        counts = np.zeros((len(self.classes),) * 2, int)
        np.add.at(counts, (self.labels, self.chosen[member]), 1)
        return counts

    def of_classes(self) -> dict[str, float | None]:
        """The share of each true class that is right, mean over the members; None of a class without an example."""
        right = (self.chosen == self.labels).mean(axis=0)
        return {
            name: float(right[self.labels == place].mean()) if (self.labels == place).any() else None
            for place, name in enumerate(self.classes)
        }

    def metrics(self, seeds: list[int]) -> dict[str, Any]:
        """For metrics.json."""
        known = PUBLISHED.get((self.problem, self.network))
        return {
            "test_accuracy": float(self.accuracies.mean()),
            "test_accuracy_spread": float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else None,
            "test_examples": len(self.labels),
            "members": [
                {"seed": seed, "test_accuracy": float(accuracy)}
                for seed, accuracy in zip(seeds, self.accuracies, strict=True)
            ],
            "class_accuracy": self.of_classes(),
            "published_accuracy": None if known is None else known.accuracy,
            "published_source": None if known is None else f"{known.source}; {known.how}",
        }

    def rows(self) -> list[tuple[str, str]]:
        """For the table."""
        each, count = self.accuracies, len(self.labels)
        wrong = round(float((1 - each.mean()) * count), 1)
        words = f"{each.mean():.2%}  ({wrong:g} of {count} wrong)"
        if len(each) > 1:
            words = (
                f"{each.mean():.2%} ± {each.std(ddof=1):.2%}  (mean and deviation of {len(each)} seeds, "
                f"{each.min():.2%} to {each.max():.2%})"
            )
        lines = [("test accuracy", words)]
        known = ("published", PUBLISHED.get((self.problem, self.network))), ("people", HUMAN.get(self.problem))
        lines += [(name, f"{one.accuracy:.1%}  ({one.source}; {one.how})") for name, one in known if one is not None]
        shares = {name: share for name, share in self.of_classes().items() if share is not None}
        worst = min(shares, key=lambda name: shares[name])
        best = max(shares, key=lambda name: shares[name])
        ends = f"worst {worst}: {shares[worst]:.1%}, best {best}: {shares[best]:.1%}"
        lines.append(("classes", f"all {shares[best]:.1%}" if shares[worst] == shares[best] else ends))
        return lines


def training_rows(ensemble: Ensemble, member: int, stopped_by: str = "") -> list[tuple[str, str]]:
    """For the table: how long it took; nothing of what is solved for in closed form."""
    if not ensemble.steps:
        return []
    done = f"{ensemble.steps}, {ensemble.run_seconds:.1f} s after {ensemble.compile_seconds:.1f} s of compiling"
    lines = [("steps", done + (f"; stopped by {stopped_by}" if ensemble.stopped and stopped_by else ""))]
    if len(ensemble.members) > 1:
        lines.append(("shown", f"seed {ensemble.members[member].seed}, which fits its training part best"))
    return lines
