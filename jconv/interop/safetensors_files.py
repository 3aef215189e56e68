"""Reading and writing safetensors files, which hold named arrays."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jconv import checks
from jconv.interop.arrays import as_numpy, mapping
from jconv.interop.names import dotted, names_below


def load_safetensors(path: str | os.PathLike[str], prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays of a safetensors file whose names start with `prefix`, by the rest of their names.

    Only those are read from the disk. bfloat16 comes as `jax.numpy.bfloat16`.

    Args:
        path: the file.
        prefix: a module's name, with or without the last dot; "" for everything.

    Raises:
        FileNotFoundError, IsADirectoryError: `path` is not a file.
        ValueError: the file is not a whole safetensors file, or holds an array of a dtype that NumPy lacks.
        KeyError: no name starts with `prefix`; the message lists near ones.
        ImportError: the package `safetensors` is not installed.

    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_safetensors(folder + "/model.safetensors", {"conv.weight": np.zeros((4, 2, 3))})
    ...     load_safetensors(folder + "/model.safetensors", "conv")["weight"].shape
    (4, 2, 3)
    """
    safetensors = _package("load_safetensors")
    prefix, path = dotted(prefix), _path(path)
    if not path.exists():
        raise FileNotFoundError(f"`path` (='{path}') does not exist")
    if path.is_dir():
        raise IsADirectoryError(f"`path` (='{path}') must be a safetensors file; it is a folder")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            names = names_below(file.keys(), prefix) if prefix else list(file.keys())
            return {name.removeprefix(prefix): _tensor(file, name, path) for name in names}
    except safetensors.SafetensorError as error:
        raise ValueError(f"`path` (='{path}') is not a whole safetensors file: {error}") from None


def save_safetensors(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write named arrays to a safetensors file, whole or not at all: an interrupted write leaves an old file as it was.

    Args:
        path: the file; its folder must exist.
        arrays: names to NumPy or JAX arrays or PyTorch tensors, such as `to_torch` returns.
        metadata: strings kept in the file's header.

    Raises:
        TypeError, ValueError: `arrays` does not map strings to arrays, or one is of a dtype the format lacks.
        FileNotFoundError, IsADirectoryError: the folder does not exist, or `path` is one.
        ImportError: the package `safetensors` is not installed.
    """
    safetensors = _package("save_safetensors")
    from safetensors.numpy import save

    path = _path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"`path` (='{path}') must lie in a folder that exists; '{path.parent}' is none")
    if path.is_dir():
        raise IsADirectoryError(f"`path` (='{path}') must be a file; it is a folder")
    mapping("arrays", arrays)
    for name in arrays:
        if not isinstance(name, str):
            raise TypeError(f"`arrays` must have strings for names; one is {checks.shown(name)}")
    contiguous = {name: as_numpy(f"`arrays[{name!r}]`", value) for name, value in arrays.items()}
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        # not save_file, whose files nobody but their owner may read
        unfinished.write_bytes(save(contiguous, metadata=None if metadata is None else dict(metadata)))
        os.replace(unfinished, path)
    except safetensors.SafetensorError as error:
        raise ValueError(f"`arrays` cannot be written to `path` (='{path}'): {error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _package(caller: str) -> Any:
    try:
        import safetensors
    except ModuleNotFoundError:
        raise ImportError(f"{caller} needs the package safetensors: pip install 'safetensors>=0.4.3'") from None
    return safetensors


def _path(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"`path` ({checks.shown(path)}) must be a string or a path") from None


def _tensor(file: Any, name: str, path: Path) -> np.ndarray:
    try:
        return file.get_tensor(name)
    except (AttributeError, TypeError):  # how safetensors meets a dtype that NumPy does not know
        dtype = file.get_slice(name).get_dtype()
        raise ValueError(f"`path` (='{path}') holds {name!r} as {dtype}, which NumPy lacks") from None
