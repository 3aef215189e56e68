"""Fit a convolution by gradient descent, compare it with the least-squares optimum, draw what it learnt.

python -m experiments.fit
python -m experiments.fit --help
"""

import dataclasses
from pathlib import Path

from .config.schema import Fit


def run(config: Fit, folder: Path) -> dict:
    """One fit, from data to pictures.

    Losses are in metrics.csv from the first look on, and kernel.npz is renewed every half minute; once training ends
    kernel.npz and metrics.json are written before anything is printed or drawn.

    Args:
        config: what to do; `experiments.config.preflight.check` makes one from a composed config.
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

        from . import environment, report
        from .errors import RunError
        from .models import MODELS
        from .optimizers import OPTIMIZERS
        from .optimum import least_squares, targets
        from .progress import bar
        from .saving import LOSSES, Saving
        from .tasks import TASKS, windows
        from .training import Training, train

        environment.cache_compiled(config.compilation_cache)
        output.json("versions.json", report.versions())
        console = Console()
        problem = TASKS[config.task.name](config.task)
        x, y = (windows(part[: problem.held_out_from], config.trainer.window) for part in (problem.x, problem.y))
        convolution = MODELS[config.model.name](config.model, x.shape[-1], y.shape[-1], config.seed)
        data = {
            "x": x,
            "y": targets(y, config.model),
            "held_out_x": problem.x[None, problem.held_out_from :],
            "held_out_y": targets(problem.y[None, problem.held_out_from :], config.model),
        }
        optimizer = OPTIMIZERS[config.optimizer.name](config.optimizer, config.trainer.steps)
        optimum = least_squares(x, y, config.model)
        saving = Saving(output, optimum)

        with bar(console, config.trainer.steps, problem.unit) as show:

            def look(training: Training) -> None:
                saving.look(training)
                show(training)

            training = train(convolution, optimizer, data, config.trainer, config.seed, look, requests.stop)
        if not training.steps:
            raise Stopped(f"Stopped by {requests.by()}; nothing was learnt yet")
        saving.kernel(training)
        if training.diverged:
            saving.losses(training)
            raise RunError(
                f"the loss diverged by step {training.steps}: `optimizer.learning_rate` "
                f"(={config.optimizer.learning_rate:g}) is too large; try optimizer.learning_rate="
                f"{min(config.optimizer.learning_rate / 10, 0.01):g} (losses so far: {shown(folder)}/{LOSSES})"
            )
        found = report.findings(problem, config.model, training, optimum)
        metrics = report.metrics(found, training)
        output.json(METRICS, metrics)
        saving.losses(training)
        report.print_table(console, problem, found, training, requests.by())
        if config.pictures:
            from . import pictures

            for name, figure in pictures.draw(problem, config.model, training, optimum, found, config):
                output.png(name, figure)
    console.print(f"Saved in {shown(folder)}", soft_wrap=True, highlight=False)
    return metrics


def main() -> None:
    """Wire `run` to the command line."""
    from .command import command

    command(run, config_name="fit", schema=Fit, compare=True)


if __name__ == "__main__":
    main()
