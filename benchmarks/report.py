"""The report: RESULTS.md, a picture for each file of results, and the README's table of speed."""

import math
import statistics
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jconv
from benchmarks import fits, streams, trainings
from benchmarks.accelerators import reports as compiled
from benchmarks.cases import CELLS
from benchmarks.machine import LARGE, in_cores
from benchmarks.networks import Network
from benchmarks.peers import PEERS
from benchmarks.results import (
    NEAR,
    NOISE,
    Results,
    Row,
    claims,
    gains,
    geometric_mean,
    load,
    rows,
    share_not_behind,
    training_claims,
    write_whole,
)

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
START, END = "<!-- speed table -->", "<!-- end of speed table -->"
TRAINING = ("losses", "networks")  # the grids of what people run, reported as one
NEEDS = "needs results of --grid losses and of --grid networks from one device"
SHOWN = (  # the losses in the README's table: one of each kind, the narrow groups that XLA is slow on among them
    ("dense-64", "relu loss"),
    ("groups-of-16", "gelu loss"),
    ("front-1-512-k10-s5", "gelu loss"),
    ("depthwise-256-k4", "silu loss"),
    ("depthwise-64-k31-d30", "square loss"),
)

HEAD = """# How fast, against whom

Written by `python -m benchmarks`; do not edit. Every time is the median of compiled calls in milliseconds, all
contenders of a cell taking turns in random order in one process: a pause of 10 ms in which the threads of the one
before come to rest, 20 ms of calls that warm up, and three that are timed. Contenders that compile to the same machine
code are timed once. A ratio is the other's time over that of `method="auto"`: above 1 jconv is faster. Results were
checked against float64 before any timing. The roofline is the least time that the measured matrix-product and copy
rates allow the direct sum; a Fourier transform may exceed 100 %.
"""
COLUMNS = """\
| case | cell | auto ms | best method | best peer | ms | peer / auto | torch / auto | flax / auto | roofline |
|---|---|--:|---|---|--:|--:|--:|--:|--:|"""
TRAINING_HEAD = """\
A loss is the sum of an activation of convolution and bias; timed are its value and its gradients for signal, kernel
and bias as one program. "Two calls" are the same by `auto` cut in two: forward to loss and cotangent, then the
gradients with the cotangent as an argument. Of a network, the value and the gradients for all parameters of one loss
are timed, the same weights and the same code over convolutions of each library. A cell that `auto` gets wrong counts as
lost.
"""
TRAINING_COLUMNS = """\
| cell | auto ms | best peer | ms | peer / auto | torch / auto | flax / auto | whole / two calls |
|---|--:|---|--:|--:|--:|--:|--:|"""

# Okabe and Ito's colours, told apart by everybody, with a grey that is not the axes' black
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#666666", "#F0E442")
LEAST, MOST = 1 / 4, 1000  # ratios that a picture shows


def write(folder: Path) -> list[Path]:
    """Write the report of all results in `folder/results`, and the README's table of the project's own.

    Returns:
        the files written.

    Raises:
        SystemExit: there are no results.
    """
    found = {path: load(path) for path in sorted((folder / "results").glob("*.json"))}
    if not found:
        raise SystemExit(f"no results in {folder / 'results'}: `run` writes them; the README's table {NEEDS}")
    written, sections = [], []
    training: dict[str, list[Results]] = {}
    for path, results in found.items():
        if (grid := results["machine"]["grid"]) in TRAINING:
            training.setdefault(path.stem.removesuffix(f"-{grid}"), []).append(results)
            continue
        picture = path.with_suffix(".png")
        drawn = draw(rows(results), results["machine"], picture)
        written += [picture] * drawn
        sections.append(_section(path.stem, results, f"results/{picture.name}" if drawn else None))
    if folder.resolve() == HERE and (latest := newest(folder)):
        write_whole(README, with_table(README.read_text(), speed_table(latest, folder)))
        written.append(README)
    target = folder / "RESULTS.md"
    sections += [fits.section(folder), trainings.section(folder), streams.section(folder)]
    sections += [compiled.section(path) for path in sorted((folder / "compiled").glob("*.json"))]
    write_whole(target, "\n".join([HEAD, *(_training_section(*entry) for entry in training.items()), *sections]))
    return [*written, target]


def _section(name: str, results: Results, picture: str | None) -> str:
    table = rows(results)
    lines = [f"## {name}", "", *_machine(results, table), ""]
    if picture is not None:
        lines += [f"![where each method wins]({picture})", ""]
    lines += ["| claim | measured |", "|---|---|", *map(_entries, claims(table)), ""]
    return "\n".join([*lines, COLUMNS, *map(_line, table), "", *_faults(table)])


def _training_section(name: str, found: list[Results]) -> str:
    """Losses and networks of one device, as one."""
    lines = [f"## {name}: losses and networks", ""]
    for results in found:
        lines += [f"{results['machine']['grid'].capitalize()}:", "", *_machine(results, rows(results)), ""]
    table = [row for results in found for row in rows(results)]
    lines += [TRAINING_HEAD, "| claim | measured | goal |", "|---|---|---|", *map(_entries, training_claims(table)), ""]
    return "\n".join([*lines, TRAINING_COLUMNS, *map(_training_line, table), "", *_faults(table)])


