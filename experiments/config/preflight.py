"""Check every job of a command line before Hydra starts the first one.

Hydra drops `+model.kernal_size=5` silently, takes `yes` for true and 3 for "3", checks no ranges, and answers the rest
with several lines. So `hydra.compose` reads files, groups and Hydra's own settings, the other settings are added as
they were typed, and the dataclass of a job judges them all.
"""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from .arguments import Arguments, parse
from .composed import CONF, check, one_line, short_group
from .rules import MISSING, ConfigError, Section, closest, near

MOST_JOBS = 1000
OPTIONAL = ("experiment",)
FOLDER_KEYS = ("hydra.run.dir", "hydra.sweep.dir")  # of one run, of many


@dataclass(frozen=True)
class Plan:
    """What a command line asks for.

    Attributes:
        arguments: for Hydra, without the folder.
        configs: one checked config a job; none if the command line only shows something.
        many: whether it is a sweep.
        folder: where it asks to write; `folders.claim` makes it.
        folder_given: the command line names the folder itself.
    """

    arguments: list[str]
    configs: list[Any]
    many: bool
    folder: Path
    folder_given: bool

    @property
    def folder_key(self) -> str:
        """The setting that says where to write."""
        return FOLDER_KEYS[self.many]


def preflight(arguments: Sequence[str], config_name: str, schema: type[Section]) -> Plan:
    """Check a command line; nothing is made or written.

    Args:
        arguments: `sys.argv[1:]`.
        config_name: the primary config in `conf/`, without .yaml.
        schema: dataclass of one job.

    Raises:
        ConfigError: some job cannot run, with the reason in one line.
    """
    parsed = parse(arguments)
    settings = [short_group(setting) for setting in parsed.settings]
    for_hydra = [*parsed.flags, *settings]
    if not parsed.checked:
        return Plan(for_hydra, [], False, Path(), False)
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            parser = OverridesParser.create(GlobalHydra.instance().config_loader())
            overrides = parser.parse_overrides(settings)
            check_keys(overrides)
            check_groups(overrides)
            swept = [override for override in overrides if override.is_sweep_override()]
            config = composed(config_name, [override for override in overrides if override not in swept])
            many = parsed.many or config.hydra.mode == RunMode.MULTIRUN
            if swept and (not many or parsed.only_shows):
                how = "name one" if many else "add -m to run one job each"
                raise ConfigError(f"{shown(swept[0])} holds several values; {how}")
            each = [config]
            if swept:
                each = (composed(config_name, parser.parse_overrides(job)) for job in jobs(overrides))
            configs = [check(job, schema) for job in each]
            check_package(parsed, config)
            key = FOLDER_KEYS[many]
            folder = Path(str(OmegaConf.select(config, key, throw_on_missing=True))).absolute()
    except OverrideParseException as error:
        raise ConfigError(
            f"`{error.override}` cannot be read; write key=value, and quote a value with spaces or signs "
            "once more, as \"task.time='Time (s)'\""
        ) from error
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise error if isinstance(error, ConfigError) else ConfigError(one_line(error)) from error
    given = any(override.key_or_group == key for override in overrides)
    return Plan(for_hydra, [] if parsed.only_shows else configs, many, folder, given)


def composed(config_name: str, overrides: Sequence[Override]) -> DictConfig:
    """What Hydra makes of files, groups and settings of its own, and the other settings in it exactly as typed."""
    settings = [o for o in overrides if not (o.is_hydra_override() or o.package or options(o.key_or_group))]
    others = [o.input_line or "" for o in overrides if o not in settings]
    config = compose(config_name, others, return_hydra_config=True)
    HydraConfig.instance().set_config(config)  # for what refers to ${hydra:...}
    plain = DictConfig(OmegaConf.to_container(config))  # without types, which would convert what they can
    for setting in settings:
        value = MISSING if setting.is_delete() else setting.value()
        OmegaConf.update(plain, setting.key_or_group, value, force_add=True)
    return plain


def options(group: str) -> list[str]:
    """What a group has to choose from; nothing if it is no group."""
    return options_by(GlobalHydra.instance().config_loader(), group)


@functools.lru_cache(maxsize=64)
def options_by(loader: ConfigLoader, group: str) -> list[str]:
    """What a group has to choose from, asked of Hydra once: it copies all configs for each, in 13 ms."""
    return [name for name in loader.get_group_options(group) if not name.startswith("_")]


def shown(override: Override) -> str:
    """An override in an error message."""
    return f"`{override.key_or_group}` (={override.get_value_string()})"


def check_keys(overrides: Sequence[Override]) -> None:
    """Refuse keys that are none, and those of Hydra that would switch these checks off."""
    for override in overrides:
        if not override.key_or_group:
            raise ConfigError(f"`{override.input_line}` has no key; write key=value")
        if override.key_or_group == "hydra.searchpath":
            raise ConfigError("`hydra.searchpath` is not taken: configs are read from conf/ alone; put the file there")


def check_groups(overrides: Sequence[Override]) -> None:
    """Refuse options that a group does not have, naming those that it has."""
    for override in overrides:
        group = override.key_or_group
        names = options(group)
        if not names or (override.is_hydra_override() and "/" not in group):
            continue
        if override.is_add() or override.is_force_add():
            line = (override.input_line or "").replace("@_global_", "")
            raise ConfigError(f"`{line}` adds what is there already; write {line.lstrip('+')}")
        for option in override.sweep_iterator() if override.is_sweep_override() else [override.value()]:
            if option is None and group in OPTIONAL:
                continue
            if str(option).strip("'\"") not in names:
                all_names = f" (all: {', '.join(names)})" if near(option, names) else ""
                raise ConfigError(
                    f"`{group}` (={option}) is not one of its options; {closest(option, names)}{all_names}"
                )


def check_package(parsed: Arguments, config: DictConfig) -> None:
    """Refuse to print a part that the config does not have."""
    part = parsed.package or "_global_"
    if part != "_global_" and OmegaConf.select(config, part) is None:
        raise ConfigError(f"`--package` (={part}) is not in the config; {closest(part, map(str, config))}")


def jobs(overrides: Sequence[Override]) -> list[list[str]]:
    """One list of overrides for each job of the sweep.

    Raises:
        ConfigError: there is no job, or there are more than `MOST_JOBS`.
    """
    choices, count = [], 1
    for o in overrides:
        lines = [o.input_line or ""]
        if o.is_sweep_override():
            if not o.is_discrete_sweep():
                raise ConfigError(f"{shown(o)} has no end; list its values, as 1,2")
            values = itertools.islice(o.sweep_string_iterator(), MOST_JOBS + 1)
            lines = [f"{o.get_key_element()}={value}" for value in values]
        choices.append(lines)
        count *= len(lines)
        if not 1 <= count <= MOST_JOBS:
            how = "has no value" if count == 0 else f"makes more than {MOST_JOBS} jobs"
            raise ConfigError(f"{shown(o)} {how}; choose others")
    return [list(job) for job in itertools.product(*choices)]
