"""Fit the constants of the cost model, `jconv/nanoseconds.py`, to files of results, of one processor or several."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Case, from_facts
from benchmarks.machine import in_cores
from jconv.explaining import problem_of_call
from jconv.methods import FACES, METHODS, REGISTRY, Counts, Face
from jconv.methods import Problem as Sums

TARGET = Path(__file__).parent.parent / "jconv" / "nanoseconds.py"
LEAST_WEIGHT = 0.05
FEWEST = 6  # measurements that a face of a method is fitted to
CELL_OF: dict[bool, dict[Face, str]] = {
    False: {"output": "output", "input": "gradient for x", "kernel": "gradient for kernel"},
    True: {"output": "gradient for x", "input": "output", "kernel": "gradient for kernel"},
}


def sums(problem: Case) -> Sums:
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


def measured(results: dict[str, Any], face: Face) -> Iterator[tuple[Sums, dict[str, float]]]:
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


def fit(runs: list[dict[str, Any]]) -> dict[str, dict[Face, dict[str, float]]]:
    """Nanoseconds for each count of each method's face, the middle way between the processors of `runs`.

    What is far slower than the best method of its problem counts little: no choice hangs on it.
    """
    fitted: dict[str, dict[Face, dict[str, float]]] = {}
    for method in METHODS:
        for face in FACES:
            rows = [
                (counted, times[method], min(times.values()) / times[method])
                for results in runs
                for problem, times in measured(results, face)
                if method in times and (counted := REGISTRY[method].counts(face, problem)) is not None
            ]
            if len(rows) >= FEWEST:
                fitted.setdefault(method, {})[face] = least_squares(rows)
    return fitted


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
    for method, faces in fit(runs).items():
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