def _machine(results: Results, table: list[Row]) -> list[str]:
    machine, rates = results["machine"], results["ceilings"]
    records = [record for row in table for record in row.records.values() if record.get("rounds", 0) > 1]
    spread = sorted((record["q3"] - record["q1"]) / record["ms"] for record in records)
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        f"- {machine['processor']}, {in_cores(machine)}, {machine['system']}; {machine['date']}",
        f"- {machine['dtype']}; Python {machine['python']}; {versions}",
        f"- matrix product {rates['matrix product FLOP/s'] / 1e9:.0f} GFLOP/s, "
        f"copy {rates['copy bytes/s'] / 1e9:.1f} GB/s (read and write), "
        f"of arrays from {LARGE >> 20} MiB {rates['large copy bytes/s'] / 1e9:.1f} GB/s",
    ]
    if spread:
        tenth = spread[int(0.9 * len(spread))]
        lines.append(
            f"- spread: the middle half of a contender's calls spans {100 * statistics.median(spread):.0f} % "
            f"of the median in the middle cell, {100 * tenth:.0f} % in one of ten"
        )
    if machine.get("memory_kept"):
        lines.append("- the C library keeps the memory that programs give back (`--keep-memory`)")
    if machine["missing"]:
        lines.append(f"- not installed: {', '.join(machine['missing'])}")
    return lines


def _line(row: Row) -> str:
    method = row.best_method
    best = "-" if method is None else f"{method} {_number(row.ms(method))}"
    share = "-" if row.roofline is None else f"{100 * row.roofline:.0f} %"
    name = f"{row.case.name} ({row.case.in_words()})"
    return _entries((name, row.cell, _number(row.auto), best, *_against_peers(row), share))


def _training_line(row: Row) -> str:
    name = f"{row.title} ({row.case.in_words()})"
    return _entries((name, _number(row.auto), *_against_peers(row), _number(row.whole_over_two_calls)))


def _against_peers(row: Row) -> tuple[str, ...]:
    peer = row.best_peer
    time = None if peer is None else row.ms(peer)
    return peer or "-", *map(_number, (time, row.gain_over(peer), row.gain_over("torch"), row.gain_over("flax")))


def _entries(entries: tuple[str, ...]) -> str:
    return f"| {' | '.join(entries)} |"


def _faults(table: list[Row]) -> Iterator[str]:
    """The lines on contenders that were wrong or failed; none where all were right."""
    faults = []
    for row in table:
        for name, record in row.records.items():
            fault = f"error {record['error']:.1e}" if record.get("wrong") else record.get("failed")
            if fault:
                faults.append(f"- {row.case.name}, {row.cell}: {name} ({'peer' if name in PEERS else 'ours'}): {fault}")
    if faults:
        yield from ["Wrong, or failed:", "", *faults, ""]


