"""A picture of a page in Chromium: `python photograph.py PAGE WIDTH HEIGHT HASH ELEMENT PICTURE`.

It runs in an environment that has playwright (`.ci/browser` makes one), so it imports nothing of this project.
"""

import os
import shutil
import sys
from pathlib import Path

SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""Two frames later, and what they left to do."""


def photograph(page: Path, width: int, height: int, hash: str, element: str, picture: Path) -> None:
    """Open a page offline, wait until it is drawn, and write what is to be seen of it.

    Args:
        page: the file.
        width, height: of the window, in pixels.
        hash: the state in its address.
        element: a selector of what to show, or "" for the window.
        picture: the PNG to write.
    """
    from playwright.sync_api import sync_playwright  # pyright: ignore[reportMissingImports]

    chromium = os.environ.get("JCONV_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, offline=True, reduced_motion="reduce")
        tab = context.new_page()
        tab.goto(page.resolve().as_uri() + (f"#{hash}" if hash else ""))
        tab.wait_for_selector("body[data-ready]")
        tab.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
        )
        (tab.locator(element) if element else tab).screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    given, wide, high, state, part, written = sys.argv[1:]
    photograph(Path(given), int(wide), int(high), state, part, Path(written))
