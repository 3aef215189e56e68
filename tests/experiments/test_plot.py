"""Pictures: they draw without warnings, name their axes, and show the numbers they were given."""

import io

import jax.numpy as jnp
import numpy as np
import pytest

import jconv
from jconv import plot
from jconv.analysis import contributions, frequency_response

TIME = np.arange(50.0)
RANDOM = np.random.default_rng(0)


def noise(*shape):
    return RANDOM.normal(size=shape)


FIGURES = {
    "signal": lambda: plot.signal_panels(TIME, {"value": (noise(50, 2), ("a", "b"))}, title="t", time_label="time (s)"),
    "one channel": lambda: plot.before_after(
        TIME, noise(50, 1), noise(50, 1), noise(50, 1), title="t", time_label="time (s)", value_label="ECG (mV)"
    ),
    "many channels": lambda: plot.before_after(
        TIME, noise(50, 9), noise(50, 9), noise(50, 9), title="t", time_label="time (s)", value_label="value"
    ),
    "kernel": lambda: plot.kernel_curves(
        np.arange(3), {"a": noise(3, 2, 4), "b": noise(3, 2, 4)}, title="t", lag_label="tap: samples"
    ),
    "one tap": lambda: plot.kernel_curves(np.arange(1), {"a": noise(1, 1, 1)}, title="t", lag_label="tap: samples"),
    "zero gain": lambda: plot.frequency_curves(
        np.linspace(0, 0.5, 8), {"a": np.zeros((8, 1, 1))}, title="t", frequency_label="frequency (Hz)"
    ),
    "spectra": lambda: plot.frequency_curves(
        np.linspace(0, 0.5, 8),
        {"a": noise(8, 1, 1)},
        title="t",
        frequency_label="frequency (Hz)",
        spectra={"signal": noise(8) ** 2},
        spectrum_label="power (dB)",
    ),
    "loss": lambda: plot.loss_curves(
        np.ones(1), np.ones(1), np.ones(1), 0.0, title="t", value_label="mean squared error"
    ),
    "snapshots": lambda: plot.snapshot_curves(
        np.arange(3), np.array([0]), noise(1, 3, 1, 1), noise(3, 1, 1), title="t", lag_label="tap"
    ),
    "heat maps": lambda: plot.kernel_heatmaps(noise(3, 2, 5), bias=noise(5), title="t"),
    "zero kernel": lambda: plot.kernel_heatmaps(np.zeros((30, 1, 1)), title="t"),
    "contributions": lambda: plot.contribution_panels(
        TIME,
        noise(2, 50, 3),
        noise(3),
        noise(50, 3),
        title="t",
        time_label="time",
        value_label="value",
        inputs=("a", "b"),
    ),
    "by hand": lambda: plot.window_by_hand(noise(3, 2), noise(3, 2), 0.5, title="t", inputs=("a", "b")),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_and_names_its_axes(name):
    figure = FIGURES[name]()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    assert buffer.getvalue().startswith(b"\x89PNG")
    assert figure.get_suptitle() == "t"
    shown = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    assert any(ax.get_xlabel() for ax in shown) or name == "by hand"
    assert any(ax.get_ylabel() for ax in shown)


def test_the_curve_is_the_kernel():
    kernel = noise(3, 1, 1)
    figure = plot.kernel_curves(np.array([-1, 0, 1]), {"learnt": kernel}, title="t", lag_label="tap")
    (line,) = (line for line in figure.axes[0].lines if line.get_label() == "learnt")
    np.testing.assert_array_equal(np.asarray(line.get_ydata()), kernel[:, 0, 0])


def test_weights_are_white_at_zero():
    image = plot.kernel_heatmaps(np.array([[[0.1]], [[-0.9]]]), title="t").axes[0].images[0]
    np.testing.assert_allclose(np.asarray(image.norm(np.zeros(1))), 0.5)


@pytest.mark.parametrize("settings", [{}, {"padding": "same", "stride": 2}, {"dilation": 2, "padding": "causal"}])
def test_contributions_sum_to_the_output(settings):
    x, kernel = jnp.asarray(noise(2, 20, 3), jnp.float32), jnp.asarray(noise(4, 3, 5), jnp.float32)
    y = jconv.conv1d(x, kernel, **settings)
    parts = contributions(x, kernel, **settings)
    assert parts.shape == (3, *y.shape)
    np.testing.assert_allclose(parts.sum(axis=0), y, atol=1e-5)
    silenced = x.at[..., 1].set(0)
    np.testing.assert_allclose(jconv.conv1d(silenced, kernel, **settings), parts[0] + parts[2], atol=1e-5)


@pytest.mark.parametrize("settings", [{"groups": 3}, {"layout": "NCL"}])
def test_contributions_refuse_what_they_do_not_mean(settings):
    with pytest.raises(ValueError, match="must be"):
        contributions(jnp.ones((10, 3)), jnp.ones((2, 3, 3)), **settings)


def test_frequency_response_is_the_gain_of_a_wave():
    kernel, cycles = noise(5), 0.1
    wave = np.exp(2j * np.pi * cycles * np.arange(40))
    gain = np.abs(np.convolve(wave, kernel, "valid")[0])
    frequencies, gains = frequency_response(kernel, points=51)
    np.testing.assert_allclose(np.abs(gains[np.argmin(np.abs(frequencies - cycles))]), gain)
