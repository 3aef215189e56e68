"""Composes and checks every job of a command line before Hydra starts the first one.

Hydra drops `+model.kernal_size=5` silently, checks no ranges, finds `???` when it is read, and answers the rest with
several lines. So the command line is composed here once, with every override forced in (`++`), and held against
the schema, which then is the only place that judges a key or a value.
"""

import contextlib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

from .arguments import parse
from .fields import ConfigError, build, closest

CONF = Path(__file__).resolve().parents[2] / "conf"
FREE_NAMES = 1000
MOST_JOBS = 1000
LEAST_ROOM = 1 << 20  # bytes; what a run writes without its pictures
OPTIONAL = ("experiment",)


@dataclass(frozen=True)
class Plan:
    """What a command line asks for.

    Attributes:
        arguments: for Hydra, without the folder.
        configs: one checked config a job; none if the command line only shows something.
        many: whether it is a sweep.
        folder: where it asks to write; `claim` makes it.
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
        return f"hydra.{'sweep' if self.many else 'run'}.dir"


def preflight(arguments: Sequence[str], config_name: str, schema: type) -> Plan:
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
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        try:
            overrides = OverridesParser.create(config_loader=hydra.config_loader).parse_overrides(settings)
            check_keys(overrides)
            check_groups(overrides, hydra.config_loader)
            config = hydra.compose_config(config_name, plain(overrides), RunMode.MULTIRUN)
            many = parsed.many or config.hydra.mode == RunMode.MULTIRUN
            swept = [override for override in overrides if override.is_sweep_override()]
            if swept and (not many or parsed.only_shows):
                key = f"`{swept[0].key_or_group}` (={swept[0].get_value_string()})"
                raise ConfigError(
                    f"{key} holds several values; " + ("name one" if many else "add -m to run one job each")
                )
            configs = [check(hydra.compose_config(config_name, job, RunMode.RUN), schema) for job in jobs(overrides)]
            part = parsed.package or "_global_"
            if part != "_global_" and OmegaConf.select(config, part) is None:
                raise ConfigError(f"`--package` (={part}) is not in the config; {closest(part, config)}")
            key = f"hydra.{'sweep' if many else 'run'}.dir"
            folder = wanted_folder(config, key)
        except OverrideParseException as error:
            raise ConfigError(
                f"`{error.override}` cannot be read; write key=value, and quote a value with spaces or signs"
            ) from error
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise error if isinstance(error, ConfigError) else ConfigError(one_line(error)) from error
    given = any(override.key_or_group == key for override in overrides)
    return Plan(for_hydra, [] if parsed.only_shows else configs, many, folder, given)


def check_keys(overrides: Sequence[Override]) -> None:
    """Refuse keys that are none, and those of Hydra that would switch these checks off."""
    for override in overrides:
        if not override.key_or_group:
            raise ConfigError(f"`{override.input_line}` has no key; write key=value")
        if override.key_or_group == "hydra.searchpath":
            raise ConfigError("`hydra.searchpath` is not taken: configs are read from conf/ alone; put the file there")


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
        if not options or (override.is_hydra_override() and "/" not in group):
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
    """One list of overrides for each job of the sweep.

    Raises:
        ConfigError: there is no job, or there are more than `MOST_JOBS`.
    """
    choices, count = [], 1
    for o in overrides:
        if o.is_sweep_override() and not o.is_discrete_sweep():
            raise ConfigError(f"`{o.key_or_group}` (={o.get_value_string()}) has no end; list its values, as 1,2")
        values = itertools.islice(o.sweep_string_iterator(), MOST_JOBS + 1) if o.is_sweep_override() else None
        choices.append([forced(o, v) for v in ([o.get_value_element_as_str()] if values is None else values)])
        count *= len(choices[-1])
        if not 1 <= count <= MOST_JOBS:
            how = "has no value" if count == 0 else f"makes more than {MOST_JOBS} jobs"
            raise ConfigError(f"`{o.key_or_group}` (={o.get_value_string()}) {how}; choose others")
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
    merging = re.match("Error merging override (.*)", str(error))
    if merging and error.__cause__:
        return f"`{merging[1]}` does not fit: {one_line(error.__cause__)}"
    lines = [line.strip() for line in str(error).splitlines()]
    return "; ".join(line for line in lines if line and not line.startswith(("full_key:", "object_type=")))


def wanted_folder(config: DictConfig, key: str) -> Path:
    """What the config says under `key`, the folder to write to."""
    from hydra.core.hydra_config import HydraConfig

    HydraConfig.instance().set_config(config)
    return Path(str(OmegaConf.select(config, key, throw_on_missing=True))).absolute()


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
    quoted = str(folder).replace("\\", "\\\\").replace("'", "\\'")
    return f"{plan.folder_key}='{quoted}'"


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
