"""Sections 2 to 6: scrubbing, pushing and choosing change what they must, by the amounts that NumPy gives."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser.pages import NOTEBOOK, draws, numbers, page_of, settled

import jconv.report


def trained(steps=(0, 1, 10, 100)):
    """The notebook's run with four snapshots on the way, three seeds and a reference."""
    (noise,) = draws(20, (len(steps), *NOTEBOOK["kernel"].shape))
    fading = np.linspace(1, 0, len(steps), dtype=np.float32)[:, None, None, None]
    kernels = NOTEBOOK["kernel"] + noise * fading
    biases = np.tile(NOTEBOOK["bias"], (len(steps), 1))
    training = jconv.report.Training(steps, kernels, biases, np.geomspace(1, 0.01, len(steps)).astype(np.float32))
    (seeds,) = draws(21, (5, *NOTEBOOK["kernel"].shape))
    return {
        **NOTEBOOK, "training": training, "ensemble": NOTEBOOK["kernel"] + seeds / 10,
        "reference": {"the truth": NOTEBOOK["kernel"]},
    }  # fmt: skip


def outputs(kernel, bias):
    windows = np.lib.stride_tricks.sliding_window_view(NOTEBOOK["x"].astype(float), 3, axis=0)
    return np.einsum("tcj,jco->to", windows, kernel.astype(float)) + bias


def decibels(tab):
    return json.loads(tab.get_attribute("#response svg", "data-db"))


def test_scrubbing_changes_kernel_response_and_shares(open_page):
    arguments = trained()
    opened = open_page(jconv.report.page(**arguments), hash="t=40&o=1&c=1")
    before, heading = decibels(opened.page), opened.page.inner_text("#contribute-heading")
    opened.page.fill("#step", "1")
    settled(opened.page)
    found, kernels = numbers(opened.page), np.asarray(arguments["training"].kernels)
    allowed = 1.01 * np.abs(kernels).max() / 32767 / 2  # a 16-bit level is twice as wide
    for j in range(3):
        assert abs(found[f"k[{j},1,1]"][0] - kernels[1, j, 1, 1]) <= allowed
    weights = np.array([[[found[f"k[{j},{c},1]"][0] for c in range(2)]] for j in range(3)])
    y = np.sum(NOTEBOOK["x"][40:43] * weights[:, 0, :]) + NOTEBOOK["bias"][1]
    assert found["y[40,1]"][0] == pytest.approx(y, rel=1e-12)
    assert opened.page.is_visible("#banner")
    assert "step 1 of 100" in opened.page.inner_text("#banner")
    expected = 20 * np.log10(np.abs(np.fft.rfft(weights[:, 0, 1], 512)))[[0, 64, 128, 192, 256]]
    np.testing.assert_allclose(decibels(opened.page), expected, rtol=1e-9, atol=1e-9)
    assert decibels(opened.page) != before
    assert opened.page.inner_text("#contribute-heading") != heading
    opened.page.click("#reset")
    settled(opened.page)
    assert decibels(opened.page) == before
    assert opened.page.input_value("#step") == "3"


def test_push_changes_weights_and_shares_but_no_output(open_page):
    opened = open_page(page_of("notebook"), hash="t=40&o=1")
    before = numbers(opened.page)
    opened.page.fill("#push", "-1")
    settled(opened.page)
    after = numbers(opened.page)
    assert abs(after["y[40,1]"][0] - before["y[40,1]"][0]) < 1e-7
    assert abs(after["k[0,1,1]"][0] - before["k[0,1,1]"][0]) > 0.01
    assert abs(after["sum[40,1,1]"][0] - before["sum[40,1,1]"][0]) > 0.01
    assert float(opened.page.get_attribute("#push-text", "data-change")) < 1e-7
    assert "output 1 is 81\u202f% sin and 19\u202f% cos" in opened.page.inner_text("#push-text")
    assert opened.page.is_visible("#banner")


