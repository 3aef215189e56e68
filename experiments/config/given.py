"""What a caller in Python gives a fit or the notebook: a config, settings as on the command line, or keywords."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from .rules import ConfigError, Schema, Section, build, near


def given(schema: type[Schema], positional: Sequence[Any], keywords: Mapping[str, Any], config_name: str) -> Schema:
    """The settings that a caller in Python means.

    Args:
        schema: dataclass of a run.
        positional: one config (an instance, dictionaries, or one that Hydra composed), or strings as on the command
            line, or nothing.
        keywords: fields of the dataclass, or settings of one of its sections by their own name, as steps=500.
        config_name: the primary config in `conf/`, for strings.

    Raises:
        ConfigError: it cannot be run.
    """
    strings = [one for one in positional if isinstance(one, str)]
    if len(strings) < len(positional):
        return one_config(schema, positional, keywords)
    if strings:
        from .preflight import preflight  # Hydra is asked for only where a caller writes as on its command line

        settings = [
            setting for name, value in whole_first(schema, keywords) for setting in as_typed(schema, name, value)
        ]
        (config,) = preflight([*strings, *settings], config_name, schema).configs
        return config
    values: dict[str, Any] = {}
    for name, value in whole_first(schema, keywords):
        section = home(schema, name, value)
        if not section:
            values[name] = value
        elif isinstance(values.setdefault(section, {}), dict):
            values[section] = {**values[section], name: value}
        else:
            raise ConfigError(f"`{name}` (={value}) and a whole `{section}` are given; give one of both")
    return build(schema, values)


def one_config(schema: type[Schema], positional: Sequence[Any], keywords: Mapping[str, Any]) -> Schema:
    """A whole config, given alone."""
    if len(positional) > 1 or keywords:
        more = ", ".join([*(str(one) for one in positional[1:]), *keywords])
        raise ConfigError(f"a config and settings ({more}) are given; give one of both")
    (config,) = positional
    if isinstance(config, schema):
        return config
    if isinstance(config, dict):
        return build(schema, config)
    from .composed import check  # Hydra is asked for only where it composed the config

    return check(config, schema)


def whole_first(schema: type[Section], keywords: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The keywords, whole sections before settings of theirs."""
    return sorted(keywords.items(), key=lambda keyword: bool(home(schema, *keyword)))


def as_typed(schema: type[Section], name: str, value: Any) -> list[str]:
    """A keyword as settings of the command line."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    section = home(schema, name, value)
    key = f"{section}.{name}" if section else name
    if isinstance(value, Mapping):
        (field,) = (field for field in dataclasses.fields(schema) if field.name == name)  # type: ignore[arg-type]
        if "name" in value and "variants" in field.metadata:
            chosen = [f"{name}={value['name']}"]
            return chosen + [f"{key}.{inner}={typed(one)}" for inner, one in value.items() if inner != "name"]
        return [f"{key}.{inner}={typed(one)}" for inner, one in value.items()]
    return [f"{key}={typed(value)}"]


def typed(value: Any) -> str:
    """A value as Hydra reads it."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, list | tuple):
        return "[" + ",".join(typed(one) for one in value) + "]"
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


def home(schema: type[Section], name: str, value: Any) -> str:
    """The section that has a setting of this name; "" if it is a field of the whole.

    Raises:
        ConfigError: none has it, or several have.
    """
    fields = {field.name: field for field in dataclasses.fields(schema)}  # type: ignore[arg-type]
    if name in fields:
        return ""
    hints, homes, all_names = typing.get_type_hints(schema), [], list(fields)
    for section, field in fields.items():
        kinds = field.metadata.get("variants", {"": hints[section]}).values()
        kinds = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]
        inner = dict.fromkeys(inner.name for kind in kinds for inner in dataclasses.fields(kind))  # type: ignore[arg-type]
        all_names += inner
        if name in inner:
            homes.append(section)
    if len(homes) > 1:
        ways = " or ".join(f"{section}={{'{name}': ...}}" for section in homes)
        raise ConfigError(f"`{name}` (={value}) is a setting of {' and of '.join(homes)}; write {ways}")
    if not homes:
        there = near(name, all_names) or "the config has " + ", ".join(fields)
        raise ConfigError(f"`{name}` (={value}) is not a setting; {there}")
    return homes[0]
