"""The part of the report on losses and networks, which are what people run: claims with their goals, and a table."""

from typing import Any

from benchmarks.networks import Network
from benchmarks.problems import Problem
from benchmarks.summary import NOISE, Row, geometric_mean, rows

GRIDS = ("losses", "networks")
GOAL_SHARE = 0.95  # of cells, no slower than the best peer
GOAL_WHOLE = 1.7  # times the two separate calls, at the most

HEAD = """\
A loss is the sum of an activation of convolution and bias; timed are its value and its gradients for signal, kernel
and bias as one program. "Two calls" are the same by `auto` cut in two: forward to loss and cotangent, then the
gradients with the cotangent as an argument. Of a network, the value and the gradients for all parameters of one loss
are timed, the same weights and the same code over convolutions of each library. A cell that `auto` gets wrong counts as
lost.
"""
COLUMNS = "| cell | auto ms | best peer | ms | peer / auto | torch / auto | flax / auto | whole / two calls |"


def grid_of(results: dict[str, Any]) -> str:
    """The grid that results are of; those of older runs say nothing and are of the main one."""
    return results["machine"].get("grid", "main")


def gains(table: list[Row]) -> dict[str, float]:
    """For each cell with a peer: the best peer's time over that of `auto`; 0 where `auto` is not right."""
    return {title(row): row.gain_over(row.best_peer) or 0.0 for row in table if row.best_peer is not None}


def share_not_behind(gained: dict[str, float]) -> float:
    """The share of cells on which `auto` is no slower than the best peer, but for noise."""
    return sum(gain >= 1 / NOISE for gain in gained.values()) / len(gained)


def title(row: Row) -> str:
    """The name of a cell: problem and loss, or the network alone."""
    return row.problem.name if isinstance(row.problem, Network) else f"{row.problem.name}, {row.cell}"


def claims(table: list[Row]) -> list[tuple[str, str, str]]:
    """What is claimed, what was measured, and whether a goal is met."""
    made: list[tuple[str, str, str]] = []
    parts = {
        "losses and networks": table,
        "losses": [row for row in table if isinstance(row.problem, Problem)],
        "networks": [row for row in table if isinstance(row.problem, Network)],
    }
    for name, part in parts.items():
        gained = gains(part)
        if not gained:
            continue
        share, (least, where) = share_not_behind(gained), min((gain, cell) for cell, gain in gained.items())
        goal = f"{100 * GOAL_SHARE:.0f} %: {_met(share >= GOAL_SHARE)}"
        measured = f"{100 * share:.0f} % of {len(gained)} cells"
        made.append((f"{name}: no slower than the best peer (10 % noise allowed)", measured, goal))
        made.append((f"{name}: least of best peer / auto", f"{least:.2f} ({where})", ""))
        for peer in ("torch", "flax"):
            mean = geometric_mean([row.gain_over(peer) for row in part])
            made.append((f"{name}: {peer} / auto, geometric mean", mean, ""))
    whole = [(ratio, title(row)) for row in table if (ratio := row.whole_over_two_calls) is not None]
    if whole:
        worst, where = max(whole)
        goal = f"at most {GOAL_WHOLE}: {_met(worst <= GOAL_WHOLE)}"
        made.append(("largest whole / two separate calls", f"{worst:.2f} ({where})", goal))
        within = sum(ratio <= GOAL_WHOLE for ratio, _ in whole)
        made.append((f"losses within {GOAL_WHOLE} times the two calls", f"{within} of {len(whole)} cells", ""))
    own = [
        (g, f"{title(row)}: {row.best_method}") for row in table if (g := row.gain_over(row.best_method)) is not None
    ]
    if own:
        least, where = min(own)
        near = sum(gain >= 1 / 1.25 for gain, _ in own)
        measured = f"{near} of {len(own)} cells; least {least:.2f} ({where})"
        made.append(("losses: auto within 1.25x of the best of our methods", measured, ""))
    return made


def lines(found: list[dict[str, Any]]) -> list[str]:
    """Claims and the table of every cell."""
    table = [row for results in found for row in rows(results)]
    entries = [f"| {claim} | {value} | {goal} |" for claim, value, goal in claims(table)]
    made = [HEAD, "| claim | measured | goal |", "|---|---|---|", *entries, ""]
    return [*made, COLUMNS, "|---|--:|---|--:|--:|--:|--:|--:|", *map(_line, table), ""]


def _line(row: Row) -> str:
    peer = row.best_peer
    ratios = (row.gain_over(peer), row.gain_over("torch"), row.gain_over("flax"), row.whole_over_two_calls)
    theirs = number(None if peer is None else row.ms(peer))
    entries = [f"{title(row)} ({row.problem.in_words()})", number(row.auto), peer or "-", theirs, *map(number, ratios)]
    return "| " + " | ".join(entries) + " |"


def number(value: float | None) -> str:
    """Three digits, none behind the point from 100 on."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _met(holds: bool) -> str:
    return "met" if holds else "missed"
