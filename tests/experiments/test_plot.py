"""Pictures: they draw without warnings, name their axes, show their numbers, and say what they leave out."""

import io
import re
import subprocess
import sys

import matplotlib.colors
import numpy as np
import pytest

from experiments.showing import drawing
from jconv import plot
from jconv.plot.kernels import MOST_MARKS
from jconv.plot.panels import MOST_POINTS, outline
from jconv.plot.style import MOST_LINES

TIME = np.arange(50.0)
RANDOM = np.random.default_rng(0)


def noise(*shape):
    return RANDOM.normal(size=shape)


def complex_noise(*shape):
    return noise(*shape) + 1j * noise(*shape)


def curves(kernel, **settings):
    kernels = kernel if isinstance(kernel, dict) else {"a": kernel}
    lags = np.arange(len(next(iter(kernels.values()))))
    return plot.kernel_curves(lags, kernels, title="t", lag_label="tap: samples", **settings)


def gains(gain, **settings):
    frequencies = np.linspace(0, 0.5, len(next(iter(gain.values()))))
    return plot.frequency_curves(frequencies, gain, title="t", frequency_label="frequency (Hz)", **settings)


def signals(values, names):
    return plot.signal_panels(
        np.arange(len(values)), {"value": (values, names)}, title="t", time_label="time (samples)"
    )


def before_after(inputs, targets, outputs=None):
    outputs = noise(*targets.shape) if outputs is None else outputs
    return drawing.before_after(
        np.arange(len(inputs)), inputs, targets, outputs, title="t", time_label="time (s)", value_label="signal (mV)"
    )


def contributed(parts, **settings):
    bias = noise(parts.shape[2])
    names = [f"i{n}" for n in range(len(parts))]
    return plot.contribution_panels(
        np.arange(parts.shape[1]),
        parts,
        bias,
        parts.sum(axis=0) + bias,
        title="t",
        time_label="time",
        value_label="value",
        inputs=names,
        **settings,
    )


def by_hand(window, weights):
    return plot.window_by_hand(window, weights, 0.5, title="t", inputs=[f"i{n}" for n in range(window.shape[1])])


def losses(train, held_out, optimum=0.0, **settings):
    looks = np.arange(1, len(held_out) + 1)
    return drawing.loss_curves(train, looks, held_out, optimum, title="t", value_label="mean squared error", **settings)


def snapshots(count, *shape):
    return drawing.snapshot_curves(
        np.arange(shape[0]), np.arange(count), noise(count, *shape), noise(*shape), title="t", lag_label="tap"
    )


