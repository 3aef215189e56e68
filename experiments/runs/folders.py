"""The folder of a run or a sweep: chosen, made, and found writable before anything is computed."""

import contextlib
from pathlib import Path

from ..config.preflight import Plan
from ..config.rules import ConfigError
from .resuming import quoted

FREE_NAMES = 1000
LEAST_ROOM = 1 << 20  # bytes; what a run writes without its pictures


def claim(plan: Plan) -> Path:
    """Make the folder of a plan, which nobody else then has, and return it.

    Raises:
        ConfigError: it cannot be made, or it was named and holds something.
    """
    key = plan.folder_key
    try:
        folder = claimed(plan.folder, key) if plan.folder_given else fresh(plan.folder)
        try_writing(folder)
    except OSError as error:
        raise ConfigError(
            f"`{key}` (={plan.folder}) cannot be written ({error.strerror}); choose another with {key}=PATH"
        ) from error
    return folder


def reopen(folder: Path) -> Path:
    """The folder of an earlier run, found writable.

    Raises:
        ConfigError: it is not.
    """
    try:
        try_writing(folder)
    except OSError as error:
        raise ConfigError(f"`resume` (={folder}) cannot be written ({error.strerror}); make room there") from error
    return folder


def claimed(folder: Path, key: str) -> Path:
    """The folder that was asked for, unless it holds something."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigError(f"`{key}` (={folder}) is not empty and no run overwrites another's folder; choose a new one")
    return folder


def fresh(base: Path) -> Path:
    """`base`, or `base_2`, `base_3`, ... : the first name that nobody has taken."""
    base.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, FREE_NAMES):
        folder = base if number == 1 else base.with_name(f"{base.name}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise ConfigError(
        f"`hydra.run.dir` (={base}) is taken, and so are {FREE_NAMES} names after it; clean up {base.parent}"
    )


def try_writing(folder: Path) -> None:
    """Write as much as a run does without its pictures, and take it away again; a folder that fails goes with it."""
    probe = folder / ".probe"
    try:
        probe.write_bytes(bytes(LEAST_ROOM))
    except OSError:
        probe.unlink(missing_ok=True)
        remove_empty(folder)
        raise
    probe.unlink()


def remove_empty(folder: Path) -> None:
    """Remove a folder that holds nothing."""
    with contextlib.suppress(OSError):  # it holds something, or is not ours
        folder.rmdir()


def folder_setting(plan: Plan, folder: Path) -> str:
    """The override that gives this run (or sweep) its folder."""
    return f"{plan.folder_key}={quoted(folder)}"
