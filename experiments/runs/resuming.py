"""`resume=FOLDER` on a command line: the command that the folder holds, once more, in that folder."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from ..config.rules import ConfigError

COMMAND = "command.txt"
KEY = "resume"
FOLDER_KEYS = ("hydra.run.dir=", "hydra.sweep.dir=")


def command_line(module: str, arguments: Sequence[str]) -> str:
    """What one types to do the same again, in a folder of its own."""
    kept = [argument for argument in arguments if not argument.startswith((*FOLDER_KEYS, f"{KEY}="))]
    return shlex.join(["python", "-m", module, *kept]) + "\n"


def expanded(arguments: Sequence[str]) -> tuple[list[str], Path | None]:
    """The arguments to run, and the folder to go on in, or None where `resume` is not asked for.

    Raises:
        ConfigError: there is no such folder, or it does not say its command.
    """
    wanted = [argument for argument in arguments if argument.startswith(f"{KEY}=") and argument != f"{KEY}=null"]
    if not wanted:
        return list(arguments), None
    name = wanted[-1].removeprefix(f"{KEY}=").strip("'\"")
    folder = Path(name).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"`{KEY}` (={name}) is not a folder; name one of a run or of a sweep")
    try:
        recorded = shlex.split((folder / COMMAND).read_text(encoding="utf-8"))[3:]
    except (OSError, ValueError) as error:
        raise ConfigError(f"`{KEY}` (={name}) holds no {COMMAND}, so it is not known what to go on with") from error
    others = [a for a in arguments if a not in wanted and a not in ("-m", "--multirun")]
    return [*recorded, *others, f"{KEY}={quoted(folder)}"], folder


def quoted(folder: Path) -> str:
    """A path as the value of a setting."""
    escaped = str(folder).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
