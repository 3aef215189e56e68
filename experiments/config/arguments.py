"""The command line, taken apart: Hydra's flags, and the settings between, before and after them."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from .rules import ConfigError

SHOWN = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")  # by --info
REFUSED = {
    "--config-dir": "configs are read from conf/ alone; put the file there, as conf/experiment/NAME.yaml",
    "--config-path": "configs are read from conf/ alone; put the file there, as conf/experiment/NAME.yaml",
    "--config-name": "the config is that of the command; start experiments.fit or experiments.understand",
    "--experimental-rerun": "to run again, give the settings of its config.resolved.yaml",
}
SHORT = {"--config-dir": "-cd", "--config-path": "-cp", "--config-name": "-cn"}


class Parser(argparse.ArgumentParser):
    """One whose errors are exceptions of one line."""

    def error(self, message: str) -> NoReturn:
        """Raise."""
        raise ConfigError(message)


@dataclass(frozen=True)
class Arguments:
    """A command line.

    Attributes:
        flags: for Hydra, in its order.
        settings: key=value and the like.
        many: -m was given.
        only_shows: it prints something and runs nothing.
        checked: whether the settings are those of a run; `--shell-completion install=bash` has others.
        package: part of the config to print, or None.
    """

    flags: list[str]
    settings: list[str]
    many: bool
    only_shows: bool
    checked: bool
    package: str | None


def parse(arguments: Sequence[str]) -> Arguments:
    """Take `sys.argv[1:]` apart.

    Raises:
        ConfigError: a flag is unknown, lacks its value, or does not go with the others.
    """
    parser = Parser(add_help=False, allow_abbrev=False, argument_default=None)
    parser.add_argument("settings", nargs="*")
    for names in (("--help", "-h"), ("--hydra-help",), ("--version",), ("--resolve",), ("--run", "-r")):
        parser.add_argument(*names, action="store_true")
    parser.add_argument("--multirun", "-m", action="store_true")
    parser.add_argument("--shell-completion", "-sc", action="store_true")
    parser.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
    parser.add_argument("--package", "-p")
    parser.add_argument("--info", "-i", nargs="?", const="all", choices=SHOWN)
    for name in REFUSED:
        parser.add_argument(name, *([SHORT[name]] if name in SHORT else []), nargs="?", const="")
    try:
        given = parser.parse_intermixed_args(arguments)
    except ConfigError as error:
        raise ConfigError(f"{error}; flags are those of --hydra-help, and all else is key=value") from error
    for name, why in REFUSED.items():
        value = getattr(given, name.strip("-").replace("-", "_"))
        if value is not None:
            raise ConfigError(f"`{name}` (={value}) is not taken: {why}")
    for name in ("resolve", "package"):
        if getattr(given, name) and not given.cfg:
            raise ConfigError(f"`--{name}` says how to print a config; add --cfg job")
    if given.run and given.multirun:
        raise ConfigError("`--run` and `--multirun` exclude each other; leave one out")
    if given.shell_completion and not any(s.startswith(("install=", "uninstall=", "query=")) for s in given.settings):
        raise ConfigError("`--shell-completion` needs install=SHELL, uninstall=SHELL or query=SHELL, as install=bash")
    switches = ("help", "hydra_help", "version", "resolve", "multirun", "shell_completion")
    flags = [
        *(f"--{name.replace('_', '-')}" for name in switches if getattr(given, name)),
        *(f"--{name}={getattr(given, name)}" for name in ("cfg", "package", "info") if getattr(given, name)),
    ]
    shows = ("help", "hydra_help", "version", "cfg", "info", "shell_completion")
    return Arguments(
        flags=flags,
        settings=given.settings,
        many=given.multirun,
        only_shows=any(getattr(given, name) for name in shows),
        checked=not (given.shell_completion or given.hydra_help or given.version),
        package=given.package,
    )
