"""Dotted names: pick one module's entries out of a whole model's, and suggest names where there is no such module."""

from collections.abc import Iterable, Mapping
from typing import Any

from jconv import checks

WEIGHT_ENDINGS = ("weight", "weight_v", "parametrizations.weight.original1", "kernel")


def dotted(prefix: str) -> str:
    """`prefix` with a dot at its end, if there is anything before the dot.

    Raises:
        TypeError: not a string.
    """
    if not isinstance(prefix, str):
        raise TypeError(f"`prefix` ({checks.shown(prefix)}) must be a string")
    return prefix if not prefix or prefix.endswith(".") else prefix + "."


def below(entries: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The entries whose name starts with `prefix`, by the rest of their name.

    Raises:
        KeyError: there are none; the message lists near names of modules.
    """
    names = names_below(entries, prefix)
    return {name.removeprefix(prefix): entries[name] for name in names}


def names_below(names: Iterable[str], prefix: str) -> list[str]:
    """The names that start with `prefix`.

    Raises:
        KeyError: there are none.
    """
    names = list(names)
    found = [name for name in names if name.startswith(prefix)]
    if not found:
        raise KeyError(f"`prefix` (={prefix!r}) is the start of no name; {modules_with_weights(names, prefix)}")
    return found


def modules_with_weights(names: Iterable[str], prefix: str) -> str:
    """The end of a message: the modules with a weight whose names are near `prefix`, or else the first few."""
    modules = {name.removesuffix(e).rstrip(".") for name in names for e in WEIGHT_ENDINGS if name.endswith("." + e)}
    if hint := checks.did_you_mean(prefix.rstrip("."), modules, most=3, cutoff=0.7):
        return hint
    shown = ", ".join(map(repr, sorted(modules)[:6]))
    more = f" and {len(modules) - 6} more" if len(modules) > 6 else ""
    return f"the modules with weights are {shown}{more}" if modules else f"the names are {sorted(names)[:6]}"
