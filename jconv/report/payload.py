"""The arrays that a page holds, packed for the browser, and what its script must know of them."""

from typing import Any

import numpy as np

from jconv.report import facts
from jconv.report.budget import Kept
from jconv.report.checked import checked, inner
from jconv.report.deep import packed_network
from jconv.report.encode import Packer
from jconv.report.gather import Gathered
from jconv.report.numbers import agreed_heading, untold_heading
from jconv.report.run import Run

ENVELOPE_BINS = 1024
THUMBNAIL = 32
MOST_HIDDEN = 6


def packed(gathered: Gathered) -> tuple[Packer, dict[str, Any]]:
    """The arrays that the page holds, and what it must know of them."""
    run, kept, p, shares = gathered.run, gathered.kept, gathered.run.problem, gathered.shares
    packer, outputs = Packer(), list(kept.outputs)
    samples = run.x[: kept.entries] if kept.complete(p) else run.x[: kept.entries, kept.samples()]
    packer.add("x", samples)
    packer.add("kernel", run.weights[:, :, outputs])
    if run.bias is not None:
        packer.add("bias", run.bias)
    places, values = checked(run, kept)
    packer.add("checked_at", places, "i4")
    packer.add("checked", values)
    narrow = None if p.seen * p.outputs <= 256 else "f4"
    for name, values in (("norm", shares.norm), ("own", shares.own), ("share", shares.share)):
        packer.add(name, values, narrow)
    if gathered.ranges:
        packer.add("low", gathered.ranges[0], narrow)
        packer.add("high", gathered.ranges[1], narrow)
    if p.inputs <= 256 and p.length > 8:
        packer.add("power", 10 * np.log10(np.maximum(facts.spectrum(run.x), 1e-9)), "u1")
    extra: dict[str, Any] = {}
    if not kept.complete(p):
        packer.add("x_envelope", envelope(np.real(run.x[0])), "u1")
    if len(outputs) < p.outputs:
        points = np.linspace(0, p.width - 1, min(THUMBNAIL, p.width)).round().astype(int)
        scale = np.maximum(np.abs(np.real(run.weights)).max(axis=0), 1e-300)
        packer.add("thumbnails", np.real(run.weights[points]) / scale, "u1")
        packer.add("pair_share", np.nan_to_num(shares.share), "f4")
    if run.target is not None:
        slots, at = target_ranges(run, kept)
        packer.add("target", run.target[: kept.entries][:, at][:, :, outputs])
        extra["targetSlots"] = slots
    if gathered.told:
        packer.add("eigenvalues", np.stack([each.eigenvalues for each in gathered.told]))
        hidden = [each.unseen if each.rank < each.unknowns else each.directions[::-1] for each in gathered.told]
        most = min(MOST_HIDDEN, *(len(each) for each in hidden))
        packer.add("hidden", np.stack([each[:most] for each in hidden]), "f4")
        push = gathered.push[:, :, outputs]  # pyright: ignore[reportOptionalSubscript]
        packer.add("push", push, None if push.size <= 4096 else "f4")
        extra["told"] = {
            "ranks": [each.rank for each in gathered.told], "unknowns": gathered.told[0].unknowns,
            "cuts": [each.cut for each in gathered.told],
            "hidden": any(each.rank < each.unknowns for each in gathered.told),
            "headings": [untold_heading(gathered.told, group) for group in range(len(gathered.told))],
        }  # fmt: skip
    add_training(packer, gathered, extra)
    for i, reference in enumerate(run.references.values()):
        packer.add(f"reference{i}", reference[:, :, outputs], "f4")
    extra["references"] = list(run.references)
    if run.ensemble is not None:
        packer.add("ensemble", run.ensemble[..., outputs], "i2")
        extra["ensembleHeadings"] = [agreed_heading(gathered, output) for output in outputs]
    return packer, extra | packed_network(packer, run)


def add_training(packer: Packer, gathered: Gathered, extra: dict[str, Any]) -> None:
    """Snapshots of the kept outputs (rounded to 16 bits), loss, and errors along directions."""
    run, kept = gathered.run, gathered.kept
    if run.training is None or not kept.snapshots:
        return
    picked = list(kept.snapshots)
    extra["steps"] = [run.training.steps[i] for i in picked]
    packer.add("snapshots", run.training.kernels[picked][..., list(kept.outputs)], "i2", steps=True)
    if run.training.biases is not None:
        packer.add("snapshot_biases", run.training.biases[picked])
    if run.training.loss is not None:
        extra["lossSteps"] = list(run.training.steps)
        packer.add("loss", run.training.loss, "f4")
    if gathered.errors is not None:
        packer.add("direction_errors", gathered.errors[:, picked], "f4")


def envelope(x: np.ndarray) -> np.ndarray:
    """Lowest and highest of each stretch. (length, in) -> (bins, in, 2)."""
    edges = np.linspace(0, len(x), min(ENVELOPE_BINS, len(x)) + 1).astype(int)[:-1]
    return np.stack([np.minimum.reduceat(x, edges), np.maximum.reduceat(x, edges)], axis=-1)


def target_ranges(run: Run, kept: Kept) -> tuple[list[list[int]], np.ndarray]:
    """Outputs in time whose targets are kept, which the page can recompute: (first, count, slot), and indices."""
    if kept.complete(run.problem):
        return [[0, run.problem.output_length, 0]], np.arange(run.problem.output_length)
    slots, at, slot = [], [], 0
    for each in kept.ranges:
        inside = inner(run, each)
        if len(inside):
            slots.append([int(inside[0]), len(inside), slot])
            at.append(inside)
            slot += len(inside)
    return slots, np.concatenate(at) if at else np.zeros(0, int)
