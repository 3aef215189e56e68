"""Fit a convolution by gradient descent, compare it with the least-squares optimum, draw what it learnt.

python -m experiments.fit
python -m experiments.fit --help
"""

import dataclasses
from pathlib import Path

from .config.schema import Fit


def run(config: Fit, folder: Path) -> dict:
    """One fit, from data to pictures.

    Args:
        config: what to do; `experiments.config.preflight.check` makes one from a composed config.
        folder: where to write; a folder that another run has claimed is refused.

    Returns:
        The content of metrics.json.

    Raises:
        RunError: the loss diverged, or the folder is taken or cannot be written. What was learnt until then is saved.
    """
    from omegaconf import OmegaConf
    from rich.console import Console

    from .interrupt import first_interrupt
    from .outputs import RunFolder, shown

    output = RunFolder(folder, OmegaConf.to_yaml(OmegaConf.create(dataclasses.asdict(config))))
    console = Console()

    with first_interrupt() as interrupted:
        import numpy as np

        from . import pictures, report
        from .errors import RunError
        from .models import MODELS
        from .optimizers import OPTIMIZERS
        from .optimum import least_squares, targets
        from .progress import bar
        from .tasks import TASKS, windows
        from .training import train

        problem = TASKS[config.task.name](config.task, config.seed)
        x, y = (windows(part[: problem.held_out_from], config.trainer.window) for part in (problem.x, problem.y))
        convolution = MODELS[config.model.name](config.model, x.shape[-1], y.shape[-1], config.seed)
        data = {
            "x": x,
            "y": targets(y, config.model),
            "held_out_x": problem.x[None, problem.held_out_from :],
            "held_out_y": targets(problem.y[None, problem.held_out_from :], config.model),
        }
        optimizer = OPTIMIZERS[config.optimizer.name](config.optimizer, config.trainer.steps)
        with bar(console, config.trainer.steps, problem.unit) as show:
            training = train(
                convolution, optimizer, data, config.trainer, config.seed, lambda done: show(done) or interrupted()
            )
        output.csv("metrics.csv", ("step", "train_loss", "held_out_loss"), report.history(training))
        output.json("versions.json", report.versions())
        if training.diverged:
            raise RunError(
                f"the loss diverged by step {training.steps}: `optimizer.learning_rate` "
                f"(={config.optimizer.learning_rate:g}) is too large; try optimizer.learning_rate="
                f"{min(config.optimizer.learning_rate / 10, 0.01):g} (losses so far: {shown(folder)}/metrics.csv)"
            )
        optimum = least_squares(x, y, config.model)
        found = report.findings(problem, config.model, training, optimum)
        metrics = report.metrics(found, training)
        output.npz(
            "kernel.npz",
            **training.arrays,
            optimum_kernel=optimum.kernel,
            optimum_bias=optimum.bias,
            snapshots=np.stack(training.snapshots),
            snapshot_steps=np.asarray(training.snapshot_steps),
        )
        output.json("metrics.json", metrics)
        report.print_table(console, problem, found, training)
        drawn = pictures.draw(problem, config.model, training, optimum, found) if config.pictures else ()
        for name, figure in drawn:
            output.png(name, figure)
    console.print(f"Saved in {shown(folder)}", soft_wrap=True, highlight=False)
    return metrics


def main() -> None:
    """Wire `run` to the command line."""
    from .command import command

    command(run, config_name="fit", schema=Fit, compare=True)


if __name__ == "__main__":
    main()
