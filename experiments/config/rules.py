"""Settings as dataclasses that check themselves: types from annotations, ranges from metadata, errors in one line."""

import copy
import dataclasses
import difflib
import math
import operator
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    Whole = int
else:
    Whole = int | float  # OmegaConf reads 1e3 as a float and would refuse it for an int; `convert` makes it one

MISSING = "???"  # as in OmegaConf
BOUNDS = {"at_least": operator.lt, "above": operator.le, "at_most": operator.gt, "below": operator.ge}
"""Name of a bound -> whether (number, bound) is wrong; `above` and `below` exclude the bound itself."""
KINDS = {
    bool: ("true or false", "true"),
    int: ("a whole number", "3"),
    float: ("a number", "0.5"),
    str: ("a word", "name"),
}
"""Type -> what it is called, and an example."""


class ConfigError(ValueError):
    """A config that cannot be run. The message is one line that names the key, its value and the fix."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))


def limits(default: Any, **bounds: float) -> Any:
    """A number between bounds, which are named as in `BOUNDS`."""
    return dataclasses.field(default=default, metadata=bounds)


def choice(*options: str) -> Any:
    """One of a few words, the first by default."""
    return dataclasses.field(default=options[0], metadata={"options": options})


def several(*default: Any, **bounds: float) -> Any:
    """A list of numbers, each between bounds; empty by default if no number is given."""
    return dataclasses.field(default_factory=lambda: list(default), metadata=bounds)


def custom(default: Any, check: Callable[[str, Any], Any]) -> Any:
    """A value that `check` (key, value) returns as it should be, or refuses with ConfigError; annotate it as Any."""
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: copy.deepcopy(default), metadata={"check": check})
    return dataclasses.field(default=default, metadata={"check": check})


def variant(options: Mapping[str, type], default: str | None = None) -> Any:
    """A section that is one of several dataclasses, chosen by its `name`; the first by default.

    Args:
        options: name -> dataclass.
        default: what settings without a name mean; without it they are refused.
    """
    rules = {"variants": options, "default": default}
    return dataclasses.field(default_factory=next(iter(options.values())), metadata=rules)


class Section:
    """Base of the dataclasses: an instance has valid values, or making it raises ConfigError."""

    section: ClassVar[str] = ""
    """The key under which the whole config has this section."""

    def __post_init__(self) -> None:
        """Check each field, and make whole numbers of 1e3 and sections of dictionaries."""
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            key, value = join(self.section, field.name), getattr(self, field.name)
            setattr(self, field.name, checked(key, value, hints[field.name], field.metadata))


Schema = TypeVar("Schema", bound=Section)


def build(schema: type[Schema], values: Any) -> Schema:
    """An instance of the dataclass `schema` from (nested) dictionaries; what they leave out has its default.

    Raises:
        ConfigError: a key is unknown, or a value has the wrong type or is out of range.
    """
    path = schema.section
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"`{path}` (={values}) must be a section of settings; set its keys one by one, as {path}.key=value"
        )
    names = [field.name for field in dataclasses.fields(schema)]  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in names:
            shown = "" if isinstance(value, Mapping) else f" (={value})"
            there = f"{f'`{path}`' if path else 'the config'} has {', '.join(names)}"
            raise ConfigError(
                f"`{join(path, name)}`{shown} is not a setting; {near(name, names, join(path, '')) or there}"
            )
    return schema(**values)


def join(path: str, name: object) -> str:
    """Dotted key."""
    return f"{path}.{name}" if path else str(name)


def near(word: object, options: Iterable[str], prefix: str = "") -> str:
    """The end of an error message: `did you mean ...?`, or nothing if no option is like the word."""
    found = difflib.get_close_matches(str(word), list(options), n=1)
    return f"did you mean `{prefix}{found[0]}`?" if found else ""


def closest(word: object, options: Iterable[str]) -> str:
    """As `near`, or what there is to choose from."""
    options = list(options)
    return near(word, options) or "choose from " + ", ".join(options)


def checked(key: str, value: Any, kind: Any, rules: Mapping[str, Any]) -> Any:
    """`value` as the type `kind`, within `rules`."""
    if isinstance(value, str) and value == MISSING:
        raise ConfigError(f"`{key}` has no value; set {key}=...")
    if isinstance(kind, type) and issubclass(kind, Section):
        if isinstance(value, kind):
            return value
        return build(chosen(rules["variants"], value, key, rules["default"]) if "variants" in rules else kind, value)
    if "check" in rules:
        return rules["check"](key, value)
    if typing.get_origin(kind) is list:
        (entry_kind,) = typing.get_args(kind)
        entries = listed(key, value, entry_kind)
        return [checked(f"{key}[{place}]", entry, entry_kind, rules) for place, entry in enumerate(entries)]
    converted = convert(key, value, set(typing.get_args(kind) or (kind,)))
    if converted is None:
        return None
    if rules.get("options") and converted not in rules["options"]:
        raise ConfigError(f"`{key}` (={value}) is unknown; {closest(value, rules['options'])}")
    for name, wrong in BOUNDS.items():
        if name in rules and wrong(converted, rules[name]):
            raise ConfigError(f"`{key}` (={value}) must be {name.replace('_', ' ')} {rules[name]:g}")
    return converted


def listed(key: str, value: Any, kind: Any) -> list[Any]:
    """`value` if it is a list; `kind` is the type of its entries."""
    if not isinstance(value, list | tuple):
        words, example = KINDS[wanted(set(typing.get_args(kind) or (kind,)))]
        raise ConfigError(
            f"`{key}` (={value}) must be a list of {words.removeprefix('a ')}s, for example {key}=[{example},{example}]"
        )
    return list(value)


def wanted(kinds: set[Any]) -> Any:
    """The type that a value is converted to: of `int | float`, which `Whole` is, the former."""
    return int if int in kinds else next(iter(kinds - {type(None)}))


def chosen(variants: Mapping[str, type], values: Any, key: str, default: str | None = None) -> type:
    """The dataclass that `values["name"]` asks for."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"`{key}` (={values}) is not one of its options; {closest(values, variants)}")
    name = values.get("name", default or MISSING)
    if name == MISSING:
        raise ConfigError(f"`{key}.name` has no value; choose from {', '.join(variants)}")
    if name not in variants:
        raise ConfigError(f"`{key}.name` (={name}) is unknown; {closest(name, variants)}")
    return variants[name]


def convert(key: str, value: Any, kinds: set[Any]) -> Any:
    """`value` as bool, int, float or str, never guessing: 5.5 is no integer and 1 is no bool, but 1e3 is 1000."""
    or_null = type(None) in kinds
    if value is None and or_null:
        return None
    kind = wanted(kinds)
    if kind is float and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not kind:
        words, example = KINDS[kind]
        null = " or null" if or_null else ""
        raise ConfigError(f"`{key}` (={value}) must be {words}{null}, for example {key}={example}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"`{key}` (={value}) must be a finite number")
    return value
