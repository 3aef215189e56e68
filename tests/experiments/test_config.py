"""What a config may say, and how a wrong one is answered."""

import copy
import math

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

import jconv
from experiments import models, networks, tasks
from experiments.config import schema
from experiments.config.composed import CONF, GROUPS, check
from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError, build
from experiments.runs.folders import claim
from experiments.training import optimizers

EXPERIMENTS = [file.stem for file in sorted((CONF / "experiment").glob("*.yaml"))]
OPTIONS = [f"{group}={name}" for group, names in {**GROUPS, "experiment": EXPERIMENTS}.items() for name in names]
GOOD = {
    "seed": 0,
    "task": {"name": "denoise_ecg", "seed": 0, "snr_db": 6.0, "seconds": 300.0, "train_fraction": 0.7},
    "model": {
        "name": "conv",
        "api": "module",
        "kernel_size": 31,
        "stride": 1,
        "dilation": 1,
        "groups": 1,
        "padding": "same",
        "padding_mode": "zeros",
        "use_bias": True,
        "method": "auto",
    },
    "optimizer": {"name": "adam", "learning_rate": 0.01, "schedule": "cosine", "b1": 0.9, "b2": 0.999},
    "pictures": True,
    "compilation_cache": None,
    "trainer": {"steps": 10, "batch_size": None, "window": 1080, "report_every": 5},
}


def changed(key: str, value: object) -> dict:
    config = copy.deepcopy(GOOD)
    section = config
    *path, last = key.split(".")
    for name in path:
        section = section[name]
    section[last] = value
    return config


