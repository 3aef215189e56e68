"""Tasks: what they make is what they say, by their formulas in float64."""

import numpy as np
import pytest
from scipy import signal

from experiments.config import schema
from experiments.config.composed import MODEL_OPTIONS, SUITS
from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError
from experiments.fit import fit
from experiments.tasks import TASKS
from experiments.tasks.equalise import CHANNELS
from experiments.tasks.filterbank import gammatone, mel, mel_edges
from experiments.tasks.known_kernel import from_kernel

MADE = [name for name in TASKS if name != "file"]


@pytest.mark.parametrize("name", MADE)
def test_a_task_has_the_size_and_rate_that_its_settings_say(name):
    settings = schema.TASKS[name]()
    problem = TASKS[name](settings)
    assert problem.x.shape == (settings.samples, settings.inputs)
    assert problem.y.shape == (settings.samples, settings.outputs)
    assert problem.rate == settings.sample_rate
    assert (len(problem.inputs), len(problem.outputs)) == (settings.inputs, settings.outputs)
    assert problem.x.dtype == problem.y.dtype == np.float32


@pytest.mark.parametrize("option", MODEL_OPTIONS)
@pytest.mark.parametrize("name", MADE)
def test_what_suits_a_task_goes_with_every_model(name, option):
    """Or is refused in words that name both: a bank of filters is for one input."""
    assert f"{name}_{option}" in SUITS
    arguments = [f"task={name}", f"model={option}"]
    if option in ("sinc", "gabor") and schema.TASKS[name]().inputs > 1:
        with pytest.raises(ConfigError, match=rf"`model` \(={option}\) is for one input and `task` \(={name}\) has 2"):
            preflight(arguments, "fit", schema.Fit)
        return
    (config,) = preflight(arguments, "fit", schema.Fit).configs
    assert config.model.kernel_size == schema.TASKS[name].suits["model"]["kernel_size"]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("symbols", ["binary", "gaussian"])
def test_what_is_received_is_the_channels_output(channel, symbols):
    """Without noise x is a sum of late symbols, and y those symbols `delay` samples late."""
    made = schema.Equalise(channel=channel, symbols=symbols, delay=20, snr_db=80, length=5000)
    problem = TASKS["equalise"](made)
    taps, x, y = CHANNELS[channel], problem.x[:, 0].astype(np.float64), problem.y[:, 0].astype(np.float64)
    early = np.roll(y, -20)  # what was sent at this time
    late = np.sum([tap * np.roll(early, number) for number, tap in enumerate(taps)], axis=0)
    inside = slice(len(taps), -20)
    power = np.square(taps).sum()
    # noise 80 dB below, of which 5000 samples reach five deviations, and rounding
    np.testing.assert_allclose(x[inside], late[inside], atol=5 * np.sqrt(power) * 1e-4 + 1e-6)
    assert np.abs(y.mean()) < 5 / np.sqrt(len(y))
    np.testing.assert_array_equal(problem.channel, taps[::-1])
    loud = TASKS["equalise"](schema.Equalise(channel=channel, symbols=symbols, delay=20, snr_db=0, length=5000))
    noise = loud.x[:, 0] - x
    # a mean of n squares is off by sqrt(2 / n)
    np.testing.assert_allclose(np.mean(noise**2), power, rtol=6 * np.sqrt(2 / 5000))


def test_the_equaliser_comes_within_a_percent_of_its_optimum():
    (config,) = preflight(["experiment@_global_=equalise"], "fit", schema.Fit).configs
    metrics = fit(config).metrics
    assert metrics["held_out_mse"] <= 1.01 * metrics["optimum_mse"]
    assert metrics["optimum_mse"] < 0.03  # of symbols of power 1


def test_a_late_equaliser_hears_what_comes_after():
    def optimum(delay: int) -> float:
        settings = {"task": schema.Equalise(channel="proakis_a", delay=delay), "trainer": {"steps": 1}}
        return fit(model={"kernel_size": 31, "padding": "causal"}, **settings).metrics["optimum_mse"]

    assert optimum(16) < optimum(0) / 10


def test_mel_filters_are_triangles_that_sum_to_one():
    rate, filters, width = 16000.0, 6, 801  # long enough for the narrowest triangle
    kernel, centres = mel(width, filters, rate)
    edges = mel_edges(filters, rate)
    np.testing.assert_allclose(np.diff(2595 * np.log10(1 + edges / 700)), 2595 * np.log10(1 + 8000 / 700) / 7)
    np.testing.assert_array_equal(centres, edges[1:-1])
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-12)
    frequencies = np.linspace(0, rate / 2, 4001)
    phases = np.exp(-2j * np.pi * frequencies[:, None] / rate * (np.arange(width) - width // 2))
    gains = np.asarray(phases @ kernel, np.complex128)
    assert np.abs(gains.imag).max() < 1e-9
    # the window smooths over about 2 / width of the rate, and the corners of the triangles with it
    smooth = 2 * rate / width / np.diff(edges).min()
    inside = (frequencies > centres[0]) & (frequencies < centres[-1])
    np.testing.assert_allclose(gains.real[inside].sum(axis=1), 1, atol=smooth / 2)
    for number, centre in enumerate(centres):
        wanted = np.interp(frequencies, [edges[number], centre, edges[number + 2]], [0, 1, 0])
        assert np.abs(gains.real[:, number] - wanted).max() < smooth / 2


def test_gammatone_filters_are_scipys():
    """Its FIR design has the same formula, and a gain of 1 at the centre for another length of response."""
    rate = 16000.0
    kernel, centres = gammatone(600, 5, rate)
    for taps, centre in zip(kernel.T, centres, strict=True):
        theirs = signal.gammatone(centre, "fir", numtaps=600, fs=rate)[0]
        ours = taps[::-1]
        scale = (ours @ theirs) / (theirs @ theirs)
        # they have 1.019 times 24.7 + f / 9.26449, which is the same to five digits
        np.testing.assert_allclose(ours, scale * theirs, atol=1e-3 * np.abs(ours).max())
        gain = np.abs(np.sum(taps * np.exp(-2j * np.pi * centre / rate * np.arange(600))))
        assert gain == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("bank", ["mel", "gammatone"])
@pytest.mark.parametrize("sound", ["noise", "tones"])
def test_a_bank_makes_its_outputs(bank, sound):
    made = schema.Filterbank(bank=bank, signal=sound, filters=3, true_width=21, length=400)
    problem = TASKS["filterbank"](made)
    truth = problem.true_kernel
    assert truth is not None
    assert truth.shape == (21, 1, 3)
    inside = [signal.correlate(problem.x[:, 0].astype(float), truth[:, 0, out], "valid") for out in range(3)]
    np.testing.assert_allclose(problem.y[10:-10].T, inside, atol=1e-5)
    assert problem.x.std() == pytest.approx(1, rel=0.2)


def test_from_kernel_is_the_sum_over_taps_and_channels():
    random = np.random.default_rng(0)
    x, kernel, bias = random.normal(size=(30, 2)), random.normal(size=(4, 2, 3)), random.normal(size=3)
    problem = from_kernel("", x, kernel, bias, 0.5)
    x32, k32, b32 = (array.astype(np.float32).astype(np.float64) for array in (x, kernel, bias))
    for time in range(27):
        for out in range(3):
            wanted = b32[out] + sum(x32[time + tap, c] * k32[tap, c, out] for tap in range(4) for c in range(2))
            assert problem.y[time, out] == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    np.testing.assert_array_equal(problem.x, x32[1:28])
