"""What the run shows, in sentences; every number in them is computed from the arrays."""

import numpy as np

from jconv.report import words
from jconv.report.facts import Shares, Told
from jconv.report.problem import Problem
from jconv.report.words import count, listed, percent, shown

GRID = 257
"""Frequencies at which the page draws a kernel's response, both ends among them; the script's grid is the same."""


def setting(problem: Problem) -> str:
    """The settings that are not the usual ones, as a clause; empty if all are usual."""
    said = []
    if problem.stride > 1:
        said.append(f"stride {problem.stride}")
    if problem.dilation > 1:
        said.append(f"dilation {problem.dilation}")
    if problem.groups > 1:
        said.append(count(problem.groups, "group"))
    if problem.padding not in ("valid", 0) and not problem.transposed:
        word = problem.padding if isinstance(problem.padding, str) else f"of {problem.padding}"
        mode = "" if problem.padding_mode == "zeros" else f" ({problem.padding_mode})"
        said.append(f"padding {word}{mode}")
    return ", ".join(said)


def result(problem: Problem, shares: Shares, inputs: list[str], outputs: list[str], peak: str) -> str:
    """The run in one sentence: what went through what, and which channel leads, by share and by weights."""
    through = words.listed(inputs) if len(inputs) <= 3 else count(len(inputs), "channel")
    kind = "transposed kernel" if problem.transposed else "kernel"
    extra = setting(problem)
    head = f"{through} through {count(problem.outputs, kind)} of {count(problem.width, 'tap')}"
    head = words.capital(head) + (f" ({extra})" if extra else "")
    if problem.seen == 1:
        return f"{head}: {peak}."
    return f"{head}: {leaders(problem, shares, inputs, outputs)}."


def leaders(problem: Problem, shares: Shares, inputs: list[str], outputs: list[str]) -> str:
    """Which channel leads which outputs by share, and in how many the weights alone name another."""
    known = [o for o in range(problem.outputs) if np.all(np.isfinite(shares.share[:, o]))]
    if not known:
        return "no output varies, so no channel leads"
    by_share = {o: problem.channels(o)[int(np.argmax(shares.share[:, o]))] for o in known}
    by_norm = {o: problem.channels(o)[int(np.nanargmax(shares.norm[:, o]))] for o in known}
    first = by_share[known[0]]
    agreed = [o for o in known if by_share[o] == first]
    if len(known) == 1:
        text = f"{inputs[first]} leads {outputs[known[0]]}"
    elif len(agreed) == problem.outputs:
        text = f"{inputs[first]} leads {'both outputs' if problem.outputs == 2 else 'every output'}"
    elif len(known) <= 4:
        text = listed([f"{inputs[by_share[o]]} leads {outputs[o]}" for o in known])
    else:
        names, sizes = np.unique(list(by_share.values()), return_counts=True)
        most = int(np.argmax(sizes))
        text = f"{inputs[int(names[most])]} leads most outputs, {sizes[most]} of {problem.outputs}"
    wrong = [o for o in known if by_share[o] != by_norm[o]]
    if not wrong:
        return f"{text}, as the weights alone say too"
    others = {by_norm[o] for o in wrong}
    favoured = inputs[others.pop()] if len(others) == 1 else "another channel"
    where = (
        "it"
        if problem.outputs == 1
        else ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[len(wrong)]
        if len(wrong) < 10
        else str(len(wrong))
    )
    return f"{text}, though the weights alone favour {favoured} in {where}"


def share_heading(problem: Problem, share: np.ndarray, output: int, inputs: list[str], outputs: list[str]) -> str:
    """What one output consists of, the three largest shares by name."""
    names = [inputs[c] for c in problem.channels(output)]
    if not np.all(np.isfinite(share)):
        return f"{outputs[output]} does not vary, so it has no shares"
    order = sorted(range(len(names)), key=lambda c: (-abs(share[c]), c))
    said = [f"{percent(share[c])} {names[c]}" for c in order[:3]]
    if len(order) > 3:
        said.append(f"{percent(float(np.sum(share[order[3:]])))} the other {len(order) - 3}")
    return f"{outputs[output]} is {listed(said)}"


def open_range(low: np.ndarray, high: np.ndarray, leading: int, names: list[str]) -> str:
    """How far the data leave the leading channel's share open."""
    return f"the data leave {names[leading]}'s share open between {percent(low[leading])} and {percent(high[leading])}"


def gains(problem: Problem, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Response of one pair's kernel (width,) on the page's grid, relative to its window's centre.

    Frequencies in cycles per position of the finer side, 0 to 0.5 (from -0.5 for a complex kernel).
    """
    frequencies = np.linspace(-0.5 if np.iscomplexobj(kernel) else 0, 0.5, GRID)
    places = np.arange(problem.width) * problem.dilation - (problem.span - 1) / 2
    turn = -2j if problem.transposed else 2j
    return frequencies, np.exp(turn * np.pi * np.outer(frequencies, places)) @ kernel


def frequency(value: float, rate: float | None, unit: str) -> str:
    """A frequency in cycles per position, as text: in hertz where the rate is known."""
    if rate is None:
        return f"{shown(value, 3)} cycles per sample"
    return f"{shown(value * rate, 3)} {'Hz' if unit == 's' else f'cycles per {unit}'}"


def peak(problem: Problem, kernel: np.ndarray, rate: float | None, unit: str) -> str:
    """The frequency that a pair's kernel (width,) lets through most."""
    frequencies, response = gains(problem, kernel)
    size = np.abs(response)
    if not size.max() > 0:
        return "it lets nothing through"
    if size.max() - size.min() <= 1e-9 * size.max():
        return f"it lets every frequency through alike, times {shown(float(size.max()), 3)}"
    at = int(np.argmax(size >= size.max() * (1 - 1e-9)))
    return f"it lets {frequency(float(frequencies[at]), rate, unit)} through most, times {shown(float(size[at]), 3)}"


def told_sentence(told: list[Told]) -> str:
    """How many directions of one output's weights the data tell apart."""
    ranks = sorted({each.rank for each in told})
    unknowns = told[0].unknowns
    if ranks == [unknowns]:
        each = "the one weight" if unknowns == 1 else f"all {unknowns} weights"
        return f"These data tell {each} of each output: no other kernel makes the same output"
    rank = str(ranks[0]) if len(ranks) == 1 else f"{ranks[0]} to {ranks[-1]}"
    return (
        f"These data tell {rank} of {unknowns} directions of each output's weights: along the others any amount can be "
        f"added to the kernel, and no output changes"
    )


def training_heading(errors: np.ndarray, steps: list[int], loss: np.ndarray | None) -> str:
    """How far training came: the loss, and how many directions are done (1 % of the first error left, or less)."""
    start, end = errors[0], errors[-1]
    live = start > 0
    done = int(np.sum(end[live] <= 0.01 * start[live]))
    said = f"after step {steps[-1]:,} "
    if loss is not None:
        said += f"the loss is {shown(float(loss[-1]), 3)}, from {shown(float(loss[0]), 3)}; "
    return f"{said}{done} of {int(live.sum())} directions are done"
