"""The benchmark from end to end on two tiny problems: measured, kept by a second run, reported and drawn."""

import json
import re
from dataclasses import replace

import jax
import numpy as np
import pytest

import jconv
from benchmarks import __main__ as command
from benchmarks import fit, oracle, peers, report, results
from benchmarks.cases import CELLS, GRID, HELD_OUT, Case, cells_of, from_facts, select
from benchmarks.contenders import jax_cell, per_example
from benchmarks.runners import ours
from jconv.choose import estimate
from jconv.methods import FACES, REGISTRY

TINY = (
    Case("tiny", "dense", 1, 12, 2, 3, 3, scan=True),
    Case("tiny-up", "transposed", 1, 6, 2, 2, 2, stride=2, transposed=True),
)


@pytest.fixture
def lax_alone(monkeypatch):
    """As if no peer but jax.lax were installed, and only two contenders of ours: fewer to compile."""
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    monkeypatch.setattr("benchmarks.runners.ours", lambda: ours(("auto", "taps")))
    monkeypatch.setattr("benchmarks.__main__.set_precision", lambda options: None)
    monkeypatch.setattr("benchmarks.machine.ceilings", lambda dtype: dict.fromkeys(RATES, 1e9))


RATES = ("matrix product FLOP/s", "copy bytes/s", "large copy bytes/s")


@pytest.mark.usefixtures("lax_alone")
def test_a_run_is_measured_kept_and_reported(tmp_path, capsys):
    options = command.arguments(["run", "--budget", "0", "--rounds", "1", "--into", str(tmp_path), "--resume"])
    command.run(options, list(TINY[:1]))
    assert "left out, not installed: flax, equinox, keras, torch, scipy" in capsys.readouterr().out
    (path,) = (tmp_path / "results").glob("*.json")
    first = json.loads(path.read_text())["problems"]["tiny"]

    command.run(options, list(TINY))
    results = json.loads(path.read_text())
    assert results["problems"]["tiny"] == first
    assert set(results["problems"]) == {"tiny", "tiny-up"}
    assert tuple(first["cells"]) == CELLS
    for entry in results["problems"].values():
        for records in entry["cells"].values():
            assert set(records) == {"auto", "taps", "lax NWC", "lax NCW"}
            for record in records.values():
                assert record["ms"] > 0
                assert record["error"] < 1e-5

    written = report.write(tmp_path)
    assert [file.name for file in written] == [f"{path.stem}.png", "RESULTS.md"]
    text = (tmp_path / "RESULTS.md").read_text()
    assert "| tiny (1,12,2->3,K3) | whole step |" in text
    assert "not installed: flax, equinox, keras, torch, scipy" in text
    assert written[0].read_bytes().startswith(b"\x89PNG")


def test_the_grid_is_large_and_names_are_its_own():
    names = [problem.name for problem in (*GRID, *HELD_OUT)]
    assert len(GRID) >= 40
    assert len(set(names)) == len(names)
    assert all(from_facts(json.loads(json.dumps(problem.facts()))) == problem for problem in GRID)
    assert [problem.name for problem in select("main", "fir-k1024")] == ["fir-k1024"]
    with pytest.raises(SystemExit, match="no problem"):
        select("main", "nothing-like-it")


SMALL = Case("small", "any", 2, 40, 4, 6, 3, padding=(2, 1))
ORACLE_PROBLEMS = [
    SMALL,
    replace(SMALL, stride=3, dilation=2, groups=2),
    replace(SMALL, transposed=True, stride=2, groups=2, padding=(1, 0)),
    replace(SMALL, examples=3),
    replace(SMALL, examples=3, shared_signal=True),
    replace(SMALL, length=700, width=260, batch=1, groups=2),
]


@pytest.mark.parametrize("problem", ORACLE_PROBLEMS)
def test_what_is_right_is_what_jax_gives_in_float64(problem):
    (by_lax,) = [peer for peer in peers.installed()[0] if peer.name == "lax NWC"]
    operands = oracle.operands(problem, np.dtype(np.float64))
    right = oracle.expected(problem, *operands)
    for cell in cells_of(problem):
        ready = by_lax.prepare(problem, cell, operands, {})
        results = ready.results(ready.call())
        for result, wanted in zip(results, right[cell], strict=True):
            np.testing.assert_allclose(result, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max() * problem.width)


