"""The progress bar of a training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .training import Training


@contextmanager
def bar(console: Console, steps: int, unit: str) -> Iterator[Callable[[Training], None]]:
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

        def show(done: Training) -> None:
            loss = f"held-out MSE {done.held_out_loss[-1]:.4g}{unit}"
            progress.update(task, description="fitting", completed=done.steps, loss=loss)

        yield show
