"""From the command line to `run`: what `fit` and `understand` share."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .config.fields import ConfigError
from .errors import RunError
from .outputs import shown

FAILED = "failed.txt"


def command(run: Callable[[Any, Path], Any], config_name: str, schema: type, compare: bool = False) -> None:
    """Check the command line, let Hydra run its jobs, exit.

    Exit codes: 0, 1 if a job failed, 2 if the config cannot run, 130 after Ctrl-C.

    Args:
        run: (config, folder) -> anything; an interrupted run returns {"stopped": True, "steps": ..., ...}.
        config_name: primary config.
        schema: dataclass of a job.
        compare: end a multirun with one table of all its jobs.
    """
    try:
        sys.exit(jobs(run, config_name, schema, compare))
    except BrokenPipeError:  # as in `--help | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt as interrupt:
        print(*interrupt.args or ["Stopped by Ctrl-C; nothing was learnt yet."], file=sys.stderr)
        sys.exit(130)


def jobs(run: Callable[[Any, Path], Any], config_name: str, schema: type, compare: bool) -> int:
    """As `command`; returns the exit code."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode
    from omegaconf import DictConfig

    from .config.preflight import CONF, check, preflight, refuse

    try:
        arguments = preflight(sys.argv[1:], config_name, schema)
    except ConfigError as error:
        return refuse(error)
    failures: list[str] = []
    sweep: list[Path] = []

    def job(config: DictConfig) -> None:
        settings = HydraConfig.get()
        folder, many = Path(settings.runtime.output_dir), settings.mode == RunMode.MULTIRUN
        if many:
            sweep[:] = [Path(settings.sweep.dir)]
            print(f"\nJob {settings.job.num}: {' '.join(settings.overrides.task)}", flush=True)
        try:
            result = run(check(config, schema), folder)
        except (RunError, ConfigError) as error:
            fail(error, folder, failures)
        except Exception as error:
            if not many:
                raise
            fail(error, folder, failures)
        else:
            if result.get("stopped"):
                raise KeyboardInterrupt(
                    f"Stopped by Ctrl-C after {result['steps']} steps; what was learnt is saved in {shown(folder)}"
                )

    sys.argv = [sys.argv[0], *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)(job)()
    finally:
        if compare and sweep:
            from .comparison import compare_jobs

            compare_jobs(sweep[0])
    return 1 if failures else 0


def fail(error: Exception, folder: Path, failures: list[str]) -> None:
    """Say and note that a job failed, and let the others go on."""
    line = " ".join(str(error).split()) or type(error).__name__
    failures.append(line)
    print(f"error: {line}", file=sys.stderr, flush=True)
    try:
        unexpected = not isinstance(error, RunError | ConfigError)
        (folder / FAILED).write_text(line + "\n" + (traceback.format_exc() if unexpected else ""))
    except OSError:
        pass  # the folder may be what failed