FIGURES = {
    "signal": lambda: signals(noise(50, 2), ("a", "b")),
    "complex signal": lambda: signals(complex_noise(50, 2), ("a", "a")),
    "many signals": lambda: signals(noise(50, 40), [str(n) for n in range(40)]),
    "one channel": lambda: before_after(noise(50, 1), noise(50, 1)),
    "one sample": lambda: before_after(noise(1, 1), noise(1, 1)),
    "many channels": lambda: before_after(noise(50, 9), noise(50, 9)),
    "kernel": lambda: curves({"a": noise(3, 2, 4), "b": noise(3, 2, 4)}),
    "complex kernel": lambda: curves(complex_noise(3, 1, 5), biases={"a": complex_noise(5)}),
    "complex kernel, real bias": lambda: curves(complex_noise(3, 1, 5), biases={"a": noise(5)}),
    "biases": lambda: curves({"a": noise(3, 2, 4), "b": noise(3, 2, 4)}, biases={"b": noise(4)}),
    "one tap": lambda: curves(noise(1, 1, 1)),
    "many kernels": lambda: curves({str(n): noise(3, 1, 1) for n in range(MOST_LINES)}),
    "zero gain": lambda: gains({"a": np.zeros((8, 1, 1))}),
    "complex gain": lambda: gains({"a": complex_noise(8, 2, 1)}, marked={"here": 0.2}),
    "spectra": lambda: gains(
        {"a": noise(8, 1, 1)}, spectra={name: noise(8) ** 2 for name in "abcde"}, spectrum_label="power (dB)"
    ),
    "spectra below many": lambda: gains(
        {"a": noise(8, 2, 3)}, spectra={"signal": noise(8) ** 2}, spectrum_label="power (dB)"
    ),
    "loss": lambda: losses(np.ones(1), np.ones(1)),
    "loss of nothing": lambda: losses(np.zeros(3), np.zeros(2)),
    "loss in rounding": lambda: losses(np.array([1, 1e-14]), np.array([1, 1e-14]), rounding=1e-13),
    "snapshots": lambda: snapshots(1, 3, 1, 1),
    "snapshots of a tap": lambda: snapshots(4, 1, 2, 2),
    "heat maps": lambda: plot.kernel_heatmaps(noise(3, 2, 5), bias=noise(5), title="t"),
    "zero kernel": lambda: plot.kernel_heatmaps(np.zeros((30, 1, 1)), title="t"),
    "long kernel": lambda: plot.kernel_heatmaps(noise(1000, 100, 1), title="t"),
    "contributions": lambda: contributed(noise(2, 50, 3), kernel=noise(3, 2, 3)),
    "many contributions": lambda: contributed(noise(9, 50, 12)),
    "contributions of nothing": lambda: contributed(np.zeros((2, 50, 1)), kernel=np.zeros((3, 2, 1))),
    "by hand": lambda: by_hand(noise(3, 2), noise(3, 2)),
    "by hand, wide": lambda: by_hand(noise(300, 9), noise(300, 9)),
}


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    return buffer.getvalue()


def notes(figure):
    """All text outside of the axes but the headline, without line ends."""
    return " ".join(text.get_text() for text in figure.texts if text is not figure._suptitle).replace("\n", " ")


def panels(figure):
    return [ax for ax in figure.axes if ax.get_visible() and ax.has_data() and ax.get_label() != "<colorbar>"]


def named(ax):
    """Label and line of each that the legend names."""
    return [(str(line.get_label()), line) for line in ax.lines if not str(line.get_label()).startswith("_")]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_and_names_its_axes(name):
    figure = FIGURES[name]()
    assert png(figure).startswith(b"\x89PNG")
    assert figure.get_suptitle() == "t"
    shown = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    assert any(ax.get_xlabel() for ax in shown) or name.startswith("by hand")
    assert any(ax.get_ylabel() for ax in shown)


