"""The README is true: its code and recipes run, its commands are valid, its files and names exist."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.io.wavfile
import scipy.signal

import jconv
from experiments.notebook import KERNEL, sin_and_cos

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


RECIPES = (ROOT / "docs" / "recipes.md").read_text()


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_python_blocks_run_in_order_and_give_the_shapes_they_state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jax.config.update("jax_enable_x64", False)  # as users run them
    random, names = np.random.default_rng(0), {}
    weight, bias = random.normal(size=(16, 4, 5)).astype(np.float32), random.normal(size=16).astype(np.float32)
    checkpoint = {"encoder.conv1.weight": weight, "encoder.conv1.bias": bias, "head.weight": weight}
    jconv.interop.save_safetensors("model.safetensors", checkpoint)
    with jax.numpy_dtype_promotion("standard"):
        for block in blocks("python"):
            exec(block, names)
    assert names["y"].shape == (8, 500, 16)
    assert names["back"].shape == names["x"].shape
    assert names["gradient"].shape == names["layer"].kernel.shape
    assert names["losses"][-1] < names["losses"][0] / 100, "the layer finds the kernel"
    assert {name: array.shape for name, array in names["params"].items()} == {"kernel": (5, 4, 16), "bias": (16,)}
    np.testing.assert_array_equal(names["params"]["kernel"], weight.transpose(2, 1, 0))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "4 channels" in page or "four channels" in page


@pytest.mark.parametrize("title", re.findall(r"^## (.*)", RECIPES, flags=re.MULTILINE))
def test_recipes_run(title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jax.config.update("jax_enable_x64", False)  # as users run them
    rate, sweep = 16000, np.linspace(0, 4000, 4000).cumsum() / 16000
    stereo = (20000 * np.stack([np.sin(2 * np.pi * sweep), np.cos(2 * np.pi * sweep)], axis=1)).astype(np.int16)
    scipy.io.wavfile.write("in.wav", rate, stereo)
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", RECIPES, flags=re.MULTILINE | re.DOTALL)
    names = {}
    with jax.numpy_dtype_promotion("standard"):
        for block in blocks("python", section):
            exec(block, names)
    if "out.wav" in section:
        _, filtered = scipy.io.wavfile.read("out.wav")
        expected = scipy.signal.convolve(stereo[:, 0].astype(float), scipy.signal.firwin(401, 3000, fs=rate), "same")
        assert filtered.shape == stereo.shape
        assert np.abs(filtered[:, 0] - expected).max() < 1, "rounded to whole numbers"


ANALYSIS = (ROOT / "docs" / "analysis.md").read_text()


@pytest.mark.parametrize("title", re.findall(r"^## (.*)", ANALYSIS, flags=re.MULTILINE))
def test_the_sections_on_analysis_run(title, capsys):
    jax.config.update("jax_enable_x64", False)  # as users run them
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", ANALYSIS, flags=re.MULTILINE | re.DOTALL)
    (block,) = blocks("python", section)
    with jax.numpy_dtype_promotion("standard"):
        exec(block, {})
    said = capsys.readouterr().out.split("\n")
    for line in re.findall(r"^print\(.*\)  # (.*)$", block, flags=re.MULTILINE):
        assert said[0] == line.split(";")[0], "a comment says what is printed"


@pytest.mark.parametrize("width", [4, 5])
@pytest.mark.parametrize("function", [scipy.signal.correlate, scipy.signal.convolve])
def test_the_word_for_what_scipy_calls_same(function, width):
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=50), rng.normal(size=width)
    kernel = k[::-1] if function is scipy.signal.convolve else k
    assert '`"same_lower"` is what `scipy.signal.correlate` and `convolve` call' in README
    ours = jconv.conv1d(x[:, None], kernel.copy()[:, None, None], padding="same_lower")[:, 0]
    bound = width * np.finfo(float).eps * np.convolve(np.abs(x), np.abs(k)).max()
    assert np.abs(ours - function(x, k, "same")).max() <= bound


def test_in_how_many_outputs_the_largest_weights_are_not_the_largest_share():
    x = sin_and_cos(100, 10.0)
    parts = np.asarray(jconv.analysis.contributions(jnp.asarray(x), jnp.asarray(KERNEL)))
    shares = np.asarray(jconv.analysis.shares(parts))
    other = shares.argmax(axis=0) != np.abs(KERNEL).sum(axis=(0)).argmax(axis=0)
    (said,) = re.findall(r"in (\d) of the (\d) outputs", README)
    assert said == (str(other.sum()), str(len(other)))


COMMANDS = re.findall(r"python -m experiments\.\w+[^`\n|]*", README)


def test_there_are_experiment_commands_to_check():
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_experiment_commands_compose(command):
    from experiments.config.preflight import preflight
    from experiments.config.schema import Fit, Streaming, Understand

    _, _, module, *arguments = shlex.split(command)
    name = module.removeprefix("experiments.")
    if name == "compare":
        assert callable(import_module(module).main)
        return
    preflight(arguments, name, {"fit": Fit, "stream": Streaming, "understand": Understand}[name])


def test_the_set_up_commands_are_the_ones_that_ci_runs():
    main, test = (block.strip() for block in blocks("bash"))
    assert main.startswith("python -m pip install -q uv && uv run ")
    assert test in (ROOT / ".ci" / "run").read_text()


def test_the_table_of_methods_is_complete():
    named = set(re.findall(r"^\| `(\w+)` \|", README, flags=re.MULTILINE))
    assert named == set(jconv.METHODS), "README.md has a table of methods"


def test_five_minutes_are_enough():
    assert len(README.splitlines()) < 150


def test_linked_files_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
