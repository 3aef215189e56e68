"""Columns in NumPy's files and in WAV files."""

import warnings
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .recording import Recording, cannot_read, check_once, plural


def read_npy(path: str, wanted: Callable[[Sequence[str]], Sequence[str]], exact: Sequence[str]) -> Recording:
    """One array, (length,) or (length, channels); its columns have numbers.

    Raises:
        ConfigError: it is none.
    """
    array = loaded(path, lambda: np.load(path, mmap_mode="r", allow_pickle=False))
    return picked(path, split(path, array, "its array"), wanted, exact)


def read_npz(path: str, wanted: Callable[[Sequence[str]], Sequence[str]], exact: Sequence[str]) -> Recording:
    """Arrays by name, each (length,) or (length, channels); columns of the latter are "name 0", "name 1", ...

    Raises:
        ConfigError: they are not, or differ in length.
    """
    columns = {}
    with loaded(path, lambda: np.load(path, allow_pickle=False)) as file:
        for name in file.files:
            array = loaded(path, lambda name=name: file[name])
            if array.ndim:  # a single number, as a rate, is no signal
                parts = split(path, array, f"array `{name}`")
                columns |= parts if array.ndim > 2 else joined(name, parts, array.ndim)
    if not columns:
        raise cannot_read(path, "holds no array; save signals of shape (length,) or (length, channels)")
    check_once(columns, f"`task.path` (={path}) has")
    return picked(path, columns, wanted, exact)


def read_wav(path: str, wanted: Callable[[Sequence[str]], Sequence[str]], exact: Sequence[str]) -> Recording:
    """Channels with numbers, 8, 16, 24 or 32 bits or float, from -1 to 1.

    Raises:
        ConfigError: it cannot be read.
    """
    from scipy.io import wavfile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks beside the sound
        rate, sound = loaded(path, lambda: wavfile.read(path))
    if sound.dtype.kind in "iu":  # 24 bits come as the upper ones of 32
        middle, full = (128, 128) if sound.dtype == np.uint8 else (0, -float(np.iinfo(sound.dtype).min))
        sound = ((sound - np.float32(middle)) / np.float32(full)).astype(np.float32)
    sound = sound if sound.ndim > 1 else sound[:, None]
    columns = {str(channel): sound[:, channel] for channel in range(sound.shape[1])}
    found = picked(path, columns, wanted, exact)
    return Recording(found.names, found.columns, float(rate))


def loaded(path: str, load: Callable[[], Any]) -> Any:
    """What `load` gives.

    Raises:
        ConfigError: whatever goes wrong with a file that is not what its name says.
    """
    try:
        return load()
    except OSError as error:
        raise cannot_read(path, f"cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        with open(path, "rb") as file:
            other = not path.lower().endswith(".wav") and not file.read(6).startswith((b"\x93NUMPY", b"PK"))
        if other:
            why = "is none of NumPy's files, whatever its name says; write it by numpy.save or numpy.savez"
        elif "pickle" in str(error) or "Python objects" in str(error):
            why = "holds Python objects, which are not read; save arrays of numbers"
        else:
            why = f"cannot be read: {error}"
        raise cannot_read(path, why) from error


def split(path: str, array: np.ndarray, what: str) -> dict[str, np.ndarray]:
    """The columns of an array, by number.

    Raises:
        ConfigError: it is none of real numbers, or not (length,) or (length, channels).
    """
    if array.dtype.kind not in "biuf":
        raise cannot_read(path, f"{what} is of {array.dtype}; save real numbers")
    if array.ndim not in (1, 2):
        raise cannot_read(path, f"{what} has shape {array.shape}; expected (length,) or (length, channels)")
    if not array.size:
        raise cannot_read(path, f"{what} has shape {array.shape} and is empty")
    if array.ndim == 2 and array.shape[0] < array.shape[1]:
        raise cannot_read(path, f"{what} has shape {array.shape}, more channels than samples; save its transpose")
    array = array if array.ndim == 2 else array[:, None]
    return {str(channel): array[:, channel] for channel in range(array.shape[1])}


def joined(name: str, parts: dict[str, np.ndarray], axes: int) -> dict[str, np.ndarray]:
    """Columns under the name of their array, and with their number if it has two axes."""
    return {name if axes == 1 else f"{name} {number}": column for number, column in parts.items()}


def picked(
    path: str,
    columns: dict[str, np.ndarray],
    wanted: Callable[[Sequence[str]], Sequence[str]],
    exact: Sequence[str],
) -> Recording:
    """The wanted columns, float32 or, if in `exact`, float64.

    Raises:
        ConfigError: they differ in length, or hold what is not finite.
    """
    names = tuple(columns)
    found = {}
    for name in wanted(names):
        with np.errstate(over="ignore"):
            found[name] = column = np.ascontiguousarray(columns[name], np.float64 if name in exact else np.float32)
        bad = np.flatnonzero(~np.isfinite(column))
        if len(bad):
            value = columns[name][bad[0]]
            more = f", and {plural(len(bad) - 1, 'more such place')}" if len(bad) > 1 else ""
            why = "is not finite" if not np.isfinite(value) else "is too large for float32"
            raise cannot_read(path, f"row {bad[0]}, column `{name}`: {value} {why}{more}; mend the file")
    first = next(iter(found))
    for name, column in found.items():
        if len(column) != len(found[first]):
            raise cannot_read(
                path, f"`{first}` has {len(found[first])} samples and `{name}` {len(column)}; they must be as long"
            )
    return Recording(names, found)
