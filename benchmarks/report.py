"""RESULTS.md and one picture for each file of results."""

import json
import statistics
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks import readme, work
from benchmarks.roofline import LARGE
from benchmarks.summary import PEERS, Row, claims, in_cores, rows

HERE = Path(__file__).parent
README = HERE.parent / "README.md"

HEAD = """# How fast, against whom

Written by `python -m benchmarks`; do not edit. Every time is the median of compiled calls in milliseconds, all
contenders of a cell taking turns in random order in one process: a pause of 10 ms in which the threads of the one
before come to rest, 20 ms of calls that warm up, and three that are timed. Contenders that compile to the same machine
code are timed once. A ratio is the other's time over that of `method="auto"`: above 1 jconv is faster. Results were
checked against float64 before any timing. The roofline is the least time that the measured matrix-product and copy
rates allow the direct sum; a Fourier transform may exceed 100 %.
"""
COLUMNS = (
    "| problem | cell | auto ms | best method | best peer | ms | peer / auto | torch / auto | flax / auto | roofline |"
)


def write(folder: Path) -> list[Path]:
    """Write the report of all results in `folder/results`; returns the files written."""
    from benchmarks.picture import draw

    written, parts = [], [HEAD]
    of_work: dict[str, list[tuple[dict[str, Any], list[Row]]]] = {}
    for path in sorted((folder / "results").glob("*.json")):
        results = json.loads(path.read_text())
        table = rows(results)
        if (grid := work.grid_of(results)) in work.GRIDS:
            of_work.setdefault(path.stem.removesuffix(f"-{grid}"), []).append((results, table))
            continue
        picture = path.with_suffix(".png")
        if draw(table, results["machine"], picture):
            written.append(picture)
            parts.append(_section(path.stem, results, table, f"results/{picture.name}"))
        else:
            parts.append(_section(path.stem, results, table, None))
    parts[1:1] = [_section_of_work(name, found) for name, found in of_work.items()]
    if folder == HERE and of_work:
        with suppress(SystemExit):  # one of the two grids has not run yet
            readme.refresh(folder)
            written.append(readme.README)
    target = folder / "RESULTS.md"
    target.write_text("\n".join(parts))
    return [*written, target]


def _section(name: str, results: dict[str, Any], table: list[Row], picture: str | None) -> str:
    lines = [f"## {name}", "", *_machine(results, table), ""]
    if picture is not None:
        lines += [f"![where each method wins]({picture})", ""]
    lines += ["| claim | measured |", "|---|---|", *(f"| {claim} | {value} |" for claim, value in claims(table)), ""]
    lines += [COLUMNS, "|---|---|--:|---|---|--:|--:|--:|--:|--:|", *map(_line, table), ""]
    faults = list(_faults(table))
    if faults:
        lines += ["Wrong, or failed:", "", *(f"- {fault}" for fault in faults), ""]
    return "\n".join(lines)


def _section_of_work(name: str, found: list[tuple[dict[str, Any], list[Row]]]) -> str:
    """Losses and networks of one device, as one."""
    lines = [f"## {name}: losses and networks", ""]
    for results, table in found:
        lines += [f"{work.grid_of(results).capitalize()}:", "", *_machine(results, table), ""]
    lines += work.lines([results for results, _ in found])
    faults = [fault for _, table in found for fault in _faults(table)]
    if faults:
        lines += ["Wrong, or failed:", "", *(f"- {fault}" for fault in faults), ""]
    return "\n".join(lines)


def _machine(results: dict[str, Any], table: list[Row]) -> list[str]:
    machine, ceilings = results["machine"], results["ceilings"]
    spread = [
        (record["q3"] - record["q1"]) / record["ms"]
        for row in table
        for record in row.records.values()
        if "ms" in record and record["rounds"] > 1
    ]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        f"- {machine['processor']}, {in_cores(machine)}, {machine['system']}; {machine['date']}",
        f"- {machine['dtype']}; Python {machine['python']}; {versions}",
        f"- matrix product {ceilings['matrix product FLOP/s'] / 1e9:.0f} GFLOP/s, "
        f"copy {ceilings['copy bytes/s'] / 1e9:.1f} GB/s (read and write), "
        f"of arrays from {LARGE >> 20} MiB {ceilings['large copy bytes/s'] / 1e9:.1f} GB/s",
    ]
    if spread:
        lines.append(f"- spread: the middle half of a contender's calls spans {100 * statistics.median(spread):.0f} %")
        lines[-1] += f" of the median in the middle cell, {100 * _percentile(spread, 0.9):.0f} % in one of ten"
    if machine.get("missing"):
        lines.append(f"- not installed: {', '.join(machine['missing'])}")
    return lines


def _percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


def _line(row: Row) -> str:
    peer, method = row.best_peer, row.best_method
    best = "-" if method is None else f"{method} {work.number(row.ms(method))}"
    ratios = [row.gain_over(peer), row.gain_over("torch"), row.gain_over("flax")]
    entries = [
        f"{row.problem.name} ({row.problem.in_words()})",
        row.cell,
        work.number(row.auto),
        best,
        peer or "-",
        work.number(None if peer is None else row.ms(peer)),
        *map(work.number, ratios),
        "-" if row.roofline is None else f"{100 * row.roofline:.0f} %",
    ]
    return "| " + " | ".join(entries) + " |"


def _faults(table: list[Row]):
    for row in table:
        for name, record in row.records.items():
            fault = f"error {record['error']:.1e}" if record.get("wrong") else record.get("failed")
            if fault:
                whose = "peer" if name in PEERS else "ours"
                yield f"{row.problem.name}, {row.cell}: {name} ({whose}): {fault}"
