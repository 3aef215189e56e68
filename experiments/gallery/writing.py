"""Pictures as small files, and the page that shows them."""

import io
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from jconv.plot import Animation, Picture
from jconv.plot.animation import gif
from jconv.plot.palette import as_numbers, most_frequent, with_palette

from .entries import Entry

PALETTE = 64
"""Colours of a PNG: a third of the bytes, and no difference to the eye."""
MARKS, SHADES = 20, 8
"""How far apart its colours are, of 255, in a figure, whose marks count, and on a page with its light backgrounds."""
DOTS = 75
"""An inch; of figures 10 to 11 inches wide."""
WIDE = 120
INTRODUCTION = """Each picture comes from the run that the command under it names (after `uv run --extra experiments`),
and each sentence holds numbers of that run. `python -m experiments.gallery` writes all of it again. The first three are
of the notebook that this grew from. [What else there is to fit](experiments.md)."""


def drawn(figure: Picture | Animation) -> bytes:
    """The content of its file."""
    if isinstance(figure, Animation):
        return gif(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS)
    return few_colors(buffer.getvalue(), MARKS)


def few_colors(png: bytes, apart: int = SHADES) -> bytes:
    """The same PNG with a palette of colours that are no nearer than `apart`."""
    frame = as_numbers(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")))
    (image,) = with_palette([frame], most_frequent([frame], PALETTE, apart))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def as_json(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Picture -> its command and numbers."""
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def page(entries: Sequence[Entry], found: Mapping[str, Mapping[str, Any]]) -> str:
    """gallery.md, with the numbers in `found`."""
    parts = [f"# Gallery\n\n{textwrap.fill(INTRODUCTION, WIDE)}\n"]
    for entry in entries:
        said = textwrap.fill(entry.said(found[entry.file]["numbers"]), WIDE, break_long_words=False)
        picture = f"![{entry.heading}](gallery/{entry.file})"
        parts.append(f"## {entry.heading}\n\n{said}\n\n{picture}\n\n```bash\n{entry.command}\n```\n")
    return "\n".join(parts)
