"""Runs that were killed, stopped, starved of disk or damaged, and gone on with."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from processes import finish, wait_for

from experiments.config.rules import ConfigError
from experiments.errors import RunError
from experiments.runs.comparison import read_all
from experiments.runs.outputs import RunFolder
from experiments.runs.resuming import command_line, expanded
from experiments.training.checkpoints import DIGEST, FOLDER, Kept

FIT = "experiments.fit"
QUICK = (
    "task=recover_fir",
    "trainer.batch_size=4",
    "pictures=false",
    "page=false",
    "trainer.checkpoint_seconds=0",
    "trainer.report_every=500",
)
LONG = (*QUICK, "trainer.steps=6000", "trainer.seeds=2")
NETWORK = (
    *("task=mnist1d", "model=tcn", "model.levels=1", "model.channels=8", "model.dropout=0.3", "pictures=false"),
    *("page=false", "trainer.batch_size=16", "trainer.steps=1500", "trainer.report_every=100"),
    "trainer.checkpoint_seconds=0",
)


def same_bytes(one: Path, other: Path) -> None:
    """The kernel and the history of two runs, bit by bit."""
    assert (one / "metrics.csv").read_bytes() == (other / "metrics.csv").read_bytes()
    first, second = (np.load(folder / "kernel.npz") for folder in (one, other))
    assert first.files == second.files
    for name in first.files:
        assert first[name].tobytes() == second[name].tobytes(), name


def checkpoints(folder: Path) -> list[Path]:
    """Those that are whole, the newest last; a process may be killed before it has written the digest of its last."""
    whole = (file.with_suffix("") for file in (folder / FOLDER).glob(f"*{DIGEST}"))
    return sorted(whole, key=lambda path: int(path.name))


@pytest.fixture(scope="module")
def alone(start_in, tmp_path_factory):
    """A run that nobody disturbed."""
    place = tmp_path_factory.mktemp("alone")
    assert finish(start_in(place, FIT, *LONG, "hydra.run.dir=alone"))[::2] == (0, "")
    return place / "alone"


def wait_for_checkpoints(folder: Path, count: int) -> None:
    """Until there are more than `count` or the newest is later than that step, and up to half a second longer."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        there = checkpoints(folder)
        if there and int(there[-1].name) > count:
            break
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.5))


@pytest.fixture(scope="module")
def one_killed(start_in, tmp_path_factory):
    """A run that was killed at a random step after its third checkpoint."""
    place = tmp_path_factory.mktemp("killed")
    process = start_in(place, FIT, *LONG, "hydra.run.dir=killed")
    wait_for(place / "killed" / FOLDER, process)
    while len(checkpoints(place / "killed")) < 3:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.3))
    process.kill()
    process.communicate()
    return place / "killed"


@pytest.fixture
def killed(one_killed, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(one_killed, tmp_path / "killed"))


@pytest.mark.slow
def test_a_run_that_was_killed_twice_comes_to_the_bytes_of_one_left_alone(killed, alone, start):
    """Each time at a random step."""
    process = start(FIT, "resume=killed")
    wait_for_checkpoints(killed, int(checkpoints(killed)[-1].name))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert read_all([killed])[0].state == "unfinished"
    code, out, err = finish(start(FIT, "resume=killed"))
    assert (code, err) == (0, "")
    assert "Saved in killed" in out
    same_bytes(alone, killed)
    code, out, _ = finish(start(FIT, "resume=killed"))
    assert (code, out) == (0, "Done already: killed\n")


@pytest.mark.slow
def test_a_network_that_was_killed_comes_to_the_bytes_of_one_left_alone(start, tmp_path):
    """Of what it drops too: the keys of dropout go on where they were."""
    assert finish(start(FIT, *NETWORK, "hydra.run.dir=alone"))[0] == 0
    process = start(FIT, *NETWORK, "hydra.run.dir=killed")
    wait_for_checkpoints(tmp_path / "killed", 0)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert read_all([tmp_path / "killed"])[0].state == "unfinished"
    code, _, err = finish(start(FIT, "resume=killed"))
    assert (code, err) == (0, "")
    same_bytes(tmp_path / "alone", tmp_path / "killed")


@pytest.mark.slow
def test_a_run_that_was_stopped_comes_to_the_bytes_of_one_left_alone(alone, start, tmp_path):
    """By SIGTERM, which ends between looks."""
    process = start(FIT, *LONG, "hydra.run.dir=stopped")
    wait_for_checkpoints(tmp_path / "stopped", 0)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert read_all([tmp_path / "stopped"])[0].state == "stopped"
    code, _, err = finish(start(FIT, "resume=stopped"))
    assert (code, err) == (0, "")
    same_bytes(alone, tmp_path / "stopped")


