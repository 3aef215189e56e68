"""Readable by everyone: axe, no sideways scrolling, dark, forced colours, reduced motion, print."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser.pages import RUNS, page_of, settled
from browser.test_sections import trained

import jconv.report

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed; .ci/browser brings it")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("given", [trained(), RUNS["in a network"]], ids=["trained", "in a network"])
def test_axe_finds_nothing(given, width, scheme, open_page):
    opened = open_page(jconv.report.page(**given), width=width, color_scheme=scheme, bypass_csp=True)
    opened.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    found = axe.Axe().run(opened.page).response["violations"]
    said = [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found]
    assert not said, said


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [1280, 400, 320])
def test_nothing_scrolls_sideways(name, width, open_page):
    opened = open_page(page_of(name), width=width)
    opened.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    settled(opened.page)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.said == []


def test_targets_are_large_enough_for_a_finger(open_page):
    opened = open_page(page_of("notebook"), width=400, has_touch=True)
    small = opened.page.evaluate("""() => [...document.querySelectorAll("button, select, #window, #kernel td")]
        .filter((e) => e.checkVisibility()).map((e) => [e.textContent, e.getBoundingClientRect()])
        .filter(([, r]) => r.height < 44 || r.width < 24).map(([text, r]) => `${text} ${r.width} x ${r.height}`)""")
    assert small == []


def test_forced_colours_and_zoom(open_page):
    opened = open_page(page_of("notebook"), forced_colors="active")
    assert opened.said == []
    half = open_page(page_of("notebook"), width=640)  # 1280 at 200 %
    assert half.page.evaluate("document.documentElement.scrollWidth") <= 640


def test_print_has_every_heading_all_figures_and_tables_dark_on_light(open_page):
    opened = open_page(jconv.report.page(**trained()), color_scheme="dark")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert opened.page.locator("details:not([open])").count() == 0
    for heading in opened.page.locator("h2").all():
        assert heading.is_visible()
    assert not opened.page.is_visible("#play")
    for figure in ("lanes", "response", "loss", "eigenvalues", "ensemble"):
        assert opened.page.is_visible(f"#{figure} svg"), figure
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(opened.page.pdf()) > 10_000
