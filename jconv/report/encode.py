"""Arrays as text inside a page: bytes shuffled, compressed, in base64; the browser undoes it without a library.

Bytes of equal significance are stored side by side (the "shuffle" of HDF5), which is what makes floats compress.
"""

import base64
import zlib
from dataclasses import dataclass, field

import numpy as np

CODECS = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "i2": "<i2", "u1": "|u1"}
"""f4, f8, i4: exact. i2, u1: whole numbers times `scale` plus `offset`."""


@dataclass
class Packer:
    """Arrays gathered by name. `text` is all of them; `index` says what lies where."""

    index: list[dict] = field(default_factory=list)
    _parts: list[bytes] = field(default_factory=list)

    def add(self, name: str, array: np.ndarray, codec: str | None = None, *, steps: bool = False) -> None:
        """Store an array; complex numbers get a last axis of two.

        Args:
            name: what the page calls it.
            array: of any shape; exact by default, as f8 if it is wider than float32, else f4.
            codec: a key of `CODECS`. With "i2" and "u1" values are rounded to the nearest of 65,535 or 256 levels.
            steps: store an "i2" array by its differences along the first axis where that is shorter: snapshots that
                resemble their neighbours take half.
        """
        array = np.asarray(array)
        if np.iscomplexobj(array):
            array = np.stack([np.real(array), np.imag(array)], axis=-1)
        codec = codec or exact_codec(array.dtype)
        entry = {"name": name, "codec": codec, "shape": list(array.shape)}
        if codec == "i2":
            scale = float(np.max(np.abs(array), initial=0)) / 32767 or 1.0
            stored, entry["scale"], entry["offset"] = np.rint(array / scale), scale, 0.0
        elif codec == "u1":
            low, high = float(np.min(array, initial=0)), float(np.max(array, initial=0))
            scale = (high - low) / 255 or 1.0
            stored, entry["scale"], entry["offset"] = np.rint((array - low) / scale), scale, low
        else:
            stored = array
        stored = stored.astype(CODECS[codec])
        if steps:
            differences = np.diff(stored, axis=0, prepend=np.zeros_like(stored[:1]))  # wraps round, and back
            if encoded_size(differences) < encoded_size(stored):
                stored, entry["steps"] = differences, True
        self.index.append(entry)
        self._parts.append(shuffled(stored))

    @property
    def text(self) -> str:
        """All arrays as one text of base64."""
        return compressed(b"".join(self._parts))


def compressed(data: bytes) -> str:
    """Bytes by zlib, as a text of base64."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def exact_codec(dtype: np.dtype) -> str:
    """The codec that stores numbers of a dtype exactly (64-bit integers beyond 2**53 excepted)."""
    narrow = np.dtype(dtype).itemsize <= 2 or np.dtype(dtype) in (np.float32, np.complex64)
    return "f4" if narrow else "f8"


def shuffled(array: np.ndarray) -> bytes:
    """The bytes of an array, all first bytes first, then all second ones, and so on."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).reshape(flat.size, flat.itemsize).T.tobytes()


def unpacked(index: list[dict], text: str) -> dict[str, np.ndarray]:
    """The arrays of a page by name, as the browser decodes them; what is rounded comes as float64."""
    data = zlib.decompress(base64.b64decode(text))
    arrays, at = {}, 0
    for entry in index:
        dtype = np.dtype(CODECS[entry["codec"]])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        planes = np.frombuffer(data, np.uint8, count * dtype.itemsize, at).reshape(dtype.itemsize, count)
        at += count * dtype.itemsize
        flat = np.ascontiguousarray(planes.T).reshape(-1).view(dtype).reshape(entry["shape"])
        flat = np.cumsum(flat, axis=0, dtype=dtype) if "steps" in entry else flat
        arrays[entry["name"]] = flat * entry["scale"] + entry["offset"] if "scale" in entry else flat
    return arrays


def encoded_size(array: np.ndarray, itemsize: int | None = None) -> int:
    """About how many characters an array takes in a page, from a part of it; floats hardly compress."""
    array = np.asarray(array)
    sample = np.ascontiguousarray(array.reshape(-1)[: 1 << 18])
    itemsize = itemsize or array.itemsize
    ratio = len(zlib.compress(shuffled(sample), 6)) / max(sample.nbytes, 1)
    return int(array.size * itemsize * ratio * 4 / 3)
