"""What is read from compiled programs, and the grid that is compiled; the compilers themselves: `accelerators/`."""

import jax
import jax.numpy as jnp
import pytest

import jconv
from benchmarks.__main__ import HERE, main
from benchmarks.accelerators import reports
from benchmarks.accelerators.grid import CASES, Entry, entries, program
from benchmarks.accelerators.programs import read
from benchmarks.accelerators.reasons import REASONS
from benchmarks.accelerators.targets import TARGETS
from benchmarks.results import load

PROGRAM = """HloModule toy

%body (p: (s32[], f32[8])) -> (s32[], f32[8]) {
  %p = (s32[], f32[8]) parameter(0)
  %i = s32[] get-tuple-element(%p), index=0
  %v = f32[8]{0} get-tuple-element(%p), index=1
  %w = f32[8]{0} fusion(%v), kind=kLoop, calls=%inner
  ROOT %t = (s32[], f32[8]) tuple(%i, %w)
}

%condition (p: (s32[], f32[8])) -> pred[] {
  %p = (s32[], f32[8]) parameter(0)
  %i = s32[] get-tuple-element(%p), index=0
  %n = s32[] constant(5)
  ROOT %less = pred[] compare(%i, %n), direction=LT
}

ENTRY %main (a: f32[8], b: bf16[4,2]) -> f32[8] {
  %a = f32[8]{0} parameter(0)
  %b = bf16[4,2]{1,0} parameter(1)
  %c = (f32[8]{0}, u8[16]{0}) custom-call(%a, %b), custom_call_target="__cudnn$convForward"
  %d = f32[8]{0} get-tuple-element(%c), index=0
  %zero = s32[] constant(0)
  %start = (s32[], f32[8]) tuple(%zero, %d)
  %loop = (s32[], f32[8]) while(%start), condition=%condition, body=%body
  %e = f32[8]{0} get-tuple-element(%loop), index=1
  ROOT %f = f32[8]{0} fusion(%e), kind=kLoop, calls=%inner, backend_config={"estimated_cycles":"70"}
}
"""


def test_a_program_is_read():
    """A call of 32 + 16 bytes in and 32 + 16 out, five turns of 32 in and out, and one more of the same."""
    report = read(PROGRAM)
    assert report.kernels == 1 + 5 + 1
    assert report.traffic == 96 + 5 * 64 + 64
    assert report.least == 32 + 16 + 32
    assert report.turns == 5
    assert report.library == ("__cudnn$convForward",)
    assert report.cycles == 70


def test_a_real_program_is_read():
    text = jax.jit(lambda x: jnp.sin(x).sum()).lower(jnp.ones((4, 8), jnp.float32)).compile().as_text()
    assert text is not None
    report = read(text)
    assert report.kernels >= 1
    assert report.least == 4 * 8 * 4 + 4
    assert report.cycles is None


def test_what_is_no_program_is_refused():
    with pytest.raises(ValueError, match="no entry computation"):
        read("hello")


def test_the_grid_has_each_face_by_each_method():
    made = entries("cuda", "dense-256-k3")
    assert {entry.contender for entry in made} == {
        "auto",
        "lax NWC",
        "lax NCW",
        *set(jconv.METHODS) - {"fft", "toeplitz"},
    }
    assert len(set(made)) == len(made)
    on_tpu = entries("tpu", "fir-*")
    assert {entry.contender for entry in on_tpu} >= {"toeplitz", "fft"}
    assert {entry.contender for entry in on_tpu if entry.dtype == "bfloat16"} == {"auto", "lax NWC", "lax NCW"}
    with pytest.raises(SystemExit, match="no case fits 'nothing'"):
        entries("cuda", "nothing")