def refused(config: dict) -> str:
    with pytest.raises(ConfigError) as error:
        build(schema.Fit, config)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["model.kernal_size=5"], ["`model.kernal_size` (=5)", "did you mean `model.kernel_size`"]),
        (["+model.kernal_size=5"], ["`model.kernal_size` (=5)", "did you mean `model.kernel_size`"]),
        (["++model.kernal_size=5"], ["`model.kernal_size` (=5)", "did you mean `model.kernel_size`"]),
        (["model.kernel_size=-1"], ["`model.kernel_size` (=-1)", "at least 1"]),
        (["model.kernel_size=5.5"], ["`model.kernel_size` (=5.5)", "whole number"]),
        (["model.kernel_size=???"], ["`model.kernel_size` has no value"]),
        (["~model.kernel_size"], ["`model.kernel_size` has no value"]),
        (["model.kernel_size"], ["`model.kernel_size`", "key=value"]),
        (["model.kernel_size=["], ["`model.kernel_size=[`", "key=value"]),
        (["model.kernel_size=${nothing}"], ["`model.kernel_size`", "nothing"]),
        (["optimizer=admm"], ["`optimizer` (=admm)", "adam", "sgd"]),
        (["~optimizer"], ["`optimizer`", "adam", "sgd"]),
        (["modle=module"], ["`modle`", "did you mean `model`"]),
        (["experiment=fir_wite"], ["`experiment` (=fir_wite)", "did you mean `fir_white`"]),
        (["+experiment=ecg"], ["write experiment=ecg"]),
        (["task.snr_db=loud"], ["`task.snr_db` (=loud)", "a number"]),
        (["optimizer.learning_rate=inf"], ["`optimizer.learning_rate` (=inf)", "finite"]),
        (["optimizer.learning_rate=nan"], ["`optimizer.learning_rate` (=nan)", "finite"]),
        (["optimizer.learning_rate=0"], ["`optimizer.learning_rate` (=0)", "above 0"]),
        (["model.method=xal"], ["`model.method` (=xal)", "did you mean `xla`"]),
        (["task=seed", "model.kernel_size=64"], ["`model.kernel_size` (=64)", "held-out part has 30"]),
        (["trainer.window=16"], ["`trainer.window` (=16)", "31"]),
        (["seed=0,1"], ["`seed` (=0,1)", "-m"]),
        (["-m", "optimizer.learning_rate=0.01,-1"], ["`optimizer.learning_rate` (=-1)"]),
        (["-m", "optimizer=adam,admm"], ["`optimizer` (=admm)"]),
        (["--cfg", "job", "model.kernal_size=5"], ["`model.kernal_size` (=5)"]),
        (["seed=1", "-m", "task.snr_db=1,300", "seed=2"], ["`task.snr_db` (=300)"]),
        (["-m", "seed=0,1", "--cfg", "job"], ["`seed` (=0,1)", "name one"]),
        (["-m", "seed=range(0)"], ["`seed` (=range(0))", "no value"]),
        (["-m", "seed=range(0,1000000000)"], ["`seed` (=range(0,1000000000))", "more than 1000 jobs"]),
        (["-m", "seed=choice()"], ["`seed=choice()`", "key=value"]),
        (["-m", "seed=interval(0,1)"], ["`seed` (=interval(0,1))", "list its values"]),
        (["-m", "task=glob(nope*)"], ["`task`", "no value"]),
        (["task=["], ["`task=[`", "key=value"]),
        (["a={b"], ["`a={b`", "key=value"]),
        (["=3"], ["`=3`", "has no key"]),
        ([""], ["cannot be read"]),
        (["seed=a\nb"], ["cannot be read"]),
        (["seed=\udcff"], ["cannot be read"]),
        (["trainer.steps=1e8"], ["`trainer.steps` (=100000000.0)", "at most"]),
        (["trainer.steps=1.5e0"], ["`trainer.steps` (=1.5)", "whole number"]),
        (["task=seed", "task.seed=1"], ["`task.seed` (=1) is not a setting"]),
        (["compilation_cache=3"], ["`compilation_cache` (=3)", "null"]),
        (["--resolve"], ["`--resolve`", "--cfg job"]),
        (["--package", "task"], ["`--package`", "--cfg job"]),
        (["--cfg", "job", "--package", "nope"], ["`--package` (=nope)", "task"]),
        (["--cfg"], ["--cfg", "expected one argument"]),
        (["--cfg", "nope"], ["--cfg", "'job'"]),
        (["--info", "nope"], ["--info", "'all'"]),
        (["--nope"], ["--nope", "--hydra-help"]),
        (["--run", "-m"], ["`--run`", "`--multirun`"]),
        (["--shell-completion"], ["`--shell-completion`", "install=bash"]),
        (["--config-dir", "/tmp"], ["`--config-dir` (=/tmp)", "conf/"]),
        (["--config-dir"], ["`--config-dir`", "conf/"]),
        (["--config-path=/tmp"], ["`--config-path` (=/tmp)", "conf/"]),
        (["-cn", "understand"], ["`--config-name` (=understand)", "experiments.understand"]),
        (["--experimental-rerun", "x"], ["`--experimental-rerun` (=x)"]),
        (["hydra.searchpath=[/tmp]"], ["`hydra.searchpath`", "conf/"]),
        (["hydra.sweeper.params="], ["`hydra.sweeper.params=` does not fit"]),
        (["hydra.mode=FOO"], ["`hydra.mode=FOO`", "MULTIRUN"]),
        (["hydra/launcher=nope"], ["`hydra/launcher` (=nope)", "basic"]),
        (["hydra.run.dir=null"], ["`hydra.run.dir=null`"]),
        (["hydra.run.dir=${nope}"], ["`hydra.run.dir`", "nope"]),
    ],
)
def test_a_wrong_command_line_is_refused_in_one_line(arguments, words):
    with pytest.raises(ConfigError) as error:
        preflight(arguments, "fit", schema.Fit)
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda name: name not in GOOD["model"]))
def test_any_other_key_is_refused(name):
    assert "is not a setting" in refused(changed("model." + name.replace(".", "_"), 1))


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.booleans(),
        st.floats().filter(lambda number: not number.is_integer() or number < 1),
        st.none(),
        st.lists(st.integers()),
        st.integers(max_value=0),
    )
)
def test_any_other_type_or_range_is_refused(value):
    assert "`trainer.steps`" in refused(changed("trainer.steps", value))


@settings(deadline=None)
@given(st.integers() | st.floats())
def test_a_number_is_kept_or_refused_never_bent(value):
    try:
        config = build(schema.Fit, changed("task.snr_db", value))
    except ConfigError:
        assert not (math.isfinite(value) and -40 <= value <= 80)
    else:
        assert isinstance(config.task, schema.DenoiseEcg)
        assert config.task.snr_db == value


