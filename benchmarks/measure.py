"""One problem, start to end: make every contender ready, check what it computes, then race those that are right."""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks import oracle
from benchmarks.cells import cells_of
from benchmarks.contenders import Contender, Ready
from benchmarks.problems import Problem, facts
from benchmarks.timing import Patience, race

Record = dict[str, Any]


def measure(problem: Problem, contenders: list[Contender], dtype: np.dtype, epsilon: float, patience: Patience):
    """The record of one problem: for each cell what each contender needed, or why it did not take part."""
    operands = oracle.operands(problem, dtype)
    right = oracle.expected(problem, *operands)
    slowest: dict[str, float] = {}  # seconds, of each contender's slowest face so far
    cells = {}
    for cell in cells_of(problem):
        cells[cell] = _cell(problem, cell, contenders, operands, right[cell], epsilon, patience, slowest)
    return {"problem": facts(problem), "cells": cells}


def _cell(problem, cell, contenders, operands, right, epsilon, patience: Patience, slowest) -> dict[str, Record]:
    records: dict[str, Record] = {}
    racing: dict[str, Ready] = {}
    cold: dict[str, float] = {}
    programs: dict[str, Ready] = {}
    leader: dict[str, str] = {}  # program -> the contender timed for all that share it
    for contender in contenders:
        name = contender.name
        reason = contender.refuses(problem, cell) or _too_slow(name, cell, slowest, patience)
        if reason:
            records[name] = {"skipped": reason}
            continue
        try:
            ready = contender.prepare(problem, cell, operands, programs)
            if ready.program is not None and ready.program in leader:
                records[name] = {"same program as": leader[ready.program]}
                continue
            start = time.perf_counter()
            computed = ready.call()
            cold[name] = time.perf_counter() - start
            error = _error(ready.results(computed), right)
        except Exception as fault:  # a peer's limits are its own; what failed is reported, and the race goes on
            records[name] = {"failed": f"{type(fault).__name__}: {str(fault).strip()[:200]}"}
            continue
        records[name] = {"error": error}
        if ready.compile_seconds is not None:
            records[name] |= {"compile_s": ready.compile_seconds, "temporary_bytes": ready.temporary_bytes}
        if error > _tolerance(problem, cell, epsilon):
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
    """A contender whose faces already took too long sits the dearer cells out."""
    seconds = slowest.get(name, 0.0) * {"whole step": 3, "step in scan": 9}.get(cell, 1)
    return f"a call would take about {seconds:.0f} s" if seconds > patience.most_seconds_a_call else None


def _error(results: tuple[np.ndarray, ...], right: tuple[np.ndarray, ...]) -> float:
    """The largest error of any element, relative to the root mean square of its array."""
    worst = 0.0
    for result, wanted in zip(results, right, strict=True):
        if result.shape != wanted.shape:
            raise ValueError(f"shape {result.shape}, not {wanted.shape}")
        scale = float(np.sqrt(np.mean(wanted**2))) or 1.0
        worst = max(worst, float(np.max(np.abs(result - wanted), initial=0.0)) / scale)
    return worst if np.isfinite(worst) else float("inf")


def _tolerance(problem: Problem, cell: str, epsilon: float) -> float:
    """Generous: what only a wrong algorithm misses. Rounding grows as the root of the number of terms."""
    terms = max(
        problem.width * max(problem.inputs, problem.outputs) // problem.groups,
        problem.batch * problem.windows * (problem.examples if problem.shared_signal else 1),
    )
    return min(64 * epsilon * max(terms, 1) ** 0.5, 0.25)


def _quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