@pytest.mark.parametrize("contender", ["auto", "lax NWC", "lax NCW"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_program_can_be_traced(case, contender):
    for cell in ("step in scan", "gelu loss") if contender != "lax NCW" else ("gradient for kernel",):
        function, operands = program(Entry(case, "bfloat16", cell, contender))
        with jax.numpy_rank_promotion("allow"):  # as a user of jax.lax adds a bias
            results = jax.eval_shape(function, *operands)
        assert all(jnp.issubdtype(result.dtype, jnp.floating) for result in jax.tree.leaves(results))


def test_a_missing_compiler_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.accelerators.targets.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"target 'h100' needs the package jax-cuda13-pjrt"):
        main(["accelerators", "--target", "h100", "--into", str(tmp_path)])


def test_what_falls_short_is_listed(tmp_path):
    """Kept twice, the later counts; the section says that nothing was run, and what exceeds its limit."""
    case = CASES[0]
    record = {"kernels": 2, "traffic": 1.0, "held": 0.0, "turns": 0, "cycles": None, "library": [], "compile_s": 0.1}
    path = tmp_path / "compiled" / "h100.json"
    with reports.keep(path) as kept:
        kept.add(Entry(case, "float32", "output", "auto"), record)
        kept.add(Entry(case, "float32", "output", "lax NWC"), record)
    assert "none exceeds" in reports.section(path)
    with reports.keep(path) as kept:
        kept.add(Entry(case, "float32", "output", "auto"), record | {"traffic": 5.0, "turns": 900, "compile_s": 33.0})
    text = reports.section(path)
    assert "compiled, not run" in text
    assert "none exceeds" not in text
    assert "33 s to compile" in text
    assert "900 turns" in text
    assert "5.0 times the least traffic, 1.0 by lax NWC" in text
    assert reports.UNKNOWN in text


def test_seconds_beside_other_work_are_a_reason_of_their_own(tmp_path):
    """Of what took long or was ended, and of nothing else."""
    record = {"kernels": 2, "traffic": 1.0, "held": 0.0, "turns": 0, "cycles": None, "library": [], "compile_s": 33.0}
    path = tmp_path / "compiled" / "h100.json"
    cells = {
        "output": record,
        "gradient for x": {"failed": "not compiled after 60 s"},
        "gradient for kernel": record | {"held": 9.0},
        "whole step": {"failed": "ValueError: no"},
        "gelu loss": {"refused": "NotImplementedError: no"},
    }
    with reports.keep(path, shared=True) as kept:
        for cell, found in cells.items():
            kept.add(Entry(CASES[0], "float32", cell, "auto"), found)
    found = reports.exceeding(load(path), TARGETS["h100"])
    assert [line.split(": ")[0].split(", ")[2] for line in found[reports.BESIDE]] == ["output", "gradient for x"]
    assert len(found[reports.UNKNOWN]) == 3


def test_what_other_work_slowed_is_compiled_again_alone(tmp_path):
    """And what was fast even so is kept, as is all where other work runs again."""
    path = tmp_path / "compiled" / "v5e.json"
    found = {
        "output": {"compile_s": 33.0},
        "gradient for x": {"failed": "no"},
        "gradient for kernel": {"compile_s": 3.0},
    }
    made = [Entry(CASES[0], "float32", cell, "auto") for cell in (*found, "whole step")]
    with reports.keep(path, shared=True) as kept:
        for entry in made[:3]:
            kept.add(entry, found[entry.cell])
        assert [kept.has(entry) for entry in made] == [True, True, True, False]
    with reports.keep(path) as kept:
        assert [kept.has(entry) for entry in made] == [False, False, True, False]
        kept.add(made[0], found["output"])
        assert kept.has(made[0])


def test_every_program_in_the_report_that_exceeds_a_limit_has_a_reason():
    """And every reason that is written down has such a program."""
    given = set()
    for path in sorted((HERE / "compiled").glob("*.json")):
        found = reports.exceeding(load(path), TARGETS[path.stem])
        assert reports.UNKNOWN not in found, found[reports.UNKNOWN]
        given |= set(found)
    assert given - {reports.BESIDE} == {reason.says for reason in REASONS}
