"""Hydra's side of the settings: the dataclasses as structured configs, and what Hydra composed as a dataclass again.

Importing this registers them, so that `hydra.compose` finds them beside the files of `conf/`:

    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        settings = check(hydra.compose("fit", ["task=recover_fir", "trainer.steps=200"]), Fit)
"""

import re
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from .rules import MISSING, ConfigError, Schema, build
from .schema import LABELLED, MODELS, NETWORKS, OPTIMIZERS, TASKS, Conv, Fit, Model, Streaming, Trainer, Understand

CONF = Path(__file__).resolve().parents[2] / "conf"
MODEL_OPTIONS = {
    **{name: OmegaConf.structured(model) for name, model in MODELS.items()},
    **{api: OmegaConf.structured(Conv(api=api)) for api in ("module", "function")},
}
NETWORK_OPTIONS = {name: OmegaConf.structured(network) for name, network in NETWORKS.items()}
GROUPS = {
    "task": {name: {"task": OmegaConf.structured(task)} for name, task in {**TASKS, **LABELLED}.items()},
    "model": {**MODEL_OPTIONS, **NETWORK_OPTIONS},
    "optimizer": {name: optimizer() for name, optimizer in OPTIMIZERS.items()},
    "trainer": {"default": Trainer(), "quick": Trainer(steps=200, report_every=20)},
}
"""Group -> option -> its settings."""


def suited(node: DictConfig, task: str) -> dict[str, Any]:
    """The kernel that suits a task, in the settings of a model."""
    model = OmegaConf.get_type(node)
    assert model is not None
    assert issubclass(model, Model)
    return model.suited(TASKS[task].suits["model"])


SUITS = {
    f"{task}_{option}": {**TASKS[task].suits, "model": suited(node, task)}
    for task in TASKS
    for option, node in MODEL_OPTIONS.items()
} | {f"{name}_{option}": task.suits for name, task in LABELLED.items() for option in GROUPS["model"]}
SUITS |= {f"{task}_{network}": {} for task in TASKS for network in NETWORKS}  # refused in words
"""Task and model -> what choosing the task sets in other sections, as its `suits` says and in words of the model."""


def option_names() -> str:
    """What there is to choose from, for --help; Hydra's own list has the combinations of `SUITS` too."""
    experiments = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))
    groups = {**GROUPS, "experiment": experiments}
    return "\n".join(f"{group}: {', '.join(names)}" for group, names in groups.items())


def register() -> None:
    """Give Hydra the dataclasses."""
    OmegaConf.register_new_resolver("option_names", option_names, replace=True)
    store = ConfigStore.instance().store
    fit = OmegaConf.structured(Fit)
    fit.task = fit.model = fit.optimizer = MISSING  # until the group is chosen: OmegaConf turns no Adam into an Sgd
    store("fit_schema", fit)
    store("understand_schema", Understand)
    store("stream_schema", Streaming)
    for group, options in GROUPS.items():
        for name, node in options.items():
            store(name, node, group, package="_global_" if group == "task" else None)
    for name, node in SUITS.items():
        store(name, node, "_suits", package="_global_")


register()


def short_group(argument: str) -> str:
    """`experiment=x` as Hydra wants it.

    The files of that group change settings everywhere. Hydra takes that from `# @package _global_` on their first line,
    which is the command that runs them, or from `@_global_` behind the name of the group, which nobody should type.
    """
    return re.sub(r"^(\+{0,2})experiment=", r"\1experiment@_global_=", argument)


def check(config: DictConfig, schema: type[Schema]) -> Schema:
    """The composed config of one job as an instance of `schema`.

    Raises:
        ConfigError: it does not fit.
    """
    try:
        own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
        values = OmegaConf.to_container(own, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(one_line(error)) from error
    return build(schema, values)


def one_line(error: BaseException) -> str:
    """The message of someone else's exception on one line."""
    if isinstance(error, InterpolationResolutionError):
        return f"`{error.full_key}` cannot be read: {str(error.msg).splitlines()[0]}; write a value, or the key of one"
    merging = re.match("Error merging override (.*)", str(error))
    if merging and error.__cause__:
        return f"`{merging[1]}` does not fit: {one_line(error.__cause__)}"
    lines = [line.strip() for line in str(error).splitlines()]
    kept = [line for line in lines if line and not line.startswith(("full_key:", "object_type=", "reference_type="))]
    return "; ".join(kept)
