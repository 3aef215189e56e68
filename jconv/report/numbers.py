"""Headings and tables of the sections that have numbers: frequencies, training, what the data cannot tell, seeds."""

import numpy as np

from jconv.report import facts, findings, sections, tables, words
from jconv.report.gather import Gathered, group_number, group_of
from jconv.report.words import percent, shown


def spaced_rate(gathered: Gathered) -> float | None:
    """Positions of the time axis in one unit of time."""
    rate, p = gathered.run.options["rate"], gathered.run.problem
    return None if rate is None else float(rate) * (p.stride if p.transposed else 1)


def response_table(gathered: Gathered, output: int) -> str:
    """Gain of each channel's kernel at nine frequencies."""
    run, p, rate = gathered.run, gathered.run.problem, spaced_rate(gathered)
    places = np.linspace(0, findings.GRID - 1, 9).round().astype(int)
    rows, head = [], [""]
    for i, c in enumerate(list(p.channels(output))[: tables.MOST_ROWS]):
        frequencies, gain = findings.gains(p, facts.wide(run.weights)[:, i, output])
        head = ["", *(findings.frequency(float(frequencies[k]), rate, run.options["time_unit"]) for k in places)]
        sizes = [f"{words.TIMES}{shown(float(abs(gain[k])), 3)}" for k in places]
        rows.append([f"{run.inputs[c]} to {run.outputs[output]}", *sizes])
    return tables.table(head, rows, label="Gain by frequency")


def trained(gathered: Gathered, output: int) -> str:
    """Section 4."""
    training = gathered.run.training
    assert training is not None
    steps = list(training.steps)
    errors = gathered.errors[output] if gathered.errors is not None and output < len(gathered.errors) else None
    if errors is None:
        loss = (
            ""
            if training.loss is None
            else f": the loss is {shown(float(training.loss[-1]), 3)}, from {shown(float(training.loss[0]), 3)}"
        )
        heading = f"{steps[-1]:,} steps{loss}"
    else:
        heading = findings.training_heading(errors, steps, training.loss)
    rows = []
    for i in facts.spread(len(steps), 16):
        row = [f"step {steps[i]:,}", "" if training.loss is None else shown(float(training.loss[i]), 3)]
        rows.append([*row, *([] if errors is None else [shown(float(e), 3) for e in errors[i]])])
    names = [] if errors is None else [f"direction {i}" for i in range(errors.shape[1] - 1)] + ["the rest"]
    table = tables.table(["", "loss", *names], rows, label="Training")
    return sections.trained(heading, table, gathered.goal, errors is not None)


def untold(gathered: Gathered, output: int) -> str:
    """Section 5."""
    assert gathered.told
    run, told = gathered.run, group_of(gathered.run, gathered.told, output)
    top = max(float(told.eigenvalues[0]), 1e-300)
    rows = [
        [f"direction {i}", shown(float(value)), shown(float(value) / top, 3), "told" if i < told.rank else "rounding"]
        for i, value in enumerate(told.eigenvalues[: 2 * tables.MOST_ROWS])
    ]
    hidden = told.rank < told.unknowns
    table = tables.table(["", "eigenvalue", "over the first", ""], rows, label="Eigenvalues")
    heading = untold_heading(gathered.told, group_number(run, output))
    return sections.untold(heading, table, hidden, run.bias is not None)


def untold_heading(told: list[facts.Told], group: int) -> str:
    """How many directions of a group's weights the data tell: what section 5 is headed with."""
    each = told[group]
    said = f"rank {each.rank} of {each.unknowns}" + (f" in group {group}" if len(told) > 1 else "")
    if each.rank < each.unknowns:
        return f"{said}, so {words.count(each.unknowns - each.rank, 'direction')} of the weights could be anything"
    weaker = max(float(each.eigenvalues[0]), 1e-300) / max(float(each.eigenvalues[-1]), 1e-300)
    return f"{said}, the weakest direction excited {shown(weaker, 2)} times less than the strongest"


def agreed(gathered: Gathered, output: int, ci: int) -> str:
    """Section 6."""
    run = gathered.run
    assert run.ensemble is not None
    pair = np.real(facts.wide(run.ensemble[:, :, ci, output]))
    quarters = np.quantile(pair, [0, 0.25, 0.5, 0.75, 1], axis=0).T
    rows = [[f"tap {j}", *(shown(float(v)) for v in row)] for j, row in enumerate(quarters[: 2 * tables.MOST_ROWS])]
    table = tables.table(["", "least", "quartile", "median", "quartile", "greatest"], rows, label="Weights by seed")
    return sections.seeds(agreed_heading(gathered, output), table, next(iter(run.references), ""))


def agreed_heading(gathered: Gathered, output: int) -> str:
    """How far the seeds' kernels of an output lie apart: what section 6 is headed with."""
    run = gathered.run
    assert run.ensemble is not None
    kernels = facts.wide(run.ensemble[..., output, None])  # of one output: a page asks for the heading of each
    spread = np.linalg.norm(kernels.std(axis=0)) / max(float(np.linalg.norm(kernels.mean(axis=0))), 1e-300)
    seeds = words.count(len(kernels), "seed")
    heading = f"{seeds} of {run.outputs[output]} differ by {percent(float(spread))} of the kernel's norm"
    if gathered.told and group_of(run, gathered.told, output).rank < gathered.told[0].unknowns:
        hidden = facts.unseen_spread(group_of(run, gathered.told, output), kernels, 0)
        heading += f"; {percent(hidden)} of the spread lies where the data cannot see"
    return heading
