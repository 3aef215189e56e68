"""What else a training can leave for other tools: TensorBoard's events, and a profile of the compiled loop."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..findings.report import middle_and_ends
from .members import Ensemble

TENSORBOARD, PROFILE = "tensorboard", "profile"  # folders in the run's own
PIXELS = 8  # a side of a weight in an image


class Board:
    """Losses as scalars and kernels as images, for TensorBoard; a disk that is full ends them, not the training.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        from tensorboardX.event_file_writer import EventsWriter  # SummaryWriter's thread hangs on a full disk

        (folder / TENSORBOARD).mkdir(exist_ok=True)
        self.writer: Any = EventsWriter(str(folder / TENSORBOARD / "events"))
        self.begun = False

    def look(self, ensemble: Ensemble) -> None:
        """Add what is new; of several members, the median loss and the kernel of the best."""
        if self.writer is None:
            return
        try:
            self.add(ensemble)
            self.writer.flush()
        except OSError as error:
            print(f"warning: no more for TensorBoard ({error.strerror}); the run goes on", file=sys.stderr, flush=True)
            self.writer = None

    def add(self, ensemble: Ensemble) -> None:
        """As `look`."""
        from tensorboardX import summary
        from tensorboardX.proto import event_pb2

        step = ensemble.steps
        before = ensemble.looks[-2] if len(ensemble.looks) > 1 else 0
        if not self.begun and before:  # resumed: TensorBoard drops what an earlier process wrote from here on
            log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)  # pyright: ignore
            self.write(step, session_log=log)
        self.begun = True
        for name, values in (("train", ensemble.rows.values[before:]), ("held_out", ensemble.held_out[-1])):
            middle, _ = middle_and_ends(values)
            if middle is not None:
                self.write(step, summary=summary.scalar(f"loss/{name}", middle))
        for at, kernels in zip(ensemble.snapshot_steps, ensemble.snapshots, strict=True):
            if at > before or not before:
                kernel = kernels[ensemble.best]
                for output in range(kernel.shape[-1]):
                    picture = summary.image(f"kernel/output_{output}", image(kernel[:, :, output]), dataformats="HWC")
                    self.write(at, summary=picture)

    def write(self, step: int, **content: Any) -> None:
        """One event."""
        from tensorboardX.proto import event_pb2

        event = event_pb2.Event(step=step, wall_time=time.time(), **content)  # pyright: ignore
        self.writer.write_event(event)

    def close(self) -> None:
        """Let go of the file."""
        if self.writer is not None:
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
