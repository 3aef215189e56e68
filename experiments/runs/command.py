"""From the command line to `run`: what `fit` and `understand` share."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config.rules import ConfigError
from ..errors import INSTALL, RunError
from . import interrupt, resuming
from .interrupt import Stopped, requests
from .outputs import FAILED, Taken, outlast_readers, shown, write_whole

FULL_ERROR = "HYDRA_FULL_ERROR"  # Hydra's: an exception passes as it is
FLAG_FILE = ".stop"


def command(run: Callable[[Any, Path], Any], config_name: str, schema: type, compare: bool = False) -> None:
    """Check the command line, let Hydra run its jobs, exit.

    Exit codes: 0, 1 if a job failed, 2 if the command line, the config or the environment cannot run, 128 + the signal
    if it was asked to stop. What failed is read from the folders of the jobs, so any of Hydra's launchers may run them.

    Args:
        run: (config, folder) -> content of metrics.json, with {"stopped": True, "steps": ...} if it ended early.
        config_name: primary config.
        schema: dataclass of a job.
        compare: end a multirun with one table of all its jobs.
    """
    interrupt.listen()
    outlast_readers()
    code = jobs(run, config_name, schema, compare)
    sys.stdout.flush()
    sys.exit(code)


def jobs(run: Callable[[Any, Path], Any], config_name: str, schema: type, compare: bool) -> int:
    """As `command`; returns the exit code."""
    wants_traceback = os.environ.get(FULL_ERROR, "0") != "0"
    os.environ[FULL_ERROR] = "1"
    try:
        import hydra
        from hydra.errors import HydraException
        from omegaconf.errors import OmegaConfBaseException

        from ..config import composed, preflight
        from . import environment, folders
    except ModuleNotFoundError as error:
        return say_error(missing_package(error), 2)
    try:
        arguments, earlier = resuming.expanded(sys.argv[1:]) if hasattr(schema, resuming.KEY) else (sys.argv[1:], None)
        plan = preflight.preflight(arguments, config_name, schema)
        for config in plan.configs:
            environment.check(config)
        folder = None
        if plan.configs:
            folder = folders.claim(plan) if earlier is None else folders.reopen(earlier)
        if folder and earlier is None:
            write_whole(folder / resuming.COMMAND, resuming.command_line(f"experiments.{config_name}", arguments))
    except (ConfigError, RunError) as error:
        return say_error(error, 2)
    except Exception as error:  # as of YAML that cannot be read, or a current folder that is gone
        if wants_traceback:
            raise
        return say_error(unexpected(error), 2)
    setting = [folders.folder_setting(plan, folder)] if folder else []
    sys.argv = [sys.argv[0], *plan.arguments, *setting]
    if folder and plan.many:
        requests.flag_file = folder / FLAG_FILE
        requests.flag_file.unlink(missing_ok=True)  # of a process that was killed
    code = 0
    try:
        job = Job(run, schema, f"experiments.{config_name}")
        hydra.main(version_base="1.3", config_path=str(composed.CONF), config_name=config_name)(job)()
    except Stopped as stopped:
        print(f"{stopped}.", file=sys.stderr)
    except (HydraException, OmegaConfBaseException) as error:
        if folder and earlier is None:
            (folder / resuming.COMMAND).unlink(missing_ok=True)
            folders.remove_empty(folder)
        code = say_error(composed.one_line(error), 2)
    except Exception as error:
        if wants_traceback:
            raise
        code = say_error(f"{unexpected(error)} (set {FULL_ERROR}=1 to see where)", 1)
    if folder and requests.flag_file:
        requests.flag_file.unlink(missing_ok=True)
    if folder and folder.exists() and code != 2:
        found = outcome(folder, len(plan.configs), plan.many, compare)
        code = code or found
    return requests.exit_code() if requests.number else code


class Job:
    """What Hydra calls, here or in another process."""

    def __init__(self, run: Callable[[Any, Path], Any], schema: type, module: str) -> None:
        self.run, self.schema, self.module = run, schema, module
        self.process = os.getpid()

    def __call__(self, config: Any) -> None:
        """Run one job, and leave what went wrong in its folder."""
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        from ..config.composed import check

        settings = HydraConfig.get()
        folder, many = Path(settings.runtime.output_dir), settings.mode == RunMode.MULTIRUN
        interrupt.listen()
        if many:
            requests.flag_file = Path(settings.sweep.dir) / FLAG_FILE
        try:
            if requests.stop():
                raise Stopped(f"Stopped by {requests.by()}; nothing was learnt yet")
            if many:
                print(f"\nJob {settings.job.num}: {' '.join(settings.overrides.task)}", flush=True)
                folder.mkdir(parents=True, exist_ok=True)
                write_whole(folder / resuming.COMMAND, resuming.command_line(self.module, settings.overrides.task))
            result = self.run(check(config, self.schema), folder)
            if result.get("stopped"):
                raise Stopped(
                    f"Stopped by {requests.by()} after {result['steps']} steps; "
                    f"what was learnt is saved in {shown(folder)}"
                )
        except Stopped:
            if os.getpid() == self.process:
                raise
        except Exception as error:
            fail(error, folder)


def fail(error: Exception, folder: Path) -> None:
    """Say and note that a job failed, and let the others go on."""
    expected = isinstance(error, RunError | ConfigError)
    line = one_line(error) if expected else unexpected(error)
    details = "" if expected else "".join(traceback.format_exception(error))
    say_error(line if expected else f"{line} (all of it in {shown(folder)}/{FAILED})", 1)
    if isinstance(error, Taken):
        return  # nothing in that folder is ours
    with contextlib.suppress(OSError):  # the folder may be what failed
        (folder / FAILED).write_text(line + "\n" + details, encoding="utf-8")


def outcome(folder: Path, expected: int, many: bool, compare: bool) -> int:
    """The exit code that the folders of the jobs give, and for a sweep the table."""
    from . import comparison

    try:
        found = comparison.read_all([folder])
        if many and compare:
            files = f"also in {shown(folder)}/comparison.csv and .md"
            comparison.compare(found, f"{expected} job{'s' * (expected > 1)}, {files}", folder)
    except (RunError, OSError) as error:
        return say_error(error, 1)
    if len(found) < expected and not requests.number:
        return say_error(f"{expected - len(found)} of {expected} jobs left no folder in {shown(folder)}", 1)
    return 0 if all(job.state == "done" for job in found) else 1


def one_line(error: object) -> str:
    """A message without its line breaks."""
    return " ".join(str(error).split())


def unexpected(error: Exception) -> str:
    """An exception that nobody foresaw, in one line."""
    if isinstance(error, ModuleNotFoundError):
        return missing_package(error)
    if isinstance(error, MemoryError):
        return "the memory is full; take fewer samples or channels, or a smaller trainer.batch_size"
    return f"unexpected {type(error).__name__}: {one_line(error)}".removesuffix(": ")


def missing_package(error: ModuleNotFoundError) -> str:
    """What to install."""
    package = (error.name or str(error)).partition(".")[0]
    return f"the package `{package}` is not installed; {INSTALL}"


def say_error(error: object, code: int) -> int:
    """Say an error in one line on stderr; the exit code that was given."""
    print(f"error: {one_line(error)}", file=sys.stderr, flush=True)
    return code
