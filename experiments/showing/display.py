"""What a notebook shows of a fit: a table and its pictures, as HTML that holds all it needs."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jconv.plot import Picture

DOTS_PER_INCH = 80


def page(title: str, rows: Sequence[tuple[str, str]], figures: "Mapping[str, Picture]") -> str:
    """A table of (name, words), then the figures as PNG, each with its title as the text for who cannot see it."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th><td style='text-align:left'>{html.escape(words)}</td>"
        "</tr>"
        for name, words in rows
    )
    pictures = "".join(
        f"<details{' open' if place == 0 else ''}><summary>{html.escape(name)}</summary>{image(name, figure)}</details>"
        for place, (name, figure) in enumerate(figures.items())
    )
    return f"<h4>{html.escape(title)}</h4><table>{cells}</table>{pictures}"


def image(name: str, figure: "Picture") -> str:
    """A figure as an element that holds its bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{html.escape(name)}' style='max-width:100%' src='data:image/png;base64,{data}'>"
