"""The numbers in the gallery's sentences, of the runs that they are about."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jconv.analysis import ShareRanges, share_ranges

from ..classifying import Classified
from ..dissection import Dissection
from ..findings.report import snr_before
from ..fitting import Fitted
from ..showing import course, networks, structure

Numbers = Mapping[str, Any]


def of_slide(parts: Dissection) -> Numbers:
    """How many products, and the first output twice."""
    return {"products": parts.products.size, **parts.metrics(), "library": float(parts.y[0, 0])}


def of_weights(parts: Dissection) -> Numbers:
    """In how many outputs the weights mislead."""
    norms, added = np.linalg.norm(parts.kernel, axis=0), shares_of(parts).share
    other = int(np.count_nonzero(norms.argmax(axis=0) != added.argmax(axis=0)))
    return {"other": other, "outputs": norms.shape[1]}


def shares_of(parts: Dissection) -> ShareRanges:
    """Shares, and what the signal leaves open of them."""
    return share_ranges(parts.x, parts.kernel)


def of_open_shares(parts: Dissection) -> Numbers:
    """Of the output whose shares are most open, and of the channel that has most of it."""
    found = shares_of(parts)
    output = int(np.ptp(np.stack([found.low, found.high]), axis=0).max(axis=0).argmax())
    channel = int(found.share[:, output].argmax())
    norms = np.linalg.norm(parts.kernel[:, :, output], axis=0)
    of = {name: float(getattr(found, name)[channel, output]) for name in ("share", "low", "high")}
    return {"channel": parts.inputs[channel], "output": output, "weights": float(norms[channel] / norms.sum()), **of}


def of_unseen(fit: Fitted) -> Numbers:
    """How many directions, and what the others change."""
    return {**of_kernel(fit), "changed": structure.unseen_change(fit)}


def of_kernel(fit: Fitted) -> Numbers:
    """What the input tells apart, and what the fit came to."""
    return {"rank": fit.optimum.kernel_rank, "columns": fit.optimum.columns, **single(fit.metrics)}


def single(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of metrics.json that stand alone, without those of the clock."""
    return {
        name: value
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not name.endswith("_seconds")
    }


def of_noise(fit: Fitted) -> Numbers:
    """The SNR before and after."""
    before, after = snr_before(fit.problem, fit.found), fit.found.below_signal_db(fit.found.held_out_mse)
    return {"before": before, "after": after, **single(fit.metrics)}


def of_gain(fit: Fitted) -> Numbers:
    """How far the gain was from the optimum's."""
    first, last = course.gains_off(fit)
    return {"first": first, "last": last, **single(fit.metrics)}


def of_seeds(fit: Fitted) -> Numbers:
    """The spread, and the largest loss of all seeds."""
    losses = [member["held_out_mse"] for member in fit.metrics["members"]]
    return {**single(fit.metrics), "worst_mse": max(losses)}


def of_bank(fit: Fitted) -> Numbers:
    """How far the filters moved."""
    found = fit.metrics["filters"]
    moved = np.array(found["moved"])
    return {
        "count": len(moved),
        "median": float(np.median(moved)),
        "most": float(moved.max()),
        "resolved": found["resolved"],
    }


def of_layers(fit: Fitted) -> Numbers:
    """What an output sees."""
    seen, rate = fit.model.span, fit.problem.rate or 1.0
    layers = len(getattr(fit.model, "layers", [()]))
    free = sum(array.size for name, array in fit.training.arrays.items() if name.startswith("layer_"))
    return {"layers": layers, "seen": seen, "ms": 1000 * seen / rate, "weights": free, **single(fit.metrics)}


def of_page(parts: Dissection) -> Numbers:
    """How many outputs the page recomputes."""
    return {"checked": parts.y.size}


def of_confusion(found: Classified) -> Numbers:
    """How many test examples are wrong, of the member that is looked at and on the mean of all."""
    counts = found.scores.confusion(found.best)
    wrong = int(counts.sum() - counts.trace())
    return {"examples": int(counts.sum()), "wrong": wrong, **single(found.metrics), "seeds": len(found.made.members)}


def of_example(found: Classified) -> Numbers:
    """Where half of all that samples add to a score is."""
    one = networks.driven(found)
    return {"class": found.examples.classes[found.examples.test_labels[one.number]], "run": one.last - one.first} | {
        "first": one.first,
        "last": one.last - 1,
        "samples": len(one.parts),
    }
