"""The command line as its user meets it."""

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest
from processes import finish, wait_for

from experiments.config.rules import ConfigError
from experiments.runs.comparison import compare, job_folders, read_all
from experiments.runs.environment import cache_compiled, check_device, keep_small
from experiments.runs.folders import LEAST_ROOM

ROOT = Path(__file__).resolve().parents[2]
TINY = ("task.seconds=20", "trainer.steps=3", "pictures=false", "page=false", "model=function")
LONG = ("task.seconds=20", "trainer.steps=10000000", "hydra.run.dir=run", "model=function", "page=false")
FIT = "experiments.fit"


def without(*packages: str) -> str:
    """Code after which these packages are as if they were not installed."""
    return f"""
import sys, importlib.machinery
find = importlib.machinery.PathFinder.find_spec
def hidden(name, *more):
    return None if name in {packages!r} else find(name, *more)
importlib.machinery.PathFinder.find_spec = hidden
"""


HEAVY = ("jax", "numpy", "flax", "optax", "matplotlib", "scipy", "sleepecg")
SAY_IMPORTS = f"""
import atexit, sys
atexit.register(lambda: print("imported", *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr))
"""


@pytest.mark.parametrize("module", [FIT, "experiments.understand", "experiments.stream"])
def test_a_wrong_key_is_one_line_and_imports_nothing_heavy(module, start, tmp_path):
    code, out, err = finish(start(module, "sead=5", before=SAY_IMPORTS))
    assert code == 2
    assert out == ""
    assert err == "error: `sead` (=5) is not a setting; did you mean `seed`?\nimported\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", [("--help",), ("--cfg", "job")])
def test_help_imports_nothing_heavy_and_leaves_nothing(flag, start, tmp_path):
    code, out, err = finish(start(FIT, *flag, before=SAY_IMPORTS))
    assert code == 0
    assert "learning_rate: 0.01" in out
    assert ("model: conv, linear_stack, sinc, gabor" in out) == (flag == ("--help",))
    assert "_suits" not in out
    assert "seed: 0 " in out.replace("\n", " ")
    assert err == "imported\n"
    assert not list(tmp_path.iterdir())


def test_a_fit_imports_only_what_it_uses(start):
    code, _, err = finish(start(FIT, *TINY, before=SAY_IMPORTS))
    assert code == 0
    assert set(err.split()) - {"imported"} == {"jax", "numpy", "optax"}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "pictures"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_signal_keeps_what_was_learnt(number, pictures, start, tmp_path):
    process = start(FIT, *LONG, f"pictures={pictures}")
    wait_for(tmp_path / "run" / "metrics.csv", process)
    time.sleep(0.5)
    process.send_signal(number)
    code, _, err = finish(process)
    assert code == 128 + number
    assert "what was learnt is saved in run" in err
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert 0 < metrics["steps"] < 10000000
    assert metrics["stopped"]
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, metrics["steps"] + 1))
    assert (tmp_path / "run" / "kernel.npz").exists()
    assert (tmp_path / "run" / "signal.png").exists() == pictures


@pytest.mark.slow
def test_an_early_signal_is_answered_at_once_and_draws_nothing(start, tmp_path):
    process = start(FIT, *LONG)
    wait_for(tmp_path / "run" / "config.resolved.yaml", process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "\n"
    assert "Ctrl-C: ending well" in process.stderr.readline()
    assert process.poll() is None
    code, _, err = finish(process)
    assert code == 130
    assert err == "Stopped by Ctrl-C; nothing was learnt yet.\n"
    assert not [path for path in (tmp_path / "run").iterdir() if path.suffix in (".png", ".npz")]


BUSY = """
import jax, time
jax.devices = lambda *_: time.sleep(100)  # the main thread is away and runs no Python
"""


@pytest.mark.slow
def test_the_second_signal_aborts_at_once_even_while_the_main_thread_is_away(start, tmp_path):
    process = start(FIT, *LONG, before=BUSY)
    wait_for(tmp_path / "run" / "config.resolved.yaml", process)
    time.sleep(2)
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == "\n"
    assert "once more aborts" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)
    assert code == 143
    assert "Aborted by SIGTERM" in err


@pytest.mark.slow
def test_a_killed_process_leaves_its_losses(start, tmp_path):
    process = start(FIT, *LONG)
    wait_for(tmp_path / "run" / "metrics.csv", process)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["held_out_loss"]
    assert read_all([tmp_path / "run"])[0].state == "unfinished"


