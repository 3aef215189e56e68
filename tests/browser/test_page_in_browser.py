"""The page as a whole: silent, checked, the same by mouse, touch and keys, and safe with any name."""

import base64
import json
import re
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser.pages import NOTEBOOK, RUNS, numbers, page_of, settled

import jconv.report
from jconv.report.encode import CODECS, unpacked

NASTY = ["</script><img src=x onerror=alert(1)>", "a\u2028b \u202eright to left \u0634 \U0001f600 {{facts}}"]


def state(opened):
    settled(opened.page)
    return opened.page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")


def test_it_asks_for_nothing_and_says_nothing(open_page):
    opened = open_page(page_of("notebook"))
    assert opened.asked == []
    assert opened.said == []
    assert "good" in opened.page.get_attribute("#badge", "class")
    assert "recomputed 392 outputs" in opened.page.inner_text("#badge")


def payload(html):
    """The arrays' text, their index, and the bytes."""
    text, facts = (re.findall(rf'id="{name}">(.*?)</script>', html, re.DOTALL)[0] for name in ("arrays", "facts"))
    facts = json.loads(facts)
    return text, facts["arrays"], bytearray(zlib.decompress(base64.b64decode(text)))


@pytest.mark.parametrize("array", ["kernel", "x", "checked", "bias"])
def test_one_corrupted_bit_turns_the_badge(array, open_page):
    """A weight, a sample, a bias or an output of jconv's, wrong in one bit worth 1/128 of it."""
    html = page_of("notebook").html
    text, index, data = payload(html)
    at = 0
    for entry in index:
        count, size = int(np.prod(entry["shape"])), np.dtype(CODECS[entry["codec"]]).itemsize
        if entry["name"] == array:
            biggest = int(np.argmax(np.abs(unpacked(index, text)[array])))
            data[at + 2 * count + biggest] ^= 1  # the third of four bytes of a float32, lowest first
        at += count * size
    changed = html.replace(text, base64.b64encode(zlib.compress(bytes(data))).decode())
    assert changed != html
    opened = open_page(changed)
    assert "bad" in opened.page.get_attribute("#badge", "class")
    assert "Not confirmed" in opened.page.inner_text("#badge")


@pytest.mark.parametrize("name", RUNS)
def test_every_run_is_confirmed(name, open_page):
    opened = open_page(page_of(name))
    assert "good" in opened.page.get_attribute("#badge", "class"), opened.page.inner_text("#badge")


def test_keys_move_the_window(open_page):
    opened = open_page(page_of("notebook"), hash="t=40")
    slider = opened.page.locator("[role=slider]").first
    assert slider.get_attribute("id") == "window"
    slider.focus()
    for key, t in [
        ("ArrowRight", "41"),
        ("Shift+ArrowRight", "51"),
        ("PageUp", "48"),
        ("ArrowLeft", "47"),
        ("End", "97"),
    ]:
        slider.press(key)
        assert state(opened)["t"] == t
    slider.press("Home")
    assert state(opened)["t"] == "0"
    slider.press("ArrowDown")
    assert state(opened)["o"] == "1"
    text = slider.get_attribute("aria-valuetext")
    assert text.startswith("output 0, samples 0 to 2, 0 rad to 0.2020 rad, value"), text


