"""Pictures of few colours, none dithered: small files of drawings.

A colour is one number, red * 2**16 + green * 2**8 + blue.
"""

import collections
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image


def as_numbers(pixels: np.ndarray) -> np.ndarray:
    """(..., 3 or 4) of 0 to 255 as (...) colours."""
    red, green, blue = np.moveaxis(pixels, -1, 0)[:3].astype(np.int32)
    return red << 16 | green << 8 | blue


def most_frequent(frames: Iterable[np.ndarray], most: int, apart: float) -> list[int]:
    """The colours that frames have most of, no two nearer than `apart`; so of drawings those of marks, not of edges."""
    counts: collections.Counter[int] = collections.Counter()
    for frame in frames:
        values, numbers = np.unique(frame, return_counts=True)
        counts.update(dict(zip(values.tolist(), numbers.tolist(), strict=True)))
    left = np.array(sorted(counts, key=lambda color: (-counts[color], color)))
    kept: list[int] = []
    while len(kept) < most and len(left):
        kept.append(int(left[0]))
        left = left[distances(left, kept[-1:])[:, 0] >= apart**2]
    return kept


def with_palette(frames: Sequence[np.ndarray], palette: Sequence[int], unused: Sequence[int] = ()) -> list[Image.Image]:
    """Frames as images of one palette, each pixel the colour that is most like it, `unused` behind and in no pixel."""
    places = np.zeros(2**24, np.uint8)
    for frame in frames:
        colors = np.unique(frame)
        places[colors] = distances(colors, palette).argmin(axis=1)
    flat = bytes(value for color in [*palette, *unused] for value in color.to_bytes(3, "big"))
    images = [Image.fromarray(places[frame]) for frame in frames]
    for image in images:
        image.putpalette(flat)
    return images


def distances(colors: Sequence[int] | np.ndarray, others: Sequence[int]) -> np.ndarray:
    """(colors, others): sums of the squares of what their red, green and blue differ by."""
    ends = [np.array(each)[:, None] >> np.array([16, 8, 0]) & 255 for each in (colors, others)]
    return np.square(ends[0][:, None] - ends[1]).sum(axis=-1)
