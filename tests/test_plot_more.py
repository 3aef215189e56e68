"""Pictures of what data say of a kernel: what is drawn is read back from the axes."""

import io
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jconv import analysis, plot
from jconv.plot.style import GREY

RANDOM = np.random.default_rng(1)


def noise(*shape):
    return RANDOM.normal(size=shape)


def panels(figure) -> list[Any]:
    """Its axes, of which the checker would not know what is drawn there."""
    return figure.axes


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=50)
    assert figure.get_suptitle() == "t"
    return buffer.getvalue()


def notes(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def heights(ax):
    """(channels, measures) of bars."""
    return np.array([[bar.get_height() for bar in bars] for bars in ax.containers])


def two_waves():
    time = np.linspace(0, 10, 100)
    return np.stack([np.sin(time), np.cos(time)], axis=-1)


def test_bars_are_the_shares_and_what_they_add_up_from():
    x, kernel = two_waves(), noise(3, 2, 4)
    parts = np.asarray(analysis.contributions(jnp.asarray(x), jnp.asarray(kernel)))
    ranges = analysis.share_ranges(x, kernel)
    figure = plot.share_bars(parts, kernel, title="t", ranges=ranges, inputs=("sin", "cos"))
    assert png(figure)
    for output, ax in enumerate(panels(figure)):
        drawn = heights(ax) / 100
        by_hand = np.cov(np.concatenate([parts[:, :, output], parts[:, :, output].sum(axis=0)[None]]), ddof=0)
        variance = by_hand[2, 2]
        norms = np.sqrt(np.sum(kernel[:, :, output] ** 2, axis=0))
        wanted = np.stack([norms / norms.sum(), np.diag(by_hand)[:2] / variance, by_hand[[0, 1], [1, 0]] / variance])
        np.testing.assert_allclose(drawn[:, :3], wanted.T, rtol=1e-5)
        np.testing.assert_allclose(drawn[:, 3], by_hand[:2, 2] / variance, rtol=1e-5)
        np.testing.assert_allclose(drawn[:, [0, 3]].sum(axis=0), 1, rtol=1e-5)
        whiskers = [line.get_ydata() for line in ax.lines if line.get_marker() == "_"]
        wanted = 100 * np.stack([ranges.low, ranges.high], axis=-1)[:, output]
        np.testing.assert_allclose(whiskers, wanted, rtol=1e-12)


def test_inputs_without_a_bar_of_their_own_share_one():
    parts, kernel = noise(9, 40, 1), noise(3, 9, 1)
    figure = plot.share_bars(parts, kernel, title="t", ranges=None)
    drawn = heights(panels(figure)[0]) / 100
    assert len(drawn) == 6
    assert "the other 4 of 9 inputs" in figure.legends[0].get_texts()[-1].get_text()
    np.testing.assert_allclose(drawn[:, [0, 3]].sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(drawn[:, 1] + drawn[:, 2], drawn[:, 3], rtol=1e-12)
    kept = [int(text.get_text().split()[1]) for text in figure.legends[0].get_texts()[:-1]]
    rest = analysis.shares(parts)[:, 0].sum() - analysis.shares(parts)[kept, 0].sum()
    np.testing.assert_allclose(drawn[-1, 3], rest, rtol=1e-12)


def test_an_output_that_does_not_vary_has_no_shares():
    parts = np.stack([np.ones((9, 2)), np.ones((9, 2))])
    parts[:, :, 1] += noise(2, 9)
    figure = plot.share_bars(parts, np.ones((1, 2, 2)), title="t")
    assert png(figure)
    assert not heights(panels(figure)[0])[:, 1:].any()
    assert "No variance to share out: output 0." in notes(figure)


def test_complex_shares_add_up():
    parts = noise(3, 30, 2) + 1j * noise(3, 30, 2)
    figure = plot.share_bars(parts, noise(2, 3, 2) + 1j * noise(2, 3, 2), title="t")
    for output, ax in enumerate(panels(figure)):
        np.testing.assert_allclose(heights(ax)[:, 3] / 100, analysis.shares(parts)[:, output], rtol=1e-12)


def ends(ax):
    """Kind -> tops of its bars."""
    return {bars.get_label(): [bar.get_height() for bar in bars] for bars in ax.containers}


def test_eigenvalues_are_those_of_the_windows_and_the_unseen_kernels_are_drawn():
    x = two_waves().astype(np.float32)
    found = analysis.identifiability(x, 3)
    figure = plot.patch_spectrum(found, title="t", inputs=("sin", "cos"))
    assert png(figure)
    spectrum, *maps, _ = panels(figure)
    wide = x.astype(np.float64)
    windows = np.stack([wide[tap : tap + 98] for tap in range(3)], axis=1).reshape(98, 6)
    by_hand = np.linalg.svd(windows, compute_uv=False) ** 2 / 98
    np.testing.assert_allclose(ends(spectrum)["seen"], by_hand[:2], rtol=1e-12)
    assert len(ends(spectrum)["no more than rounding"]) == 4
    assert spectrum.get_yscale() == "log"
    for ax, kernel in zip(maps, found.unseen, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), kernel.T)
        assert np.abs(windows @ kernel.ravel()).max() < 4 * 6 * np.finfo(np.float32).eps


def test_where_all_is_seen_the_weakest_kernels_are_drawn():
    found = analysis.identifiability(np.cumsum(noise(200, 1), axis=0), 8)
    figure = plot.patch_spectrum(found, title="t")
    assert list(ends(panels(figure)[0])) == ["seen"]
    np.testing.assert_array_equal(panels(figure)[1].images[0].get_array()[0], found.directions[-1, :, 0])
    assert "Drawn are 4 of 8 directions, the weakest" in notes(figure)


def test_groups_stand_side_by_side_and_each_has_bars_of_its_own():
    x = np.concatenate([noise(60, 1), np.sin(np.arange(60.0))[:, None]], axis=1)
    figure = plot.patch_spectrum(analysis.identifiability(x, 4, groups=2), title="t")
    assert {kind: len(bars) for kind, bars in ends(panels(figure)[0]).items()} == {
        "seen": 6,
        "no more than rounding": 2,
    }
    assert [label.get_text() for label in panels(figure)[1].get_yticklabels()] == ["input 1"]


def bands(kernels, **settings):
    lags = np.arange(kernels.shape[1])
    return plot.ensemble_bands(lags, kernels, title="t", lag_label="tap: samples", **settings)


def test_bands_are_the_quartiles_and_the_range_of_each_tap():
    kernels, truth = noise(9, 5, 2, 3), noise(5, 2, 3)
    figure = bands(kernels, goals={"truth": truth})
    assert png(figure)
    pairs = [(ax, c, o) for ax, (c, o) in zip(panels(figure), np.ndindex(2, 3), strict=True)]
    for ax, channel, output in pairs:
        own = np.sort(kernels[:, :, channel, output], axis=0)  # of 9 the quartiles are the third and the seventh
        for band, low, high in zip(ax.collections, (own[0], own[2]), (own[8], own[6]), strict=True):
            corners = band.get_paths()[0].vertices
            for tap in range(5):
                edge = corners[corners[:, 0] == tap, 1]
                np.testing.assert_allclose([edge.min(), edge.max()], [low[tap], high[tap]], rtol=1e-12)
        lines = {line.get_label(): line.get_ydata() for line in ax.lines}
        np.testing.assert_array_equal(lines["median"], own[4])
        np.testing.assert_array_equal(lines["truth"], truth[:, channel, output])
        np.testing.assert_array_equal(lines["each fit"], kernels[0, :, channel, output])
        assert sum(line.get_color() == GREY for line in ax.lines) == 9


def test_of_many_fits_the_first_have_lines_and_all_are_in_the_bands():
    kernels = np.zeros((80, 1, 1, 1))
    kernels[70] = 5
    figure = bands(kernels)
    assert png(figure)
    assert sum(line.get_color() == GREY for line in panels(figure)[0].lines) == 64
    assert panels(figure)[0].collections[0].get_paths()[0].vertices[:, 1].max() == 5
    assert "64 of 80 fits" in notes(figure)


def trained(gains, steps=(0, 1, 10), **settings):
    frequencies = np.linspace(0, 0.5, gains.shape[1])
    return plot.response_training(steps, frequencies, gains, title="t", frequency_label="frequency (Hz)", **settings)


def test_the_map_holds_the_gain_of_each_step_and_the_lines_its_ends():
    gains, goal = noise(3, 20, 1, 2) + 1j * noise(3, 20, 1, 2), noise(20, 1, 2)
    figure = trained(gains, goal=goal, floor_db=-200)
    assert png(figure)
    for output in range(2):
        lines, drawn = panels(figure)[output], panels(figure)[2 + output]
        decibels = 10 * np.log10(gains[:, :, 0, output].real ** 2 + gains[:, :, 0, output].imag ** 2)
        by_name = {line.get_label(): line.get_ydata() for line in lines.lines}
        np.testing.assert_allclose(by_name["start"], decibels[0], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(by_name["step 10"], decibels[2], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(by_name["goal"], 20 * np.log10(np.abs(goal[:, 0, output])), rtol=1e-10, atol=1e-10)
        cells = drawn.collections[0].get_array().reshape(3, 20)
        np.testing.assert_allclose(cells, decibels, rtol=1e-10, atol=1e-10)


def test_long_maps_keep_the_largest_gain_and_say_what_they_leave_out():
    gains = np.full((300, 1500, 1, 5), 0.1)
    gains[-1, 700] = 1.0
    figure = trained(gains, steps=np.arange(300))
    assert png(figure)
    cells = panels(figure)[4].collections[0].get_array().reshape(128, 500)
    assert np.flatnonzero(cells[-1] == 0).tolist() == [700 // 3]
    np.testing.assert_allclose(np.delete(cells[-1], 700 // 3), -20, rtol=1e-12)
    for words in ("4 of 5 pairs of channels", "128 of 300 steps", "largest gain of 3 neighbouring"):
        assert words in notes(figure)


def test_distances_along_directions_are_those_of_gradient_descent():
    """A quadratic loss: along an eigenvector of eigenvalue a, each step of size r leaves 1 - r*a of the distance."""
    x, start, goal = noise(80, 2), noise(3, 2, 2), noise(3, 2, 2)
    found = analysis.identifiability(x, 3)
    windows = np.stack([x[tap : tap + 78] for tap in range(3)], axis=1).reshape(78, 6)
    gram, rate, steps = windows.T @ windows / 78, 0.2, np.arange(20)
    kernels = [start]
    for _ in steps[1:]:
        apart = (kernels[-1] - goal).reshape(6, 2)
        kernels.append(kernels[-1] - rate * (gram @ apart).reshape(3, 2, 2))
    figure = plot.direction_errors(steps, np.stack(kernels), goal, found, title="t")
    assert png(figure)
    drawn = {line.get_label(): line.get_ydata() for line in panels(figure)[0].lines}
    for number, value in enumerate(np.linalg.eigvalsh(gram)[::-1]):
        line = drawn[f"_{number}"]
        np.testing.assert_allclose(line / line[0], np.abs(1 - rate * value) ** steps, rtol=1e-9)
    squares = np.sum([line**2 for line in drawn.values()], axis=0)  # the directions are all there are
    np.testing.assert_allclose(squares, [np.sum((kernel - goal) ** 2) for kernel in kernels], rtol=1e-10)


def test_unseen_directions_are_one_line_that_no_seen_change_moves():
    found = analysis.identifiability(two_waves().astype(np.float32), 3)
    goal, ways = noise(3, 2, 1), noise(2, 2)
    kernels = np.stack([goal + 2 * found.unseen[0][..., None]] * 2)
    kernels[1] += np.einsum("n,nwc->wc", ways[0], found.directions)[..., None]
    figure = plot.direction_errors(np.array([0, 5]), kernels, goal, found, title="t")
    (unseen,) = (line for line in panels(figure)[0].lines if line.get_label() == "4 unseen, together")
    rounding = 6 * np.finfo(float).eps * np.abs(kernels).sum(axis=(1, 2, 3)).max()  # a projection is a sum of six
    np.testing.assert_allclose(unseen.get_ydata(), [2, 2], rtol=0, atol=rounding)
    seen = [line.get_ydata()[1] for line in panels(figure)[0].lines if line is not unseen]
    np.testing.assert_allclose(sorted(seen), sorted(np.abs(ways[0])), rtol=0, atol=rounding)


def test_each_group_has_directions_and_outputs_of_its_own():
    found = analysis.identifiability(noise(60, 2), 2, groups=2)
    kernels = np.zeros((2, 2, 1, 2))
    kernels[:, :, :, 1] = found.directions[found.directions_group == 1][0]
    figure = plot.direction_errors(np.array([0, 1]), kernels, np.zeros((2, 1, 2)), found, title="t")
    drawn = {line.get_label(): line.get_ydata()[0] for line in panels(figure)[0].lines}
    np.testing.assert_allclose([drawn[f"_{number}"] for number in range(4)], [0, 0, 1, 0], atol=1e-12)


def bank(start, end, **settings):
    frequencies = np.linspace(0, 100, len(start))
    return plot.filter_bank(frequencies, start, end, title="t", frequency_label="frequency (Hz)", **settings)


def bumps(*centres):
    """(201, filters) gains around centres in Hz, far from both ends."""
    return np.exp(-((np.linspace(0, 100, 201)[:, None] - np.array(centres)) ** 2) / 20)


def test_filters_are_sorted_by_their_centre_and_the_dots_say_where_they_began():
    start, end = bumps(50, 60, 40), bumps(70, 30, 50)
    figure = bank(start * 1j, end, names=("a", "b", "c"))
    assert png(figure)
    top, rows, _ = panels(figure)
    assert [label.get_text() for label in rows.get_yticklabels()] == ["b", "c", "a"]
    dots = {line.get_label(): line.get_xdata() for line in rows.lines}
    np.testing.assert_allclose(dots["centre at start"], [60, 40, 50], rtol=1e-9)
    np.testing.assert_allclose(dots["at end"], [30, 50, 70], rtol=1e-9)
    cells = rows.collections[0].get_array().reshape(3, 201)
    np.testing.assert_allclose(cells, np.maximum(20 * np.log10(end[:, [1, 2, 0]].T), -60), rtol=1e-9, atol=1e-9)
    sums = {line.get_label(): line.get_ydata() for line in top.lines}
    for name, gain in (("start", start), ("end", end)):
        power = gain[:, 0] ** 2 + gain[:, 1] ** 2 + gain[:, 2] ** 2
        shown = power > 1e-6  # what lies far below is drawn as the lowest
        np.testing.assert_allclose(sums[name][shown], 10 * np.log10(power[shown]), rtol=1e-9, atol=1e-9)


def test_of_many_filters_the_largest_have_rows_and_all_are_in_the_sum():
    gains = np.full((1100, 200), 0.5)
    gains[:, 70:] = 1.0
    figure = bank(gains, gains)
    assert png(figure)
    top, rows, _ = panels(figure)
    assert rows.collections[0].get_array().size == 128 * 367  # 1100 frequencies, of each 3 the largest
    np.testing.assert_allclose(top.lines[1].get_ydata(), 10 * np.log10(130 + 70 / 4), rtol=1e-12)
    assert "128 of 200 filters" in notes(figure)


def test_a_centre_is_weighted_by_power():
    gain = np.zeros((11, 1))
    gain[[2, 8], 0] = 1, 2  # at 20 and 80 Hz, powers 1 and 4
    rows = panels(bank(gain, gain))[1]
    np.testing.assert_allclose([line.get_xdata()[0] for line in rows.lines[1:]], [68, 68], rtol=1e-12)


def test_a_filter_that_passes_nothing_has_no_centre_and_stands_last():
    gains = bumps(50, 60)
    gains[:, 0] = 0
    figure = bank(gains, gains)
    assert png(figure)
    rows = panels(figure)[1]
    assert [label.get_text() for label in rows.get_yticklabels()] == ["output 1", "output 0"]


@pytest.mark.parametrize(
    ("sizes", "strides", "dilations"),
    [
        ([3], [1], [1]),
        ([3, 3, 3], [1, 1, 1], [1, 2, 4]),
        ([5, 3, 2], [2, 3, 1], [1, 2, 3]),
        ([2, 1, 4], [3, 1, 2], [5, 1, 1]),
    ],
)
@pytest.mark.parametrize("causal", [False, True])
def test_dots_are_the_samples_that_an_output_depends_on(sizes, strides, dilations, causal):
    """Against layers of ones, run on a pulse at each sample in turn."""
    figure = plot.receptive_field(sizes, title="t", stride=strides, dilation=dilations, causal=causal, rate=10)
    assert png(figure)
    length = 80
    signal = np.eye(length)[:, :, None]
    for size, stride, dilation in zip(sizes, strides, dilations, strict=True):
        signal = analysis.float64_output(signal, np.ones((size, 1, 1)), stride=stride, dilation=dilation)
    seen = np.flatnonzero(np.abs(signal[:, 0, 0]) > 0.5)  # each dependence has a weight of at least 1
    ax = panels(figure)[0]
    dots = next(line for line in ax.lines if line.get_label() == "_0").get_xdata()
    zero = seen[-1] if causal else seen[-1] / 2
    np.testing.assert_allclose(dots, (seen - zero) / 10, rtol=0, atol=1e-12)
    labels = [label.get_text() for child in ax.child_axes for label in child.get_yticklabels()]
    assert labels[-1] == f"sees {seen[-1] + 1}"
    seen_by, held = np.eye(length)[:, :, None], [seen]  # each level's dots, at the newest or the middle sample they see
    for layer, (size, stride, dilation) in enumerate(zip(sizes, strides, dilations, strict=True)):
        seen_by = analysis.float64_output(seen_by, np.ones((size, 1, 1)), stride=stride, dilation=dilation)
        above = np.eye(seen_by.shape[1])[:, :, None]
        for upper in range(layer + 1, len(sizes)):
            ones = np.ones((sizes[upper], 1, 1))
            above = analysis.float64_output(above, ones, stride=strides[upper], dilation=dilations[upper])
        where = [np.flatnonzero(seen_by[:, p, 0] > 0.5) for p in np.flatnonzero(above[:, 0, 0] > 0.5)]
        held.append(np.array([w[-1] if causal else (w[0] + w[-1]) / 2 for w in where]))
    for level, places in enumerate(held):
        drawn = next(line for line in ax.lines if line.get_label() == f"_{level}").get_xdata()
        np.testing.assert_allclose(drawn, (places - zero) / 10, rtol=0, atol=1e-12)
    lowest, highest = ax.patches[0].get_xy()[:4, 0][:2]
    np.testing.assert_allclose([lowest, highest], [dots[0], dots[-1]], rtol=0, atol=1e-12)


def test_a_wide_field_has_trapezoids_without_dots():
    figure = plot.receptive_field(
        [2] * 12, title="t", dilation=[2**n for n in range(12)], names=[f"l{n}" for n in range(12)]
    )
    assert png(figure)
    ax = panels(figure)[0]
    assert "_0" not in [line.get_label() for line in ax.lines]
    corners = ax.patches[0].get_xy()
    assert np.ptp(corners[:, 0]) == 4095
    assert "drawn without dots: input, l0" in notes(figure)


COUNTS = np.array([[40, 8, 2], [0, 0, 0], [30, 0, 10]])


def test_cells_hold_counts_and_rates_of_their_true_class():
    figure = plot.confusion(COUNTS, classes=("a", "b", "c"), title="t")
    assert png(figure)
    ax = panels(figure)[0]
    drawn = ax.images[0].get_array()
    np.testing.assert_allclose(drawn[[0, 2]], [[80, 16, 4], [75, 0, 25]], rtol=1e-12)
    assert np.ma.getmaskarray(np.ma.masked_invalid(drawn))[1].all(), "nobody knows the rates of no examples"
    written = {tuple(map(round, text.get_position()[::-1])): text.get_text() for text in ax.texts}
    assert written == {
        (0, 0): "40\n80%", (0, 1): "8\n16%", (0, 2): "2\n4%", (2, 0): "30\n75%", (2, 1): "0", (2, 2): "10\n25%"
    }  # fmt: skip
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a (50)", "b (0)", "c (40)"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert "No examples of: b." in notes(figure)
    assert ax.images[0].norm.vmax == 100


def test_of_many_classes_the_cells_are_bare_and_nothing_is_left_out():
    counts = RANDOM.integers(1, 9, (40, 40))
    ax = panels(plot.confusion(counts, title="t"))[0]
    assert not ax.texts
    np.testing.assert_allclose(ax.images[0].get_array(), 100 * counts / counts.sum(axis=1, keepdims=True), rtol=1e-12)


REFUSED = {
    "counts that are not square": (lambda: plot.confusion(COUNTS[:2], title="t"), "`counts` has shape (2, 3); expect"),
    "counts in a row": (lambda: plot.confusion(COUNTS[0], title="t"), "`counts` has shape (3,); expected (true, pre"),
    "a negative count": (lambda: plot.confusion(-COUNTS, title="t"), "`counts` holds -40; expected whole numbers"),
    "half a count": (lambda: plot.confusion(COUNTS / 4, title="t"), "`counts` holds 0.5; expected whole numbers"),
    "too many classes": (lambda: plot.confusion(np.ones((65, 65)), title="t"), "`counts` has 65 classes; at most 64"),
    "names of other classes": (
        lambda: plot.confusion(COUNTS, classes=("a",), title="t"),
        "`classes` has 1 names; expected 3, one for each",
    ),
    "a filter of other frequencies": (lambda: bank(noise(8, 2), noise(9, 2)), "`end` has shape (9, 2); expected"),
    "a rate of 0": (lambda: plot.receptive_field(3, title="t", rate=0), "`rate` (=0) must be positive"),
    "too many layers": (lambda: plot.receptive_field([1] * 65, title="t"), "`kernel_size` has 65 layers"),
    "names of other layers": (lambda: plot.receptive_field(3, title="t", names=("a", "b")), "`names` has 2 names"),
    "steps that do not rise": (lambda: trained(noise(3, 8, 1, 1), steps=(0, 2, 2)), "`steps` (=[0, 2, 2]) must"),
    "steps before training": (lambda: trained(noise(3, 8, 1, 1), steps=(-1, 2, 3)), "`steps` (=[-1, 2, 3]) must"),
    "gains of other steps": (lambda: trained(noise(2, 8, 1, 1)), "`gains` has shape (2, 8, 1, 1); expected"),
    "directions of another kernel": (
        lambda: plot.direction_errors(
            np.array([0, 1]), noise(2, 4, 2, 1), noise(4, 2, 1), analysis.identifiability(two_waves(), 3), title="t"
        ),
        "`found` has directions of shape (3, 2)",
    ),
    "complex ensemble": (lambda: bands(noise(2, 3, 1, 1) + 1j), "`kernels` is complex128"),
    "a goal of another shape": (
        lambda: bands(noise(2, 3, 1, 1), goals={"a": noise(3, 1, 2)}),
        "`goals['a']` has shape (3, 1, 2); expected (width, in, out) with width=3, in=1, out=1",
    ),
    "more goals than lines": (
        lambda: bands(noise(2, 3, 1, 1), goals={str(n): noise(3, 1, 1) for n in range(4)}),
        "`goals` has 4 lines",
    ),
    "spectrum of other inputs": (
        lambda: plot.patch_spectrum(analysis.identifiability(two_waves(), 3), title="t", inputs=("a",)),
        "`inputs` has 1 names",
    ),
    "kernel of other inputs": (
        lambda: plot.share_bars(noise(2, 9, 1), noise(3, 1, 1), title="t"),
        "`kernel` has shape (3, 1, 1); expected (width, in, out) with in=2, out=1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_rightly_is_refused_in_a_line(name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError, match="`") as error:
        make()
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)
