"""The progress bar of a training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .members import Ensemble


@contextmanager
def bar(console: Console, steps: int, unit: str) -> Iterator[Callable[[Ensemble], None]]:
    """A bar with the held-out loss beside it; the yielded function moves it."""
    unit = f" {unit}²" if unit else ""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("compiling", total=steps, loss="")

        def show(done: Ensemble) -> None:
            several = " (least)" if len(done.members) > 1 else ""
            loss = f"held-out MSE {np.min(done.held_out[-1]):.4g}{unit}{several}"
            progress.update(task, description="fitting", completed=done.steps, loss=loss)

        yield show
