"""From a run to all that its page says of it: facts, and the choice of what is kept."""

from dataclasses import dataclass

import numpy as np

from jconv.report import facts
from jconv.report.budget import Kept, plan
from jconv.report.chosen import chosen_outputs, chosen_places, first_state
from jconv.report.run import Run

MOST_TOLD_GROUPS = 64
MOST_DIRECTIONS = 16
"""Outputs whose errors along directions are in the page."""


@dataclass(frozen=True)
class Gathered:
    """All that the page says of a run, but its words."""

    run: Run
    shares: facts.Shares
    told: list[facts.Told] | None
    ranges: tuple[np.ndarray, np.ndarray] | None
    push: np.ndarray | None
    kept: Kept
    errors: np.ndarray | None
    first: dict[str, int]
    goal: str

    @property
    def widest(self) -> int | None:
        """The output in which the data leave a share open widest; None where they leave none open."""
        if self.ranges is None or self.run.problem.seen == 1:
            return None
        width = np.max(self.ranges[1] - self.ranges[0], axis=0)
        width = np.where(np.isfinite(width) & np.all(np.isfinite(self.shares.share), axis=0), width, -1)
        return int(np.argmax(width)) if width.max() > 0 else None


def gather(run: Run, limit: int) -> Gathered:
    """Compute the facts and choose what the page holds."""
    problem, x = run.problem, run.x
    shares = facts.shares(problem, x, run.weights)
    told = told_of(run)
    ranges, push = None, None
    if told and any(each.rank < each.unknowns for each in told):
        columns = [
            facts.share_ranges(shares, group_of(run, told, o).unseen, run.weights, o) for o in range(problem.outputs)
        ]
        ranges = (np.stack([c[:, 0] for c in columns], 1), np.stack([c[:, 1] for c in columns], 1))
    if told:
        columns = [facts.push_direction(shares, group_of(run, told, o), o) for o in range(problem.outputs)]
        push = np.stack(columns, axis=2)
    kept = plan(
        problem, x, run.weights, limit=limit, target=run.target,
        snapshots=0 if run.training is None else len(run.training.steps),
        held_out_from=run.options["held_out_from"],
        chosen_outputs=lambda most: chosen_outputs(run, shares, most),
        chosen_places=lambda: chosen_places(run, shares),
    )  # fmt: skip
    errors, goal = None, "the goal"
    if run.references:
        goal = next(iter(run.references))
    if told and run.training is not None:
        end = run.references[goal] if run.references else run.weights
        errors = np.stack(
            [
                facts.direction_errors(group_of(run, told, o), facts.wide(run.training.kernels), facts.wide(end), o)
                for o in range(min(problem.outputs, MOST_DIRECTIONS))
            ]
        )
    return Gathered(
        run,
        shares,
        told,
        ranges,
        push,
        kept,
        errors,
        first_state(run, shares, kept),
        goal if run.references else "the end",
    )


def group_of(run: Run, told: list[facts.Told], output: int) -> facts.Told:
    """What the data tell of the weights of an output: those of its group."""
    return told[group_number(run, output)]


def group_number(run: Run, output: int) -> int:
    """Which group an output belongs to."""
    return output // (run.problem.outputs // run.problem.groups)


def told_of(run: Run) -> list[facts.Told] | None:
    """Of each group what the data tell; the caller's `unseen` stands for all groups where it is given."""
    if run.problem.groups > MOST_TOLD_GROUPS:
        return None
    told = [facts.told(run.problem, run.x, group, bias=run.bias is not None) for group in range(run.problem.groups)]
    if any(each is None for each in told):
        return None
    found = [each for each in told if each is not None]
    if run.unseen is None:
        return found
    out = []
    for each in found:
        rank = each.unknowns - len(run.unseen)
        directions = np.concatenate([each.directions[:rank], facts.wide(run.unseen)])
        out.append(facts.Told(rank, each.unknowns, each.eigenvalues, each.cut, directions, each.sampled))
    return out
