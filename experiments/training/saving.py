"""What of a training is on the disk while it goes on, so that a killed process loses no more than its last moments."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import RunError
from ..findings.report import header, history
from ..runs.outputs import RunFolder
from .members import Ensemble, Training

KERNEL = "kernel.npz"
LOSSES = "metrics.csv"
ENSEMBLE = "ensemble.npz"
KERNEL_SECONDS = 30.0


class Saving:
    """Losses after each look, the kernel every half minute, both whole at the end.

    While the training goes on a disk that is full does not end it: there may be room again when it is over.

    Args:
        output: folder of the run.
        beside: arrays that are kept beside what was learnt, by name.
    """

    def __init__(self, output: RunFolder, beside: Mapping[str, Any]) -> None:
        self.output, self.beside = output, beside
        self.rows, self.missing = 0, False
        self.saved = time.monotonic()

    def look(self, ensemble: Ensemble) -> None:
        """Add what is new; where an earlier process left losses, they are written anew."""
        columns = header(ensemble)
        if self.rows == 0 and (self.output.path / LOSSES).exists():
            self.missing |= not self.whole(columns, history(ensemble))
        else:
            self.missing |= not self.output.append(LOSSES, columns, history(ensemble, self.rows))
        self.rows = ensemble.steps
        if time.monotonic() - self.saved > KERNEL_SECONDS:
            with contextlib.suppress(RunError):
                self.kernel(ensemble.training(ensemble.best))
            self.saved = time.monotonic()

    def whole(self, columns: Sequence[str], rows: list) -> bool:
        """Write all losses; False if that failed."""
        try:
            self.output.csv(LOSSES, columns, rows)
        except RunError:
            return False
        return True

    def kernel(self, training: Training) -> None:
        """Write the kernel."""
        self.output.npz(KERNEL, **self.arrays(training))

    def losses(self, ensemble: Ensemble) -> None:
        """Write the losses anew if some could not be written in time."""
        if self.missing:
            self.output.csv(LOSSES, header(ensemble), history(ensemble))

    def ensemble(self, ensemble: Ensemble) -> None:
        """Write what all members came to, if there are several."""
        if len(ensemble.members) > 1:
            self.output.npz(
                ENSEMBLE,
                seeds=[member.seed for member in ensemble.members],
                learning_rates=[member.learning_rate for member in ensemble.members],
                train_loss=ensemble.rows.values,
                looks=np.asarray(ensemble.looks),
                held_out_loss=np.stack(ensemble.held_out),
                **ensemble.arrays,
            )

    def arrays(self, training: Training) -> dict[str, Any]:
        """What kernel.npz holds."""
        return {
            **training.arrays,
            **self.beside,
            "snapshots": np.stack(training.snapshots),
            "snapshot_steps": np.asarray(training.snapshot_steps),
        }
