"""A picture that moves, and a small file of it: all frames share one palette of a few colours."""

import base64
import html
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from jconv.plot.palette import as_numbers, most_frequent, with_palette

MOST_COLORS = 256
"""In a palette of a GIF."""
APART = 20
"""Of 255; edges of marks have many colours that differ by less."""
TICK = 10
"""Milliseconds; a GIF counts in these."""


@dataclass(frozen=True)
class Animation:
    """A figure, and how to draw each of its frames; a notebook shows it by itself.

    Attributes:
        figure: that is drawn into; all that a frame changes is in it.
        draw: called with the number of a frame.
        moving: all artists that it changes, the lowest first.
        milliseconds: how long each frame is shown.
        title: what it shows, in a sentence; also the text for who cannot see it.
    """

    figure: Figure
    draw: Callable[[int], None]
    moving: tuple[Artist, ...]
    milliseconds: tuple[int, ...]
    title: str

    def matplotlib(self) -> FuncAnimation:
        """For matplotlib's own writers, as of videos; there every frame is shown as long as the shortest."""

        def draw(frame: int) -> list:
            self.draw(frame)
            return []

        every = min(self.milliseconds)
        return FuncAnimation(self.figure, draw, frames=len(self.milliseconds), interval=every, repeat=False)

    def _repr_html_(self) -> str:
        """What IPython and Jupyter ask for when it is the value of a cell."""
        data = base64.b64encode(gif(self)).decode()
        return f"<img alt='{html.escape(self.title, quote=True)}' src='data:image/gif;base64,{data}'>"


def save_gif(path: str | Path, animation: Animation, *, colors: int = 16) -> Path:
    """Write an animation as a GIF that loops, the same bytes every time.

    All frames share one palette, and nothing is dithered: that is what makes the file small.

    Args:
        path: of the file.
        animation: such as `jconv.plot.slide` returns.
        colors: in the palette, 3 to 256; one of them marks what stays as it was in the frame before.

    Returns:
        `path`.

    Raises:
        ValueError: another number of colours.
        OSError: the file cannot be written.
    """
    path = Path(path)
    path.write_bytes(gif(animation, colors=colors))
    return path


def gif(animation: Animation, *, colors: int = 16) -> bytes:
    """The content of `save_gif`'s file."""
    if not 3 <= colors <= MOST_COLORS:
        raise ValueError(f"`colors` (={colors}) must be 3 to {MOST_COLORS}")
    frames = pixels(animation)
    kept = most_frequent(frames, colors - 1, APART)
    unchanged = next(color for color in range(2**24) if color not in kept)
    first, *others = with_palette(frames, kept, [unchanged])
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[TICK * round(shown / TICK) for shown in animation.milliseconds],
        loop=0,
        palette=bytes(first.getpalette() or []),
        transparency=len(kept),
        optimize=True,  # writes only what changes
    )
    return buffer.getvalue()


def pixels(animation: Animation) -> list[np.ndarray]:
    """Every frame as it is on a screen: (height, width), as `jconv.plot.palette` has colours.

    What stands still is drawn once: a sixth of the time of drawing all.
    """
    figure, canvas = animation.figure, FigureCanvasAgg(animation.figure)
    animation.draw(0)
    found = []
    try:
        for artist in animation.moving:
            artist.set_animated(True)
        canvas.draw()
        still = canvas.copy_from_bbox(figure.bbox)
        for frame in range(len(animation.milliseconds)):
            animation.draw(frame)
            canvas.restore_region(still)
            for artist in animation.moving:
                figure.draw_artist(artist)
            found.append(as_numbers(np.asarray(canvas.buffer_rgba())))
    finally:
        for artist in animation.moving:
            artist.set_animated(False)
    return found