@pytest.mark.slow
def test_a_sweep_ends_with_one_table_even_if_a_job_fails(start, tmp_path):
    code, out, err = finish(start(FIT, "-m", *TINY, "optimizer.learning_rate=0.01,1e9", "seed=0,1"))
    assert code == 1
    assert err.count("error: the loss diverged") == 2
    (sweep,) = (tmp_path / "outputs" / "fit" / "multirun").iterdir()
    rows = list(csv.DictReader((sweep / "comparison.csv").read_text().splitlines()))
    assert [(row["optimizer.learning_rate"], row["seed"]) for row in rows] == [
        ("0.01", "0"),
        ("0.01", "1"),
        ("1000000000.0", "0"),
        ("1000000000.0", "1"),
    ]
    assert [row["state"].partition(":")[0] for row in rows] == ["done", "done", "failed", "failed"]
    assert all(row["held_out_mse"] for row in rows[:2])
    assert (sweep / "comparison.md").read_text().count("\n") == 6
    assert "4 jobs" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "said"),
    [(("hydra/launcher=joblib", "hydra.launcher.n_jobs=2"), 1), (("hydra/launcher=submitit_local",), 0)],
    ids=["joblib", "submitit, which keeps what jobs say in files"],
)
def test_a_parallel_launcher_tells_of_failures_too(launcher, said, start, tmp_path):
    settings = (*launcher, "hydra.sweep.dir=sweep")
    code, out, err = finish(start(FIT, "-m", *TINY, *settings, "optimizer.learning_rate=0.01,1e9"))
    assert code == 1
    assert err.count("error: the loss diverged") == said
    rows = list(csv.DictReader((tmp_path / "sweep" / "comparison.csv").read_text().splitlines()))
    assert [row["state"].partition(":")[0] for row in rows] == ["done", "failed"]
    assert "2 jobs" in out


@pytest.mark.slow
def test_a_signal_to_a_parallel_sweep_keeps_what_its_jobs_learnt(start, tmp_path):
    settings = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep")
    process = start(FIT, "-m", *TINY, *settings, "trainer.steps=10000000", "seed=0,1,2")
    for job in "01":
        wait_for(tmp_path / "sweep" / job / "metrics.csv", process)
    process.send_signal(signal.SIGTERM)  # to one process, as `docker stop` does
    code, _, _ = finish(process)
    assert code == 143
    states = [job.state for job in read_all([tmp_path / "sweep"])]
    assert states[:2] == ["stopped", "stopped"]
    assert set(states[2:]) <= {"not started"}


@pytest.mark.parametrize(
    ("before", "arguments", "words"),
    [
        (without("matplotlib"), (), "`pictures` (=true) needs the package `matplotlib`"),
        (without("sleepecg"), (), "`task` (=denoise_ecg) needs the package `sleepecg`"),
        (without("optax"), (), "`optimizer.name` (=adam) needs the package `optax`"),
        (without("flax"), (), "`model.api` (=module) needs the package `flax`"),
        (without("hydra"), (), "the package `hydra` is not installed"),
        ("import os; os.environ['JAX_PLATFORMS'] = 'nowhere'", (), "`JAX_PLATFORMS` (=nowhere) gives JAX no device"),
        ("", ("hydra.run.dir=/dev/null/run",), "`hydra.run.dir` (=/dev/null/run) cannot be written"),
        (
            f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({LEAST_ROOM - 1},) * 2)",
            (),
            "cannot be written (File too large)",
        ),
    ],
    ids=["matplotlib", "sleepecg", "optax", "flax", "hydra", "platform", "unwritable", "full"],
)
def test_what_cannot_run_here_is_one_line(before, arguments, words, start, tmp_path):
    code, out, err = finish(start(FIT, *arguments, before=before or "pass"))
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("failure", [RuntimeError("no such backend"), AssertionError()])
def test_a_platform_without_a_device_is_refused_however_jax_fails(failure, monkeypatch):
    """JAX_PLATFORMS=cuda without JAX's plugin for it is an AssertionError without a word."""

    def devices():
        raise failure

    monkeypatch.setattr("jax.devices", devices)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(ConfigError, match=r"^`JAX_PLATFORMS` \(=cuda\) gives JAX no device"):
        check_device("JAX_PLATFORMS")


FILLS_UP = """
import resource
from experiments.runs import folders
claim = folders.claim
def then_full(plan):
    folder = claim(plan)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    return folder
folders.claim = then_full
"""


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_in_one_line_and_keeps_the_kernel(start, tmp_path):
    settings = (*TINY, "pictures=true", "trainer.steps=20", "hydra.run.dir=run", "compilation_cache=null")
    code, _, err = finish(start(FIT, *settings, before=FILLS_UP))
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith("error: cannot write run/signal.png (File too large)")
    assert read_all([tmp_path / "run"])[0].numbers["steps"] == 20
    assert (tmp_path / "run" / "kernel.npz").exists()
    assert not list((tmp_path / "run").glob(".*"))


@pytest.mark.slow
def test_a_reader_that_leaves_costs_nothing(start, tmp_path):
    process = start(FIT, *TINY, "hydra.run.dir=run")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    code, _, err = finish(process)
    assert (code, err) == (0, "")
    assert read_all([tmp_path / "run"])[0].state == "done"


def test_an_unwritable_cache_is_a_note(capsys, monkeypatch):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    cache_compiled("/dev/null/cache")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("note: `compilation_cache` (=/dev/null/cache) cannot be written")


