"""What was compiled: kept as a JSON file for each target, and told in RESULTS.md as compiled and not run."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accelerators.compiling import NOT_COMPILED
from benchmarks.accelerators.grid import FACES, LAX, NETWORK, Entry
from benchmarks.accelerators.reasons import why
from benchmarks.accelerators.targets import TARGETS, Target
from benchmarks.results import load, store

Record = dict[str, Any]

# Limits of `auto`: what exceeds one is listed.
COMPILE_S = 20.0
TURNS = 32
HELD, HELD_BY_TRANSFORMS = 2.0, 4.0  # times operands and result
LONGEST_SUM = 64  # taps; of longer depthwise kernels a Fourier transform is expected
DEPTHWISE_TRAFFIC, DEPTHWISE_KERNELS = 3.0, 8  # to so many taps, without a library
TRANSFORM_TRAFFIC, TRANSFORM_KERNELS = 12.0, 40  # of longer ones
DENSE_TRAFFIC, MORE_KERNELS = 1.3, {True: 2, False: 4}  # times the best's; more than lax's, by whether it is one face
NETWORK_KERNELS = 1.2  # times those of the same network in Flax
ESTIMATE = 1.2  # times the best's, on a TPU
UNKNOWN = "For a reason that `accelerators/reasons.py` does not know"

HEAD = """\
## {name}: compiled, not run

