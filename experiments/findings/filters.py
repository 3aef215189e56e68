"""How far the filters of a bank moved in a training: often hardly, which is why it is always shown."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from ..config import schema
from ..fitting import Fitted
from ..models import MODELS, as_numpy
from ..showing import headlines

MOST_ROWS = 16


@dataclass(frozen=True)
class Moves:
    """Where filters began and ended.

    Attributes:
        names: of the two frequencies.
        start, end: (filters, 2), in `unit`.
        unit: "Hz", or "cycles per sample" where time has no unit.
        resolved: the frequency that a kernel of this size resolves, one over its duration.
    """

    names: tuple[str, str]
    start: np.ndarray
    end: np.ndarray
    unit: str
    resolved: float

    @property
    def moved(self) -> np.ndarray:
        """(filters,): the larger of the moves of the two frequencies."""
        return np.abs(self.end - self.start).max(axis=1)

    @property
    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (filters, 2) at start and end."""
        if self.names[0] == "low_cutoff":
            return self.start, self.end
        half = np.array([[1, 1], [-0.5, 0.5]])  # centre and width to ends
        return np.maximum(self.start @ half, 0), np.maximum(self.end @ half, 0)

    @property
    def what(self) -> str:
        """What the bands are, in words."""
        return "pass band" if self.names[0] == "low_cutoff" else "band of at least half the gain"


def moves(fit: Fitted) -> Moves | None:
    """Of a fit's filters; None of a model without any, or where nobody knows from which seed it began."""
    if not isinstance(fit.model, schema.Bank) or fit.run is None:
        return None
    sides = fit.problem.x.shape[1], fit.problem.y.shape[1]
    model = MODELS[fit.model.name](fit.model, *sides)
    begun = as_numpy(model.arrays(model.init(jax.random.key(fit.run.seed))))
    names = ("low_cutoff", "high_cutoff") if isinstance(fit.model, schema.Sinc) else ("centre", "bandwidth")
    rate = fit.problem.rate or 1.0
    start, end = (
        np.stack([arrays[name] for name in names], axis=1).astype(np.float64) * rate
        for arrays in (begun, fit.training.arrays)
    )
    return Moves(names, start, end, fit.unit_of_frequency, rate / fit.model.kernel_size)


def metrics(fit: Fitted) -> dict[str, Any]:
    """What metrics.json says of the filters; nothing of a model without any."""
    found = moves(fit)
    if found is None:
        return {}
    columns = {
        f"{name}_{when}": values[:, place].tolist()
        for place, name in enumerate(found.names)
        for when, values in (("start", found.start), ("end", found.end))
    }
    return {"filters": {"unit": found.unit, "resolved": found.resolved, **columns, "moved": found.moved.tolist()}}


def print_moves(console: Console, fit: Fitted) -> None:
    """A row a filter, of many those that moved most; nothing of a model without any."""
    found = moves(fit)
    if found is None:
        return
    title = headlines.filters(found.moved, found.resolved, found.unit)
    table = Table(title=title, title_justify="left", min_width=60)
    table.add_column("filter")
    for name in (*found.names, "moved"):
        table.add_column(f"{name.replace('_', ' ')}, {found.unit}", justify="right")
    shown = sorted(np.argsort(-found.moved, kind="stable")[:MOST_ROWS])
    for number in shown:
        ways = [f"{start:.4g} → {end:.4g}" for start, end in zip(found.start[number], found.end[number], strict=True)]
        table.add_row(fit.problem.outputs[number], *ways, f"{found.moved[number]:.3g}")
    console.print(table)
    if len(shown) < len(found.moved):
        console.print(f"{len(shown)} of {len(found.moved)} filters, those that moved most", highlight=False)
