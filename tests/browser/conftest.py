"""One offline browser, a page opened in it, and everything that it said or asked for."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from browser_needed import chromium, missing  # pyright: ignore[reportMissingImports]


def pytest_collection_modifyitems(items):
    reason = missing()
    for item in items:
        if reason and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # pyright: ignore[reportMissingImports]

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in the browser.

    Attributes:
        page: playwright's.
        said: console messages, errors and violated policies.
        asked: addresses that it asked for, but for its own.
    """

    page: object
    said: list = field(default_factory=list)
    asked: list = field(default_factory=list)


@pytest.fixture
def open_page(browser, tmp_path):
    """A function that writes a page (text, or what `jconv.report.page` returns) and opens it."""
    contexts = []

    def opened(page, hash="", width=1280, ready=True, **context_settings):
        path = tmp_path / "page.html"
        path.write_text(page if isinstance(page, str) else page.html, encoding="utf-8")
        size = {"width": width, "height": 900}
        settings = {"viewport": size, "offline": True, "reduced_motion": "reduce", **context_settings}
        context = browser.new_context(**settings)
        contexts.append(context)
        tab = context.new_page()
        result = Opened(tab)
        tab.on("console", lambda message: result.said.append(message.text))
        tab.on("pageerror", lambda error: result.said.append(str(error)))
        tab.on("request", lambda request: result.asked.append(request.url) if "page.html" not in request.url else None)
        tab.add_init_script("addEventListener('securitypolicyviolation', (e) => console.log('policy', e.blockedURI))")
        tab.goto(path.as_uri() + (f"#{hash}" if hash else ""))
        if ready:
            tab.wait_for_selector("body[data-ready]")
        return result

    yield opened
    for context in contexts:
        context.close()