{device}, jax {jax}, {date}, by `python -m benchmarks accelerators --target {name}`. No such device was at hand:
XLA's own compiler says what it would start and move{estimates}, and nothing here is a measured time. A call of a
library (cuDNN, cuBLAS) counts as one kernel of the least traffic, and nothing is known of its time.
"""
BESIDE = "Other work ran beside the compilation and slowed it; how long it takes alone was not measured"
COLUMNS = """\
| case | auto: kernels | traffic / least | held / operands | lax NWC: kernels | traffic / least | library | compile s |
|---|--:|--:|--:|--:|--:|---|--:|"""
TPU_COLUMNS = """\
| case | auto: estimated us | best of our methods | lax NWC | auto: held / operands | compile s | lax NWC: compile s |
|---|--:|--:|--:|--:|--:|--:|"""


@dataclass
class Kept:
    """The results of one target; a new record replaces that of the same program before."""

    path: Path
    results: dict[str, Any]
    shared: bool = False
    stored: float = 0.0

    def has(self, entry: Entry) -> bool:
        """Whether there is a record of a program, one that need not be made again alone on the machine."""
        cells = self.results["problems"].get(entry.key, {}).get("cells", {})
        record = cells.get(entry.cell, {}).get(entry.contender)
        if record is None:
            return False
        slowed = record.get("shared", False) and record.get("compile_s", math.inf) > COMPILE_S
        return self.shared or not slowed

    def add(self, entry: Entry, record: Record) -> None:
        """Keep a record, and store all from time to time."""
        case = self.results["problems"].setdefault(entry.key, {"problem": entry.case.facts(), "cells": {}})
        case["cells"].setdefault(entry.cell, {})[entry.contender] = record | ({"shared": True} if self.shared else {})
        if time.monotonic() - self.stored > 5:
            self.store()

    def store(self) -> None:
        """Write the file."""
        self.stored = time.monotonic()
        store(self.path, self.results)


@contextmanager
def keep(path: Path, shared: bool = False) -> Iterator[Kept]:
    """The results in a file, stored again at the end, also of a run that is cut short.

    Args:
        path: the file.
        shared: other work runs on this machine, and makes compilations slow: records say so.
    """
    import jax

    kept = Kept(path, load(path), shared)
    kept.results["machine"] = {"date": time.strftime("%Y-%m-%d"), "jax": jax.__version__}
    try:
        yield kept
    finally:
        kept.store()


def section(path: Path) -> str:
    """The section of RESULTS.md on one target: what exceeds a limit, and a line for each case."""
    results, target = load(path), TARGETS[path.stem]
    estimates = " and, in cycles, what it estimates" if target.clock else ""
    lines = [HEAD.format(name=target.name, device=target.device, estimates=estimates, **results["machine"])]
    found = exceeding(results, target)
    cells = [cell for case in results["problems"].values() for cell in case["cells"].values()]
    programs = sum("auto" in cell for cell in cells)
    shared = sum(record.get("shared", False) for cell in cells for record in cell.values())
    short = sum(map(len, found.values()))
    lines += [f"Of {programs} programs of `auto`, {short or 'none'} exceed{'s' * (short < 2)} a limit."]
    if shared:
        lines += [f"Other work ran beside {shared} of all compilations: their seconds are upper bounds."]
    lines += [""]
    for reason, lacking in found.items():
        lines += [f"{reason}:", "", *(f"- {line}" for line in lacking), ""]
    lines += [TPU_COLUMNS if target.clock else COLUMNS]
    for key, case in results["problems"].items():
        lines += [_tpu_line(key, case["cells"], target) if target.clock else _line(key, case["cells"])]
    return "\n".join([*lines, ""])


def _done(record: Record | None) -> bool:
    return record is not None and "kernels" in record


def exceeding(results: dict[str, Any], target: Target) -> dict[str, list[str]]:
    """The programs of `auto` that exceed a limit, each with what it exceeds, by the reason for it."""
    found: dict[str, list[str]] = {}
    for key, case in results["problems"].items():
        name, dtype = case["problem"]["name"], key.rpartition(", ")[2]
        for cell, records in case["cells"].items():
            auto = records.get("auto")
            if auto is None:
                continue
            others = {other: record for other, record in records.items() if other != "auto" and _done(record)}
            slow = _slow(auto, others.get(LAX[0]))
            more = list(_over(case["problem"], cell, auto, others, target)) if _done(auto) else []
            if slow or more:
                late = not more and (_done(auto) or auto.get("failed", "").startswith(NOT_COMPILED))
                reason = BESIDE if late and auto.get("shared") else why(target, name, dtype, cell) or UNKNOWN
                found.setdefault(reason, []).append(f"{key}, {cell}: {'; '.join([*slow, *more])}")
    return found


def _slow(auto: Record, theirs: Record | None) -> list[str]:
    """That a program of `auto` takes long to compile, or does not at all, in words."""
    if not _done(auto):
        return [auto.get("failed") or auto["refused"]]
    if auto["compile_s"] <= COMPILE_S:
        return []
    return [f"{auto['compile_s']:.0f} s to compile" + (f", {theirs['compile_s']:.0f} by {LAX[0]}" if theirs else "")]


def _over(facts: dict[str, Any], cell: str, auto: Record, others: dict[str, Record], target: Target) -> Iterator[str]:
    """What else of a program of `auto` exceeds its limit, in words."""
    one_face, family = cell in FACES, facts.get("family", "network")
    if auto["turns"] > TURNS:
        yield f"a loop of {auto['turns']} turns"
    by_transforms = family == "long" or facts.get("width", 0) > LONGEST_SUM
    if one_face and auto["held"] > (HELD_BY_TRANSFORMS if by_transforms else HELD):
        yield f"holds {auto['held']:.1f} times operands and result"
    if target.clock:
        best = _best(others, "cycles")
        if best and auto["cycles"] and auto["cycles"] > ESTIMATE * others[best]["cycles"]:
            yield f"estimated at {_us(auto, target)} us, {_us(others[best], target)} by {best}"
        return
    if cell == NETWORK:
        if "flax" in others and auto["kernels"] > NETWORK_KERNELS * others["flax"]["kernels"]:
            yield f"{auto['kernels']} kernels, {others['flax']['kernels']} by flax"
        return
    if family == "depthwise" or facts.get("groups") == facts.get("inputs"):
        sums, transforms = (DEPTHWISE_TRAFFIC, DEPTHWISE_KERNELS), (TRANSFORM_TRAFFIC, TRANSFORM_KERNELS)
        traffic, kernels = transforms if by_transforms else sums
        if one_face and (auto["traffic"] > traffic or auto["kernels"] > kernels):
            yield f"{auto['traffic']:.1f} times the least traffic in {auto['kernels']} kernels"
        if one_face and auto["library"]:
            yield f"calls {', '.join(auto['library'])}"
        return
    best = _best(others, "traffic")
    if one_face and best and auto["traffic"] > DENSE_TRAFFIC * others[best]["traffic"]:
        yield f"{auto['traffic']:.1f} times the least traffic, {others[best]['traffic']:.1f} by {best}"
    lax = others.get(LAX[0])
    if lax and auto["kernels"] > lax["kernels"] + MORE_KERNELS[one_face]:
        yield f"{auto['kernels']} kernels, {lax['kernels']} by {LAX[0]}"


def _best(others: dict[str, Record], what: str) -> str | None:
    known = {name: record[what] for name, record in others.items() if record[what]}
    return min(known, key=lambda name: known[name], default=None)


def _shown(cells: dict[str, dict[str, Record]]) -> tuple[list[str], list[Record | None], list[Record | None]]:
    """The cells of a line, and in each what `auto` and jax.lax, of a network Flax, make of it."""
    shown = [cell for cell in (*FACES, NETWORK) if cell in cells]
    other = LAX[0] if FACES[0] in cells else "flax"
    return shown, [cells[cell].get("auto") for cell in shown], [cells[cell].get(other) for cell in shown]


def _line(key: str, cells: dict[str, dict[str, Record]]) -> str:
    _, auto, lax = _shown(cells)
    library = sorted({name for record in auto if _done(record) for name in record["library"]})  # type: ignore[index]
    names = ", ".join(name.removeprefix("__") for name in library) or "none"
    compile_s = max((record["compile_s"] for record in auto if _done(record)), default=float("nan"))  # type: ignore[index]
    columns = [_each(auto, "kernels"), _each(auto, "traffic"), _each(auto, "held")]
    columns += [_each(lax, "kernels"), _each(lax, "traffic"), names, f"{compile_s:.1f}"]
    return f"| {key} | {' | '.join(columns)} |"


def _tpu_line(key: str, cells: dict[str, dict[str, Record]], target: Target) -> str:
    shown, auto, lax = _shown(cells)
    ours = []
    for cell in shown:
        methods = {n: r for n, r in cells[cell].items() if n not in ("auto", *LAX, "flax") and _done(r)}
        best = _best(methods, "cycles")
        ours.append(f"{best} {_us(methods[best], target)}" if best else "-")
    estimates = [" / ".join(_us(record, target) for record in records) for records in (auto, lax)]
    columns = [estimates[0], " / ".join(ours), estimates[1], _each(auto, "held")]
    columns += [_each(auto, "compile_s"), _each(lax, "compile_s")]
    return f"| {key} | {' | '.join(columns)} |"


def _each(records: list[Record | None], what: str) -> str:
    """A number for each cell: output / gradient for x / gradient for the kernel."""
    shown = []
    for record in records:
        value = record[what] if record is not None and _done(record) else None
        shown.append("-" if value is None else f"{value:d}" if isinstance(value, int) else f"{value:.1f}")
    return " / ".join(shown)


def _us(record: Record | None, target: Target) -> str:
    if record is None or not _done(record) or not record["cycles"] or not target.clock:
        return "-"
    return f"{1e6 * record['cycles'] / target.clock:.0f}"