def _number(value: float | None) -> str:
    """Three digits, none behind the point from 100 on."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def newest(folder: Path, memory_kept: bool = False) -> list[Results]:
    """Results of losses and of networks from one device: that of most cores, of several the one that ran last.

    Empty where no device has both. Those with memory kept are apart.
    """
    devices: dict[str, dict[str, Results]] = {}
    for path in sorted((folder / "results").glob("*.json")):
        results = load(path)
        machine = results["machine"]
        usual = machine["dtype"] == "float32" and not machine.get("tf32")
        if machine["grid"] in TRAINING and usual and machine.get("memory_kept", False) == memory_kept:
            devices.setdefault(machine["device"], {})[machine["grid"]] = results
    whole = [[grids[grid] for grid in TRAINING] for grids in devices.values() if set(grids) == set(TRAINING)]

    def cores_and_time(both: list[Results]) -> tuple[int, str]:
        return both[0]["machine"]["cores"], max(results["machine"]["at"] for results in both)

    return max(whole, key=cores_and_time, default=[])


def speed_table(found: list[Results], folder: Path) -> str:
    """What stands between the README's markers: times of some losses, all networks and steps of trainings in a folder.

    What is said below the table is of all losses and networks.
    """
    table, machine = [row for results in found for row in rows(results)], found[0]["machine"]
    shown = [row for row in table if isinstance(row.case, Network) or (row.case.name, row.cell) in SHOWN]
    lines = ["| value and gradients, ms | torch | flax | jconv |", "|---|--:|--:|--:|", *map(_speed_line, shown)]
    for name, cells in trainings.steps_of(folder, machine["device"]).items():
        times = (cells.get(contender) for contender in ("torch", "flax", "jconv"))
        lines.append(_entries((f"{name}, a whole training step", *map(_number, times))))
    said = f"{_in_words(machine, table)} {_with_memory_kept(folder, machine['device'])}".rstrip()
    return "\n".join([*lines, "", textwrap.fill(said, 120)])


def _speed_line(row: Row) -> str:
    name = f"{row.case.name} ({row.case.words})" if isinstance(row.case, Network) else row.title
    return _entries((name, *(_number(row.ms(contender)) for contender in ("torch", "flax", "auto"))))


def _in_words(machine: dict[str, Any], table: list[Row]) -> str:
    packages = [name for name in ("jax", "torch") if name in machine["versions"]]
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in packages)
    said = f"{machine['processor']}, {in_cores(machine)}, {machine['dtype']}, {versions}, {machine['date']}."
    gained = gains(table)
    if not gained:
        return said
    share, (least, where) = share_not_behind(gained), min((gain, cell) for cell, gain in gained.items())
    means = [geometric_mean([row.gain_over(peer) for row in table]) for peer in ("torch", "flax")]
    torch, flax = ("-" if mean is None else f"{mean:.2f}" for mean in means)
    return (
        f"{said} Of {len(gained)} losses and networks jconv is no slower than its best peer (10 % noise allowed) on "
        f"{100 * share:.0f} %; the least ratio of the best peer's time to its own is {least:.2f} ({where}). "
        f"On geometric mean torch takes {torch} times as long, and flax {flax}."
    )


def _with_memory_kept(folder: Path, device: str) -> str:
    """A sentence on losses and networks timed with memory kept; "" where that was not measured on the device."""
    found = newest(folder, memory_kept=True)
    table = [row for results in found for row in rows(results) if results["machine"]["device"] == device]
    gained, mean = gains(table), geometric_mean([row.gain_over("torch") for row in table])
    if not gained or mean is None:
        return ""
    return (
        f"[With memory kept](docs/recipes.md) between steps it is {100 * share_not_behind(gained):.0f} %, "
        f"and torch takes {mean:.2f} times as long."
    )


def with_table(text: str, table: str) -> str:
    """The text with this table between its markers, or the same text where it has none."""
    before, start, rest = text.partition(START)
    _, end, behind = rest.partition(END)
    return f"{before}{start}\n\n{table}\n\n{end}{behind}" if end else text


def draw(table: list[Row], machine: dict[str, Any], path: Path) -> bool:
    """Draw how far `auto` is from the best peer, a row for each case, a column for each cell.

    Returns:
        False where matplotlib is not installed or there is nothing to draw.
    """
    if not table or find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    colours: dict[str, str] = dict(zip(jconv.METHODS, COLOURS, strict=False))
    names = list(dict.fromkeys(row.case.name for row in table))
    cells = [cell for cell in CELLS if any(row.cell == cell for row in table)]
    figure = Figure(figsize=(2.4 + 2.4 * len(cells), 1.9 + 0.21 * len(names)), layout="constrained")
    axes = figure.subplots(1, len(cells), sharey=True, squeeze=False)[0]
    for axis, cell in zip(axes, cells, strict=True):
        _column(axis, [row for row in table if row.cell == cell], names, colours)
        axis.set_title(cell, fontsize=10)
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    _legend(figure, colours)
    figure.suptitle(
        f"Time of the best peer over that of jconv's auto: right of the line jconv is faster\n"
        f"{machine['processor']}, {in_cores(machine)}, {machine['dtype']}",
        fontsize=11,
    )
    figure.savefig(path, dpi=110)
    return True


def _column(axis, table: list[Row], names: list[str], colours: dict[str, str]) -> None:
    for number in range(0, len(names), 2):
        axis.axhspan(number - 0.5, number + 0.5, color="#f2f2f2", zorder=0, linewidth=0)
    axis.axvspan(1 / NOISE, NOISE, color="#cccccc", zorder=1, linewidth=0)
    axis.axvline(1, color="black", linewidth=0.8, zorder=2)
    for row in table:
        height = names.index(row.case.name)
        colour = colours.get(row.best_method or "", "black")
        gain = row.gain_over(row.best_peer)
        if gain is None:
            if row.auto is not None:
                axis.plot(MOST / 1.5, height, marker="|", color=colour, markersize=8, markeredgewidth=2, zorder=3)
            continue
        shown = min(max(gain, LEAST), MOST)
        axis.plot([1, shown], [height, height], color=colour, linewidth=2.2, alpha=0.55, zorder=3)
        axis.plot(shown, height, marker="o", color=colour, markersize=5.5, zorder=4)
        possible = row.gain_over(row.best_method)
        if possible is not None and possible < 1 / NEAR:  # auto chose a slower one: show what was missed
            axis.plot(min(gain / possible, MOST), height, marker="o", mfc="none", mec=colour, markersize=5.5, zorder=4)
    axis.set_xscale("log")
    axis.set_xlim(LEAST / 1.2, MOST * 1.2)
    ticks = [10.0**power for power in range(math.ceil(math.log10(LEAST)), int(math.log10(MOST)) + 1)]
    axis.set_xticks(ticks, [f"{tick:g}x" for tick in ticks], fontsize=8)
    axis.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _legend(figure, colours: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker="o", linestyle="none", label=f"{name} is our fastest")
        for name, colour in colours.items()
    ]
    handles += [
        Line2D([], [], color="black", marker="o", mfc="none", linestyle="none", label="what auto missed"),
        Line2D([], [], color="black", marker="|", linestyle="none", label="no peer could be timed"),
        Line2D([], [], color="#cccccc", linewidth=6, label="a tie (10 %)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
