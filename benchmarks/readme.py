"""The README's table of speed: some losses and all networks of the newest results, between two markers."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from benchmarks import work
from benchmarks.networks import Network
from benchmarks.summary import Row, geometric_mean, in_cores, rows

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
START, END = "<!-- speed table -->", "<!-- end of speed table -->"
SHOWN = (  # the losses that have a row: one of each kind, the narrow groups that XLA is slow on among them
    ("dense-64", "relu loss"),
    ("groups-of-16", "gelu loss"),
    ("front-1-512-k10-s5", "gelu loss"),
    ("depthwise-256-k4", "silu loss"),
    ("depthwise-64-k31-d30", "square loss"),
)


def newest(folder: Path) -> list[dict[str, Any]]:
    """Results of losses and networks from one device: that of most cores, and of several the one that ran last.

    Raises:
        SystemExit: there are not both.
    """
    found = [json.loads(path.read_text()) for path in sorted((folder / "results").glob("*.json"))]
    found = [results for results in found if work.grid_of(results) in work.GRIDS]
    plain = [r for r in found if r["machine"]["dtype"] == "float32" and not r["machine"].get("tf32")]
    devices = {results["machine"]["device"] for results in plain}
    of_device = [{work.grid_of(r): r for r in plain if r["machine"]["device"] == device} for device in sorted(devices)]
    whole = [grids for grids in of_device if set(grids) == set(work.GRIDS)]
    if not whole:
        raise SystemExit(
            f"the README's table needs results of --grid losses and of --grid networks from one device in "
            f"{folder / 'results'}"
        )

    def cores_and_time(grids: dict[str, Any]) -> tuple[int, str]:
        machines = [results["machine"] for results in grids.values()]
        return machines[0]["cores"], max(machine["at"] for machine in machines)

    best = max(whole, key=cores_and_time)
    return [best[grid] for grid in work.GRIDS]


def speed_table(found: list[dict[str, Any]]) -> str:
    """The table, and below it in words what it is and what all the cells say."""
    table = [row for results in found for row in rows(results)]
    shown = [row for row in table if isinstance(row.problem, Network) or (row.problem.name, row.cell) in SHOWN]
    lines = ["| value and gradients, ms | torch | flax | jconv |", "|---|--:|--:|--:|", *map(_line, shown)]
    return "\n".join([*lines, "", textwrap.fill(_in_words(found[0]["machine"], table), 120)])


def _line(row: Row) -> str:
    times = " | ".join(work.number(row.ms(who)) for who in ("torch", "flax", "auto"))
    words = f"{row.problem.name} ({row.problem.words})" if isinstance(row.problem, Network) else work.title(row)
    return f"| {words} | {times} |"


def _in_words(machine: dict[str, Any], table: list[Row]) -> str:
    gained = work.gains(table)
    versions = ", ".join(
        f"{name} {machine['versions'][name]}" for name in ("jax", "torch") if name in machine["versions"]
    )
    said = f"{machine['processor']}, {in_cores(machine)}, {machine['dtype']}, {versions}, {machine['date']}."
    if not gained:
        return said
    share, (least, where) = work.share_not_behind(gained), min((gain, cell) for cell, gain in gained.items())
    said += f" Of {len(gained)} losses and networks jconv is no slower than its best peer (10 % noise allowed) on "
    said += f"{100 * share:.0f} %; the least ratio of the best peer's time to its own is {least:.2f} ({where})."
    means = {peer: geometric_mean([row.gain_over(peer) for row in table]).split()[0] for peer in ("torch", "flax")}
    return f"{said} On geometric mean torch takes {means['torch']} times as long, and flax {means['flax']}."


def with_table(text: str, table: str) -> str:
    """The text with this table between its markers, or the same text where it has none."""
    between = re.compile(f"({re.escape(START)}\n).*?({re.escape(END)})", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def refresh(folder: Path) -> str:
    """Put the table of this folder's results into the README, where they are the project's own; returns it."""
    table = speed_table(newest(folder))
    if folder.resolve() == HERE:
        text = README.read_text()
        if (renewed := with_table(text, table)) != text:
            README.write_text(renewed)
    return table
