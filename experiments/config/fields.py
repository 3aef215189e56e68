"""A dataclass as a schema: types from the annotations, ranges and choices from `field` metadata, errors in one line."""

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Section = TypeVar("Section")
MISSING = "???"


class ConfigError(ValueError):
    """A config that cannot be run. The message is one line that names the key, its value and the fix."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))


def required() -> Any:
    """A value whose type says all there is to say."""
    return dataclasses.field()


def limits(
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> Any:
    """A number between bounds; `above` and `below` exclude the bound itself."""
    return dataclasses.field(metadata={"at_least": at_least, "above": above, "at_most": at_most, "below": below})


def choice(*options: str) -> Any:
    """One of a few words."""
    return dataclasses.field(metadata={"options": options})


def variant(options: Mapping[str, type]) -> Any:
    """A section whose own `name` says which dataclass describes it."""
    return dataclasses.field(metadata={"variants": options})


def closest(word: object, options: Iterable[str]) -> str:
    """The end of an error message: `did you mean ...?`, or what there is to choose from."""
    options = list(options)
    near = difflib.get_close_matches(str(word), options, n=1)
    return f"did you mean `{near[0]}`?" if near else "choose from " + ", ".join(options)


def build(schema: type[Section], values: Any, path: str = "") -> Section:
    """An instance of the dataclass `schema` from nested dictionaries of plain values.

    Args:
        schema: a dataclass whose fields all have rules as above, or are dataclasses themselves.
        values: what the config says; every field must be there, and nothing else.
        path: dotted key of `values`, for the messages.

    Raises:
        ConfigError: a key is unknown or missing, or a value has the wrong type or is out of range.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"`{path}` (={values}) must be a section of settings; set its keys one by one, as {path}.key=value"
        )
    fields = {field.name: field for field in dataclasses.fields(schema)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(schema)
    for name, value in values.items():
        if name not in fields:
            shown = "" if isinstance(value, Mapping) else f" (={value})"
            raise ConfigError(f"`{join(path, name)}`{shown} is not a setting; {closest_key(name, path, fields)}")
    known = {}
    for name, field in fields.items():
        key = join(path, name)
        if name not in values or values[name] == MISSING:
            raise ConfigError(f"`{key}` has no value; set {key}=...")
        value, rules = values[name], field.metadata
        if "variants" in rules:
            known[name] = build(chosen_variant(rules["variants"], value, key), value, key)
        elif dataclasses.is_dataclass(hints[name]):
            known[name] = build(typing.cast(type, hints[name]), value, key)
        else:
            known[name] = checked(key, value, hints[name], rules)
    return schema(**known)


def join(path: str, name: object) -> str:
    """Dotted key."""
    return f"{path}.{name}" if path else str(name)


def closest_key(name: object, path: str, fields: Iterable[str]) -> str:
    """As `closest`, for a key of the section at `path`."""
    near = difflib.get_close_matches(str(name), list(fields), n=1)
    if near:
        return f"did you mean `{join(path, near[0])}`?"
    return f"{f'`{path}`' if path else 'the config'} has " + ", ".join(fields)


def chosen_variant(variants: Mapping[str, type], values: Any, key: str) -> type:
    """The dataclass that `values["name"]` asks for."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"`{key}` (={values}) is not one of its options; {closest(values, variants)}")
    name = values.get("name", MISSING)
    if name == MISSING:
        raise ConfigError(f"`{key}.name` has no value; choose from {', '.join(variants)}")
    if name not in variants:
        raise ConfigError(f"`{key}.name` (={name}) is unknown; {closest(name, variants)}")
    return variants[name]


def checked(key: str, value: Any, kind: Any, rules: Mapping[str, Any]) -> Any:
    """`value` as the type `kind`, within `rules`."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in kinds:
        return None
    (kind,) = (k for k in kinds if k is not type(None))
    converted = convert(key, value, kind, or_null=type(None) in kinds)
    if rules.get("options") and converted not in rules["options"]:
        raise ConfigError(f"`{key}` (={value}) is unknown; {closest(value, rules['options'])}")
    for wrong, words in (
        (lambda bound: converted < bound, "at_least"),
        (lambda bound: converted <= bound, "above"),
        (lambda bound: converted > bound, "at_most"),
        (lambda bound: converted >= bound, "below"),
    ):
        bound = rules.get(words)
        if bound is not None and wrong(bound):
            raise ConfigError(f"`{key}` (={value}) must be {words.replace('_', ' ')} {bound:g}")
    return converted


def convert(key: str, value: Any, kind: type, or_null: bool) -> Any:
    """`value` as bool, int, float or str, never guessing: 5.5 is no integer and 1 is no bool, but 1e3 is 1000."""
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}[kind]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not kind:
        example = {bool: "true", int: "3", float: "0.5", str: "name"}[kind]
        null = " or null" if or_null else ""
        raise ConfigError(f"`{key}` (={value}) must be {words}{null}, for example {key}={example}")
    if kind is float and not math.isfinite(value):
        raise ConfigError(f"`{key}` (={value}) must be a finite number")
    return value
