"""What is kept of a run too large for its page: the most telling outputs and places; and where its page begins."""

import numpy as np

from jconv.report.budget import Kept
from jconv.report.facts import Shares
from jconv.report.run import Run


def chosen_outputs(run: Run, shares: Shares, most: int) -> list[int]:
    """Outputs kept exactly: the caller's, then largest, smallest, worst error, median, widest kernel, the rest."""
    y = shares.y + (0 if run.bias is None else run.bias)
    size = np.nanmean(np.abs(y - y.mean(axis=(0, 1))) ** 2, axis=(0, 1))
    order = np.argsort(-size)
    error = size if run.target is None else np.nanmean(np.abs(y - run.target[:, shares.at]) ** 2, axis=(0, 1))
    places = np.arange(run.problem.width)[:, None, None]
    weight = np.abs(run.weights) ** 2
    centre = np.sum(places * weight, axis=(0, 1)) / np.maximum(weight.sum(axis=(0, 1)), 1e-300)
    spread = np.sum((places - centre) ** 2 * weight, axis=(0, 1)) / np.maximum(weight.sum(axis=(0, 1)), 1e-300)
    wanted = [
        *run.options["outputs"],
        order[0],
        order[-1],
        np.argmax(error),
        order[len(order) // 2],
        np.argmax(spread),
        *order,
    ]
    return list(dict.fromkeys(int(o) for o in wanted))[:most]


def chosen_places(run: Run, shares: Shares) -> list[int]:
    """Outputs in time around which samples are kept: the caller's, largest output, errors, start, end, more."""
    error, size = error_at(run, shares), np.nanmax(np.abs(shares.y[0]), axis=1)
    median = int(np.argsort(error)[len(error) // 2])
    picked = [shares.at[int(np.nanargmax(size))], shares.at[int(np.nanargmax(error))], shares.at[median]]
    centres = [each.first + len(each.kernel) // 2 for each in (run.stack.locals if run.stack else ())]
    local = [run.problem.output_near(centre) for centre in centres]
    return [int(t) for t in (*run.options["around"], *local, *picked, 0, run.problem.output_length - 1)]


def error_at(run: Run, shares: Shares) -> np.ndarray:
    """Mean absolute error of each sampled output position of the first entry, or its size where there is no target."""
    y = shares.y[0] + (0 if run.bias is None else run.bias)
    wanted = 0 if run.target is None else run.target[0][shares.at]
    return np.mean(np.abs(y - wanted), axis=1)


def first_state(run: Run, shares: Shares, kept: Kept) -> dict[str, int]:
    """Where an untouched page stands: at the largest value of its first output, and the channel that leads there."""
    output = kept.outputs[0]
    y = shares.y[0, :, output] + (0 if run.bias is None else run.bias[output])
    open_at = np.array([can_recompute(run, kept, int(t)) for t in shares.at])
    size = np.where(open_at & np.isfinite(y), np.abs(y), -1)
    at = int(shares.at[int(np.argmax(size))]) if size.max() >= 0 else int(shares.at[0])
    share = shares.share[:, output]
    leading = int(np.nanargmax(share)) if np.any(np.isfinite(share)) else 0
    return {"o": int(output), "t": at, "c": run.problem.channels(output)[leading]}


def can_recompute(run: Run, kept: Kept, t: int) -> bool:
    """Whether all samples that an output reads are in the page."""
    if kept.complete(run.problem):
        return True
    read = run.problem.sources(np.array([t]))[0]
    return all(any(a <= i < a + n for a, n in kept.ranges) for i in read if i >= 0)
