"""The gallery is true: its commands are accepted, its pictures there, the numbers in its sentences those of runs."""

import io
import json
import re
import shlex
from collections import Counter
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from PIL import Image

import experiments.gallery.__main__ as gallery
from experiments.config.preflight import preflight
from experiments.config.schema import Fit, Understand
from experiments.gallery.entries import ENTRIES, NOTEBOOK, Screen, page, slide
from experiments.gallery.writing import few_colors
from experiments.gallery.writing import page as gallery_page
from experiments.showing import pictures
from experiments.understand import understand

DOCS = Path(__file__).resolve().parents[2] / "docs"
README = (DOCS.parent / "README.md").read_text()
FOLDER = DOCS / "gallery"
FOUND = json.loads((FOLDER / "numbers.json").read_text())
PICTURES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".png", ".gif"))
FITS = [entry for entry in ENTRIES if entry.command != NOTEBOOK]
DRAWN = [entry for entry in ENTRIES if entry.command == NOTEBOOK]


def settings(command):
    python, flag, module, *arguments = shlex.split(command)
    assert (python, flag) == ("python", "-m")
    return module.removeprefix("experiments."), arguments


@pytest.fixture(scope="module")
def notebook():
    return understand()


@pytest.mark.parametrize("command", sorted({entry.command for entry in ENTRIES}))
def test_commands_are_accepted(command):
    name, arguments = settings(command)
    assert len(preflight(arguments, name, {"fit": Fit, "understand": Understand}[name]).configs) == 1


def test_the_page_is_made_of_its_entries_and_their_numbers():
    assert (DOCS / "gallery.md").read_text() == gallery_page(ENTRIES, FOUND)
    assert [entry.file for entry in ENTRIES] == list(FOUND)
    for entry in ENTRIES:
        assert FOUND[entry.file]["command"] == entry.command


def test_every_picture_is_there_and_shown_once():
    shown = Counter(re.findall(r"\]\(gallery/([^)]+)\)", (DOCS / "gallery.md").read_text()))
    assert shown == {path.name: 1 for path in PICTURES}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_pictures_are_small(path):
    image = Image.open(io.BytesIO(path.read_bytes()))
    assert image.mode == "P" or path.suffix == ".gif"
    assert len(image.getcolors(256) or []) <= 64
    assert path.stat().st_size <= (60_000 if path.suffix == ".png" else 100_000)


def test_all_of_them_are_small_too():
    assert sum(path.stat().st_size for path in PICTURES) <= 700_000


def test_the_readme_opens_with_the_first_and_says_what_it_shows(notebook):
    (said,) = re.findall(r"\[!\[(.*)\]\(docs/gallery/slide.gif\)\]\(docs/explorer.html\)", README)
    assert said == slide(notebook).title


def names(entry):
    return {name for _, name, _, _ in Formatter().parse(entry.sentence) if name}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_every_sentence_has_numbers_of_its_run(entry):
    assert names(entry)
    assert names(entry) <= set(FOUND[entry.file]["numbers"])


@pytest.mark.parametrize("entry", DRAWN, ids=lambda entry: entry.file)
def test_the_notebooks_numbers_are_those_of_its_run(entry, notebook):
    own = entry.numbers(notebook)
    assert entry.said(own) == entry.said(FOUND[entry.file]["numbers"])


def test_the_notebooks_numbers_are_right(notebook):
    """By NumPy, from the formula; the shares that are open are those that the page says."""
    windows = np.lib.stride_tricks.sliding_window_view(notebook.x.astype(float), 3, axis=0)  # (98, in, width)
    parts = np.einsum("tcj,jco->cto", windows, notebook.kernel.astype(float))
    shares = np.array([[np.cov(part, y, ddof=0)[0, 1] / y.var() for part, y in zip(own.T, parts.sum(0).T, strict=True)]
                       for own in parts])  # fmt: skip
    norms = np.linalg.norm(notebook.kernel, axis=0)
    weights = FOUND["contributions.png"]["numbers"]
    assert weights == {"other": int((norms.argmax(0) != shares.argmax(0)).sum()), "outputs": 4}
    given = FOUND["shares.png"]["numbers"]
    channel, output = ("sin", "cos").index(given["channel"]), given["output"]
    assert given["share"] == pytest.approx(shares[channel, output], abs=1e-6)
    assert given["weights"] == pytest.approx(norms[channel, output] / norms[:, output].sum(), abs=1e-6)
    rows = windows.transpose(0, 2, 1).reshape(98, 6)
    unseen = np.linalg.svd(rows)[2][2:]  # of two waves
    slope = np.zeros(6).reshape(3, 2)
    y = parts.sum(0)[:, output]
    slope[:, channel] = [np.cov(windows[:, channel, tap], y, ddof=0)[0, 1] / y.var() for tap in range(3)]
    reach = np.linalg.norm(notebook.kernel[:, :, output]) * np.linalg.norm(unseen @ slope.ravel())
    assert (given["low"], given["high"]) == pytest.approx((given["share"] - reach, given["share"] + reach), abs=1e-5)
    first = FOUND["slide.gif"]["numbers"]
    assert first["by_hand"] == pytest.approx(parts[:, 0, 0].sum() + notebook.bias[0], abs=1e-6)
    assert first["products"] == 6


