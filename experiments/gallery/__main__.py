"""Write docs/gallery.md, its pictures in docs/gallery/, and docs/explorer.html again, each from the run that it names.

python -m experiments.gallery
python -m experiments.gallery --out FOLDER    somewhere else
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..fit import fit
from ..runs.outputs import write_whole
from ..understand import understand
from . import photograph
from .entries import ENTRIES, NOTEBOOK, Entry, Screen, page
from .writing import as_json, drawn, few_colors
from .writing import page as gallery_page

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = "numbers.json"


class NoBrowser(Exception):
    """There is no Chromium, or no playwright to start it."""


def run(command: str) -> Any:
    """What a command finds; nothing is written."""
    _, _, module, *settings = shlex.split(command)
    return {"experiments.fit": fit, "experiments.understand": understand}[module](*settings)


def python_with_browser() -> str:
    """An interpreter that has playwright.

    Raises:
        NoBrowser: there is none.
    """
    if find_spec("playwright") is not None:
        return sys.executable
    own = ROOT / ".venv-browser" / "bin" / "python"
    if not own.exists():
        raise NoBrowser("playwright is not installed here; .ci/browser makes an environment that has it")
    return str(own)


def photographed(screen: Screen) -> bytes:
    """The PNG of a page in Chromium.

    Raises:
        NoBrowser: there is none, or it does not start.
    """
    python = python_with_browser()
    with tempfile.TemporaryDirectory() as folder:
        html, picture = Path(folder) / "page.html", Path(folder) / "page.png"
        html.write_text(screen.html, encoding="utf-8")
        where = [str(html), str(screen.width), str(screen.height), screen.state, screen.element, str(picture)]
        done = subprocess.run([python, str(photograph.__file__), *where], capture_output=True, text=True)
        if done.returncode:
            raise NoBrowser((done.stderr.strip().splitlines() or ["Chromium does not start"])[-1])
        return few_colors(picture.read_bytes())


def write(out: Path, entries: Sequence[Entry] = ENTRIES) -> list[str]:
    """Write pictures, numbers and pages; each run is made once.

    Args:
        out: folder for gallery.md, explorer.html and gallery/.
        entries: in order.

    Returns:
        What could not be made, a line each; the old picture of each is kept.
    """
    folder = out / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    old = json.loads((folder / NUMBERS).read_text()) if (folder / NUMBERS).exists() else {}
    runs: dict[str, Any] = {}
    found, kept = {}, []
    for entry in entries:
        if entry.command not in runs:
            print(entry.command, flush=True)
            runs[entry.command] = run(entry.command)
        made = runs[entry.command]
        figure = entry.figure(made)
        try:
            content = photographed(figure) if isinstance(figure, Screen) else drawn(figure)
        except NoBrowser as error:
            kept.append(f"{entry.file} is the old one: {error}")
            if entry.file in old:
                found[entry.file] = old[entry.file]
            continue
        write_whole(folder / entry.file, content)
        found[entry.file] = {"command": entry.command, "numbers": dict(entry.numbers(made))}
        print(f"  {entry.file}, {len(content) / 1000:.0f} KB", flush=True)
    write_whole(folder / NUMBERS, as_json(found))
    shown = [entry for entry in entries if entry.file in found]
    write_whole(out / "gallery.md", gallery_page(shown, found))
    if NOTEBOOK in runs:
        write_whole(out / "explorer.html", page(runs[NOTEBOOK]))
    return kept


def main() -> None:
    """Write all, and say what is kept as it was."""
    parser = argparse.ArgumentParser(prog="python -m experiments.gallery", description="Write docs/gallery.md again.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="FOLDER", help="where to write")
    for line in write(parser.parse_args().out):
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
