"""Many runs -> one table, on the terminal and in the multirun folder."""

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

from .outputs import CLAIM, csv_text, write_whole

NUMBERS = ("held_out_mse", "optimum_mse", "excess_db", "kernel_rmse", "steps", "compile_seconds", "run_seconds")


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
    console = Console()
    table = Table(title=f"{len(jobs)} jobs, in {sweep}", title_justify="left")
    for name in header:
        table.add_column(name.replace("_", " "), overflow="fold")
    for cells in lines:
        table.add_row(*cells)
    console.print()
    console.print(table)


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


def shown(cell: Any) -> str:
    """A cell for reading."""
    if cell is None:
        return "-"
    return f"{cell:.5g}" if isinstance(cell, float) else str(cell).replace("|", "/")