@pytest.fixture(scope="module")
def fits():
    """Short runs, by command."""
    made = {}

    def run(command):
        if command not in made:
            made[command] = gallery.run(f"{command} trainer.steps=4")
        return made[command]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("entry", FITS, ids=lambda entry: entry.file)
def test_the_numbers_of_fits_are_those_of_metrics_json(entry, fits):
    found = fits(entry.command)
    own = entry.numbers(found)
    assert set(own) == set(FOUND[entry.file]["numbers"])
    for name in set(own) & set(found.metrics):
        assert own[name] == found.metrics[name]
    said = " ".join(entry.figure(found).get_suptitle().split())
    if entry.file == "signal.png":
        assert said.startswith(f"SNR {own['before']:.1f} dB in, {own['after']:.1f} dB out")
    if entry.file == "filter_bank.png":
        assert f"{own['median']:.3g} Hz in the median" in pictures.filters(found).get_suptitle()
    if entry.file == "receptive_field.png":
        assert said == f"Through {own['layers']} layers an output sees {own['seen']} samples ({own['ms']:.3g} ms)"
        assert own["weights"] == 3 * (8 + 3 * 8 * 8 + 8)
    if entry.file.startswith("seeds"):
        losses = [member["held_out_mse"] for member in found.metrics["members"]]
        assert own["worst_mse"] == max(losses)
        assert own["seeds"] == len(losses) == 16


def test_the_notebooks_own_page_is_small_and_the_same_every_time(notebook):
    text = page(notebook)
    assert text == page(notebook)
    assert len(text.encode()) < 100_000
    kept = (DOCS / "explorer.html").read_text(encoding="utf-8")
    assert len(kept.encode()) < 100_000
    code = r'<script type="text/plain" id="code">(.*?)</script>'
    assert re.findall(code, kept, re.DOTALL) == re.findall(code, text, re.DOTALL), "python -m experiments.gallery"
    lead = r'<p class="lead" id="result">(.*?)</p>'
    assert re.findall(lead, kept) == re.findall(lead, text)


def test_without_a_browser_the_old_picture_stays_and_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "gallery"
    folder.mkdir()
    (folder / "page_400.png").write_bytes(b"old")
    (folder / "numbers.json").write_text(json.dumps({"page_400.png": {"command": NOTEBOOK, "numbers": {"checked": 7}}}))
    monkeypatch.setattr(gallery, "find_spec", lambda _: None)
    monkeypatch.setattr(gallery, "ROOT", tmp_path)
    entries = [entry for entry in ENTRIES if entry.file in ("shares.png", "page_400.png", "page_1280.png")]
    kept = gallery.write(tmp_path, entries)
    assert [line.split(":")[0] for line in kept] == ["page_1280.png is the old one", "page_400.png is the old one"]
    assert all("playwright is not installed here; .ci/browser makes" in line for line in kept)
    assert (folder / "page_400.png").read_bytes() == b"old"
    assert Image.open(io.BytesIO((folder / "shares.png").read_bytes())).mode == "P"
    text = (tmp_path / "gallery.md").read_text()
    assert "The same 7 outputs" in text
    assert "page_1280.png" not in text, "there is no such picture yet"
    assert (tmp_path / "explorer.html").exists()


def test_a_browser_that_fails_says_why_in_a_line(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho some lines >&2; echo no Chromium >&2; exit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(gallery, "python_with_browser", lambda: str(python))
    with pytest.raises(gallery.NoBrowser, match=r"^no Chromium$"):
        gallery.photographed(Screen("", 100, 100))


def test_few_colours_keep_those_of_the_marks():
    random = np.random.default_rng(0)
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[:50] = np.linspace(0, 255, 100).astype(np.uint8)[:, None]  # a hundred greys
    pixels[60, :10] = (213, 94, 0)
    pixels[70:80] = (246, 248, 250)
    pixels[90:, ::2] = random.integers(0, 255, (10, 50, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    found = Image.open(io.BytesIO(few_colors(buffer.getvalue())))
    assert len(found.getcolors(256) or []) <= 64
    rgb = np.asarray(found.convert("RGB"))
    np.testing.assert_array_equal(rgb[60, :10], pixels[60, :10])
    np.testing.assert_array_equal(rgb[70:80], pixels[70:80])
