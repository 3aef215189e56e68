"""The thresholds of `jconv.cpu` timed again: each value there beside its neighbours, on a case that it decides."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from benchmarks import oracle
from benchmarks.cases import GRID, Case
from benchmarks.contenders import jax_cell, per_example
from benchmarks.runners import by_jconv
from benchmarks.timing import Patience, race
from jconv import cpu

X, KERNEL = "gradient for x", "gradient for kernel"


class Trial(NamedTuple):
    """Values tried for a threshold instead of its own, and the case, method and cell that are timed with each."""

    others: tuple[Any, ...]
    case: Case
    method: str
    cell: str


def _of_grid(name: str) -> Case:
    return next(case for case in GRID if case.name == name)


TRIALS: dict[str, Trial] = {
    "UNROLLED": Trial((8, 128), Case("", "", 4, 1000, 32, 32, 31), "taps", KERNEL),
    "POINTWISE": Trial((range(0), range(1, 4096)), _of_grid("pointwise-64-256"), "gemm", "output"),
    "LONG_SUM": Trial((500, 10**9), _of_grid("dense-16-16-k3"), "gemm", KERNEL),
    "VERY_LONG_SUM": Trial((500, 10**9), Case("", "", 8, 2048, 64, 128, 5), "gemm", KERNEL),
    "SMALL_RESULT": Trial((1024, 65536), Case("", "", 8, 1024, 32, 64, 5), "gemm", KERNEL),
    "LARGE_RESULT": Trial((10_000, 80_000), Case("", "", 8, 512, 64, 64, 8), "gemm", KERNEL),
    "CONVOLUTIONS_IN_A_ROW": Trial((4, 64), Case("", "", 4, 256, 32, 32, 9, examples=16), "dense", "output"),
    "SUMS_AT_ONCE": Trial((1, 2, 8), _of_grid("dense-64-64-k5"), "dense", KERNEL),
    "SUMMED_POSITIONS": Trial((512, 8192), Case("", "", 8, 512, 64, 64, 5), "dense", KERNEL),
    "SUMMED_WORK": Trial((2**21, 2**27), Case("", "", 8, 1024, 32, 32, 3), "dense", KERNEL),
    "MERGED_BELOW": Trial((8, 32), _of_grid("grouped-128-g8-k3"), "dense", "output"),
    "MERGED_TO": Trial((16, 64), _of_grid("grouped-256-g32-k3"), "dense", "output"),
    "FEW_CHANNELS": Trial((1, 8), _of_grid("dense-8-16-k7"), "taps", KERNEL),
    "NARROW_GROUP": Trial((8, 32), _of_grid("grouped-128-g8-k3"), "taps", "output"),
    "MOST_BESIDE": Trial((16, 256), _of_grid("dense-16-32-k5"), "taps", "output"),
    "LOOP_TAPS": Trial((16, 64), Case("", "", 4, 1000, 256, 256, 48, groups=256), "taps", "output"),
    "LOOP_TAPS_AT_ONCE": Trial((4, 16), _of_grid("depthwise-64-k128"), "taps", "output"),
    "LOOP_PRODUCTS": Trial((64, 256), _of_grid("grouped-256-g32-k3"), "taps", X),
    "EDGES_APART": Trial((16, 512), _of_grid("depthwise-256-k31"), "taps", "output"),
    "MOSTLY_INSIDE": Trial((0.05, 0.99), _of_grid("depthwise-256-k31"), "taps", "output"),
    "STRAIGHT_PARTS": Trial((1, 8), Case("", "", 8, 1024, 64, 64, 25, groups=8), "taps", "output"),
    "SHIFTED_TAPS": Trial((2, 16), _of_grid("depthwise-64-k3"), "taps", X),
    "TAPS_A_PASS": Trial((4, 16), _of_grid("depthwise-512-k31"), "taps", KERNEL),
    "FEWEST_ROWS": Trial((2, 8), _of_grid("depthwise-1536-k4"), "taps", KERNEL),
    "MOST_ROWS": Trial((8, 32), _of_grid("depthwise-256-k31"), "taps", KERNEL),
    "ROW_ENTRIES": Trial((2048, 16384), _of_grid("depthwise-1024-k4"), "taps", KERNEL),
    "BLOCKED_CHANNELS": Trial((16, 256), _of_grid("depthwise-64-k3"), "taps", KERNEL),
    "BLOCK_ROWS": Trial((4, 16), _of_grid("depthwise-64-k3"), "taps", KERNEL),
    "GROUP_ROWS": Trial((8, 20), Case("", "", 8, 1024, 32, 32, 3, groups=8), "taps", KERNEL),
    "WIDE_GROUP_ROWS": Trial((8, 16), _of_grid("grouped-128-g8-k3"), "taps", KERNEL),
    "LEAST_TRANSFORM": Trial((512, 4096), _of_grid("depthwise-64-k128"), "fft", "output"),
    "SPANS_A_BLOCK": Trial((2, 8), _of_grid("fir-k1024"), "fft", "output"),
    "KERNEL_PARTS": Trial((((2,)), (4, 8, 16, 32)), _of_grid("fir-k65536"), "fft", "output"),
    "TRANSFORMS_ABREAST": Trial((4, 16), _of_grid("fir-k65536"), "fft", "output"),
    "ABREAST_TIMES": Trial((1.0, 8.0), _of_grid("fir-k65536"), "fft", "output"),
    "PARTS_WORTH": Trial((0.1, 1.0), _of_grid("fir-k16384"), "fft", "output"),
    "SPECTRAL_PRODUCT": Trial((0.5, 4.0), _of_grid("dense-8-8-k1024"), "fft", "output"),
    "PIECE_BYTES": Trial((2**21, 2**26), _of_grid("dense-256-256-k3"), "winograd", "whole step"),
}


def timed(name: str, trial: Trial, patience: Patience) -> dict[str, float | None]:
    """Milliseconds for each value of a threshold, its own first; None where the program is that of one before."""
    function = jax_cell(trial.cell, per_example(trial.case, by_jconv(trial.method, trial.case)))
    operands = [jax.numpy.asarray(a) for a in oracle.operands(trial.case, np.dtype(np.float32))]
    own = getattr(cpu, name)
    calls, cold, texts, seen = {}, {}, set(), []
    try:
        for value in (own, *trial.others):
            setattr(cpu, name, value)
            jax.clear_caches()  # what was traced with another value would be used again
            program = jax.jit(lambda *a: function(*a)).lower(*operands)
            seen.append(str(value))
            if (text := program.as_text()) in texts:
                continue
            texts.add(text)
            compiled = program.compile()
            start = time.perf_counter()
            jax.block_until_ready(compiled(*operands))
            cold[str(value)] = time.perf_counter() - start
            calls[str(value)] = lambda compiled=compiled: jax.block_until_ready(compiled(*operands))
    finally:
        setattr(cpu, name, own)
        jax.clear_caches()
    times = race(calls, cold, patience)
    return {value: 1000 * float(np.median(times[value])) if value in times else None for value in seen}


def lines(pattern: str | None, patience: Patience) -> Iterator[str]:
    """One line for each threshold whose name contains `pattern`."""
    for name, trial in TRIALS.items():
        if pattern and pattern.upper() not in name:
            continue
        found = timed(name, trial, patience)
        values = ", ".join(
            f"{value}: {'same program' if ms is None else f'{ms:.3g} ms'}" for value, ms in found.items()
        )
        case = trial.case.name or trial.case.in_words()
        yield f"{name} = {values}   ({trial.method}, {case}, {trial.cell})"
