"""Fit the constants of the cost model, `jconv/nanoseconds.py`, to files of results, of one processor or several."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Case, from_facts
from benchmarks.machine import in_cores
from jconv.choose import least_sound
from jconv.explaining import problem_of_call
from jconv.methods import FACES, METHODS, REGISTRY, Counts, Face, Problem

TARGET = Path(__file__).parent.parent / "jconv" / "nanoseconds.py"
LEAST_WEIGHT = 0.05
Constants = dict[str, dict[Face, dict[str, float]]]
FEWEST = 6  # measurements that a face of a method is fitted to
CELL_OF: dict[bool, dict[Face, str]] = {
    False: {"output": "output", "input": "gradient for x", "kernel": "gradient for kernel"},
    True: {"output": "gradient for x", "input": "output", "kernel": "gradient for kernel"},
}


def sums(problem: Case) -> Problem:
    """A benchmark's problem as the library sees it, whose output face is that of `conv1d`."""
    mapped = bool(problem.examples)
    x = jax.ShapeDtypeStruct(problem.x_shape[mapped and not problem.shared_signal :], jnp.float32)
    kernel = jax.ShapeDtypeStruct(problem.kernel_shape[mapped:], jnp.float32)
    plain = problem_of_call(
        x,
        kernel,
        stride=problem.stride,
        padding=problem.padding,
        dilation=problem.dilation,
        groups=problem.groups,
        transposed=problem.transposed,
    )
    if problem.shared_signal:  # the batching rule adds the kernels' outputs to one another
        return replace(plain, outputs=plain.outputs * problem.examples)
    return replace(plain, problems=max(problem.examples, 1))


def measured(results: dict[str, Any], face: Face) -> Iterator[tuple[Problem, dict[str, float]]]:
    """Every problem of the file, and the time of each of our methods for this face in nanoseconds."""
    for entry in results["problems"].values():
        problem = from_facts(entry["problem"])
        records = entry["cells"].get(CELL_OF[problem.transposed][face], {})
        times = {name: 1e6 * ms for name in METHODS if (ms := records.get(name, {}).get("ms")) is not None}
        if times:
            yield sums(problem), times