REFUSED = {
    "kernels of two shapes": (lambda: curves({"a": noise(3, 1, 1), "b": noise(3, 1, 2)}), "`kernels['b']` has shape"),
    "lags of another kernel": (
        lambda: plot.kernel_curves(np.arange(2), {"a": noise(3, 1, 1)}, title="t", lag_label="tap"),
        "`kernels['a']` has shape (3, 1, 1); expected (width, in, out) with width=2",
    ),
    "more kernels than lines": (lambda: curves({str(n): noise(3, 1, 1) for n in range(25)}), "`kernels` has 25 lines"),
    "no kernels": (lambda: plot.kernel_curves(TIME, {}, title="t", lag_label="tap"), "`kernels` is empty"),
    "a bias of no kernel": (lambda: curves(noise(3, 1, 1), biases={"b": noise(1)}), "`biases` has 'b'"),
    "names for fewer channels": (lambda: signals(noise(50, 3), ("a", "b")), "`panels['value']` has 2 names"),
    "complex heat map": (lambda: plot.kernel_heatmaps(complex_noise(3, 1, 1), title="t"), "`kernel` is complex128"),
    "complex contributions": (lambda: contributed(complex_noise(2, 9, 1)), "`parts` is complex128"),
    "complex window": (lambda: by_hand(complex_noise(3, 1), noise(3, 1)), "`window` is complex128"),
    "complex input": (lambda: before_after(complex_noise(9, 1), noise(9, 1)), "`inputs` is complex128"),
    "complex output": (lambda: before_after(noise(9, 1), noise(9, 1), complex_noise(9, 1)), "`outputs` is complex128"),
    "complex loss": (lambda: losses(complex_noise(3), noise(3)), "`train` is complex128"),
    "complex spectrum": (
        lambda: gains({"a": noise(8, 1, 1)}, spectra={"s": complex_noise(8)}),
        "`spectra['s']` is complex128",
    ),
    "complex snapshots": (
        lambda: drawing.snapshot_curves(
            np.arange(3), np.arange(2), complex_noise(2, 3, 1, 1), noise(3, 1, 1), title="t", lag_label="tap"
        ),
        "`snapshots` is complex128",
    ),
    "names for fewer inputs": (lambda: plot.kernel_heatmaps(noise(3, 3, 1), inputs=("a",), title="t"), "`inputs`"),
    "a kernel with a hole": (
        lambda: plot.kernel_heatmaps(np.array([[[1.0]], [[np.nan]]]), title="t"),
        "`kernel` has 1 of 2 numbers that are not finite",
    ),
    "an infinite gain": (lambda: gains({"a": np.full((8, 1, 1), np.inf)}), "`gains['a']` has 8 of 8 numbers"),
    "nothing": (lambda: plot.kernel_heatmaps(noise(3, 0, 1), title="t"), "`kernel` has shape (3, 0, 1)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_rightly_is_refused_in_a_line(name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError, match="`") as error:
        make()
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_the_curve_is_the_kernel_and_the_bias_stands_beside_it():
    kernel = noise(3, 1, 1)
    figure = curves({"learnt": kernel}, biases={"learnt": np.array([0.7])})
    (line,) = (line for line in figure.axes[0].lines if line.get_label() == "learnt")
    np.testing.assert_array_equal(np.asarray(line.get_ydata()), kernel[:, 0, 0])
    beside = figure.axes[1]
    assert beside.get_title() == "bias"
    assert [0.7] in [list(np.asarray(line.get_ydata())) for line in beside.lines]


def test_a_complex_kernel_is_drawn_whole():
    kernel = complex_noise(3, 1, 1)
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in curves(kernel).axes[0].lines}
    np.testing.assert_array_equal(lines["a, real"], kernel[:, 0, 0].real)
    np.testing.assert_array_equal(lines["a, imaginary"], kernel[:, 0, 0].imag)


def test_a_complex_signal_is_drawn_whole_even_with_equal_names():
    values = complex_noise(50, 2)
    lines = [np.asarray(line.get_ydata()) for line in signals(values, ("a", "a")).axes[0].lines]
    expected = [part for channel in values.T for part in (channel.real, channel.imag)]
    np.testing.assert_array_equal(lines, expected)


def test_no_kernel_is_dropped_and_no_two_look_alike():
    figure = curves({str(n): noise(3, 1, 1) for n in range(MOST_LINES)})
    lines = named(figure.axes[0])
    assert [label for label, _ in lines] == [str(n) for n in range(MOST_LINES)]
    looks = {tuple(str(vars(line)[key]) for key in ("_color", "_dash_pattern", "_marker")) for _, line in lines}
    assert len(looks) == MOST_LINES
    drawn = named(gains({str(n): noise(8, 1, 1) for n in range(MOST_LINES)}).axes[0])
    assert [label for label, _ in drawn] == [str(n) for n in range(MOST_LINES)]


@pytest.mark.parametrize("shape", [(5, 1, 512), (5, 512, 1), (3, 64, 128), (2, 2, 3), (2, 3, 1), (2, 1, 5)])
@pytest.mark.parametrize("make", [curves, lambda k: snapshots(3, *k.shape), lambda k: gains({"a": k})])
def test_panels_are_bounded_and_what_is_missing_is_said(make, shape):
    figure = make(noise(*shape))
    assert max(figure.get_size_inches()) < 20
    _, inputs, outputs = shape
    titles = [ax.get_title() for ax in panels(figure)]
    pairs = [tuple(map(int, re.findall(r"\d+", title))) for title in titles]
    assert len(set(pairs)) == len(pairs) <= 16
    for place, total, thing in ((0, inputs, "inputs"), (1, outputs, "outputs")):
        drawn = len({pair[place] for pair in pairs})
        assert (f"Drawn are {drawn} of {total} {thing}" in notes(figure)) == (drawn < total)


def test_the_drawn_channels_are_the_largest():
    kernel = noise(5, 1, 100) * 1e-3
    large = [3, 17, 50, 99]
    kernel[:, :, large] += 5
    assert {f"input 0 → output {n}" for n in large} <= {ax.get_title() for ax in panels(curves(kernel))}
    maps = plot.kernel_heatmaps(kernel, title="t")
    assert {f"output {n}" for n in large} <= {ax.get_title() for ax in panels(maps)}
    assert "Drawn are 16 of 100 outputs, those with the largest weights" in notes(maps)


def test_the_drawn_outputs_are_those_with_the_largest_error():
    targets = noise(50, 9)
    outputs = targets + np.where(np.arange(9) >= 5, 1.0, 1e-3)
    figure = before_after(noise(50, 2), targets, outputs)
    labels = [label for ax in figure.axes for label, _ in named(ax)]
    assert {label for label in labels if label.startswith("error")} == {f"error {n}" for n in (5, 6, 7, 8)}
    assert "Drawn are 4 of 9 outputs, those with the largest error" in notes(figure)
    assert "inputs" not in notes(figure)


def test_weights_are_white_at_zero():
    image = plot.kernel_heatmaps(np.array([[[0.1]], [[-0.9]]]), title="t").axes[0].images[0]
    np.testing.assert_array_equal(np.asarray(image.norm(np.zeros(1))), 0.5)


def test_a_long_map_shows_the_largest_of_neighbours_and_says_so():
    kernel = np.zeros((1000, 1, 1))
    kernel[501] = -3
    figure = plot.kernel_heatmaps(kernel, title="t")
    image = np.asarray(figure.axes[0].images[0].get_array())
    assert image.shape == (1, 125)
    assert image.min() == image[0, 501 // 8] == -3
    assert "largest of 8 neighbouring taps, of 1000" in notes(figure)
    assert "neighbouring" not in notes(plot.kernel_heatmaps(kernel[:100], title="t"))


def test_many_taps_have_no_marks_and_one_has():
    for width, marked in ((MOST_MARKS, True), (MOST_MARKS + 1, False)):
        lines = curves({str(n): noise(width, 1, 1) for n in range(3)}).axes[0].lines[1:]
        assert [line.get_marker() not in ("", "None") for line in lines] == [marked] * 3
        assert all(line.get_linewidth() > 0 or line.get_marker() for line in lines)
    assert all(line.get_marker() == "o" for line in snapshots(3, 1, 1, 1).axes[0].lines[1:])


def test_a_long_line_keeps_its_peaks():
    line = noise(100 * MOST_POINTS + 7)
    line[12345], line[-1] = 50, -50
    time, drawn = outline(np.arange(len(line)), line)
    assert len(drawn) <= MOST_POINTS + 2
    assert (drawn.max(), drawn.min()) == (50, -50)
    assert np.all(np.diff(time) >= 0)
    np.testing.assert_array_equal(drawn, line[time])
    short = line[:MOST_POINTS]
    np.testing.assert_array_equal(outline(np.arange(len(short)), short)[1], short)
    assert "lowest and the highest" in notes(signals(line[:, None], ("a",)))
    assert notes(signals(short[:, None], ("a",))) == ""


def test_contributions_leave_nothing_out_of_the_sum():
    parts = noise(9, 50, 2) * 2.0 ** np.arange(9)[:, None, None]  # each is louder than those before
    figure = contributed(parts)
    lines = {label: np.asarray(line.get_ydata()) for label, line in named(figure.axes[0])}
    assert [name for name in lines if name.startswith("from i")] == [f"from i{n}" for n in range(4, 9)]
    rest = lines["from the other 4 of 9 inputs"]
    np.testing.assert_array_equal(rest, parts[:4, :, 0].sum(axis=0))
    bound = 12 * np.finfo(np.float64).eps * (np.abs(parts[:, :, 0]).sum(axis=0) + 3)
    total = sum(line for name, line in lines.items() if name.startswith("from")) + lines["bias"][0]
    assert np.all(np.abs(total - lines["output"]) <= bound)


def test_a_panels_title_is_about_variance_and_says_what_the_weights_suggest():
    wave = np.sin(np.arange(62.8, step=0.1))
    parts = np.stack([3 * wave, wave, np.zeros_like(wave)])[:, :, None]
    kernel = np.array([1.0, 2.0, 1.0]).reshape(1, 3, 1)
    assert contributed(parts).axes[0].get_title() == "output 0: i0 gives 75% of the variance"
    title = contributed(parts, kernel=kernel).axes[0].get_title()
    assert title == "output 0: i0 gives 75% of the variance, has 25% of the weights"
    assert notes(contributed(parts)) == ""
    against = contributed(parts * np.array([1, -1, 1])[:, None, None])
    assert against.axes[0].get_title() == "output 0: i0 gives 150% of the variance"
    assert "another channel works against this one" in notes(against)
    assert contributed(np.ones_like(parts)).axes[0].get_title() == "output 0: does not vary"


def test_bars_of_the_sum_hold_what_is_not_drawn():
    window, weights = noise(300, 9), noise(300, 9)
    figure = by_hand(window, weights)
    heights = [bar.get_height() for container in figure.axes[1].containers for bar in container]
    assert len(heights) == 5 + 1 + 1 + 1  # inputs, the others, bias, output
    products = np.abs(window * weights).sum()
    assert abs(heights[-1] - ((window * weights).sum() + 0.5)) <= 2700 * np.finfo(np.float64).eps * products
    assert "Drawn are 5 of 9 inputs" in notes(figure)
    assert "Drawn are 128 of 300 taps" in notes(figure)


def test_labels_of_bars_are_not_struck_through():
    figure = by_hand(np.array([[-0.02], [0.0]]), np.array([[1.0], [1.0]]))
    figure.draw_without_rendering()
    for text in figure.axes[1].texts:
        box = text.get_bbox_patch()
        assert box is not None
        assert matplotlib.colors.to_hex(box.get_facecolor()) == "#ffffff"
        assert text.get_zorder() > max(line.get_zorder() for line in figure.axes[1].lines)


def test_rounding_is_shaded_only_where_losses_come_near():
    near = losses(np.array([1, 1e-14]), np.array([1, 1e-14]), rounding=1e-13)
    far = losses(np.array([1, 1e-3]), np.array([1, 1e-3]), rounding=1e-13)
    assert "rounding" in notes(near)
    assert notes(far) == ""
    assert any("rounding" in str(patch.get_label()) for patch in near.axes[0].patches)
    assert not far.axes[0].patches
    assert near.axes[0].get_ylim()[0] < 1e-14


def test_losses_that_a_logarithmic_axis_cannot_show_are_counted():
    figure = losses(np.array([1, 0, np.inf]), np.array([1, np.nan, 0.5]))
    assert "1 of 6 losses are 0" in notes(figure)
    assert "2 of 6 losses are not finite" in notes(figure)


def test_notes_stand_under_legend_and_axes():
    figure = curves({"a": noise(3, 2, 4), "b": noise(3, 2, 4)})
    figure.note("one line")
    figure.note("")
    figure.note("another " * 40)
    png(figure)
    renderer = figure.canvas.get_renderer()  # pyright: ignore[reportAttributeAccessIssue]
    (note,) = (text for text in figure.texts if text.get_text().startswith("one line\nanother"))
    top = note.get_window_extent(renderer).y1
    (legend,) = figure.legends
    assert top <= legend.get_window_extent(renderer).y0
    assert legend.get_window_extent(renderer).y1 <= min(
        box.y0 for ax in panels(figure) if (box := ax.get_tightbbox(renderer))
    )


def test_a_notebook_shows_it_and_no_pyplot_is_left_behind():
    code = """
import sys, numpy as np
from experiments.showing import drawing
from jconv import plot
figure = plot.kernel_heatmaps(np.ones((3, 1, 1)), title="t")
assert figure._repr_png_().startswith(b"\\x89PNG")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
