"""`experiments.stream`: what it writes is the recording filtered, and what cannot be filtered is one line."""

import json
from typing import Any

import numpy as np
import pytest
import scipy.signal

from experiments import filtering
from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError
from experiments.config.schema import Streaming
from experiments.errors import RunError
from experiments.runs import interrupt
from experiments.runs.environment import check
from experiments.stream import run

SMALL = {"seconds": 20, "rate": 200.0, "channels": 2, "taps": 31, "chunk": 700, "compilation_cache": None}


@pytest.mark.parametrize(("padding", "method", "delay"), [("causal", "auto", 0), ("same", "fft", 15)])
def test_a_made_recording_is_filtered_block_by_block(padding, method, delay, tmp_path, capsys):
    metrics = run(Streaming(**SMALL, padding=padding, method=method, time=3.0, shown=0.5), tmp_path)
    x, y = (np.load(tmp_path / name) for name in ("recording.npy", "filtered.npy"))
    assert (x.dtype, x.shape, y.dtype, y.shape) == (np.int16, (4000, 2), np.float32, (4000, 2))
    taps: Any = scipy.signal.firwin(31, 40.0, fs=200.0)
    for channel in range(2):
        exact = np.convolve(x[:, channel].astype(float), taps)[delay : delay + 4000]
        bound = 12 * 20 * filtering.EPS * np.abs(x).max() * 1500**0.5 * np.abs(taps).sum()
        assert np.abs(y[:, channel] - exact).max() <= bound
    said = capsys.readouterr().out
    assert f"An output waits for {delay} samples after its own" in said
    assert "times faster than real time" in said
    assert metrics == json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["latency_seconds"] == delay / 200
    assert metrics["times_real_time"] == pytest.approx(20 / metrics["seconds"])
    page = (tmp_path / "page.html").read_text()
    assert "A recording from 2.75 s, 0.5 s of 2 channels" in page


def test_a_signal_and_the_kernel_of_a_fit_are_taken(tmp_path):
    random = np.random.default_rng(0)
    x, kernel, bias = random.normal(size=(500, 3)), random.normal(size=(4, 3, 2)), random.normal(size=2)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "kernel.npz", kernel=kernel, bias=bias, snapshots=np.zeros(3))
    settings = [f"signal='{tmp_path}/x.npy'", f"kernel='{tmp_path}/kernel.npz'", "rate=10", "chunk=64", "page=false"]
    (config,) = preflight([*settings, "compilation_cache=null", "method=direct"], "stream", Streaming).configs
    check(config)
    (tmp_path / "run").mkdir()
    run(config, tmp_path / "run")
    padded = np.concatenate([np.zeros((3, 3)), x])
    exact = bias + sum(padded[j : j + 500] @ kernel[j] for j in range(4))
    size = 16 * filtering.EPS * (np.abs(x).max() * np.abs(kernel).sum() + np.abs(bias).max())
    assert np.abs(np.load(tmp_path / "run" / "filtered.npy") - exact).max() <= size
    assert not (tmp_path / "run" / "recording.npy").exists()


def test_a_run_that_is_asked_to_stop_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(interrupt.Requests, "stop", lambda self: True)
    monkeypatch.setattr(interrupt.Requests, "by", lambda self: "Ctrl-C")
    with pytest.raises(interrupt.Stopped, match=r"Stopped by Ctrl-C; filtered.npy was not finished"):
        run(Streaming(**SMALL), tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "filtered" in path.name] == []


def test_outputs_that_an_excerpt_does_not_give_are_an_error(tmp_path, monkeypatch):
    real = filtering.jconv.conv1d_stream

    def wrong(*arguments, **settings):
        return (out + 10 for out in real(*arguments, **settings))

    monkeypatch.setattr(filtering.jconv, "conv1d_stream", wrong)
    with pytest.raises(RunError, match="an excerpt by itself differs by"):
        run(Streaming(**SMALL), tmp_path)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"cutoff": 500}, "`cutoff` (=500) must be below half of `rate` (=1000)"),
        ({"time": 3600}, "`time` (=3600) must be within the 3600 s of the recording"),
        ({"signal": "a.wav"}, "`signal` (=a.wav) must be null or a path that ends in .npy"),
        ({"signal": "a.npy", "channels": 3}, "`channels` (=3) is of a made recording"),
        ({"signal": "a.npy"}, "`signal` (=a.npy) is no file"),
        ({"signal": "one.npy"}, "`signal` (=one.npy) has shape (9,) of float64; expected real numbers of shape"),
        ({"kernel": [1.0], "taps": 3}, "`taps` (=3) is of the low-pass filter"),
        (
            {"kernel": "wide.npy"},
            "`kernel` (=wide.npy) of shape (2, 3, 1) must fit the recording, which has 8 channels",
        ),
        ({"seconds": 1e9}, "`seconds` (=1e+09) must leave 1 to 1e+10 numbers"),
    ],
)
def test_what_cannot_be_filtered_is_one_line(settings, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("one.npy", np.zeros(9))
    np.save("wide.npy", np.zeros((2, 3, 1)))
    with pytest.raises(ConfigError) as caught:
        check(Streaming(**settings))
    assert text in str(caught.value)