def test_a_wrong_contender_is_reported_and_not_timed(monkeypatch):
    from benchmarks.measure import measure
    from benchmarks.timing import Patience

    (auto,) = ours(("auto",))
    right = oracle.expected
    monkeypatch.setattr(
        oracle, "expected", lambda *a: {cell: tuple(2 * r for r in rs) for cell, rs in right(*a).items()}
    )
    record = measure(TINY[1], [auto], np.dtype(np.float32), 1e-7, Patience(0, 1))["cells"]["output"]["auto"]
    assert record["wrong"]
    assert "ms" not in record


def test_examples_are_mapped_with_a_signal_of_their_own_or_one_for_all():
    for shared in (False, True):
        problem = replace(SMALL, examples=3, shared_signal=shared)
        x, k, g = oracle.operands(problem, np.dtype(np.float32))
        function = jax_cell("output", per_example(problem, lambda x, k: jax.numpy.einsum("ntc,jco->nto", x, k)))
        (y,) = function(x, k, g)
        assert y.shape[0] == 3


def test_the_fit_finds_the_constants_that_made_the_times(tmp_path):
    """Times made by the cost model itself, from constants of which some are nil: the fitted model gives them back."""
    problems = {}
    for problem in GRID:
        cells = {}
        for face, cell in fit.CELL_OF[problem.transposed].items():
            described = fit.sums(problem)
            costs = estimate(face, described)
            cells[cell] = {name: {"ms": cost / 1e6} for name, cost in costs.items()}
        problems[problem.name] = {"problem": problem.facts(), "cells": cells}
    machine = {"versions": {"jax": "1.2.3"}, "processor": "abacus", "cores": 7, "date": "1620-05-03"}
    path = fit.write([{"machine": machine, "problems": problems}], tmp_path / "nanoseconds.py")
    names: dict = {}
    exec(path.read_text(), names)
    assert "abacus, 7 cores, jax 1.2.3, 1620-05-03" in names["__doc__"]
    for face in FACES:
        for described, times in fit.measured({"problems": problems}, face):
            for method, time in times.items():
                each, counted = names["NANOSECONDS"][method][face], REGISTRY[method].counts(face, described) or {}
                refitted = sum(each.get(name, 0.0) * count for name, count in counted.items())
                assert abs(np.log(refitted / time)) < 0.1, (method, face, described)


def test_of_several_runs_the_least_times_count():
    """What one run alone has counts too, and what is another problem by now does not."""

    def run(ms, length=12, **more):
        problem = replace(SMALL, length=length)
        records = {"taps": {"ms": ms}} | {name: {"ms": value} for name, value in more.items()}
        return {"problems": {"small": {"problem": problem.facts(), "cells": {"output": records}}}}

    runs = [run(2.0, dense=1.0), run(1.5), run(0.1, length=13)]
    least = fit.least_of(runs)["problems"]["small"]["cells"]["output"]
    assert least == {"taps": {"ms": 1.5}, "dense": {"ms": 1.0}}
    assert runs[0] == run(2.0, dense=1.0)


def test_each_processor_keeps_times_of_its_own():
    def run(processor, ms):
        entry = {"problem": SMALL.facts(), "cells": {"output": {"taps": {"ms": ms}}}}
        return {"machine": {"processor": processor}, "problems": {"small": entry}}

    fast, slow = fit.by_processor([run("new", 2.0), run("old", 9.0), run("new", 1.0)])
    assert [r["problems"]["small"]["cells"]["output"]["taps"]["ms"] for r in (fast, slow)] == [1.0, 9.0]


@pytest.mark.parametrize(
    ("dtype", "grid", "why"), [("float32", "held-out", "held-out in float32"), ("float64", "main", "64")]
)
def test_only_runs_of_the_main_grid_in_float32_are_fitted_to(dtype, grid, why, tmp_path):
    path = tmp_path / "run.json"
    with pytest.raises(SystemExit, match=r"fit needs .*run\.json"):
        command.main(["fit", str(path)])
    path.write_text(json.dumps({"machine": {"dtype": dtype, "grid": grid}, "problems": {}}))
    with pytest.raises(SystemExit, match=why):
        command.main(["fit", str(path)])


def test_the_docstring_says_how_often_the_choice_is_right():
    """The shares within 1.25 times the fastest method are those of the stored results."""
    said = re.findall(r"in (\d+) % of (\d+)", " ".join(str(jconv.choose_method.__doc__).split()))
    found = []
    for name in ("cpu-2-cores-avx512", "cpu-2-cores-avx512-held-out"):
        claims = dict(results.claims(results.rows(results.load(command.HERE / "results" / f"{name}.json"))))
        found += re.findall(r"(\d+) % of (\d+)", claims["auto within 1.25x of the best of our methods"])
    assert said == found