@pytest.mark.slow
def test_a_damaged_cache_is_compiled_anew(start, tmp_path):
    for _ in range(2):
        code, _, err = finish(start(FIT, *TINY, f"compilation_cache={tmp_path}/cache"))
        assert (code, err) == (0, "")
        entries = list((tmp_path / "cache").iterdir())
        assert entries
        for path in entries:
            os.truncate(path, 50)


def test_a_cache_keeps_its_newest_entries(tmp_path):
    for age, name in enumerate(("a-cache", "b-cache", "c-cache", "d-atime", "thesis.tar")):
        (tmp_path / name).write_bytes(bytes(10))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    keep_small(tmp_path, most=25)
    assert {path.name for path in tmp_path.iterdir()} == {"a-cache", "b-cache", "thesis.tar"}


@pytest.mark.parametrize("arguments", [(), ("nowhere",), ("--nope", ".")])
def test_a_wrong_comparison_is_one_line(arguments, start):
    code, out, err = finish(start("experiments.compare", *arguments))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_an_unforeseen_error_is_one_line_and_its_traceback_a_file(start, tmp_path):
    before = "from experiments.findings import optimum\noptimum.least_squares = lambda *_: 1 / 0"
    code, _, err = finish(start(FIT, *TINY, "hydra.run.dir=run", before=before))
    assert code == 1
    assert err == "error: unexpected ZeroDivisionError: division by zero (all of it in run/failed.txt)\n"
    assert "Traceback" in (tmp_path / "run" / "failed.txt").read_text()


def a_run(folder: Path, failed: str = "", **numbers) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.resolved.yaml").write_text(f"seed: {folder.name[-1]}\ntask: {{name: denoise_ecg, snr_db: 6.0}}\n")
    if numbers:
        (folder / "metrics.json").write_text(json.dumps(numbers))
    if failed:
        (folder / "failed.txt").write_text(failed + "\n")
    return folder


def test_runs_made_apart_are_compared(start, tmp_path):
    a_run(tmp_path / "once" / "run_0", held_out_mse=0.25, steps=3)
    a_run(tmp_path / "sweep" / "1", held_out_mse=0.5, steps=3, stopped=True)
    a_run(tmp_path / "sweep" / "2", failed="the loss diverged")
    code, out, err = finish(start("experiments.compare", "once/run_0", "sweep", "--out", "."))
    assert (code, err) == (0, "")
    assert "3 runs" in out
    rows = list(csv.DictReader((tmp_path / "comparison.csv").read_text().splitlines()))
    assert [(row["job"], row["seed"], row["state"]) for row in rows] == [
        ("once/run_0", "0", "done"),
        ("sweep/1", "1", "stopped"),
        ("sweep/2", "2", "failed: the loss diverged"),
    ]


def test_the_table_names_the_page_of_each_run_from_where_it_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    page = a_run(tmp_path / "runs" / "0", held_out_mse=0.25) / "page.html"
    page.write_text("<!doctype html>")
    a_run(tmp_path / "runs" / "1", held_out_mse=0.5)
    table = tmp_path / "tables"
    table.mkdir()
    compare(read_all([tmp_path / "runs"]), "2 runs", table)
    assert "../runs/0/page.html" in capsys.readouterr().out
    rows = list(csv.DictReader((table / "comparison.csv").read_text().splitlines()))
    assert [row["page"] for row in rows] == ["../runs/0/page.html", ""]
    assert (table / rows[0]["page"]).resolve() == page.resolve()
    compare(read_all([tmp_path / "runs"]), "2 runs", None)
    assert " runs/0/page.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("", "", "holds no run"),
        ("config.resolved.yaml", "a: [", "cannot read the run in folder"),
        ("metrics.json", "{", "cannot read the run in folder"),
    ],
)
def test_a_folder_without_a_run_is_one_line(name, content, words, start, tmp_path):
    (tmp_path / "folder").mkdir()
    if name:
        (tmp_path / "folder" / name).write_text(content)
    code, out, err = finish(start("experiments.compare", "folder"))
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_wide_table_fits_eighty_columns(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    for job in range(3):
        folder = tmp_path / str(job)
        folder.mkdir()
        settings = "".join(f"a_setting_with_a_long_name_{i}: {job / 7}\n" for i in range(9))
        (folder / "config.resolved.yaml").write_text(settings)
        (folder / "metrics.json").write_text(json.dumps({"held_out_mse": job / 7, "excess_db": 1 / 7, "steps": job}))
    compare(read_all([tmp_path]), "3 jobs", tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert sum("done" in line for line in lines) == 3
    assert "too narrow" in " ".join(lines)
    header, *rows = csv.reader((tmp_path / "comparison.csv").read_text().splitlines())
    assert len(header) == 22
    assert len(rows) == 3


def test_job_folders_come_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 1):
        a_run(tmp_path / str(number), steps=1)
    assert [folder.name for folder in job_folders(tmp_path)] == ["1", "9", "10"]
