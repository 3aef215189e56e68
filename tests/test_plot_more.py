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


REFUSED = {
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