def test_push_raises_the_error_where_data_fix_the_weights(open_page):
    opened = open_page(page_of("stride 2"), hash="t=5")
    before = numbers(opened.page)["y[5,0]"][0]
    opened.page.fill("#push", "0.5")
    settled(opened.page)
    assert abs(numbers(opened.page)["y[5,0]"][0] - before) > 1e-3
    assert "mean squared change" in opened.page.inner_text("#push-text")


def test_shares_recomputed_by_the_script_equal_those_of_python(open_page):
    """An edit by nothing makes the script compute what Python wrote."""
    opened = open_page(page_of("notebook"), hash="o=1")
    heading = opened.page.inner_text("#contribute-heading")
    at = float(NOTEBOOK["kernel"][0, 0, 1])
    edited = open_page(page_of("notebook"), hash=f"o=1&edits=1:{at!r}")
    assert edited.page.is_visible("#banner")
    assert edited.page.inner_text("#contribute-heading") == heading == "output 1 is 61\u202f% cos and 39\u202f% sin"


def test_every_section_is_there_and_silent(open_page):
    opened = open_page(jconv.report.page(**trained()))
    for section in ("contribute", "frequencies", "trained", "untold", "seeds", "method"):
        assert opened.page.locator(f"section#{section} svg, section#{section} p").count() > 0
    assert opened.page.locator("#response-map canvas").count() == 1
    assert opened.page.locator("#ensemble path").count() >= 5
    opened.page.hover("#response svg")
    settled(opened.page)
    assert "cycles per rad: \u00d7" in opened.page.inner_text("#response-text")
    assert opened.page.locator(".sinusoid").count() == 1
    assert opened.said == []


def test_what_is_not_in_a_page_is_said_where_it_would_be(open_page):
    x, kernel = draws(30, (200_000, 4), (31, 4, 16))
    opened = open_page(jconv.report.page(x=x, kernel=kernel, limit=1_200_000, around=[150_000], outputs=[7]))
    assert "samples are exact" in opened.page.inner_text("header")
    assert "good" in opened.page.get_attribute("#badge", "class")
    opened.page.goto(opened.page.url.split("#")[0] + "#t=150000&o=7")
    opened.page.wait_for_function("() => document.querySelector(`[data-name='y[150000,7]']`)")
    found = numbers(opened.page)
    expected = np.sum(x[150_000:150_031].astype(float) * kernel[:, :, 7].astype(float))
    assert found["y[150000,7]"][0] == pytest.approx(expected, rel=1e-12)
    opened.page.goto(opened.page.url.split("#")[0] + "#t=60000&o=7")
    opened.page.wait_for_function("() => document.querySelector('#sum').textContent.includes('around=[60000]')")
    assert "envelope only here" in opened.page.text_content("#inputs svg")
    assert opened.said == []


def test_headings_follow_the_chosen_output(open_page):
    random = np.random.default_rng(3)
    x = random.normal(size=(60, 4)).astype(np.float32)
    x[:, 1] = 2 * x[:, 0]  # the first group sees one signal twice: half of its weights cannot be told
    kernels = random.normal(size=(5, 3, 2, 2)).astype(np.float32)
    kernels[..., 1] = kernels[:1, ..., 1]  # every seed found the same second output
    opened = open_page(jconv.report.page(x=x, kernel=kernels[0], groups=2, ensemble=kernels), hash="o=0")
    untold, agreed = "#untold-heading", "#seeds-heading"
    assert opened.page.inner_text(untold).startswith("rank 3 of 6 in group 0, so three directions")
    relative = np.linalg.norm(kernels[..., 0].std(axis=0)) / np.linalg.norm(kernels[..., 0].mean(axis=0))
    assert opened.page.inner_text(agreed).startswith(
        f"five seeds of output 0 differ by {relative:.0%}".replace("%", "\u202f%")
    )
    opened.page.evaluate("() => { location.hash = 'o=1'; }")
    settled(opened.page)
    assert opened.page.inner_text(untold).startswith("rank 6 of 6 in group 1, the weakest direction")
    assert opened.page.inner_text(agreed).startswith("five seeds of output 1 differ by 0\u202f%")
