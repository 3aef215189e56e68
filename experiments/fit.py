"""Fit a convolution, compare it with the least-squares optimum, draw what it learnt; or train a network.

python -m experiments.fit
python -m experiments.fit --help

From Python, `fit` returns what it found:

    from experiments.fit import fit
    found = fit("task=recover_fir", "task.signal=sincos", steps=500)
    found.metrics, found.learnt, found.optimum.kernel, found.figures["kernel.png"]
"""

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config.given import given
from .config.schema import Fit, Labelled

if TYPE_CHECKING:
    from rich.console import Console

    from .classifying import Classified, Classifying
    from .fitting import Fitted, Fitting
    from .runs.interrupt import Requests
    from .runs.outputs import RunFolder

PAGE = "page.html"


def fit(*config: Fit | Mapping | str, **settings: Any) -> Any:
    """Fit once, or train a network; nothing is printed or written.

    Args:
        *config: settings as on the command line, a `Fit`, nested dictionaries, or what `hydra.compose("fit", ...)`
            returns.
        **settings: fields of a `Fit`, sections as dataclasses or dictionaries, or a setting of a section by its own
            name, as steps=500 for trainer.steps. The others have their defaults. With settings as on the command line
            those of the task suit it; with keywords alone they do not depend on the task.

    Returns:
        A `fitting.Fitted`; of a task with classes a `classifying.Classified`.

    Raises:
        ConfigError: the settings cannot be run.
        RunError: the loss diverged.
    """
    fitting = prepared(given(Fit, config, settings, "fit"))
    return fitting.fitted(fitting.train(lambda _: None, lambda: False))


def prepared(config: Fit) -> "Fitting | Classifying":
    """The data and the members of what `config` asks for: a convolution to fit, or a network that classifies."""
    if isinstance(config.task, Labelled):
        from .classifying import Classifying

        return Classifying(config)
    from .fitting import Fitting

    return Fitting(config)


def run(config: Fit, folder: Path) -> dict:
    """One fit, from data to pictures.

    Losses are in metrics.csv from the first look on, and kernel.npz is renewed every half minute; once training ends
    kernel.npz and metrics.json are written before anything is printed or drawn. Checkpoints are made at looks.

    Args:
        config: what to do; with `resume`, what was done in that folder before is gone on with.
        folder: where to write; a folder that another run has claimed is refused.

    Returns:
        The content of metrics.json.

    Raises:
        RunError: the loss diverged, or the folder is taken or cannot be written. What was learnt until then is saved.
        Stopped: it was asked to stop before it had learnt anything.
    """
    from omegaconf import OmegaConf

    from .runs.interrupt import listening
    from .runs.outputs import METRICS, RunFolder, shown

    settings = {key: value for key, value in dataclasses.asdict(config).items() if key != "resume"}
    text, resume = OmegaConf.to_yaml(OmegaConf.create(settings)), config.resume is not None
    with RunFolder(folder, text, resume) as output, listening() as requests:
        if (metrics := output.finished()) is not None:
            print(f"Done already: {shown(folder)}", flush=True)
            return metrics

        from rich.console import Console

        from .findings import report
        from .runs import environment

        environment.cache_compiled(config.compilation_cache)
        console = Console()
        fitting = prepared(config)
        output.json("versions.json", report.versions(fitting.compiler_options))
        if fitting.has_steps:
            fitted = trained(fitting, output, resume, requests, console)
        else:
            fitted = fitting.fitted(fitting.train(lambda _: None, lambda: False))
        metrics = fitted.metrics  # of an ensemble each member is scored for it
        output.json(METRICS, metrics)
        fitted.print(console, requests.by())
        if config.page and (page := fitted.page(output.command())) is not None:
            output.write(PAGE, page.html)
        if config.pictures:
            for name, figure in fitted.draw():
                output.png(name, figure)
    console.print(f"Saved in {shown(folder)}", soft_wrap=True, highlight=False)
    return metrics


def trained(
    fitting: "Fitting | Classifying", output: "RunFolder", resume: bool, requests: "Requests", console: "Console"
) -> "Fitted | Classified":
    """Train, with a bar, and with what is kept of it on the way.

    Raises:
        RunError: the loss diverged.
        Stopped: it was asked to stop before it had learnt anything.
    """
    from .errors import RunError
    from .runs.interrupt import Stopped
    from .runs.outputs import shown
    from .training.checkpoints import Kept
    from .training.members import Ensemble
    from .training.progress import bar
    from .training.saving import LOSSES, Saving
    from .training.tracking import Board, profiler

    folder, trainer, saving = output.path, fitting.config.trainer, Saving(output, fitting.beside)
    seconds = trainer.checkpoint_seconds
    checkpoints = None if seconds is None else Kept(folder, seconds, resume)
    board = Board(folder) if trainer.tensorboard else None
    with contextlib.ExitStack() as closing, bar(console, trainer.steps, *fitting.judge) as show:
        for opened in (checkpoints, board):
            if opened is not None:
                closing.callback(opened.close)

        def look(ensemble: Ensemble) -> None:
            saving.look(ensemble)
            if board is not None:
                board.look(ensemble)
            show(ensemble)

        profile = profiler(folder) if trainer.profile else None
        ensemble = fitting.train(look, requests.stop, checkpoints, profile)
    if not ensemble.steps:
        raise Stopped(f"Stopped by {requests.by()}; nothing was learnt yet")
    saving.kernel(ensemble.training(ensemble.best))
    try:
        fitted = fitting.fitted(ensemble)
    except RunError as error:
        saving.losses(ensemble)
        raise RunError(f"{error} (losses so far: {shown(folder)}/{LOSSES})") from error
    saving.ensemble(ensemble)
    saving.losses(ensemble)
    return fitted


def main() -> None:
    """Wire `run` to the command line."""
    from .runs.command import command

    command(run, config_name="fit", schema=Fit, compare=True)


if __name__ == "__main__":
    main()
