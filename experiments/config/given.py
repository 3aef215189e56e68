"""What a caller in Python gives a fit or the notebook: a config, or settings."""

from collections.abc import Mapping
from typing import Any

from .rules import ConfigError, Schema, build


def given(schema: type[Schema], config: Any, settings: Mapping[str, Any]) -> Schema:
    """What a caller in Python gave: a config (an instance, dictionaries, or one that Hydra composed), or settings.

    Raises:
        ConfigError: it cannot be run.
    """
    if config is None:
        return build(schema, settings)
    if settings:
        raise ConfigError(f"a config and settings ({', '.join(settings)}) are given; give one of both")
    if isinstance(config, schema):
        return config
    if isinstance(config, dict):
        return build(schema, config)
    from .composed import check  # Hydra is asked for only where it composed the config

    return check(config, schema)
