"""Headings, tables and facts of the sections on a network: its layers, local kernels, and what it confuses."""

from typing import Any

import numpy as np

from jconv.report import sections, tables, words
from jconv.report.encode import Packer
from jconv.report.run import Run
from jconv.report.stack import Confusion, Local, Stack
from jconv.report.words import percent, shown

MOST_CELLS = 48
"""Rows of the table of confusions."""


def network(run: Run) -> list[str]:
    """Section 7, in so many parts as there are data."""
    stack = run.stack
    if stack is None:
        return []
    out = []
    if stack.layers or stack.locals:
        out.append(layers(run, stack))
    if stack.confusion is not None:
        heading, table = confused(stack.confusion), confusion_table(stack.confusion)
        out.append(sections.classes(heading, table, bool(stack.confusion.entries)))
    return out


def layers(run: Run, stack: Stack) -> str:
    """What an output of each layer sees, and what chosen outputs are at this input."""
    if stack.layers:
        last = stack.layers[-1]
        what = f"the last of {len(stack.layers)} layers" if len(stack.layers) > 1 else f"the layer {last.name}"
        heading = f"an output of {what} sees {words.count(last.sees, 'sample')}"
    else:
        heading = f"{words.count(len(stack.locals), 'output')} as a kernel and a rest"
    rows = [
        [each.name, *(f"{n:,}" for n in (each.width, each.stride, each.dilation, each.low, each.length, each.sees))]
        for each in stack.layers
    ]
    head = ["", "taps", "stride", "dilation", "padding in front", "outputs", "sees samples"]
    table = tables.table(head, rows, label="Layers") if rows else ""
    if stack.locals:
        head = ["at this input only", "samples", "kernel times samples", "rest or gap", "together", "the network gave"]
        table += tables.table(head, [local_row(run, each) for each in stack.locals], label="Local kernels")
    return sections.layers(heading, table, bool(stack.layers), bool(stack.locals))


def added(run: Run, each: Local) -> float:
    """What the samples add to an output by its local kernel, in float64."""
    return float(np.sum(run.x[each.entry, each.first : each.first + len(each.kernel)].astype(np.float64) * each.kernel))


def local_row(run: Run, each: Local) -> list[str]:
    """Which output, from where to where, and its sum."""
    samples = f"{each.first} to {each.first + len(each.kernel) - 1}" if len(each.kernel) else "none"
    kind = "rest" if each.exact else "gap"
    total = added(run, each)
    name = each.name + ("" if each.exact else ": gradient, approximate")
    return [name, samples, shown(total), f"{kind} {shown(each.rest)}", shown(total + each.rest), shown(each.y)]


def confused(confusion: Confusion) -> str:
    """How many are right, and the most frequent mistake."""
    counts, classes = confusion.counts, confusion.classes
    right, all_ = int(np.trace(counts)), int(counts.sum())
    if not all_:
        return "no example was tested"
    said = f"{right:,} of {all_:,} examples are right ({percent(right / all_)})"
    off = counts - np.diag(np.diag(counts))
    if not off.max():
        return said
    true, taken = np.unravel_index(off.argmax(), off.shape)
    return f"{said}; most often {classes[true]} is taken for {classes[taken]}, {words.count(int(off.max()), 'time')}"


def confusion_table(confusion: Confusion) -> str:
    """The cells that are not empty, mistakes first, with their examples."""
    cells = [(int(t), int(c)) for t, c in np.argwhere(confusion.counts)]
    cells.sort(key=lambda cell: (cell[0] == cell[1], -confusion.counts[cell]))
    rows = []
    for true, taken in cells[:MOST_CELLS]:
        listed = confusion.examples.get((true, taken), ())
        count = int(confusion.counts[true, taken])
        more = ", and more" if listed and len(listed) < count else ""
        row = [f"{confusion.classes[true]} taken for {confusion.classes[taken]}", f"{count:,}"]
        rows.append([*row, ", ".join(map(str, listed[:12])) + (", and more" if len(listed) > 12 else more)])
    table = tables.table(["", "examples", "their numbers"], rows, label="Confusions")
    return table + (f"<p>The first {MOST_CELLS} cells.</p>" if len(cells) > MOST_CELLS else "")


def packed_network(packer: Packer, run: Run) -> dict[str, Any]:
    """Arrays and facts of a network, for the script."""
    stack = run.stack
    if stack is None:
        return {}
    out: dict[str, Any] = {}
    if stack.layers:
        out["layers"] = [
            {"name": each.name, "width": each.width, "stride": each.stride, "dilation": each.dilation, "low": each.low,
             "length": each.length}
            for each in stack.layers
        ]  # fmt: skip
    if stack.locals:
        out["locals"] = [
            {"name": each.name, "first": each.first, "exact": each.exact, "entry": each.entry} for each in stack.locals
        ]
        packer.add("local_numbers", np.array([[each.rest, each.y] for each in stack.locals]), "f8")
        for i, each in enumerate(stack.locals):
            single = np.array_equal(each.kernel, each.kernel.astype(np.float32))
            packer.add(f"local{i}", each.kernel, "f4" if single else "f8")
    if stack.confusion is not None:
        cells = sorted(stack.confusion.examples.items())
        out["confusion"] = {
            "classes": list(stack.confusion.classes),
            "examples": [[true, taken, listed] for (true, taken), listed in cells],
            "entries": list(stack.confusion.entries),
        }
        packer.add("confusion", stack.confusion.counts, "i4")
    return out