def least_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The first of `runs`, each time in it replaced by the least of all: on a shared machine noise only adds."""
    first = copy.deepcopy(runs[0])
    for name, entry in first["problems"].items():
        same = [
            run["problems"][name] for run in runs if run["problems"].get(name, {}).get("problem") == entry["problem"]
        ]
        for cell, records in entry["cells"].items():
            for contender, record in records.items():
                if "ms" in record:
                    times = (other["cells"].get(cell, {}).get(contender, {}).get("ms") for other in same)
                    record["ms"] = min(ms for ms in times if ms is not None)
    return first


def by_processor(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The least times of each processor."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        alike.setdefault(run["machine"]["processor"], []).append(run)
    return [least_of(those) for those in alike.values()]


class Timed(NamedTuple):
    """One face of one case: what each of our methods does, and the nanoseconds that it took."""

    face: Face
    problem: Problem
    counts: dict[str, Counts]
    times: dict[str, float]


def timed(results: dict[str, Any]) -> list[Timed]:
    """All faces of a file that at least one priced method was timed on."""
    found = []
    for face in FACES:
        for problem, times in measured(results, face):
            counts = {m: counted for m in times if (counted := REGISTRY[m].counts(face, problem)) is not None}
            if counts:
                found.append(Timed(face, problem, counts, times))
    return found


def fit(runs: list[list[Timed]], without: str | None = None) -> Constants:
    """Nanoseconds for each count of each method's face, the middle way between the processors of `runs`.

    What is far slower than the best method of its problem counts little: no choice hangs on it.
    """
    fitted: Constants = {}
    for method in METHODS:
        for face in FACES:
            rows = [
                (
                    {name: count for name, count in row.counts[method].items() if name != without},
                    row.times[method],
                    min(row.times.values()) / row.times[method],
                )
                for run in runs
                for row in run
                if row.face == face and method in row.counts
            ]
            if len(rows) >= FEWEST:
                fitted.setdefault(method, {})[face] = least_squares(rows)
    return fitted


def regret(run: list[Timed], constants: Constants) -> tuple[float, float]:
    """Time of the chosen method over that of the fastest: the geometric mean, and the share within 1.25."""
    ratios = []
    for row in run:
        costs = {
            method: sum(constants[method][row.face].get(name, 0.0) * count for name, count in counts.items())
            for method, counts in row.counts.items()
            if row.face in constants.get(method, {})
        }
        if costs:
            chosen = least_sound(costs, row.face, row.problem)
            ratios.append(row.times[chosen] / min(row.times[method] for method in costs))
    return float(np.exp(np.mean(np.log(ratios)))), float(np.mean(np.array(ratios) <= 1.25))


def regrets(files: dict[str, tuple[list[Timed], list[Timed] | None]]) -> Iterator[str]:
    """Lines: the regret on each processor's two grids, fitted to its main one, with and without each count.

    A count that all processors do without no worse is not worth its constants.
    """
    names = dict.fromkeys(name for main, _ in files.values() for row in main for c in row.counts.values() for name in c)
    for without in (None, *names):
        words = []
        for processor, (main, held_out) in files.items():
            constants = fit([main], without)
            found = [
                f"{mean:.3f} {100 * share:.0f} %"
                for mean, share in (regret(run, constants) for run in (main, held_out) if run)
            ]
            words.append(f"{processor}: " + ", held-out ".join(found))
        yield f"{'all counts' if without is None else 'without ' + without:32}" + "; ".join(words)


def least_squares(rows: list[tuple[Counts, float, float]]) -> dict[str, float]:
    """Constants of at least zero that make the logarithms of cost and time alike; a few odd times count little."""
    from scipy import optimize

    names = list(dict.fromkeys(name for row, _, _ in rows for name in row))
    table = np.array([[row.get(name, 0.0) / time for name in names] for row, time, _ in rows])
    weights = np.array([max(weight, LEAST_WEIGHT) for _, _, weight in rows])
    scale = np.maximum(table.max(axis=0), 1e-30)
    first, _ = optimize.nnls(weights[:, None] * table / scale, weights)

    def misfit(logarithms: np.ndarray) -> np.ndarray:
        return weights * np.log((table / scale) @ np.exp(logarithms))

    start = np.log(np.maximum(first, 1e-3))
    found = optimize.least_squares(misfit, start, loss="soft_l1", f_scale=0.2, bounds=(-20, 20))
    constants = np.exp(found.x) / scale
    shares = (table * constants).max(axis=0)
    return {name: float(f"{c:.3g}") for name, c, share in zip(names, constants, shares, strict=True) if share > 1e-3}


def write(runs: list[dict[str, Any]], target: Path = TARGET) -> Path:
    """Replace the table of constants by those of `runs`."""
    runs = by_processor(runs)
    lines = [
        '"""Nanoseconds on a CPU for each count of each method and face (`Method.counts`).',
        "",
        "Written by `python -m benchmarks fit`; do not edit. From the main grid on:",
        "",
        *(f"- {_described(run['machine'])}" for run in runs),
        '"""',
        "",
        "NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {",
    ]
    for method, faces in fit([timed(run) for run in runs]).items():
        lines.append(f'    "{method}": {{')
        for face, constants in faces.items():
            lines.append(f'        "{face}": {{')
            lines += [f'            "{count}": {value!r},' for count, value in constants.items()]
            lines.append("        },")
        lines.append("    },")
    target.write_text("\n".join([*lines, "}", ""]))
    return target


def _described(machine: dict[str, Any]) -> str:
    return f"{machine['processor']}, {in_cores(machine)}, jax {machine['versions']['jax']}, {machine['date']}"
