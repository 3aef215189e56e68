"""The animation of a kernel that slides: its frames are read back from the axes, its file from the bytes."""

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from experiments.notebook import BIAS, KERNEL, sin_and_cos
from jconv import plot
from jconv.plot.animation import gif, pixels

RANDOM = np.random.default_rng(2)


def noise(*shape):
    return RANDOM.normal(size=shape)


CASES = {
    "notebook": ((20, 2), (3, 2, 4), {}),
    "stride": ((31, 1), (4, 1, 2), {"stride": 3, "output": 1}),
    "dilation": ((40, 3), (2, 3, 1), {"dilation": 5}),
    "padding": ((9, 2), (4, 2, 1), {"padding": (3, 2)}),
    "crop": ((20, 1), (3, 1, 1), {"padding": (-4, -3)}),
    "one window": ((5, 1), (5, 1, 1), {}),
    "one tap": ((70, 1), (1, 1, 1), {}),
}


def by_hand(x, kernel, bias, output=0, stride=1, dilation=1, padding=(0, 0)):
    """Samples and products (outputs, in, width), and outputs, from the formula."""
    width, count = kernel.shape[:2]
    low, high = padding
    total = (len(x) + low + high - (width - 1) * dilation - 1) // stride + 1
    samples = np.zeros((total, count, width))
    for t, c, j in np.ndindex(samples.shape):
        place = t * stride + j * dilation - low
        samples[t, c, j] = x[place, c] if 0 <= place < len(x) else 0
    products = samples * kernel[:, :, output].T
    return samples, products, products.sum(axis=(1, 2)) + bias[output]