def test_mouse_touch_and_keys_reach_the_same_state(open_page):
    reached = []
    for how in ("keys", "mouse", "click", "touch"):
        opened = open_page(page_of("notebook"), hash="t=40", has_touch=True)
        box = opened.page.locator("#window").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        step = opened.page.evaluate("""() => { const at = (i) => document.querySelector(`[data-name='x[${i},0]']`)
            .getBoundingClientRect().x; return (at(60) - at(50)) / 10; }""")
        if how == "keys":
            opened.page.focus("#window")
            for _ in range(12):
                opened.page.keyboard.press("ArrowRight")
                settled(opened.page)
        elif how == "mouse":
            opened.page.mouse.move(x, y)
            opened.page.mouse.down()
            opened.page.mouse.move(x + 6 * step, y, steps=4)
            opened.page.mouse.move(x + 12 * step, y, steps=4)
            opened.page.mouse.up()
        elif how == "click":
            opened.page.mouse.click(x + 12 * step, y + 30)
        else:
            opened.page.touchscreen.tap(x + 12 * step, y + 30)
        settled(opened.page)
        reached.append((state(opened)["t"], numbers(opened.page)["y[52,0]"][0]))
    assert len(set(reached)) == 1, reached
    assert reached[0][0] == "52"


def test_the_address_restores_the_state(open_page):
    hash = "o=2&t=17&c=0&push=0.4&f=0.1&view=5..60&pin=sum%5B17%2C1%2C2%5D&edits=3:0.5"
    opened = open_page(page_of("notebook"), hash=hash)
    first = state(opened)
    assert {key: first[key] for key in ("o", "t", "push", "pin", "edits")} == {
        "o": "2", "t": "17", "push": "0.4", "pin": "sum[17,1,2]", "edits": "3:0.5",
    }  # fmt: skip
    again = open_page(page_of("notebook"), hash=opened.page.url.split("#")[1])
    assert state(again) == first
    assert numbers(again.page) == numbers(opened.page)
    assert "1 weight edited by you" in again.page.inner_text("#banner")


def test_editing_a_weight_raises_the_banner_and_reset_lowers_it(open_page):
    opened = open_page(page_of("notebook"), hash="t=40")
    before = numbers(opened.page)
    cell = opened.page.locator("#kernel [data-name='k[1,1,0]']")
    cell.focus()
    cell.press("ArrowUp")
    settled(opened.page)
    after = numbers(opened.page)
    assert after["k[1,1,0]"][0] > before["k[1,1,0]"][0]
    moved = (after["k[1,1,0]"][0] - before["k[1,1,0]"][0]) * before["x[41,1]"][0]
    assert after["y[40,0]"][0] - before["y[40,0]"][0] == pytest.approx(moved, rel=1e-9)
    assert opened.page.is_visible("#banner")
    opened.page.click("#reset")
    settled(opened.page)
    assert not opened.page.is_visible("#banner")
    assert numbers(opened.page) == before
    box = opened.page.locator("#kernel [data-name='k[0,0,0]']").bounding_box()
    opened.page.mouse.move(box["x"] + 5, box["y"] + 5)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 5, box["y"] - 45, steps=5)
    opened.page.mouse.up()
    settled(opened.page)
    assert numbers(opened.page)["k[0,0,0]"][0] > before["k[0,0,0]"][0] + 0.1
    assert "pin" not in state(opened)


def test_hover_lights_relatives_and_enter_pins(open_page):
    opened = open_page(page_of("notebook"), hash="t=40")
    opened.page.hover("#sum [data-name='product[40,2,1,0]']")
    lit = opened.page.evaluate("[...document.querySelectorAll('.related')].map((e) => e.dataset.name)")
    assert {"x[42,1]", "k[2,1,0]", "sum[40,1,0]", "y[40,0]"} <= set(lit)
    assert "sum[40,0,0]" not in lit
    cell = opened.page.locator("#sum [data-name='product[40,2,1,0]']")
    cell.focus()
    cell.press("Enter")
    assert state(opened)["pin"] == "product[40,2,1,0]"
    opened.page.keyboard.press("Escape")
    assert "pin" not in state(opened)
    opened.page.keyboard.press("ArrowUp")
    assert opened.page.evaluate("document.activeElement.dataset.name") == "k[2,1,0]"


