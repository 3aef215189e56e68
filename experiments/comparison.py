"""Many runs -> one table, on the terminal and in the multirun folder."""

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

from .outputs import CLAIM, csv_text, write_whole
from .outputs import shown as folder_name

NUMBERS = ("held_out_mse", "optimum_mse", "excess_db", "kernel_rmse", "steps", "compile_seconds", "run_seconds")
HIDDEN = ("optimum_mse", "compile_seconds")


def compare_jobs(sweep: Path) -> None:
    """Print one row a job, and write them to comparison.csv and comparison.md in the folder `sweep`."""
    jobs = sorted((path for path in sweep.iterdir() if path.is_dir()), key=lambda path: (len(path.name), path.name))
    if not jobs:
        return
    configs = [settings(job) for job in jobs]
    changed = differing(configs)
    header = ["job", *changed, *NUMBERS, "state"]
    rows = []
    for job, config in zip(jobs, configs, strict=True):
        numbers, state = outcome(job)
        rows.append(
            [job.name, *(config.get(key, "") for key in changed), *(numbers.get(key) for key in NUMBERS), state]
        )
    write_whole(sweep / "comparison.csv", csv_text(header, rows))
    lines = [[shown(cell) for cell in row] for row in rows]
    markdown = [header, ["---"] * len(header), *lines]
    write_whole(sweep / "comparison.md", "".join(f"| {' | '.join(cells)} |\n" for cells in markdown))
    show(Console(), sweep, header, rows)


def show(console: Console, sweep: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Print what of the table fits a terminal: no empty columns, short names, the reasons of failures below."""
    table = Table(title=f"{len(rows)} jobs, also in {folder_name(sweep)}/comparison.csv and .md", title_justify="left")
    kept = [i for i, name in enumerate(header) if name not in HIDDEN and any(row[i] is not None for row in rows)]
    for i in kept:
        table.add_column(header[i].rpartition(".")[2].replace("_", " "))
    for row in rows:
        table.add_row(*(shown(row[i], digits=4).partition(":")[0] for i in kept))
    console.print()
    console.print(table)
    for row in rows:
        if ":" in row[-1]:
            console.print(f"Job {row[0]} {row[-1]}", soft_wrap=True, highlight=False, markup=False)


def settings(job: Path) -> dict[str, Any]:
    """The resolved config of a job as dotted keys; empty if it never got so far."""
    path = job / CLAIM
    return flat(OmegaConf.to_container(OmegaConf.load(path))) if path.exists() else {}


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Nested dictionaries as one with dotted keys."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {k: v for name, part in tree.items() for k, v in flat(part, f"{path}.{name}" if path else name).items()}


def differing(configs: list[dict[str, Any]]) -> list[str]:
    """The keys that are not the same in all configs."""
    keys = dict.fromkeys(key for config in configs for key in config)
    there = [config for config in configs if config]
    return [key for key in keys if len({repr(config.get(key)) for config in there}) > 1]


def outcome(job: Path) -> tuple[dict[str, Any], str]:
    """Numbers and state of a job."""
    failed, metrics = job / "failed.txt", job / "metrics.json"
    if failed.exists():
        return {}, "failed: " + failed.read_text(encoding="utf-8").partition("\n")[0]
    if not metrics.exists():
        return {}, "unfinished"
    numbers = json.loads(metrics.read_text(encoding="utf-8"))
    return numbers, "stopped" if numbers.get("stopped") else "done"


def shown(cell: Any, digits: int = 6) -> str:
    """A cell for reading."""
    if cell is None:
        return "-"
    return f"{cell:.{digits}g}" if isinstance(cell, float) else str(cell).replace("|", "/")
