"""Composes and checks every job of a command line before Hydra starts the first one.

Hydra drops `+model.kernal_size=5` silently, checks no ranges, finds `???` when it is read, and answers the rest with
several lines. So the command line is composed here once, with every override forced in (`++`), and held against
the schema, which then is the only place that judges a key or a value.
"""

import itertools
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from hydra.initialize import initialize_config_dir
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from .fields import ConfigError, build, closest

CONF = Path(__file__).resolve().parents[2] / "conf"
FREE_NAMES = 1000
OPTIONAL = ("experiment",)


def preflight(arguments: Sequence[str], config_name: str, schema: type) -> list[str]:
    """The command line to give to Hydra: checked, with a run folder that nobody else has.

    Args:
        arguments: `sys.argv[1:]`.
        config_name: the primary config in `conf/`, without .yaml.
        schema: dataclass of one job.

    Raises:
        ConfigError: some job cannot run, with the reason in one line.
    """
    arguments = [short_group(argument) for argument in arguments]
    parsed = get_args_parser().parse_args(arguments)
    if parsed.hydra_help or parsed.shell_completion or parsed.info or parsed.config_dir or parsed.config_path:
        return arguments
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        try:
            overrides = OverridesParser.create(config_loader=hydra.config_loader).parse_overrides(parsed.overrides)
            check_groups(overrides, hydra.config_loader)
            config = hydra.compose_config(config_name, plain(overrides), RunMode.MULTIRUN)
            many = parsed.multirun or config.hydra.mode == RunMode.MULTIRUN
            swept = [override for override in overrides if override.is_sweep_override()]
            if swept and not many:
                key = swept[0].key_or_group
                raise ConfigError(
                    f"`{key}` (={swept[0].get_value_string()}) holds several values; add -m to run one job each"
                )
            for job in jobs(overrides):
                composed = hydra.compose_config(config_name, job, RunMode.RUN)
                check(composed, schema)
        except OverrideParseException as error:
            raise ConfigError(
                f"`{error.override}` cannot be read; write key=value, and quote a value with spaces or signs"
            ) from error
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise error if isinstance(error, ConfigError) else ConfigError(one_line(error)) from error
    if parsed.help or parsed.cfg:
        return arguments
    return [*arguments, free_folder(config, overrides, "sweep" if many else "run")]


def short_group(argument: str) -> str:
    """`experiment=x` as Hydra wants it.

    The files of that group change settings everywhere. Hydra takes that from `# @package _global_` on their first line,
    which is the command that runs them, or from `@_global_` behind the name of the group, which nobody should type.
    """
    return re.sub(r"^(\+{0,2})experiment=", r"\1experiment@_global_=", argument)


def check_groups(overrides: Sequence[Override], loader: ConfigLoader) -> None:
    """Refuse options that a group does not have, naming those that it has."""
    for override in overrides:
        group = override.key_or_group
        options = [name for name in loader.get_group_options(group, ObjectType.CONFIG) if not name.startswith("_")]
        if not options or override.is_hydra_override():
            continue
        if override.is_add() or override.is_force_add():
            line = (override.input_line or "").replace("@_global_", "")
            raise ConfigError(f"`{line}` adds what is there already; write {line.lstrip('+')}")
        wanted = override.sweep_iterator() if override.is_sweep_override() else [override.value()]
        for option in wanted:
            if option is None and group in OPTIONAL:
                continue
            if str(option).strip("'\"") not in options:
                raise ConfigError(
                    f"`{group}` (={option}) is not one of its options; {closest(option, options)}"
                    + ("" if closest(option, options).startswith("choose") else f" (all: {', '.join(options)})")
                )


def plain(overrides: Sequence[Override]) -> list[str]:
    """The overrides that are the same in every job."""
    return [forced(o, o.get_value_element_as_str()) for o in overrides if not o.is_sweep_override()]


def jobs(overrides: Sequence[Override]) -> list[list[str]]:
    """One list of overrides for each job of the sweep."""
    choices = [
        [forced(o, value) for value in o.sweep_string_iterator()]
        if o.is_sweep_override()
        else [forced(o, o.get_value_element_as_str())]
        for o in overrides
    ]
    return [list(job) for job in itertools.product(*choices)]


def forced(override: Override, value: str) -> str:
    """The override with `++`, so that composing accepts any key and the schema judges it."""
    if override.is_delete():
        return override.input_line or ""
    name, is_setting = override.get_key_element().lstrip("+"), "." in override.key_or_group or not is_group(override)
    return f"++{name}={value}" if is_setting and not override.is_hydra_override() else f"{name}={value}"


def is_group(override: Override) -> bool:
    """Whether the key is a folder of `conf/`."""
    return (CONF / override.key_or_group).is_dir()


def check(config: DictConfig, schema: type) -> Any:
    """The composed config of one job as an instance of `schema`.

    Raises:
        ConfigError: it does not fit.
    """
    config = config.copy()
    OmegaConf.set_struct(config, False)
    config.pop("hydra", None)
    try:
        return build(schema, OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        raise ConfigError(one_line(error)) from error


def one_line(error: BaseException) -> str:
    """The message of someone else's exception on one line."""
    if isinstance(error, InterpolationResolutionError):
        return f"`{error.full_key}` cannot be read: {str(error.msg).splitlines()[0]}; write a value, or the key of one"
    lines = [line.strip() for line in str(error).splitlines()]
    return "; ".join(line for line in lines if line and not line.startswith(("full_key:", "object_type=")))


def free_folder(config: DictConfig, overrides: Sequence[Override], kind: str) -> str:
    """The override that gives this run (or sweep) a folder of its own, which is made here."""
    from hydra.core.hydra_config import HydraConfig

    key = f"hydra.{kind}.dir"
    HydraConfig.instance().set_config(config)
    base = Path(str(OmegaConf.select(config, key))).absolute()
    given = any(override.key_or_group == key for override in overrides)
    try:
        folder = claimed(base, key) if given else fresh(base)
    except OSError as error:
        raise ConfigError(
            f"`{key}` (={base}) cannot be made ({error.strerror}); choose another with {key}=PATH"
        ) from error
    quoted = str(folder).replace("\\", "\\\\").replace("'", "\\'")
    return f"{key}='{quoted}'"


def claimed(folder: Path, key: str) -> Path:
    """The folder that was asked for, unless it holds something."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigError(f"`{key}` (={folder}) is not empty and no run overwrites another's folder; choose a new one")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied")
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


def refuse(error: ConfigError) -> int:
    """Say the error in one line on stderr; the exit code of a command line that cannot run."""
    print(f"error: {error}", file=sys.stderr)
    return 2
