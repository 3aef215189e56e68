"""Pictures of what data say of a kernel: what is drawn is read back from the axes."""

import io

import numpy as np
import pytest

from jconv import analysis, plot

RANDOM = np.random.default_rng(1)


def noise(*shape):
    return RANDOM.normal(size=shape)


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
    parts, ranges = analysis.contributions(x, kernel), analysis.share_ranges(x, kernel)
    figure = plot.share_bars(parts, kernel, title="t", ranges=ranges, inputs=("sin", "cos"))
    assert png(figure)
    for output, ax in enumerate(figure.axes):
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
    drawn = heights(figure.axes[0]) / 100
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
    assert not heights(figure.axes[0])[:, 1:].any()
    assert "No variance to share out: output 0." in notes(figure)


def test_complex_shares_add_up():
    parts = noise(3, 30, 2) + 1j * noise(3, 30, 2)
    figure = plot.share_bars(parts, noise(2, 3, 2) + 1j * noise(2, 3, 2), title="t")
    for output, ax in enumerate(figure.axes):
        np.testing.assert_allclose(heights(ax)[:, 3] / 100, analysis.shares(parts)[:, output], rtol=1e-12)


def ends(ax):
    """Kind -> tops of its bars."""
    return {bars.get_label(): [bar.get_height() for bar in bars] for bars in ax.containers}


def test_eigenvalues_are_those_of_the_windows_and_the_unseen_kernels_are_drawn():
    x = two_waves().astype(np.float32)
    found = analysis.identifiability(x, 3)
    figure = plot.patch_spectrum(found, title="t", inputs=("sin", "cos"))
    assert png(figure)
    spectrum, *maps, _ = figure.axes
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
    assert list(ends(figure.axes[0])) == ["seen"]
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array()[0], found.directions[-1, :, 0])
    assert "Drawn are 4 of 8 directions, the weakest" in notes(figure)


def test_groups_stand_side_by_side_and_each_has_bars_of_its_own():
    x = np.concatenate([noise(60, 1), np.sin(np.arange(60.0))[:, None]], axis=1)
    figure = plot.patch_spectrum(analysis.identifiability(x, 4, groups=2), title="t")
    assert {kind: len(bars) for kind, bars in ends(figure.axes[0]).items()} == {"seen": 6, "no more than rounding": 2}
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["input 1"]


def bands(kernels, **settings):
    lags = np.arange(kernels.shape[1])
    return plot.ensemble_bands(lags, kernels, title="t", lag_label="tap: samples", **settings)


def test_bands_are_the_quartiles_and_the_range_of_each_tap():
    kernels, truth = noise(9, 5, 2, 3), noise(5, 2, 3)
    figure = bands(kernels, goals={"truth": truth})
    assert png(figure)
    panels = [(ax, c, o) for ax, (c, o) in zip(figure.axes, np.ndindex(2, 3), strict=True)]
    for ax, channel, output in panels:
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
        assert sum(line.get_color() == plot.style.GREY for line in ax.lines) == 9


def test_of_many_fits_the_first_have_lines_and_all_are_in_the_bands():
    kernels = np.zeros((80, 1, 1, 1))
    kernels[70] = 5
    figure = bands(kernels)
    assert png(figure)
    assert sum(line.get_color() == plot.style.GREY for line in figure.axes[0].lines) == 64
    assert figure.axes[0].collections[0].get_paths()[0].vertices[:, 1].max() == 5
    assert "64 of 80 fits" in notes(figure)


REFUSED = {
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
