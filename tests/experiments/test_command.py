"""The command line as its user meets it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = ("task.seconds=20", "trainer.steps=3", "pictures=false")


def start(module: str, *arguments: str, cwd: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("module", ["experiments.fit", "experiments.understand"])
def test_a_wrong_key_is_one_line_and_quick(module, tmp_path):
    begin = time.perf_counter()
    code, out, err = finish(start(module, "sead=5", cwd=tmp_path))
    assert time.perf_counter() - begin < 3
    assert code == 2
    assert out == ""
    assert err == "error: `sead` (=5) is not a setting; did you mean `seed`?\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", [("--help",), ("--cfg", "job")])
def test_help_is_quick_and_leaves_nothing(flag, tmp_path):
    begin = time.perf_counter()
    code, out, err = finish(start("experiments.fit", *flag, cwd=tmp_path))
    assert time.perf_counter() - begin < 3
    assert code == 0
    assert "learning_rate: 0.01" in out
    assert err == ""
    assert not list(tmp_path.iterdir())


def test_ctrl_c_keeps_what_was_learnt(tmp_path):
    process = start("experiments.fit", "trainer.steps=10000000", "task.seconds=20", "hydra.run.dir=run", cwd=tmp_path)
    try:
        claimed = tmp_path / "run" / "config.resolved.yaml"
        deadline = time.monotonic() + 60
        while not claimed.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process)
    finally:
        process.kill()
    assert code == 130
    assert "Traceback" not in err
    assert "what was learnt is saved in run" in err
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert 0 < metrics["steps"] < 10000000
    assert (tmp_path / "run" / "kernel.npz").exists()
    assert (tmp_path / "run" / "signal.png").exists()


def test_a_sweep_ends_with_one_table_even_if_a_job_fails(tmp_path):
    code, out, err = finish(
        start("experiments.fit", "-m", *TINY, "optimizer.learning_rate=0.01,1e9", "seed=0,1", cwd=tmp_path)
    )
    assert code == 1
    assert err.count("error: the loss diverged") == 2
    assert "Traceback" not in err
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
