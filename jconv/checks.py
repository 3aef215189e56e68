"""Argument checks whose messages give the argument's name in backticks, its value, and what was expected.

Nothing here imports JAX, so a check costs microseconds and runs before any tracing starts.
"""

import difflib
import operator
from collections.abc import Iterable, Sequence
from typing import Any

PADDINGS = "a word, a concrete integer or a pair of them (low, high)"


def whole_number(name: str, value: Any, *, minimum: int | None = None, wanted: str = "a concrete integer") -> int:
    """Return `value` as a Python int; `wanted` is what the message says it must be.

    Raises:
        TypeError: `value` is a bool, a float, a traced value or anything else that is not a concrete integer.
        ValueError: `value` is below `minimum`.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except Exception:  # a tracer raises an error class of its own; reading it would mean importing JAX
        raise TypeError(f"`{name}` ({shown(value)}) must be {wanted}") from None
    if minimum is not None and number < minimum:
        raise ValueError(f"`{name}` (={number}) must be at least {minimum}")
    return number


def has(size: int, least: int, what: str) -> bool:
    """Whether `size` is at least `least`; under `jax.export` a size may be a symbolic dimension.

    Raises:
        ValueError: it is symbolic and may be either; the message says which constraint would tell, for `what`.
    """
    try:
        return bool(size >= least)
    except Exception:  # JAX's own class; naming it would mean importing JAX
        raise ValueError(
            f"{what} needs to know whether {size} is at least {least}: give `jax.export.symbolic_shape` the "
            f"constraint '{size} >= {least}'"
        ) from None


def one_of(name: str, value: Any, words: Iterable[str]) -> str:
    """Return the one of `words` that `value` is, in any case.

    Raises:
        TypeError: `value` is not a string.
        ValueError: `value` is none of the words; the message lists them and names the nearest.
    """
    by_lower = {word.lower(): word for word in words}
    listed = ", ".join(repr(word) for word in by_lower.values())
    if not isinstance(value, str):
        raise TypeError(f"`{name}` ({shown(value)}) must be one of {listed}")
    if value.lower() not in by_lower:
        hint = did_you_mean(value, by_lower.values())
        raise ValueError(f"`{name}` (={value!r}) must be one of {listed}{'; ' if hint else ''}{hint}")
    return by_lower[value.lower()]


def did_you_mean(word: str, words: Iterable[str], most: int = 1, cutoff: float = 0.6) -> str:
    """The question "did you mean 'this' or 'that'?" with the nearest `words`, in any case; empty if none is near."""
    by_lower = {each.lower(): each for each in words}
    near = difflib.get_close_matches(word.lower(), by_lower, n=most, cutoff=cutoff)
    return f"did you mean {' or '.join(repr(by_lower[each]) for each in near)}?" if near else ""


def int_pair(name: str, value: Sequence[Any]) -> tuple[int, int]:
    """Return `value` as a pair of Python ints.

    Raises:
        TypeError: an entry is not a concrete integer.
        ValueError: there are not exactly two entries.
    """
    if len(value) != 2:
        raise ValueError(f"`{name}` (={value!r}) must be {PADDINGS}; it has {len(value)} entries")
    low, high = (whole_number(f"{name}[{i}]", entry) for i, entry in enumerate(value))
    return low, high


def shown(value: Any) -> str:
    """The text "=value, a type" of a message, cut short if the value is long."""
    text = " ".join(repr(value).split())  # an array's text has several lines
    return f"={text if len(text) <= 60 else text[:57] + '...'}, a {type(value).__name__}"
