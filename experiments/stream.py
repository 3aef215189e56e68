"""A long recording on disk filtered block by block: how fast, how late, in how much memory.

python -m experiments.stream
python -m experiments.stream time=1800 shown=5
python -m experiments.stream signal=my.npy rate=250 kernel=outputs/fit/.../kernel.npz
"""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .config.schema import Streaming

if TYPE_CHECKING:
    from rich.console import Console

    from .filtering import Filtered
    from .runs.interrupt import Requests

RECORDING, OUTPUTS = "recording.npy", "filtered.npy"


def run(config: Streaming, folder: Path) -> dict:
    """Filter a recording, and say what that took.

    Args:
        config: which recording, kernel and settings.
        folder: where to write; a folder that another run has claimed is refused.

    Returns:
        The content of metrics.json: `times_real_time`, `seconds`, `samples`, `latency_samples`, `latency_seconds`,
        `peak_megabytes`, and with a page `page_error`.

    Raises:
        ConfigError: a file cannot be read, or does not fit the rest.
        RunError: an excerpt, convolved by itself, gives other numbers, or the folder is taken or cannot be written.
        Stopped: it was asked to stop.
    """
    from omegaconf import OmegaConf

    from .runs.interrupt import listening
    from .runs.outputs import METRICS, RunFolder, shown

    text = OmegaConf.to_yaml(OmegaConf.create(dataclasses.asdict(config)))
    with RunFolder(folder, text) as output, listening() as requests:
        import numpy as np
        from rich.console import Console

        from . import filtering
        from .errors import RunError
        from .findings.report import versions
        from .runs import environment
        from .runs.outputs import cannot_write

        environment.cache_compiled(config.compilation_cache)
        console = Console(highlight=False, soft_wrap=True)
        try:
            if config.signal is None:
                filtering.write_recording(config, folder / RECORDING)
                signal = np.load(folder / RECORDING, mmap_mode="r")
            else:
                signal = filtering.opened(config)
            by = filtering.filter_of(config, signal.shape[1])
            with bar(console, len(signal), requests) as advance:
                found = filtering.filtered(config, signal, by, folder / OUTPUTS, advance)
        except OSError as error:
            raise cannot_write(folder, error) from error
        metrics = {
            "times_real_time": found.times_real_time,
            "seconds": found.seconds,
            "samples": found.samples,
            "latency_samples": found.latency,
            "latency_seconds": found.latency / found.rate,
            "peak_megabytes": None if found.peak_bytes is None else found.peak_bytes / 1e6,
        }
        for line in said(found):
            console.print(line, markup=False)
        if config.page:
            part = filtering.excerpt(config, signal, np.load(folder / OUTPUTS, mmap_mode="r"), by)
            metrics["page_error"] = part.error
            if not part.error <= part.allowed:
                raise RunError(f"an excerpt by itself differs by {part.error:.1e} from the stream; please report it")
            from .showing import explorer

            page = explorer.of_stream(config, found, by, part, output.command())
            output.write(explorer.PAGE, page.html)
        output.json(METRICS, metrics)
        output.json("versions.json", versions())
    console.print(f"\n{'Page and outputs' if config.page else 'Outputs'} in {shown(folder)}")
    return metrics


def said(found: "Filtered") -> list[str]:
    """What filtering took, in sentences."""
    length = found.samples / found.rate
    inputs = f"{found.inputs} channel" + "s" * (found.inputs != 1)
    lines = [
        f"{length:g} s of {inputs} at {found.rate:g} Hz were filtered in {found.seconds:.3g} s, reading, compiling and "
        f"writing included: {found.times_real_time:.3g} times faster than real time",
        f"An output waits for {found.latency} samples after its own, {1000 * found.latency / found.rate:.4g} ms",
    ]
    if found.peak_bytes is not None:
        size = found.samples * (found.inputs + found.outputs) * 4 / 1e6
        lines.append(
            f"This process took {found.peak_bytes / 1e6:.0f} MB at most, JAX itself included; the input and output "
            f"alone would be {size:.0f} MB of float32"
        )
    return lines


@contextmanager
def bar(console: "Console", total: int, requests: "Requests") -> Iterator[Callable[[int], None]]:
    """A bar of so many samples; the yielded function moves it, and ends the run where that was asked for."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from .runs.interrupt import Stopped

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("filtering", total=total)

        def advance(samples: int) -> None:
            progress.advance(task, samples)
            if requests.stop():
                raise Stopped(f"Stopped by {requests.by()}; {OUTPUTS} was not finished")

        yield advance


def main() -> None:
    """Wire `run` to the command line."""
    from .runs.command import command

    command(run, config_name="stream", schema=Streaming)


if __name__ == "__main__":
    main()
