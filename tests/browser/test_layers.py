"""The sections on a whole network: the funnel, local kernels in the table of section 1, and the confusion matrix."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser.pages import RUNS, draws, in_a_network, network, numbers, page_of, settled

import jconv
import jconv.report

GIVEN = RUNS["in a network"]


def depends(stride_width_dilation_low, lengths, t):
    """Positions of each level that output t depends on, by walking back; padding is kept, and not walked through."""
    levels = [{t}]
    for (stride, width, dilation, low), above in zip(reversed(stride_width_dilation_low), lengths[::-1], strict=True):
        inside = [p for p in levels[0] if 0 <= p < above]
        levels.insert(0, {p * stride + j * dilation - low for p in inside for j in range(width)})
    return levels


def drawn(tab):
    """Positions of each level of the funnel, from the samples up."""
    text = tab.evaluate("""JSON.stringify([...document.querySelectorAll("#funnel .level")].map((level) =>
        [...level.querySelectorAll("[data-at]")].map((each) => Number(each.dataset.at))))""")
    return [set(level) for level in json.loads(text)]


@pytest.mark.parametrize(("layer", "at"), [(1, 12), (1, 0), (1, 29), (0, 3), (0, 29)])
def test_the_funnel_holds_what_an_output_depends_on(layer, at, open_page):
    opened = open_page(page_of("in a network"), hash=f"layer={layer}&at={at}")
    settings = [(2, 3, 1, 0), (1, 4, 3, 9)][: layer + 1]  # "same" with stride 2 pads 60 samples behind alone
    expected = depends(settings, [30, 30][: layer + 1], at)
    assert drawn(opened.page) == expected
    inside = sorted(p for p in expected[0] if 0 <= p < 60)
    assert f"samples {inside[0]} to {inside[-1]}" in opened.page.inner_text("#layer-text")
    padded = any(p < 0 or p >= n for level, n in zip(expected, [60, 30], strict=False) for p in level)
    assert ("padding" in opened.page.inner_text("#layer-text")) == padded


def test_controls_choose_layer_and_output(open_page):
    opened = open_page(page_of("in a network"))
    opened.page.select_option("#layer-choice", "0")
    settled(opened.page)
    opened.page.fill("#layer-at", "7")
    settled(opened.page)
    assert opened.page.evaluate("location.hash").count("layer=0&at=7") == 1
    assert drawn(opened.page) == [{14, 15, 16}, {7}]
    assert opened.said == []


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_local_kernel_adds_up_to_what_the_network_gave(number, open_page):
    opened = open_page(page_of("in a network"), hash=f"local={number}")
    found, local = numbers(opened.page), GIVEN["locals"][number]
    x = GIVEN["x"][local.entry].astype(np.float64)
    y = float(network(GIVEN["x"][local.entry])[[20, 1, 29][number], [1, 0, 2][number]])
    value, parents, _ = found[f"local_y[{number}]"]
    assert value == pytest.approx(sum(found[each][0] for each in parents), rel=1e-15)
    taps = len(local.kernel)
    # Sums of 7 and 17 terms and the rest are rounded to float32, here and where the local kernel was found.
    weights = [np.abs(each) for each in draws(18, (3, 2, 4), (4,), (4, 4, 3), (3,))]
    inside = jconv.conv1d(np.abs(GIVEN["x"][local.entry]), weights[0], weights[1], stride=2, padding="same")
    size = jconv.conv1d(inside, weights[2], weights[3], dilation=3, padding="causal")[[20, 1, 29][number]].max()
    assert abs(value - y) <= 2 * (7 + 17 + 1) * 2**-24 * size
    for j in range(taps):
        for c in range(2):
            product, factors, _ = found[f"local_product[{number},{j},{c}]"]
            assert factors == [f"local_x[{number},{local.first + j},{c}]", f"J[{number},{j},{c}]"]
            assert product == found[factors[0]][0] * found[factors[1]][0]
            assert found[factors[0]][0] == x[local.first + j, c]
            assert found[factors[1]][0] == local.kernel[j, c]
    assert found[f"rest[{number}]"][0] == local.rest
    assert "at this input only, exact" in opened.page.inner_text("#local-text")


def test_a_tangent_says_that_it_is_approximate_and_prints_the_gap(open_page):
    given = in_a_network()
    local = given["locals"][0]
    tangent = jconv.report.Local(local.name, local.kernel, local.rest, local.first, local.y, exact=False)
    opened = open_page(jconv.report.page(**{**given, "locals": [tangent]}))
    text = opened.page.inner_text("#local-text")
    assert "gradient, approximate" in text
    assert "exact:" not in text
    assert numbers(opened.page)["gap[0]"][0] == local.rest
    assert "gradient, approximate" in opened.page.text_content("#layers details")


def test_few_products_are_spelled_as_digits(open_page):
    given = in_a_network()
    few = jconv.report.Local("few", [[0.5, -1.0], [2.0, 0.25]], 0.125, 4, 1.0, exact=True)
    none = jconv.report.Local("none", np.zeros((0, 2)), 3.0, 0, 3.0, exact=True)
    opened = open_page(jconv.report.page(**{**given, "locals": [few, none]}))
    assert opened.page.locator("#local td.number").count() == 3 * 2 * 2 + 2
    assert "sample 5" in opened.page.inner_text("#local")
    opened.page.hover("#local [data-name='local_product[0,1,0]']")
    assert opened.page.inner_text("#local-traced").startswith("local_product[0,1,0] = local_x[0,5,0]")
    lit = opened.page.evaluate("[...document.querySelectorAll('#layers .related')].map((e) => e.dataset.name)")
    assert {"local_x[0,5,0]", "J[0,1,0]", "local_sum[0,0]", "local_y[0]"} <= set(lit)
    opened.page.select_option("#local-choice", "1")
    settled(opened.page)
    assert "it is the rest alone" in opened.page.inner_text("#local")
    assert opened.said == []


def test_a_cell_lists_its_examples_and_one_opens(open_page):
    opened = open_page(page_of("in a network"))
    opened.page.click("#confusion button:text-is('2')")
    settled(opened.page)
    assert "dog taken for cat, 2 of them: open 4 9" in opened.page.inner_text("#confusion-examples")
    opened.page.click("text=open 4")
    settled(opened.page)
    assert opened.page.evaluate("new URLSearchParams(location.hash.slice(1)).get('n')") == "1"
    assert opened.page.input_value("#choices input") == "1"
    i, c = (int(each) for each in next(n for n in numbers(opened.page) if n.startswith("x["))[2:-1].split(","))
    assert numbers(opened.page)[f"x[{i},{c}]"][0] == float(GIVEN["x"][1, i, c])
    opened.page.click("#confusion button:text-is('7')")
    settled(opened.page)
    assert "7 that are not listed" in opened.page.inner_text("#confusion-examples")
    again = open_page(page_of("in a network"), hash=opened.page.url.split("#")[1])
    assert "dog taken for dog" in again.page.inner_text("#confusion-examples")


def test_sections_are_there_only_with_their_data(open_page):
    for name, there in (("layers", ["#funnel"]), ("locals", ["#local"]), ("confusion", ["#confusion"])):
        arguments = {
            key: value for key, value in GIVEN.items() if key not in {"layers", "locals", "confusion"} - {name}
        }
        opened = open_page(jconv.report.page(**arguments))
        found = [each for each in ("#funnel", "#local", "#confusion") if opened.page.locator(each).count()]
        assert found == there
        assert opened.said == []
    opened = open_page(page_of("notebook"))
    assert opened.page.locator("#layers, #classes").count() == 0
    assert "give layers=" in opened.page.inner_text("#method")