@pytest.mark.slow
def test_a_damaged_checkpoint_is_left_out_with_a_warning(killed, alone, start):
    newest = checkpoints(killed)[-1]
    for file in newest.rglob("*"):
        if file.is_file() and file.parent.name == "d":
            os.truncate(file, file.stat().st_size // 2)
    half = killed / FOLDER / f"{int(newest.name) + 50}.orbax-checkpoint-tmp"  # as a process killed while it saved
    half.mkdir(exist_ok=True)
    code, _, err = finish(start(FIT, "resume=killed"))
    assert code == 0
    (line,) = err.splitlines()
    assert line.startswith(f"warning: checkpoint killed/{FOLDER}/{newest.name} is damaged and left out: ")
    same_bytes(alone, killed)


@pytest.mark.slow
def test_another_config_is_refused_by_its_keys(killed, start):
    before = sorted(killed.rglob("*"))
    code, _, err = finish(start(FIT, "resume=killed", "optimizer.learning_rate=0.5", "seed=3"))
    assert code == 1
    assert err.splitlines()[-1] == (
        "error: `resume` (=killed) was begun with another config: `seed` was 0 and is 3, "
        "`optimizer.learning_rate` was 0.01 and is 0.5; leave that as it was"
    )
    assert sorted(killed.rglob("*")) == before


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("resume=nowhere", "`resume` (=nowhere) is not a folder"),
        ("resume=.", "`resume` (=.) holds no command.txt"),
    ],
)
def test_a_folder_without_a_run_is_refused_in_one_line(argument, words, start):
    code, out, err = finish(start(FIT, argument))
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_two_processes_do_not_go_on_with_one_run(killed, start):
    with RunFolder(killed, (killed / "config.resolved.yaml").read_text(), resume=True):
        code, _, err = finish(start(FIT, "resume=killed"))
    assert code == 1
    assert err == "error: `resume` (=killed) is being written by another process; wait for its end\n"


BROKEN = """
from experiments import tasks
made = tasks.TASKS["recover_fir"]
def failing(config):
    if config.seed:
        raise OSError(5, "Input/output error")
    return made(config)
tasks.TASKS["recover_fir"] = failing
"""


@pytest.mark.slow
def test_a_sweep_goes_on_with_what_is_not_done(start, tmp_path):
    """A job that fails, one that is done, and those that had not begun."""
    sweep = ("-m", *QUICK, "trainer.steps=20", "hydra.sweep.dir=sweep", "task.seed=0,1,2")
    code, _, err = finish(start(FIT, *sweep, before=BROKEN))
    assert code == 1
    assert err.count("Input/output error") == 2
    assert [job.state.partition(":")[0] for job in read_all([tmp_path / "sweep"])] == ["done", "failed", "failed"]
    shutil.rmtree(tmp_path / "sweep" / "2")  # as if it had not begun
    before = (tmp_path / "sweep" / "0" / "metrics.json").stat().st_mtime_ns
    code, out, err = finish(start(FIT, "-m", "resume=sweep"))
    assert (code, err) == (0, "")
    assert out.count("Done already") == 1
    assert [job.state for job in read_all([tmp_path / "sweep"])] == ["done"] * 3
    assert (tmp_path / "sweep" / "0" / "metrics.json").stat().st_mtime_ns == before
    assert "task.seed=2" in (tmp_path / "sweep" / "2" / "command.txt").read_text()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2048k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(file: Path) -> None:
    """Write until there is no room."""
    with contextlib.suppress(OSError), open(file, "wb", buffering=0) as open_file:
        while True:
            open_file.write(bytes(4096))


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_earlier_checkpoints_are_whole(small_disk, alone, start):
    process = start(FIT, *LONG, f"hydra.run.dir={small_disk}/run")
    while len(checkpoints(small_disk / "run") if (small_disk / "run" / FOLDER).exists() else ()) < 2:
        time.sleep(0.01)
    filler = small_disk / "filler"
    fill(filler)
    code, _, err = finish(process)
    lines = err.splitlines()
    assert lines[0].startswith("warning: no checkpoint at step "), err
    assert "the run goes on, earlier ones are whole" in lines[0]
    assert len(lines) <= 2
    if code:  # metrics.json found no room either
        assert lines[1].startswith("error: cannot write ")
    assert checkpoints(small_disk / "run")
    filler.unlink()
    code, _, err = finish(start(FIT, f"resume={small_disk}/run"))
    assert (code, err) == (0, "")
    same_bytes(alone, small_disk / "run")


def test_checkpoints_are_due_by_the_clock(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("experiments.training.checkpoints.time.monotonic", lambda: now[0])
    kept = Kept(tmp_path, 30.0, resume=False)
    assert not kept.due()
    now[0] = 31.0
    assert kept.due()
    kept.save(7, {"a": np.ones(2)}, {"train_loss": np.zeros((7, 1))})
    assert not kept.due()
    leaves, history = Kept(tmp_path, 30.0, resume=True).latest() or ([], {})
    assert [leaf.tolist() for leaf in leaves] == [[1.0, 1.0]]
    assert history["train_loss"].shape == (7, 1)
    kept.close()


def test_a_command_is_repeated_without_its_folder(tmp_path):
    line = command_line(FIT, ["task=seed", "hydra.run.dir=a b", "model.widths=[3, 5]"])
    assert line == "python -m experiments.fit task=seed 'model.widths=[3, 5]'\n"
    (tmp_path / "command.txt").write_text(line)
    arguments, folder = expanded([f"resume={tmp_path}", "pictures=false"])
    assert arguments == ["task=seed", "model.widths=[3, 5]", "pictures=false", f"resume='{tmp_path}'"]
    assert folder == tmp_path
    assert expanded(["seed=1"]) == (["seed=1"], None)
    with pytest.raises(ConfigError, match="is not a folder"):
        expanded(["resume=there"])


def test_a_config_may_change_in_what_does_not_change_the_fit(tmp_path):
    RunFolder(tmp_path, "seed: 1\npictures: true\n").__exit__()
    RunFolder(tmp_path, "seed: 1\npictures: false\n", resume=True).__exit__()
    with pytest.raises(RunError, match="`seed` was 1 and is 2"):
        RunFolder(tmp_path, "seed: 2\n", resume=True)
