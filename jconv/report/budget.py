"""What a page holds exactly, and what it leaves out to stay small. Every omission is a sentence with its remedy.

The order is fixed. A held-out part, where one is given, is kept before the part that trained. Then, where the kernel
takes more than 35 % of the limit, eight outputs are kept; where x takes more than 40 %, excerpts. What is left goes to
the snapshots of training, half as many each time until they fit. A page of at most 300 KB is tier S, one whose kernel
and samples are all exact, or exact where held out, tier M, the rest tier L.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from jconv.report import words
from jconv.report.encode import encoded_size
from jconv.report.problem import Problem

SMALL = 300_000
"""Characters up to which a page is tier S, and up to which nothing is left out."""
FIXED = 150_000
"""Characters of scripts, styles, texts and tables, at most but for names."""
KERNEL_PART, SIGNAL_PART = 0.35, 0.4
MOST_OUTPUTS = 8
FEWEST_SNAPSHOTS = 2


@dataclass(frozen=True)
class Kept:
    """What the page holds.

    Attributes:
        entries: entries of the batch.
        ranges: (first, count) of the samples kept exactly, rising, not overlapping.
        outputs: outputs whose weights are kept exactly.
        snapshots: indices of the snapshots.
        dropped: a sentence for each omission.
        sizes: estimated characters of each part.
    """

    entries: int
    ranges: tuple[tuple[int, int], ...]
    outputs: tuple[int, ...]
    snapshots: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)

    def samples(self) -> np.ndarray:
        """Indices of the samples kept."""
        return np.concatenate([np.arange(first, first + count) for first, count in self.ranges])

    def complete(self, problem: Problem) -> bool:
        """Whether every sample of the entries kept is exact."""
        return self.ranges == ((0, problem.length),)


def plan(
    problem: Problem,
    x: np.ndarray,
    weights: np.ndarray,
    *,
    limit: int,
    target: np.ndarray | None,
    snapshots: int,
    held_out_from: int | None,
    chosen_outputs: Callable[[int], list[int]],
    chosen_places: Callable[[], list[int]],
) -> Kept:
    """Choose what fits into `limit` characters.

    Args:
        problem: its sizes.
        x: (batch, length, in).
        weights: (width, in/groups, out).
        limit: characters of the whole page.
        target: (batch, outputs in time, out), stored where x is, or None.
        snapshots: how many kernels training left.
        held_out_from: first sample that did not train, or None.
        chosen_outputs: the most telling outputs, so many, the best first.
        chosen_places: outputs in time around which excerpts are kept, the best first.
    """
    room, dropped = limit - FIXED, []
    kernel, signal = encoded_size(weights), encoded_size(x)
    aim = 0 if target is None else encoded_size(target)
    outputs = tuple(range(problem.outputs))
    if kernel > KERNEL_PART * room:
        most = max(1, min(MOST_OUTPUTS, int(0.25 * room / (kernel / problem.outputs))))
        outputs = tuple(sorted(chosen_outputs(most)))
        dropped.append(
            f"The weights of {words.count(len(outputs), 'output')} of {problem.outputs} are exact, the others sketches "
            f"of 8 bits, as all would take {kernel / 1e6:.0f} MB. outputs=[...] chooses which, a larger limit= "
            f"keeps all."
        )
        kernel, aim = (size * len(outputs) // problem.outputs for size in (kernel, aim))
    entries, ranges = len(x), ((0, problem.length),)
    each = (signal + aim) / len(x)
    if signal + aim > SIGNAL_PART * room and len(x) > 1:
        entries = max(1, int(SIGNAL_PART * room / each))
        dropped.append(
            f"{words.capital(words.count(entries, 'example'))} of {len(x)} {'is' if entries == 1 else 'are'} in this "
            f"page. Give the ones that matter first, or a larger limit=."
        )
    if held_out_from and FIXED + kernel + each * entries > SMALL and 0 < held_out_from < problem.length:
        first = max(0, held_out_from - problem.span)
        ranges = ((first, problem.length - first),)
        dropped.append(
            f"Samples before {first:,} trained and are here as an envelope, lowest and highest of each of 1,024 "
            f"stretches; those after are exact. Without held_out_from= all would be."
        )
    kept = sum(count for _, count in ranges) / problem.length
    if each * entries * kept > SIGNAL_PART * room:
        ranges = excerpts(problem, chosen_places(), int(SIGNAL_PART * room / (each * entries) * problem.length))
        total = sum(count for _, count in ranges)
        dropped.append(
            f"{total:,} of {problem.length:,} samples are exact, in {words.count(len(ranges), 'excerpt')}; of the rest "
            f"there is an envelope, lowest and highest of each of 1,024 stretches. around=[...] adds excerpts, a "
            f"larger limit= keeps all."
        )
        kept = total / problem.length
    sizes = {"kernel": kernel, "signal": int(each * entries * kept)}
    per_snapshot = weights[:, :, list(outputs)].size * (2 if np.iscomplexobj(weights) else 1) * 2 * 4 / 3
    left, taken = max(room - sum(sizes.values()), 0) * 0.92, snapshots
    while taken > FEWEST_SNAPSHOTS and taken * per_snapshot > left:
        taken = (taken + 1) // 2
    if taken * per_snapshot > left:
        taken = 0
    if taken < snapshots:
        what = f"{taken} of {snapshots} snapshots of training are here" if taken else "No snapshot of training is here"
        dropped.append(f"{what}, as each takes {per_snapshot / 1e3:.0f} KB. A larger limit= keeps more.")
    picked = np.unique(np.linspace(0, snapshots - 1, taken).round().astype(int)) if taken else ()
    sizes["snapshots"] = int(taken * per_snapshot)
    return Kept(entries, ranges, outputs, tuple(int(i) for i in picked), tuple(dropped), sizes)


def excerpts(problem: Problem, places: list[int], most: int) -> tuple[tuple[int, int], ...]:
    """Stretches of input around outputs in time, at most so many samples in all, merged where they overlap."""
    size = min(max(512, 2 * problem.span + 110), problem.length)
    first_places, spans = [], []
    for place in places:
        middle = (
            place // problem.stride if problem.transposed else place * problem.stride - problem.low + problem.span // 2
        )
        first = min(max(middle - size // 2, 0), problem.length - size)
        trial = merged([*spans, (first, first + size)])
        if first_places and sum(b - a for a, b in trial) > max(most, size):
            break
        first_places.append(place)
        spans = trial
    return tuple((a, b - a) for a, b in spans)


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half-open spans in rising order, those that meet as one."""
    out: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((first, end))
    return out


def tier(kept: Kept, problem: Problem, size: int) -> str:
    """S, M or L, as the docstring of this file says."""
    if kept.complete(problem) and len(kept.outputs) == problem.outputs:
        return "S" if size <= SMALL else "M"
    held_out = len(kept.ranges) == 1 and sum(kept.ranges[0]) == problem.length
    return "M" if held_out and len(kept.outputs) == problem.outputs else "L"
