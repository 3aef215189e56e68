"""A convolution of one's own taken apart: right by the formula in float64, and one line where it cannot be."""

from dataclasses import replace

import numpy as np
import pytest
from oracle import Form, pad_with_mode

from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError
from experiments.config.schema import Understand
from experiments.dissection import dissect
from experiments.runs.environment import check
from experiments.showing import dissected, explorer
from experiments.understand import run, understand
from jconv import report

UNIT_ROUNDOFF = float(np.finfo(np.float32).eps) / 2
LENGTH = 23


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A signal of four channels, and kernels that go with it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    np.savetxt("x.csv", random.normal(size=(LENGTH, 4)), delimiter=",", header="a,b,c,d", comments="")
    np.save("one.npy", random.normal(size=(5, 4, 3)))
    np.save("two.npy", random.normal(size=(5, 2, 6)))
    np.save("up.npy", random.normal(size=(5, 3, 4)))
    np.savetxt("column.csv", random.normal(size=(3, 4)), delimiter=",")
    np.savez("both.npz", kernel=random.normal(size=(3, 4, 2)), bias=[0.5, -2.0], other=np.zeros(9))
    return tmp_path


def expected(parts, low, outputs, mode="zeros"):
    """The output by the formula, and what rounding may change: one unit a term, as sums of products err."""
    x, k = parts.x.astype(np.float64)[None], parts.kernel.astype(np.float64)
    s = parts.settings
    if parts.transposed:
        form = Form(outputs, len(k), len(parts.x), s["stride"], s["dilation"], low, s["groups"])
        face = form.input
    else:
        if mode != "zeros":
            x, low = pad_with_mode(x, low, low, mode), 0
        face = Form(x.shape[1], len(k), outputs, s["stride"], s["dilation"], low, s["groups"]).output
    bias = parts.bias.astype(np.float64)
    size = face(np.abs(x), np.abs(k))[0] + np.abs(bias)
    return face(x, k)[0] + bias, (len(k) * x.shape[2] + 2) * UNIT_ROUNDOFF * size


COMBINATIONS = {  # settings: samples that are padded before, output positions, worked out by hand for 23 samples
    "stride 2 and same": ({"kernel": "one.npy", "stride": 2, "padding": "same"}, 2, 12),
    "dilation 3 and causal": ({"kernel": "one.npy", "dilation": 3, "padding": "causal"}, 12, 23),
    "groups 2": ({"kernel": "two.npy", "groups": 2}, 0, 19),
    "reflect": ({"kernel": "one.npy", "padding": 2, "padding_mode": "reflect"}, 2, 23),
    "transposed and stride 2": ({"kernel": "up.npy", "transposed": True, "stride": 2, "bias": [1, -1, 2]}, 0, 49),
    "transposed in groups": ({"kernel": "up.npy", "transposed": True, "groups": 2, "padding": [1, 0]}, 1, 26),
    "cropped": ({"kernel": "one.npy", "padding": [-3, 1]}, -3, 17),
    "a table and a bias": ({"kernel": "column.csv", "bias": 0.25}, 0, 21),
    "kernel and bias of one file": ({"kernel": "both.npz"}, 0, 21),
    "no window inside": ({"kernel": "one.npy", "padding": 20, "dilation": 8}, 20, 31),
}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_each_part_is_what_the_formula_gives(name):
    settings, low, outputs = COMBINATIONS[name]
    parts = understand(signal="x.csv", rate=50, compilation_cache=None, **settings)
    exact, bound = expected(parts, low, outputs, settings.get("padding_mode", "zeros"))
    assert parts.y.shape == exact.shape
    assert (np.abs(parts.y - exact) <= bound).all()
    assert abs(parts.metrics()["by_hand"] - exact[parts.by_hand.position, 0]) <= bound[parts.by_hand.position, 0]
    if not parts.transposed:
        assert parts.contributions is not None
        assert (np.abs(parts.contributions.sum(axis=0) + parts.bias - exact) <= 2 * bound).all()
    assert parts.disagreeing() == ""
    assert 'method "fft"' in parts.by_method
    dense = parts.dense_kernel  # one group of all channels is the same convolution
    whole = dense.transpose(0, 2, 1) if parts.transposed else dense
    alone, _ = expected(replaced(parts, whole), low, outputs, settings.get("padding_mode", "zeros"))
    np.testing.assert_allclose(alone, exact, rtol=0, atol=1e-12)


def replaced(parts, kernel):
    return replace(parts, kernel=kernel, settings={**parts.settings, "groups": 1})