@pytest.mark.parametrize("name", CASES)
def test_each_frame_holds_the_numbers_of_its_window(name):
    length, shape, settings = CASES[name]
    x, kernel, bias = noise(*length), noise(*shape), noise(shape[2])
    found = plot.slide(x, kernel, bias, **settings)
    samples, products, outputs = by_hand(x, kernel, bias, **settings)
    low = settings.get("padding", (0, 0))[0]
    stride, dilation = settings.get("stride", 1), settings.get("dilation", 1)
    axes: list[Any] = found.figure.axes
    signal, weighed, sums, made = axes
    drawn = []
    for frame in range(len(found.milliseconds)):
        found.draw(frame)
        bars = [[bar.get_height() for bar in each] for each in weighed.containers[1::2]]
        held = np.array([line.get_ydata() for line in weighed.lines[1:]])
        (patch,) = signal.patches
        t = round((patch.get_x() + 0.5 + low) / stride)
        np.testing.assert_array_equal(held, samples[t])
        window = [line for line in signal.lines if line.get_marker() == "o"]
        where = t * stride - low + dilation * np.arange(shape[0])
        for line, values in zip(window, samples[t], strict=True):
            np.testing.assert_array_equal(line.get_xdata(), where)
            np.testing.assert_array_equal(line.get_ydata(), values)
        assert patch.get_x() <= where[0] <= where[-1] <= patch.get_x() + patch.get_width()
        share = 1.0 if frame >= 48 else min(1.0, (frame % 24 + 1) / 8)
        np.testing.assert_allclose(bars, share * products[t], rtol=1e-12)
        heights = [bar.get_height() for bar in sums.containers[0]]
        bottoms = [bar.get_y() for bar in sums.containers[0]]
        complete = frame >= 48 or frame % 24 == 23
        if complete:
            np.testing.assert_allclose(heights[:-2], products[t].sum(axis=1), rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(heights[-1], outputs[t], rtol=1e-9, atol=1e-12)
            assert heights[-2] == bias[settings.get("output", 0)]
            np.testing.assert_allclose(bottoms[:-1], np.append(0, np.cumsum(heights[:-2])), rtol=1e-9, atol=1e-12)
        else:
            assert heights[-1] == 0
        line, dot = made.lines[1:]
        np.testing.assert_allclose(line.get_ydata(), outputs[: t + complete], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(dot.get_ydata(), outputs[: t + complete][-1:], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(line.get_xdata(), np.arange(t + complete) * stride + where.mean() - where[0] - low)
        drawn.append(t)
    assert drawn[:48] == ([0] * 24 + [1] * 24)[: 24 * len(outputs)]
    assert drawn[-1] == len(outputs) - 1
    assert len(drawn[48:]) == max(0, min(len(outputs) - 2, 40))
    weights = [[bar.get_height() for bar in each] for each in weighed.containers[::2]]
    np.testing.assert_array_equal(weights, kernel[:, :, settings.get("output", 0)].T)


@pytest.fixture(scope="module")
def notebook():
    return plot.slide(sin_and_cos(), KERNEL, BIAS, inputs=("sin", "cos"))


@pytest.fixture(scope="module")
def written(notebook, tmp_path_factory):
    path = tmp_path_factory.mktemp("slide") / "slide.gif"
    assert plot.save_gif(path, notebook) == path
    return path.read_bytes()


def local_palettes(data):
    """How many frames have a palette of their own, by the blocks of the format (GIF89a, sections 17 to 27)."""
    flags = data[10]
    assert flags & 0x80, "there is a palette for all"
    place, count = 13 + 3 * 2 ** ((flags & 7) + 1), 0
    while data[place] != 0x3B:
        if data[place] == 0x21:
            place += 2
        else:
            own = data[place + 9]
            count += own >> 7
            place += 11 + (3 * 2 ** ((own & 7) + 1) if own & 0x80 else 0)
        while data[place]:
            place += data[place] + 1
        place += 1
    return count


def test_the_file_is_small_loops_and_has_one_palette(written):
    assert len(written) < 100_000
    image = Image.open(io.BytesIO(written))
    assert image.size == (640, 440)
    assert image.info["loop"] == 0
    assert local_palettes(written) == 0


def test_the_file_shows_every_frame_at_its_time(notebook, written):
    """Frames that look alike are one in the file, shown as long as all of them."""
    image = Image.open(io.BytesIO(written))
    begins, shown = np.cumsum([0, *(10 * round(each / 10) for each in notebook.milliseconds)]), []
    for frame in ImageSequence.Iterator(image):
        shown.append((frame.info["duration"], np.asarray(frame.convert("RGB"), np.int64) @ [2**16, 2**8, 1]))
    assert sum(duration for duration, _ in shown) == begins[-1]
    assert shown[-1][0] >= 1500
    ends = np.cumsum([duration for duration, _ in shown])
    palette = sorted(set().union(*(np.unique(frame).tolist() for _, frame in shown)))
    assert len(palette) <= 15
    for frame, begin in zip(pixels(notebook), begins, strict=False):
        got = shown[int(np.searchsorted(ends, begin, side="right"))][1]
        wanted, got = np.divmod(np.unique(frame.astype(np.int64) * 2**24 + got), 2**24)
        np.testing.assert_array_equal(apart(wanted, got), apart(wanted[:, None], np.array(palette)).min(axis=1))


def apart(colors, others):
    """Squared distances of red, green and blue."""
    return np.sum([(colors // place % 256 - others // place % 256) ** 2 for place in (2**16, 2**8, 1)], axis=0)


def test_two_writes_are_the_same_bytes(notebook, written):
    assert gif(notebook) == written


def test_the_title_counts_what_is_added(notebook):
    assert notebook.title == "One output is 6 products and a bias, added up; the same 6 weights slide on"
    assert notebook.figure.get_suptitle().replace("\n", " ") == notebook.title
    for shape, bias, said in (
        ((1, 1, 1), None, "One output is 1 product; the same weight slides on"),
        ((1, 1, 1), np.array([0.5]), "One output is 1 product and a bias, added up; the same weight slides on"),
        ((4, 3, 1), np.zeros(1), "One output is 12 products, added up; the same 12 weights slide on"),
    ):
        assert plot.slide(noise(9, shape[1]), noise(*shape), bias).title == said
    assert plot.slide(noise(9, 1), noise(2, 1, 1), title="t").title == "t"


def test_a_notebook_shows_it_and_its_title():
    found = plot.slide(noise(4, 1), noise(2, 1, 1), title="a<b & 'c'")
    html = found._repr_html_()
    assert re.match("<img alt='a&lt;b &amp; &#x27;c&#x27;' src='data:image/gif;base64,R0lGOD", html)


def test_matplotlibs_writers_take_it(tmp_path):
    found = plot.slide(noise(2, 1), noise(2, 1, 1))
    found.matplotlib().save(tmp_path / "a.gif", writer="pillow", dpi=40)
    with Image.open(tmp_path / "a.gif") as image:
        assert len(list(ImageSequence.Iterator(image))) > 10


REFUSED = {
    "many channels": (lambda: plot.slide(noise(9, 5), noise(2, 5, 1)), "`kernel` has 5 input channels; at most 4"),
    "many taps": (lambda: plot.slide(noise(99, 1), noise(65, 1, 1)), "`kernel` has 65 taps; at most 64"),
    "no such output": (lambda: plot.slide(noise(9, 1), noise(2, 1, 1), output=1), "`output` (=1) must be a channel"),
    "complex": (lambda: plot.slide(noise(9, 1) * 1j, noise(2, 1, 1)), "`x` is complex128"),
    "other channels": (lambda: plot.slide(noise(9, 2), noise(2, 1, 1)), "`kernel` has shape (2, 1, 1); expected"),
    "no signal": (lambda: plot.slide(noise(9), noise(2, 1, 1)), "`x` has shape (9,); expected (length, in)"),
    "another bias": (lambda: plot.slide(noise(9, 1), noise(2, 1, 1), noise(2)), "`bias` has shape (2,); expected"),
    "shorter than the kernel": (lambda: plot.slide(noise(3, 1), noise(4, 1, 1)), "the output would be empty"),
    "two colours": (lambda: plot.save_gif("a", plot.slide(noise(3, 1), noise(2, 1, 1)), colors=2), "`colors` (=2) mu"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_is_refused_in_a_line(name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError, match="`") as error:
        make()
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)
