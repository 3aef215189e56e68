"""The page of a run: its convolution on its own signal, every number traced, in one file that opens offline."""

import dataclasses
from typing import Any

import numpy as np

from jconv import report

from ..config import schema
from ..dissection import Dissection
from ..filtering import Excerpt, Filter, Filtered
from ..findings.optimum import score, settings, targets
from ..fitting import Fitted
from ..tasks.recording import plural
from .dissected import channels

PAGE = "page.html"


def of_fit(fit: Fitted, command: str | None = None) -> report.Page:
    """What a fit learnt, how it got there, and what its data leave open.

    Args:
        fit: one that is done; of a stack or a bank the one convolution that it comes to.
        command: how to repeat it.
    """
    problem, training, model = fit.problem, fit.training, fit.model
    reference = {fit.goal: fit.optimum.kernel}
    truth = problem.true_kernel
    if truth is not None and truth.shape == fit.learnt.shape and fit.found.kernel_rmse is not None:
        reference["truth"] = truth
    begin = training.first_arrays["kernel"], training.first_arrays.get("bias")
    looked = {0: score(problem, *begin, model), **dict(zip(training.looks, training.held_out_loss, strict=True))}
    looked[training.snapshot_steps[-1]] = fit.found.held_out_mse  # where there is patience, that of the best look
    kernels = np.stack(training.snapshots).astype(np.float32)
    bias = fit.learnt_bias
    return report.page(
        x=problem.x,
        kernel=fit.learnt.astype(np.float32),
        bias=None if bias is None else bias.astype(np.float32),
        **settings(model),
        title=problem.title,
        inputs=problem.inputs,
        output_names=problem.outputs,
        rate=problem.rate,
        unit=problem.unit,
        target=targets(problem.y, model),
        training=report.Training(
            steps=training.snapshot_steps,
            kernels=kernels,
            loss=[looked[step] for step in training.snapshot_steps],
        ),
        ensemble=fit.kernels_alike,
        reference=reference,
        layers=layers(model),
        held_out_from=problem.held_out_from,
        command=command,
        config=None if fit.run is None else dataclasses.asdict(fit.run),
        method=method(fit),
    )


def layers(model: schema.Model) -> list[report.Layer]:
    """The layers of a stack; of another model none."""
    if not isinstance(model, schema.LinearStack):
        return []
    return [
        report.Layer(f"layer {number}", width, stride, dilation, model.padding)
        for number, (width, stride, dilation) in enumerate(model.layers)
    ]


def method(fit: Fitted) -> str:
    """How the run was made, in words."""
    problem, run = fit.problem, fit.run
    share = f"The first {problem.held_out_from} of {len(problem.x)} samples trained, the others were held out."
    found = f"The mean squared error on them is {fit.found.held_out_mse:.4g}; the least-squares kernel of the training "
    found += f"part has {fit.found.optimum_mse:.4g}."
    how = ""
    if run is not None:
        rate = fit.training.member.learning_rate
        how = f" {run.optimizer.name} minimised the mean squared error for {fit.training.steps} steps, the largest "
        how += f"learning rate {rate:g}, {run.optimizer.schedule} schedule."
        if run.trainer.patience is not None:
            kept = f"{100 * run.trainer.validation_fraction:.3g} % of the training windows"
            how += f" The last {kept} were set apart, and the parameters of the look with the least loss on them kept."
    return f"{share}{how} {found}"


def of_dissection(parts: Dissection, command: str | None = None, config: dict[str, Any] | None = None) -> report.Page:
    """A convolution that was taken apart, on its own signal."""
    title = f"A convolution: {channels(parts.inputs)} through {plural(parts.y.shape[1], 'kernel')}"
    title += f" of {plural(len(parts.kernel), 'tap')}"
    if not parts.own and parts.usual:
        title = "The notebook's convolution: sin and cos through four kernels of three taps"
    rate = 1 / float(parts.time[1] - parts.time[0]) if parts.time_unit and len(parts.time) > 1 else None
    return report.page(
        x=parts.x,
        kernel=parts.kernel,
        bias=parts.bias if parts.has_bias else None,
        **parts.settings,
        padding_mode=parts.padding_mode,
        transposed=parts.transposed,
        title=title,
        inputs=parts.inputs,
        rate=rate,
        time_unit=parts.time_unit or "s",
        command=command,
        config=config,
    )


def of_stream(
    config: schema.Streaming, found: Filtered, by: Filter, part: Excerpt, command: str | None = None
) -> report.Page:
    """An excerpt of a recording that was filtered block by block."""
    begin, length = (part.first + by.low) / found.rate, len(part.y) / found.rate
    channels = plural(found.inputs, "channel")
    how = f"{found.samples / found.rate:g} s of {channels} were filtered block by block, {found.times_real_time:.3g} "
    how += f"times faster than real time. This page shows outputs from {begin:g} s on; its time 0 is the first sample "
    how += (
        f"that they read, at {part.first / found.rate:g} s of the recording. The outputs that were written differ from "
    )
    how += f"those of this excerpt by {part.error:.1e} at most."
    return report.page(
        x=part.x,
        kernel=by.kernel,
        bias=by.bias,
        groups=by.stream.groups,
        title=f"A recording from {begin:g} s, {length:g} s of {channels}",
        inputs=[f"channel {channel}" for channel in range(found.inputs)],
        rate=found.rate,
        command=command,
        config=dataclasses.asdict(config),
        method=how,
    )
