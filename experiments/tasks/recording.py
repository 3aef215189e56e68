"""What a file holds: named columns of numbers, and the rate if it has one of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config.rules import ConfigError, closest


@dataclass(frozen=True)
class Recording:
    """Columns of one length.

    Attributes:
        names: of the columns, or their numbers where the file has no names.
        columns: name -> (length,), those that were asked for.
        rate: Hz, or None.
    """

    names: tuple[str, ...]
    columns: dict[str, np.ndarray]
    rate: float | None = None


def chosen(key: str, asked: Any, names: Sequence[str], path: str) -> list[str]:
    """The names that a name, a number from 0, or a list of those means.

    Raises:
        ConfigError: there is no such column, or one is named twice.
    """
    found = []
    for entry in asked if isinstance(asked, list) else [asked]:
        if str(entry) in names:
            found.append(str(entry))
        elif isinstance(entry, int) and 0 <= entry < len(names):
            found.append(names[entry])
        else:
            raise ConfigError(f"`{key}` (={entry}) is no column of {path}; {closest(entry, names)}")
    check_once(found, f"`{key}` (={','.join(found)}) names")
    return found


def check_once(names: Iterable[str], begin: str) -> None:
    """Refuse a name that comes twice; `begin` is the beginning of the error."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigError(f"{begin} the column `{name}` twice; leave one out")
        seen.add(name)


def plural(count: int, thing: str) -> str:
    """As in "1 row", "2 rows"."""
    return f"{count} {thing}{'s' * (count != 1)}"


def cannot_read(path: str, why: object) -> ConfigError:
    """One line about a file."""
    return ConfigError(f"`task.path` (={path}) {' '.join(str(why).split())}")
