"""The progress bar of a training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .members import Ensemble


@contextmanager
def bar(console: Console, steps: int, judge: str, unit: str = "") -> Iterator[Callable[[Ensemble], None]]:
    """A bar with the loss of the last look beside it; the yielded function moves it.

    Args:
        console: to print on.
        steps: of the whole training.
        judge: what the loss is called.
        unit: of it.
    """
    unit = f" {unit}" if unit else ""
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
            loss = f"{judge} {np.min(done.held_out[-1]):.4g}{unit}{several}"
            progress.update(task, description="fitting", completed=done.steps, loss=loss)

        yield show
