"""Fit a convolution by gradient descent, compare it with the least-squares optimum, draw what it learnt.

python -m experiments.fit
python -m experiments.fit --help

From Python, `fit` returns what it found:

    from experiments import fit
    found = fit.fit(trainer={"steps": 500})
    found.metrics, found.learnt, found.optimum.kernel
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config.given import given
from .config.schema import Fit

if TYPE_CHECKING:
    from .fitting import Fitted


def fit(config: Fit | Mapping | None = None, **settings: Any) -> "Fitted":
    """Fit once; nothing is printed or written.

    Args:
        config: a `Fit`, nested dictionaries, or what `hydra.compose("fit", ...)` returns.
        **settings: or the fields of a `Fit`, sections as dataclasses or dictionaries; the others have their defaults,
            which do not depend on the task (the command line also sets what its `suits` says).

    Raises:
        ConfigError: the settings cannot be run.
        RunError: the loss diverged.
    """
    config = given(Fit, config, settings)

    from .fitting import Fitting

    fitting = Fitting(config)
    return fitting.fitted(fitting.train(lambda _: None, lambda: False))


def run(config: Fit, folder: Path) -> dict:
    """One fit, from data to pictures.

    Losses are in metrics.csv from the first look on, and kernel.npz is renewed every half minute; once training ends
    kernel.npz and metrics.json are written before anything is printed or drawn.

    Args:
        config: what to do.
        folder: where to write; a folder that another run has claimed is refused.

    Returns:
        The content of metrics.json.

    Raises:
        RunError: the loss diverged, or the folder is taken or cannot be written. What was learnt until then is saved.
        Stopped: it was asked to stop before it had learnt anything.
    """
    from omegaconf import OmegaConf

    from .interrupt import Stopped, listening
    from .outputs import METRICS, RunFolder, shown

    output = RunFolder(folder, OmegaConf.to_yaml(OmegaConf.create(dataclasses.asdict(config))))

    with listening() as requests:
        from rich.console import Console

        from . import environment, filters, report
        from .errors import RunError
        from .fitting import Fitting
        from .progress import bar
        from .saving import LOSSES, Saving
        from .training import Training

        environment.cache_compiled(config.compilation_cache)
        output.json("versions.json", report.versions())
        console = Console()
        fitting = Fitting(config)
        problem, saving = fitting.problem, Saving(output, fitting.optimum)

        with bar(console, config.trainer.steps, problem.unit) as show:

            def look(training: Training) -> None:
                saving.look(training)
                show(training)

            training = fitting.train(look, requests.stop)
        if not training.steps:
            raise Stopped(f"Stopped by {requests.by()}; nothing was learnt yet")
        saving.kernel(training)
        try:
            fitted = fitting.fitted(training)
        except RunError as error:
            saving.losses(training)
            raise RunError(f"{error} (losses so far: {shown(folder)}/{LOSSES})") from error
        output.json(METRICS, fitted.metrics)
        saving.losses(training)
        report.print_table(console, problem, fitted.found, training, requests.by())
        filters.print_moves(console, fitted)
        if config.pictures:
            from . import pictures

            for name, figure in pictures.draw(fitted):
                output.png(name, figure)
    console.print(f"Saved in {shown(folder)}", soft_wrap=True, highlight=False)
    return fitted.metrics


def main() -> None:
    """Wire `run` to the command line."""
    from .command import command

    command(run, config_name="fit", schema=Fit, compare=True)


if __name__ == "__main__":
    main()
