"""Run folders -> one table, on the terminal and in files; all of it is read from the folders, whoever filled them."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ..errors import RunError
from .outputs import CLAIM, FAILED, METRICS, csv_text, flat, write_whole
from .outputs import shown as folder_name

NUMBERS = (
    *("held_out_mse", "optimum_mse", "excess_db", "kernel_rmse"),
    *("test_accuracy", "test_accuracy_spread", "published_accuracy"),
    *("steps", "compile_seconds", "run_seconds"),
)
FILES_ONLY = ("optimum_mse", "compile_seconds")
PAGE = "page.html"  # as experiments.showing.explorer names it, which imports JAX
LEFT_OUT_FIRST = ("page", "run_seconds", "steps", "test_accuracy_spread", "kernel_rmse")  # where a terminal is narrow


@dataclass(frozen=True)
class Job:
    """What a run folder tells.

    Attributes:
        name: of the folder, as short as it is among the others.
        config: dotted key -> value; empty if the run never got so far.
        numbers: content of metrics.json; empty if it is not there.
        state: "done", "stopped", "failed: why", "unfinished" (killed, or still running) or "not started".
        page: the page of the run, if it wrote one.
    """

    name: str
    config: dict[str, Any]
    numbers: dict[str, Any]
    state: str
    page: Path | None = None


def read(folder: Path, name: str) -> Job:
    """One run.

    Raises:
        RunError: a file in it is not what a run writes.
    """
    failed, metrics, claim = folder / FAILED, folder / METRICS, folder / CLAIM
    try:
        config = flat(OmegaConf.to_container(OmegaConf.load(claim))) if claim.exists() else {}
        numbers = json.loads(metrics.read_text(encoding="utf-8")) if metrics.exists() else {}
        why = failed.read_text(encoding="utf-8").partition("\n")[0] if failed.exists() else None
    except Exception as error:  # of OmegaConf, YAML, JSON or the disk
        raise RunError(f"cannot read the run in {folder_name(folder)}: {' '.join(str(error).split())}") from error
    if why is not None:
        state = "failed: " + why
    elif numbers:
        state = "stopped" if numbers.get("stopped") else "done"
    else:
        state = "unfinished" if config else "not started"
    page = folder / PAGE
    return Job(name, config, numbers, state, page if page.is_file() else None)


def job_folders(folder: Path) -> list[Path]:
    """The run folders in a folder: itself if it is one, else those below, numbers in their order."""
    if any((folder / name).exists() for name in (CLAIM, FAILED, METRICS)):
        return [folder]
    below = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    below.sort(key=lambda path: (len(path.name), path.name) if path.name.isdecimal() else (0, path.name))
    return [job for path in below for job in job_folders(path) or [path]]


def read_all(folders: Sequence[Path]) -> list[Job]:
    """All runs in some folders, each named by what sets it apart from the others."""
    found = list(dict.fromkeys(path.absolute() for folder in folders for path in job_folders(folder)))
    common = os.path.commonpath([path.parent for path in found]) if found else ""
    return [read(path, os.path.relpath(path, common)) for path in found]


def compare(jobs: Sequence[Job], title: str, out: Path | None, console: Console | None = None) -> None:
    """Print one row a job, and write all of it to comparison.csv and comparison.md in the folder `out`.

    The page of a run is named by its path from `out`, or from the current folder where nothing is written.

    Raises:
        RunError: they cannot be written.
    """
    changed = differing([job.config for job in jobs])
    header = ["job", *changed, *NUMBERS, "page", "state"]
    rows = [
        [
            job.name,
            *(job.config.get(key, "") for key in changed),
            *(job.numbers.get(key) for key in NUMBERS),
            page_from(out or Path(), job),
            job.state,
        ]
        for job in jobs
    ]
    console = console or Console()
    shown_table, left_out = table(changed, header, rows, console)
    console.print("\n" + title, soft_wrap=True, highlight=False)
    console.print(shown_table)
    if left_out:
        console.print("Left out, as the terminal is too narrow: " + ", ".join(left_out), highlight=False)
    for job in jobs:
        if ":" in job.state:
            console.print(f"Job {job.name} {job.state}", soft_wrap=True, highlight=False, markup=False)
    if out is not None:
        write_whole(out / "comparison.csv", csv_text(header, rows))
        lines = [header, ["---"] * len(header), *([shown(cell) for cell in row] for row in rows)]
        write_whole(out / "comparison.md", "".join(f"| {' | '.join(cells)} |\n" for cells in lines))


def page_from(folder: Path, job: Job) -> str | None:
    """The path of a job's page as a link in a file in `folder` has it, or None without a page."""
    return None if job.page is None else Path(os.path.relpath(job.page.resolve(), folder.resolve())).as_posix()


def table(changed: list[str], header: list[str], rows: list[list[Any]], console: Console) -> tuple[Table, list[str]]:
    """What of the rows fits the terminal (80 columns where there is none), and which columns had to go.

    First go numbers, then settings that only some jobs have, then other settings, the last ones first.
    """
    column = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    kept = [name for name in header if name not in FILES_ONLY and any(cell is not None for cell in column[name])]
    partial = [key for key in changed if "" in column[key]]
    order = [*LEFT_OUT_FIRST, *reversed(partial), *(key for key in reversed(changed) if key not in partial)]
    left_out: list[str] = []
    for leaves in [*(name for name in order if name in kept), None]:
        made = Table()
        last = [name.rpartition(".")[2] for name in kept]
        for name, short in zip(kept, last, strict=True):
            made.add_column((short if last.count(short) == 1 else name).replace("_", " "), overflow="fold")
        for row in zip(*(column[name] for name in kept), strict=True):
            made.add_row(*(shown(cell, digits=4).partition(": ")[0] for cell in row))
        wanted = Measurement.get(console, console.options.update(width=1000), made).maximum
        if wanted <= console.width or leaves is None:
            break
        kept.remove(leaves)
        left_out.append(leaves)
    return made, left_out


def differing(configs: list[dict[str, Any]]) -> list[str]:
    """The keys that are not the same in all configs."""
    keys = dict.fromkeys(key for config in configs for key in config)
    there = [config for config in configs if config]
    return [key for key in keys if len({repr(config.get(key)) for config in there}) > 1]


def shown(cell: Any, digits: int = 6) -> str:
    """A cell for reading."""
    if cell is None:
        return "-"
    return f"{cell:.{digits}g}" if isinstance(cell, float) else str(cell).replace("|", "/")
