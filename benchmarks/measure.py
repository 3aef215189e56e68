"""One case, start to end: make every contender ready, check what it computes, then race those that are right."""

import statistics
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import oracle
from benchmarks.cases import Case, activation_of, cells_of
from benchmarks.contenders import Contender, Ready
from benchmarks.timing import Patience, race

Record = dict[str, Any]


def measure(case: Case, contenders: list[Contender], dtype: np.dtype, epsilon: float, patience: Patience):
    """The record of one case: for each cell what each contender needed, or why it did not take part."""
    operands = oracle.operands(case, dtype)
    right = oracle.expected(case, *operands)
    slowest: dict[str, float] = {}  # seconds, of each contender's slowest face so far
    cells = {}
    for cell in cells_of(case):
        slack = (0.0,) * len(right[cell])
        if activation_of(cell) == "relu":
            slack = oracle.unsure(case, *operands, _rounding(case.width * _channels(case), epsilon))
        truth = Truth(right[cell], (_tolerance(case, epsilon),) * len(slack), slack)
        cells[cell] = one_cell(case, cell, contenders, operands, truth, patience, slowest)
    return {"problem": case.facts(), "cells": cells}


@dataclass(frozen=True)
class Truth:
    """What a cell must give: float64 arrays, and how far each may be off.

    An element by `tolerances` of its array's root mean square, and by `slack` on top, an array or a number. With
    `as_a_whole` what counts is the root mean square of an array's errors instead of the largest.
    """

    arrays: tuple[np.ndarray, ...]
    tolerances: tuple[float, ...]
    slack: tuple[np.ndarray | float, ...]
    as_a_whole: bool = False

    def judge(self, results: tuple[np.ndarray, ...]) -> tuple[float, bool]:
        """The largest error relative to the root mean square of its array, and whether all are allowed."""
        worst, allowed = 0.0, True
        for result, wanted, tolerance, slack in zip(results, self.arrays, self.tolerances, self.slack, strict=True):
            if result.shape != wanted.shape:
                raise ValueError(f"shape {result.shape}, not {wanted.shape}")
            scale = float(np.sqrt(np.mean(wanted**2))) or 1.0
            error = np.abs(result - wanted)
            if self.as_a_whole:
                error = np.sqrt(np.mean(error**2))
            worst = max(worst, float(np.max(error, initial=0.0)) / scale) if np.isfinite(error).all() else float("inf")
            allowed &= bool(np.all(error <= tolerance * scale + slack))
        return worst, allowed


def one_cell(
    case, cell: str, contenders: list[Contender], operands, truth: Truth, patience: Patience, slowest
) -> dict[str, Record]:
    """The records of one cell: those that are right have raced."""
    records: dict[str, Record] = {}
    racing: dict[str, Ready] = {}
    cold: dict[str, float] = {}
    programs: dict[str, Ready] = {}
    leader: dict[str, str] = {}  # program -> the contender timed for all that share it
    for contender in contenders:
        name = contender.name
        reason = contender.refuses(case, cell) or _too_slow(name, cell, slowest, patience)
        if reason:
            records[name] = {"skipped": reason}
            continue
        try:
            ready = contender.prepare(case, cell, operands, programs)
            if ready.program is not None and ready.program in leader:
                records[name] = {"same program as": leader[ready.program]}
                continue
            start = time.perf_counter()
            computed = ready.call()
            cold[name] = time.perf_counter() - start
            error, allowed = truth.judge(ready.results(computed))
        except Exception as fault:  # a peer's limits are its own; what failed is reported, and the race goes on
            records[name] = {"failed": f"{type(fault).__name__}: {str(fault).strip()[:200]}"}
            continue
        records[name] = {"error": error}
        if ready.compile_seconds is not None:
            records[name] |= {"compile_s": ready.compile_seconds, "temporary_bytes": ready.temporary_bytes}
        if not allowed:
            records[name]["wrong"] = True
            continue
        if ready.program is not None:
            leader[ready.program] = name
        racing[name] = ready
    for name, times in race({name: ready.call for name, ready in racing.items()}, cold, patience).items():
        steps = [1000 * t / racing[name].repeats for t in times]
        low, high = _quartiles(steps)
        records[name] |= {"ms": statistics.median(steps), "q1": low, "q3": high, "rounds": len(steps)}
    for record in records.values():
        if "same program as" in record:
            record |= records[record["same program as"]]
    for name, record in records.items():
        if "ms" in record:
            slowest[name] = max(slowest.get(name, 0.0), record["ms"] / 1000)
    return records


def _too_slow(name: str, cell: str, slowest: dict[str, float], patience: Patience) -> str | None:
    """A contender whose faces already took too long sits the dearer cells out; `auto`, which is judged here, never."""
    if name == "auto":
        return None
    seconds = slowest.get(name, 0.0) * {"whole step": 3, "step in scan": 9}.get(cell, 1)
    return f"a call would take about {seconds:.0f} s" if seconds > patience.most_seconds_a_call else None


def _tolerance(case: Case, epsilon: float) -> float:
    """Of the longest sum of any face."""
    of_kernel = case.batch * case.windows * (case.examples if case.shared_signal else 1)
    return _rounding(max(case.width * _channels(case), of_kernel), epsilon)


def _rounding(terms: int, epsilon: float) -> float:
    """Generous: what only a wrong algorithm misses. Rounding grows as the root of the number of terms."""
    return min(64 * epsilon * max(terms, 1) ** 0.5, 0.25)


def _channels(case: Case) -> int:
    return max(case.inputs, case.outputs) // case.groups


def _quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
