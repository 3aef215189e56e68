"""From the results of one device to rows and claims: who was best, by how much, and geometric means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jconv
from benchmarks import networks
from benchmarks.networks import Network
from benchmarks.problems import Problem, from_facts
from benchmarks.roofline import operand_bytes, share
from benchmarks.runners import IN_TWO_CALLS

PEERS = ("lax NWC", "lax NCW", "flax", "equinox", "keras", "torch", "scipy")
NOISE = 1.1  # a ratio of 1 within a tenth is a tie
ITEMSIZE = {"bfloat16": 2, "float32": 4, "float64": 8}
Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One cell of one problem or network; times in milliseconds."""

    problem: Problem | Network
    cell: str
    records: Records
    roofline: float | None
    operand_bytes: int

    def ms(self, name: str) -> float | None:
        """The median of a contender, or None if it was not timed."""
        return self.records.get(name, {}).get("ms")

    @property
    def auto(self) -> float | None:
        """What `method="auto"` needed."""
        return self.ms("auto")

    @property
    def best_method(self) -> str | None:
        """The fastest of our own methods, `auto` not among them; of those with the same machine code a later one."""
        return self._fastest(jconv.METHODS[::-1])

    @property
    def best_peer(self) -> str | None:
        """The fastest peer."""
        return self._fastest(PEERS)

    def gain_over(self, name: str | None) -> float | None:
        """How many times the time of `auto` a contender needed; above 1 `auto` wins."""
        other = None if name is None else self.ms(name)
        return None if other is None or self.auto is None else other / self.auto

    @property
    def whole_over_two_calls(self) -> float | None:
        """Of a loss: what it costs as one program, over forward pass and gradients called one after the other."""
        apart = self.ms(IN_TWO_CALLS)
        return None if apart is None or self.auto is None else self.auto / apart

    def _fastest(self, names: tuple[str, ...]) -> str | None:
        timed = {name: ms for name in names if (ms := self.ms(name)) is not None}
        return min(timed, key=lambda name: timed[name], default=None)


def in_cores(machine: dict[str, Any]) -> str:
    """Such as "2 cores"."""
    return f"{machine['cores']} core" + "s" * (machine["cores"] != 1)


def rows(results: dict[str, Any]) -> list[Row]:
    """Every cell, in the order of the grid."""
    made = []
    itemsize = ITEMSIZE[results["machine"]["dtype"]]
    for entry in results["problems"].values():
        if "words" in entry["problem"]:
            network = networks.from_facts(entry["problem"])
            made += [Row(network, cell, records, None, 0) for cell, records in entry["cells"].items()]
            continue
        problem = from_facts(entry["problem"])
        for cell, records in entry["cells"].items():
            auto = records.get("auto", {}).get("ms")
            part = None if auto is None else share(problem, cell, auto / 1000, itemsize, results["ceilings"])
            made.append(Row(problem, cell, records, part, operand_bytes(problem, itemsize)))
    return made


def claims(table: list[Row]) -> list[tuple[str, str]]:
    """What the numbers say in one line each."""
    steps = [row for row in table if row.cell == "whole step"]
    against = [gain for row in table if (gain := row.gain_over(row.best_peer)) is not None]
    own = [gain for row in table if (gain := row.gain_over(row.best_method)) is not None]
    slow = [row for row in steps if row.problem.family in ("depthwise", "long")]
    shapes = [(row, row.problem) for row in table if isinstance(row.problem, Problem)]
    wide = [row for row, p in shapes if p.name.startswith("dense") and p.inputs >= 256]
    short = [row for row, p in shapes if p.family == "depthwise" and p.width <= 7 and row.cell == "output"]
    return [
        ("no slower than the best peer (10 % noise allowed)", _share_of(against, lambda gain: gain >= 1 / NOISE)),
        ("least of best peer / auto", f"{min(against):.2f}" if against else "-"),
        ("best peer / auto, all cells", geometric_mean(against)),
        ("torch / auto, whole steps", geometric_mean([row.gain_over("torch") for row in steps])),
        ("flax / auto, whole steps", geometric_mean([row.gain_over("flax") for row in steps])),
        ("flax / auto, whole steps, depthwise and long", geometric_mean([row.gain_over("flax") for row in slow])),
        ("auto within 1.25x of the best of our methods", _share_of(own, lambda gain: gain >= 1 / 1.25)),
        ("step in scan / whole step, largest", _largest(loop_costs(table))),
        ("share of the matrix-product rate, dense from 256 channels, least", _least([r.roofline for r in wide])),
        ("share of the copy rate, depthwise output to K=7, least", _least([r.roofline for r in short])),
        ("compile time of auto, largest", _largest([r.records["auto"].get("compile_s") for r in table], " s")),
        ("temporary memory of auto / (operands and result), largest", _largest([memory(row) for row in table])),
    ]


def loop_costs(table: list[Row]) -> list[float]:
    """For each problem: a step of `auto` in a loop over the same step outside."""
    outside = {row.problem.name: row.auto for row in table if row.cell == "whole step"}
    inside = {row.problem.name: row.auto for row in table if row.cell == "step in scan"}
    return [ms / out for name, ms in inside.items() if ms is not None and (out := outside.get(name)) is not None]


def memory(row: Row) -> float | None:
    """Temporary bytes of `auto` over those of signal, kernel and result."""
    temporary = row.records["auto"].get("temporary_bytes")
    return None if temporary is None else temporary / row.operand_bytes


def geometric_mean(ratios: Sequence[float | None]) -> str:
    """The mean of ratios, and of how many."""
    known = [math.log(ratio) for ratio in ratios if ratio]
    return f"{math.exp(sum(known) / len(known)):.2f} (of {len(known)} cells)" if known else "-"


def _share_of(values: list[float], fits) -> str:
    return f"{100 * sum(map(fits, values)) / len(values):.0f} % of {len(values)} cells" if values else "-"


def _largest(values: list, unit: str = "") -> str:
    known = [value for value in values if value is not None]
    return f"{max(known):.2f}{unit}" if known else "-"


def _least(values: list) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * min(known):.0f} %" if known else "-"
