"""What is fine alone and cannot work together: a model, and the data of a task."""

import dataclasses
import math
from typing import Any

from .labelled import LABELLED, Labelled
from .models import MODELS, AnyModel, Bank, Conv, Model
from .networks import NETWORKS, Network
from .rules import ConfigError
from .tasks import AnyTask, File, Task

MOST_COLUMNS = 2048


def check_kinds(task: AnyTask, model: AnyModel, trainer: Any) -> None:
    """Refuse a network for a target over time, and a convolution or settings of one for examples with a class.

    Raises:
        ConfigError: with the reason.
    """
    if isinstance(task, Labelled) and not isinstance(model, Network):
        raise ConfigError(
            f"`model` (={model.name}) is one convolution and `task` (={task.name}) has classes; choose a network, "
            f"model={', '.join(NETWORKS)}"
        )
    if isinstance(model, Network) and not isinstance(task, Labelled):
        raise ConfigError(
            f"`model` (={model.name}) is a network that classifies and `task` (={task.name}) has no classes; choose "
            f"model={', '.join(MODELS)}, or task={', '.join(LABELLED)}"
        )
    if trainer.label_smoothing and not isinstance(task, Labelled):
        raise ConfigError(
            f"`trainer.label_smoothing` (={trainer.label_smoothing:g}) is for classes and `task` (={task.name}) has "
            f"none; leave it at 0"
        )


def check_data(task: Task, model: Model, window: int, samples: int, inputs: int, outputs: int) -> None:
    """Refuse a model that does not fit the data.

    Args:
        task: what is to be learnt.
        model: the convolution.
        window: samples in a window of the training.
        samples: of input and target.
        inputs, outputs: channels.

    Raises:
        ConfigError: with the reason.
    """
    span = model.span
    train = math.floor(samples * task.train_fraction)
    for part, length in (("train", train), ("held-out", samples - train)):
        if length < max(2, span):
            raise ConfigError(
                f"{model.size_in_words} spans {span} samples and the {part} part has {length}; choose a smaller "
                f"{'model.widths' if 'widths' in model.size_in_words else 'model.kernel_size'}, more data, or another "
                f"task.train_fraction"
            )
    for name, channels in (("input", inputs), ("output", outputs)):
        if channels % model.groups:
            raise ConfigError(
                f"`model.groups` (={model.groups}) must divide the {channels} {name} channels of `task` (={task.name})"
            )
    inputs_each = inputs // model.groups
    if inputs_each * model.kernel_size > MOST_COLUMNS:
        raise ConfigError(
            f"`model.kernel_size` (={model.kernel_size}) times {inputs_each} input channels is more than the "
            f"{MOST_COLUMNS} unknowns that the least-squares optimum is solved for; choose fewer taps or channels"
        )
    if isinstance(model, Bank) and inputs != 1:
        raise ConfigError(
            f"`model` (={model.name}) is for one input and `task` (={task.name}) has {inputs}; choose model=conv"
        )
    if window < span:
        raise ConfigError(
            f"`trainer.window` (={window}) is shorter than the kernel, which spans {span} samples; "
            f"set trainer.window={span} or more"
        )


def with_rate(model: Model, task: Task) -> Model:
    """The model with the task's rate, if it wants one and has none."""
    if isinstance(model, Bank) and model.rate is None:
        return dataclasses.replace(model, rate=task.sample_rate)
    return model


def check_future(task: Task, model: Model) -> None:
    """Refuse a model that sees the sample that it should predict.

    Raises:
        ConfigError: with the reason.
    """
    if not (isinstance(task, File) and task.target == "next"):
        return
    if model.padding != "causal":
        raise ConfigError(
            f"`model.padding` (={model.padding}) lets the kernel see the sample that `task.target` (=next) asks for; "
            f"set model.padding=causal"
        )
    if isinstance(model, Conv | Bank) and model.padding_mode in ("reflect", "circular"):
        raise ConfigError(
            f"`model.padding_mode` (={model.padding_mode}) lets the first outputs see what `task.target` (=next) asks "
            f"for; set model.padding_mode=zeros"
        )
