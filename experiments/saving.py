"""What of a training is on the disk while it goes on, so that a killed process loses no more than its last moments."""

import contextlib
import time
from typing import Any

import numpy as np

from .errors import RunError
from .optimum import Optimum
from .outputs import RunFolder
from .report import history
from .training import Training

KERNEL = "kernel.npz"
LOSSES = "metrics.csv"
HEADER = ("step", "train_loss", "held_out_loss")
CHECKPOINT_SECONDS = 30.0


class Saving:
    """Losses after each look, the kernel every half minute, both whole at the end.

    While the training goes on a disk that is full does not end it: there may be room again when it is over.

    Args:
        output: folder of the run.
        optimum: kept beside what was learnt.
    """

    def __init__(self, output: RunFolder, optimum: Optimum) -> None:
        self.output, self.optimum = output, optimum
        self.rows, self.missing = 0, False
        self.saved = time.monotonic()

    def look(self, training: Training) -> None:
        """Add what is new."""
        self.missing |= not self.output.append(LOSSES, HEADER, history(training, self.rows))
        self.rows = training.steps
        if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
            with contextlib.suppress(RunError):
                self.output.npz(KERNEL, **self.arrays(training))
            self.saved = time.monotonic()

    def kernel(self, training: Training) -> None:
        """Write the kernel."""
        self.output.npz(KERNEL, **self.arrays(training))

    def losses(self, training: Training) -> None:
        """Write the losses anew if some could not be written in time."""
        if self.missing:
            self.output.csv(LOSSES, HEADER, history(training))

    def arrays(self, training: Training) -> dict[str, Any]:
        """What kernel.npz holds."""
        return {
            **training.arrays,
            "optimum_kernel": self.optimum.kernel,
            "optimum_bias": self.optimum.bias,
            "snapshots": np.stack(training.snapshots),
            "snapshot_steps": np.asarray(training.snapshot_steps),
        }
