"""Tables that Python writes into the page, so that it says everything before, and without, any script."""

from html import escape

import numpy as np

from jconv.report import words
from jconv.report.facts import Shares
from jconv.report.problem import Problem
from jconv.report.words import percent, shown

MOST_ROWS = 24


def table(head: list[str], rows: list[list[str]], *, label: str) -> str:
    """A table of texts; the first cell of each row names it."""
    columns = "".join(f'<th scope="col">{escape(each)}</th>' if each else "<td></td>" for each in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(each)}</td>" for each in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(label)}"><table class="wide-table">'
        f"<tr>{columns}</tr>{body}</table></div>"
    )


@np.errstate(invalid="ignore", over="ignore")
def one_output(
    problem: Problem,
    x: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray | None,
    at: int,
    output: int,
    names: list[str],
) -> tuple[str, str, complex]:
    """One output spelled out in float64. x (length, in), weights (width, in/groups, out).

    Returns:
        A table of its products (largest first where they are many), the line that adds up channel sums, and its value.
    """
    sources = problem.sources(np.array([at]))[0]
    windows = problem.windows(x, output, np.array([at]))[0]
    wide = np.complex128 if np.iscomplexobj(x) else np.float64
    products = windows.astype(wide) * weights[:, :, output].astype(wide)
    sums = products.sum(axis=0)
    total = sums.sum() + (0 if bias is None else bias.astype(wide)[output])
    channels = [names[c] for c in problem.channels(output)]
    order = [(j, c) for c in range(problem.seen) for j in range(problem.width)]
    if problem.transposed:
        order = [(j, c) for j, c in order if sources[j] >= 0]
    order.sort(key=lambda place: -abs(products[place]) if len(order) > MOST_ROWS else 0)
    rows = [
        [
            f"{channels[c]}, tap {j}",
            shown(windows[j, c]) if sources[j] >= 0 else "0 (padding)",
            shown(weights[j, c, output]),
            shown(products[j, c]),
        ]
        for j, c in order[:MOST_ROWS]
    ]
    text = table(["", "x", f"{words.TIMES} weight", "= product"], rows, label="Products of one output")
    if len(order) > MOST_ROWS:
        text = f"<p>The {MOST_ROWS} largest of {len(order):,} products:</p>{text}"
    biggest = sorted(range(problem.seen), key=lambda c: -abs(sums[c]))[:4]
    said = [f"{channels[c]} {shown(sums[c])}" for c in sorted(biggest)]
    if problem.seen > 4:
        said.append(f"{problem.seen - 4} others {shown(sum(sums[c] for c in range(problem.seen) if c not in biggest))}")
    if bias is not None:
        said.insert(0, f"bias {shown(bias[output])}")
    return (
        text,
        f"y[{at}, {output}] = {' + '.join(said)} = {shown(total)}",
        complex(total) if wide is np.complex128 else total,
    )


def kernel(problem: Problem, weights: np.ndarray, bias: np.ndarray | None, output: int, names: list[str]) -> str:
    """The weights of one output, (width, in/groups, out), the first taps and channels of a large kernel."""
    taps = range(min(problem.width, 12))
    channels = list(problem.channels(output))[:MOST_ROWS]
    rows = [[names[c], *(shown(weights[j, i, output], 3) for j in taps)] for i, c in enumerate(channels)]
    text = table(["tap", *map(str, taps)], rows, label="Weights of one output")
    if bias is not None:
        text += f"<p>bias {shown(bias[output])}</p>"
    return text


def shares(
    problem: Problem,
    found: Shares,
    ranges: tuple[np.ndarray, np.ndarray] | None,
    inputs: list[str],
    outputs: list[str],
) -> str:
    """For the first outputs a row for each channel: what weights alone say, and what it really adds."""
    head = ["", "norm of weights", "own variance", "covariance with others", "share"] + (
        ["share, open range"] if ranges else []
    )
    rows, norm, own, share = [], found.norm, found.own, found.share
    for o in range(problem.outputs):
        for i, c in enumerate(problem.channels(o)):
            if len(rows) == 2 * MOST_ROWS:
                return table(head, rows, label="Shares") + f"<p>The first {2 * MOST_ROWS} rows.</p>"
            row = [f"{outputs[o]}, {inputs[c]}", percent(norm[i, o]), percent(own[i, o])]
            row += [percent(share[i, o] - own[i, o]), percent(share[i, o])]
            if ranges:
                row.append(f"{percent(ranges[0][i, o])} to {percent(ranges[1][i, o])}")
            rows.append(row)
    return table(head, rows, label="Shares")


def unordered(items: list[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(words.capital(item))}</li>" for item in items) + "</ul>" if items else ""