def test_a_null_is_kept_where_it_means_something():
    assert build(schema.Fit, GOOD).trainer.batch_size is None


def test_the_schema_names_what_the_code_has():
    assert schema.TASKS.keys() == tasks.TASKS.keys()
    assert schema.MODELS.keys() == models.MODELS.keys()
    assert schema.LABELLED.keys() == tasks.LABELLED.keys()
    assert {name for name, network in schema.NETWORKS.items() if network.trained} == networks.NETWORKS.keys()
    assert schema.OPTIMIZERS.keys() == optimizers.OPTIMIZERS.keys()
    wanted = ("auto", "direct", *jconv.METHODS)
    assert wanted == schema.METHODS, "METHODS in experiments/config/models.py, in the order of the registry"


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_every_group_is_accepted(option):
    group, name = option.split("=")
    more = {"task=file": ["task.path=my.csv"], "task=labelled_file": ["task.path=my.csv", "task.classes=kind"]}
    more = more.get(option, [])
    more += ["model=cnn"] if group == "task" and name in schema.LABELLED else []
    more += ["task=mnist1d"] if group == "model" and name in schema.NETWORKS else []
    preflight(["--cfg", "job", option, *more], "fit", schema.Fit)


def test_a_number_with_an_exponent_is_a_whole_number():
    (config,) = preflight(["trainer.steps=1e3", "trainer.batch_size=1.6e1"], "fit", schema.Fit).configs
    assert (config.trainer.steps, config.trainer.batch_size) == (1000, 16)
    assert isinstance(config.trainer.steps, int)


@pytest.mark.parametrize("arguments", [["seed=1", "-m", "task.snr_db=1,2"], ["-m", "task.snr_db=1,2", "--", "seed=1"]])
def test_settings_may_stand_on_both_sides_of_a_flag(arguments):
    plan = preflight(arguments, "fit", schema.Fit)
    assert [(config.seed, config.task.snr_db) for config in plan.configs] == [(1, 1.0), (1, 2.0)]
    assert plan.arguments[0] == "--multirun"
    assert set(plan.arguments[1:]) == {"seed=1", "task.snr_db=1,2"}


def test_looking_at_a_command_line_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    preflight(["seed=1"], "fit", schema.Fit)
    assert not list(tmp_path.iterdir())


def test_a_run_gets_a_folder_of_its_own_in_the_same_second(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = preflight(["seed=1"], "fit", schema.Fit)
    assert len({claim(plan) for _ in range(3)}) == 3


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(ConfigError, match="not empty"):
        claim(preflight([f"hydra.run.dir={tmp_path}"], "fit", schema.Fit))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"hydra\.run\.dir.*cannot be written"):
        claim(preflight([f"hydra.run.dir={tmp_path}/file/run"], "fit", schema.Fit))


def test_hydra_composes_the_dataclasses_and_refuses_what_they_do_not_have():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        assert check(compose("fit"), schema.Fit) == schema.Fit()
        assert check(compose("understand"), schema.Understand) == schema.Understand()
        config = compose("fit", ["task=recover_fir", "optimizer=sgd", "trainer.steps=1e3"])
        assert OmegaConf.get_type(config, "task") is schema.RecoverFir
        expected = schema.Fit(
            task=schema.RecoverFir(),
            optimizer=schema.Sgd(),
            model=schema.Conv(kernel_size=3, padding="valid"),
            trainer=schema.Trainer(steps=1000, window=256),
        )
        assert OmegaConf.to_object(config) == check(config, schema.Fit) == expected
        for wrong in ("model.kernal_size=5", "model.use_bias=maybe", "task.points=5"):
            with pytest.raises(ConfigCompositionException):
                compose("fit", [wrong])


def test_dataclasses_refuse_what_they_cannot_be_alone_or_together():
    with pytest.raises(ConfigError, match=r"`trainer\.steps` \(=-1\) must be at least 1"):
        schema.Trainer(steps=-1)
    with pytest.raises(ConfigError, match=r"`trainer\.window` \(=16\) is shorter"):
        schema.Fit(trainer=schema.Trainer(window=16))
    assert schema.Trainer(steps=1e3).steps == 1000  # pyright: ignore[reportArgumentType]
