"""The page about experiments is true: its recording is written, and its commands run on it."""

import re
import shlex
from pathlib import Path

import pytest

from experiments.config import schema
from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError
from experiments.fit import run
from experiments.runs.environment import check
from experiments.stream import run as stream
from experiments.understand import understand

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "experiments.md").read_text()
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
UNDERSTANDING = [command for command in COMMANDS if "experiments.understand" in command]
STREAMING = [command for command in COMMANDS if "experiments.stream" in command]
RESUMING = [command for command in COMMANDS if " resume=" in command]  # tests/experiments/test_resume.py runs them


@pytest.fixture
def recording(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], {})


@pytest.mark.slow
@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in RESUMING + UNDERSTANDING + STREAMING])
def test_its_commands_run(command, recording, tmp_path):
    python, flag, module, *arguments = shlex.split(command)
    assert (python, flag, module) == ("python", "-m", "experiments.fit")
    short = ["trainer.steps=2", "pictures=false", "page=false", "compilation_cache=null"]
    (config,) = preflight([*arguments, *short], "fit", schema.Fit).configs
    check(config)
    if isinstance(config.task, schema.Labelled):
        return  # test_classifying.py trains each network
    metrics = run(config, tmp_path / "run")
    assert metrics["steps"] == 2
    if "task.target=belly" in command:
        assert metrics["optimum_mse"] < 0.3, "the belly follows the chest by 6 of the 31 samples"


@pytest.mark.parametrize("command", UNDERSTANDING)
def test_its_convolutions_are_taken_apart(command, recording):
    arguments = shlex.split(command.removeprefix("python -m experiments.understand "))
    (config,) = preflight(arguments, "understand", schema.Understand).configs
    check(config)
    parts = understand(config)
    assert parts.own
    assert parts.disagreeing() == ""


@pytest.mark.slow
@pytest.mark.parametrize("command", STREAMING)
def test_its_recordings_are_filtered(command, tmp_path):
    arguments = shlex.split(command.removeprefix("python -m experiments.stream "))
    (config,) = preflight([*arguments, "compilation_cache=null"], "stream", schema.Streaming).configs
    check(config)
    assert stream(config, tmp_path)["samples"] == config.seconds * config.rate


def test_its_tables_are_complete():
    named = set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE))
    assert named == {*schema.TASKS, *schema.LABELLED, *schema.MODELS, *schema.NETWORKS}


def test_a_broken_cell_is_named_as_it_says(recording, tmp_path):
    lines = (tmp_path / "breath.csv").read_text().splitlines()
    lines[16] = "0.3000,abc,1"
    (tmp_path / "breath.csv").write_text("\n".join(lines))
    (config,) = preflight(["task=file", "task.path=breath.csv"], "fit", schema.Fit).configs
    with pytest.raises(
        ConfigError, match=r"^`task.path` \(=breath.csv\) row 17, column `chest`: 'abc' is not a number;"
    ):
        check(config)


def test_its_python_runs():
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