@pytest.mark.parametrize(
    ("name", "pictures"),
    [("groups 2", 5), ("transposed and stride 2", 4), ("no window inside", 5)],
)
def test_a_run_prints_draws_and_has_a_page(name, pictures, files, capsys):
    settings, _, _ = COMBINATIONS[name]
    config = Understand(signal="x.csv", compilation_cache=None, **settings)
    run(config, files / "run")
    printed = capsys.readouterr().out
    assert len(list((files / "run").glob("*.png"))) == pictures
    assert (files / "run" / "page.html").stat().st_size > 10_000
    assert ("Contributions are left out" in printed) == config.transposed
    assert "cos" not in printed
    with np.load(files / "run" / "arrays.npz") as kept:
        assert ("contributions" in kept) != config.transposed
        assert ("bias" in kept) == (config.bias is not None)
    again = understand(signal="x.csv", **{**settings, "kernel": "run/arrays.npz"}, compilation_cache=None)
    np.testing.assert_array_equal(again.y, dissect(config).y)


def test_the_page_is_given_the_settings(monkeypatch):
    seen = {}
    monkeypatch.setattr(report, "page", lambda **given: seen.update(given))
    parts = understand(kernel="two.npy", signal="x.csv", rate=50, groups=2, padding="causal", compilation_cache=None)
    explorer.of_dissection(parts)
    assert {name: seen[name] for name in ("groups", "padding", "stride", "dilation", "transposed", "bias")} == {
        "groups": 2, "padding": "causal", "stride": 1, "dilation": 1, "transposed": False, "bias": None,
    }  # fmt: skip
    assert seen["inputs"] == ("a", "b", "c", "d")
    assert seen["rate"] == pytest.approx(50)
    assert "notebook" not in seen["title"]


def test_one_input_takes_sin_alone_and_outputs_stand_where_their_windows_begin():
    parts = understand(kernel=[1, 0, -1], padding="same", stride=2, compilation_cache=None)
    assert parts.inputs == ("sin",)
    np.testing.assert_allclose(parts.y[:-1, 0], np.sin(parts.time[:-2:2]) - np.sin(parts.time[2::2]), atol=1e-6)
    np.testing.assert_allclose(dissected.output_times(parts), parts.time[::2], atol=1e-12)
    assert "There is one input channel" in dissected.weights_and_shares(parts)


def test_random_weights_take_the_channels_and_groups_of_the_signal():
    parts = understand(weights="random", signal="x.csv", groups=2, compilation_cache=None)
    assert parts.kernel.shape == (3, 2, 4)
    assert parts.disagreeing() == ""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["kernel=[1,0,a]"], "`kernel` (=[1, 0, 'a']) must be a path or a list of numbers"),
        (["kernel=[1,2]", "weights=random"], "`kernel` (=[1, 2]) and `weights` (=random) both give the weights"),
        (["groups=2"], "takes 4 channels with groups=2 and sin and cos have 2"),
        (["rate=5"], "`rate` (=5) must come with `signal`"),
        (["transposed=true", "padding_mode=reflect"], "`padding_mode` (=reflect) must be zeros"),
        (["kernel=[1,2,1]", "dilation=60"], "the kernel spans 121 samples and the signal has 100"),
        (["kernel=[1,2,1]", "bias=[1,2]"], "`bias` (=[1, 2]) must have 1 numbers"),
        (["signal=x.csv", "points=20"], "`points` (=20) is of sin and cos"),
        (["signal=x.xls"], "`signal` (=x.xls) must be null or a path"),
    ],
)
def test_a_wrong_setting_is_one_line_before_any_file_is_read(settings, words, monkeypatch):
    monkeypatch.setattr("experiments.own_arrays.arrays", None)  # which would be called
    with pytest.raises(ConfigError) as error:
        preflight(settings, "understand", Understand)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kernel": "none.npy"}, "`kernel` (=none.npy) is no file"),
        ({"kernel": "one.npy", "signal": "bad.csv"}, "`signal` (=bad.csv) row 2, column `b`: 'x' is not a number"),
        ({"kernel": "two.npy", "signal": "x.csv"}, "`kernel` (=two.npy) of shape (5, 2, 6) must fit the signal"),
        ({"kernel": "nan.npy", "signal": "x.csv"}, "`kernel` (=nan.npy) holds nan at [1, 0, 0]"),
        ({"kernel": "deep.npy", "signal": "x.csv"}, "`kernel` (=deep.npy) has shape (1, 1, 1, 1)"),
        (
            {"kernel": "one.npy", "signal": "x.csv", "groups": 3},
            "it takes 12 channels with groups=3 and `signal` (=x.csv)",
        ),
        ({"kernel": "one.npy", "signal": "x.csv", "bias": [1.0]}, "`bias` (=[1.0]) must have 3 numbers"),
        ({"kernel": "one.npy", "signal": "x.csv", "dilation": 9}, "the kernel spans 37 samples"),
    ],
)
def test_a_wrong_file_is_named_in_one_line(settings, words):
    np.save("nan.npy", np.array([1, np.nan, 1])[:, None, None])
    np.save("deep.npy", np.ones((1, 1, 1, 1)))
    with open("bad.csv", "w") as file:
        file.write("a,b\n1,x\n2,3\n")
    with pytest.raises(ConfigError) as error:
        check(Understand(compilation_cache=None, **settings))
    assert words in str(error.value)
    assert "\n" not in str(error.value)
