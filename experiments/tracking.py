"""What else a training can leave for other tools: TensorBoard's events, and a profile of the compiled loop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .training import Ensemble

TENSORBOARD, PROFILE = "tensorboard", "profile"  # folders in the run's own
PIXELS = 8  # a side of a weight in an image


class Board:
    """Losses as scalars and kernels as images, for TensorBoard.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboardX import SummaryWriter

        self.writer = SummaryWriter(str(folder / TENSORBOARD))
        self.steps, self.snapshots = 0, 0

    def look(self, ensemble: Ensemble) -> None:
        """Add what is new; of several members, the median loss and the kernel of the best."""
        if not self.steps and ensemble.looks[:-1]:
            self.snapshots = len(ensemble.snapshots) - 1  # resumed: an earlier process has written them
        step = ensemble.steps
        recent = ensemble.rows.values[self.steps :] if self.steps else ensemble.rows.values[-1:]
        self.writer.add_scalar("loss/train", float(np.nanmedian(recent)), step)
        self.writer.add_scalar("loss/held_out", float(np.nanmedian(ensemble.held_out[-1])), step)
        best = ensemble.best
        for at, kernels in list(zip(ensemble.snapshot_steps, ensemble.snapshots, strict=True))[self.snapshots :]:
            for output in range(kernels.shape[-1]):
                picture = image(kernels[best, :, :, output])
                self.writer.add_image(f"kernel/output_{output}", picture, at, dataformats="HWC")
        self.steps, self.snapshots = step, len(ensemble.snapshots)
        self.writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self.writer.close()


def image(kernel: np.ndarray) -> np.ndarray:
    """A kernel (width, in) as pixels (height, width, 3): a row a channel, red above 0, blue below, white at 0."""
    share = kernel.T / (np.abs(kernel).max() or 1.0)
    red, blue = np.clip(1 + share, 0, 1), np.clip(1 - share, 0, 1)
    pixels = np.stack([red, np.minimum(red, blue), blue], axis=-1)
    return np.kron((255 * pixels).astype(np.uint8), np.ones((PIXELS, PIXELS, 1), np.uint8))


def profiler(folder: Path) -> Callable[[Callable[[], Any]], Any]:
    """What runs a function and leaves a profile of it, which XProf and Perfetto show, in the folder of a run."""

    def profile(function: Callable[[], Any]) -> Any:
        import jax

        with jax.profiler.trace(str(folder / PROFILE), create_perfetto_trace=False):
            return jax.block_until_ready(function())

    return profile
