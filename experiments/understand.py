"""The notebook retold: one 1-D convolution taken apart, in numbers and pictures.

python -m experiments.understand
python -m experiments.understand weights=random
python -m experiments.understand kernel=[1,0,-1] padding=same
python -m experiments.understand kernel=my.npy signal=my.csv rate=50 stride=2
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config.given import given
from .config.schema import Understand

if TYPE_CHECKING:
    from .dissection import Dissection


def understand(*config: Understand | Mapping | str, **settings: Any) -> "Dissection":
    """Take the convolution apart; nothing is printed or written.

    Args:
        *config: an `Understand`, a dictionary, what `hydra.compose("understand", ...)` returns, or settings as on the
            command line.
        **settings: the fields of an `Understand`; the others have their defaults.

    Raises:
        ConfigError: the settings cannot be run, or a file cannot be read.
    """
    from .dissection import dissect

    return dissect(given(Understand, config, settings, "understand"))


def run(config: Understand, folder: Path) -> dict:
    """Print and draw how a convolution makes its outputs.

    Args:
        config: which weights, signal and settings.
        folder: where to write; a folder that another run has claimed is refused.

    Returns:
        The content of metrics.json: `by_hand`, `contributions_error` (not of a transposed one), `methods_error`.

    Raises:
        ConfigError: a file cannot be read, or does not fit the rest.
        RunError: two ways to compute the same disagree, or the folder is taken or cannot be written.
        Stopped: it was asked to stop; what was computed until then is saved.
    """
    from omegaconf import OmegaConf

    from .runs.interrupt import Requests, Stopped, listening
    from .runs.outputs import METRICS, RunFolder, shown

    text = OmegaConf.to_yaml(OmegaConf.create(dataclasses.asdict(config)))

    def go_on(requests: Requests, left: str) -> None:
        if requests.stop():
            raise Stopped(f"Stopped by {requests.by()}; {left}")

    with RunFolder(folder, text) as output, listening() as requests:
        from rich.console import Console

        from .dissection import dissect
        from .errors import RunError
        from .findings.report import versions
        from .runs import environment
        from .showing.dissected import draw, explain

        environment.cache_compiled(config.compilation_cache)
        go_on(requests, "nothing was computed yet")
        parts = dissect(config)
        metrics = parts.metrics()
        kept = {"x": parts.x, "kernel": parts.kernel, "bias": parts.bias if parts.has_bias else None, "y": parts.y}
        kept["contributions"] = parts.contributions
        output.npz("arrays.npz", **{name: array for name, array in kept.items() if array is not None})
        output.json(METRICS, metrics)
        output.json("versions.json", versions())
        console = Console(highlight=False, soft_wrap=True)
        for line in explain(parts):
            console.print(line, markup=False)
        disagreeing = parts.disagreeing()
        if disagreeing:
            raise RunError(f"{disagreeing}; the same convolution must give the same numbers, please report it")
        if config.page:
            from .showing import explorer

            page = explorer.of_dissection(parts, output.command(), dataclasses.asdict(config))
            output.write(explorer.PAGE, page.html)
        for name, figure in draw(parts):
            go_on(requests, f"the numbers are saved in {shown(folder)}, and the pictures so far")
            output.png(name, figure)
    console.print(f"\n{'Page and pictures' if config.page else 'Pictures'} in {shown(folder)}")
    return metrics


def main() -> None:
    """Wire `run` to the command line."""
    from .runs.command import command

    command(run, config_name="understand", schema=Understand)


if __name__ == "__main__":
    main()