def test_every_control_can_be_reached_by_tab(open_page):
    opened = open_page(page_of("notebook"))
    controls = "button, input, select, summary, [tabindex='0']"
    wanted = opened.page.evaluate(
        """(controls) => [...document.querySelectorAll(controls)]
        .filter((e) => e.checkVisibility() && !e.disabled).length""",
        controls,
    )
    reached = set()
    for _ in range(wanted + 15):
        opened.page.keyboard.press("Tab")
        reached.add(
            opened.page.evaluate("""() => { const e = document.activeElement; window.seen ??= new Map();
            if (!window.seen.has(e)) window.seen.set(e, window.seen.size);
            return e === document.body ? -1 : window.seen.get(e); }""")
        )
    assert len(reached - {-1}) >= wanted


@pytest.mark.parametrize("width", [1280, 400])
def test_names_are_text_and_run_nothing(width, open_page):
    arguments = {**RUNS["stride 2"], "inputs": NASTY, "output_names": [*NASTY, "<b>three</b>"], "title": NASTY[0]}
    opened = open_page(
        jconv.report.page(**arguments, command=NASTY[0], config={NASTY[0]: NASTY[1]}, method=NASTY[0]), width=width
    )
    assert opened.asked == []
    assert opened.said == []
    assert opened.page.locator("img").count() == 0
    assert NASTY[0] in opened.page.inner_text("h1")
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_it_still_says_the_result(open_page):
    opened = open_page(page_of("notebook"), ready=False, java_script_enabled=False)
    text = opened.page.inner_text("main")
    for said in ("cos leads every output", "105", "2 of 6 directions", "The numbers as a table", "Not checked yet"):
        assert said in text
    assert opened.page.locator("#sum td").count() >= 18


def test_in_a_notebook_it_runs_in_a_sandboxed_frame(open_page):
    bundle = page_of("notebook")._repr_mimebundle_()
    assert "cos leads every output" in bundle["text/plain"]
    opened = open_page(f"<!doctype html><body>{bundle['text/html']}</body>", ready=False)
    frame = opened.page.frame_locator("iframe")
    frame.locator("body[data-ready]").wait_for()
    assert "good" in frame.locator("#badge").get_attribute("class")
    frame.locator("#window").focus()
    frame.locator("#window").press("Home")
    frame.locator("[data-name='y[0,0]']").first.wait_for()
    opened.page.wait_for_function("() => document.querySelector('iframe').clientHeight > 1000")
    assert opened.asked == ["about:srcdoc"] or opened.asked == []
    assert opened.said == []


def test_the_texts_of_python_and_script_are_the_same(open_page):
    page = page_of("notebook")
    still = open_page(page, ready=False, java_script_enabled=False)
    moving = open_page(page)
    for place in ("#contribute-heading", "#frequencies-heading", "#untold-heading"):
        assert still.page.inner_text(place) == moving.page.inner_text(place)


def test_the_six_steps(open_page):
    opened = open_page(page_of("notebook"))
    opened.page.click("#guide summary")
    opened.page.click("#guide-start")
    settled(opened.page)
    for step in range(6):
        assert f"{step + 1} of 6" in opened.page.inner_text("#guide-step")
        if step == 1:
            opened.page.click("#guide-step button:has-text('above 0')")
            assert "the largest product is" in opened.page.inner_text("#guide-step")
        if step == 3:
            opened.page.click("#guide-step button:has-text('cos')")
            assert "Yes: cos adds" in opened.page.inner_text("#guide-step")
        if step < 5:
            opened.page.click("#guide-next")
            settled(opened.page)
    assert "in output 1, the data leave cos's share open between 19" in opened.page.inner_text("#guide-step")
    assert state(opened)["o"] == "1"
    opened.page.fill("#guide-step input", "-1")
    settled(opened.page)
    assert "output 1 is 81\u202f% sin and 19\u202f% cos" in opened.page.inner_text("#guide-said")
    opened.page.keyboard.press("Escape")
    settled(opened.page)
    assert not opened.page.is_visible("#guide-step")
    assert NOTEBOOK["inputs"] == ["sin", "cos"]
