"""Results: a JSON file for each device and setting, its cells as rows, and what they claim together."""

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jconv
from benchmarks import cases, networks
from benchmarks.cases import Case
from benchmarks.machine import LARGE
from benchmarks.networks import Network
from benchmarks.peers import PEERS
from benchmarks.runners import IN_TWO_CALLS

NOISE = 1.1  # a ratio of 1 within a tenth is a tie
NEAR = 1.25  # a choice that takes at most so many times the best method's time is a good one
GOAL_SHARE = 0.95  # of losses and networks: the share that is to be no slower than the best peer
GOAL_WHOLE = 1.7  # a loss is to take at most so many times the two separate calls
ITEMSIZE = {"bfloat16": 2, "float32": 4, "float64": 8}
ONE_FACE = ("output", "gradient for x", "gradient for kernel")  # the other cells have all three

Results = dict[str, Any]


def load(path: Path) -> Results:
    """The results of a file, or an empty record where there is none."""
    return json.loads(path.read_text()) if path.exists() else {"machine": {}, "ceilings": {}, "problems": {}}


def store(path: Path, results: Results) -> None:
    """Write results with four digits a number, one contender a line."""
    write_whole(path, _in_lines(_rounded(results)) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, so that a process cut short leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    os.replace(part, path)


def store_found(found: dict[str, Any], path: Path) -> Path:
    """Write one measurement, which has no table of contenders; return its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(found, indent=1) + "\n")
    return path


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def _in_lines(value: Any, indent: str = "") -> str:
    """JSON in which a dictionary that holds no other takes one line."""
    if not isinstance(value, dict) or not any(isinstance(entry, dict) for entry in value.values()):
        return json.dumps(value)
    deeper = indent + " "
    entries = [f"{deeper}{json.dumps(name)}: {_in_lines(entry, deeper)}" for name, entry in value.items()]
    return "{\n" + ",\n".join(entries) + f"\n{indent}}}"


@dataclass(frozen=True)
class Row:
    """One cell of a case or network, with the record of each contender; times in milliseconds."""

    case: Case | Network
    cell: str
    records: dict[str, dict[str, Any]]
    itemsize: int
    ceilings: dict[str, float]

    @property
    def title(self) -> str:
        """Case and loss, or the network alone."""
        return self.case.name if isinstance(self.case, Network) else f"{self.case.name}, {self.cell}"

    def ms(self, name: str) -> float | None:
        """The median of a contender, or None if it was not timed."""
        return self.records.get(name, {}).get("ms")

    @property
    def auto(self) -> float | None:
        """The median of `method="auto"`."""
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
        """The time of a contender over that of `auto`; above 1 `auto` wins."""
        other = None if name is None else self.ms(name)
        return None if other is None or self.auto is None else other / self.auto

    @property
    def whole_over_two_calls(self) -> float | None:
        """Of a loss: its time as one program, over forward pass and gradients called one after the other."""
        apart = self.ms(IN_TWO_CALLS)
        return None if apart is None or self.auto is None else self.auto / apart

    @property
    def roofline(self) -> float | None:
        """The least time that the ceilings allow the direct sum, over that of `auto`; an FFT may exceed 1."""
        if self.auto is None or isinstance(self.case, Network):
            return None
        faces = 1 if self.cell in ONE_FACE else 3
        arithmetic = 2 * faces * self.case.multiplications / self.ceilings["matrix product FLOP/s"]
        largest = self.itemsize * max(math.prod(self.case.x_shape), math.prod(self.case.y_shape))
        rate = self.ceilings["large copy bytes/s" if largest >= LARGE else "copy bytes/s"]
        traffic = faces * self._operand_bytes(self.case) / rate
        return max(arithmetic, traffic) / (self.auto / 1000)

    @property
    def memory(self) -> float | None:
        """Temporary bytes of `auto` over those of signal, kernel and result."""
        temporary = self.records["auto"].get("temporary_bytes")
        if temporary is None or isinstance(self.case, Network):
            return None
        return temporary / self._operand_bytes(self.case)

    def _operand_bytes(self, case: Case) -> int:
        return self.itemsize * sum(math.prod(shape) for shape in (case.x_shape, case.kernel_shape, case.y_shape))

    def _fastest(self, names: tuple[str, ...]) -> str | None:
        timed = {name: ms for name in names if (ms := self.ms(name)) is not None}
        return min(timed, key=lambda name: timed[name], default=None)


def rows(results: Results) -> list[Row]:
    """Every cell, in the order of the grid."""
    itemsize, ceilings = ITEMSIZE[results["machine"]["dtype"]], results["ceilings"]
    made = []
    for entry in results["problems"].values():
        facts = entry["problem"]
        case = networks.from_facts(facts) if "words" in facts else cases.from_facts(facts)
        made += [Row(case, cell, records, itemsize, ceilings) for cell, records in entry["cells"].items()]
    return made


def claims(table: list[Row]) -> list[tuple[str, str]]:
    """What is claimed of the cells of convolutions, and what was measured."""
    steps = [row for row in table if row.cell == "whole step"]
    against = [gain for row in table if (gain := row.gain_over(row.best_peer)) is not None]
    own = [gain for row in table if (gain := row.gain_over(row.best_method)) is not None]
    slow = [row for row in steps if row.case.family in ("depthwise", "long")]
    shapes = [(row, row.case) for row in table if isinstance(row.case, Case)]
    wide = [row for row, case in shapes if case.name.startswith("dense") and case.inputs >= 256]
    short = [row for row, case in shapes if case.family == "depthwise" and case.width <= 7 and row.cell == "output"]
    return [
        ("no slower than the best peer (10 % noise allowed)", _share_of(against, lambda gain: gain >= 1 / NOISE)),
        ("least of best peer / auto", f"{min(against):.2f}" if against else "-"),
        ("best peer / auto, all cells", _mean_of(against)),
        ("torch / auto, whole steps", _mean_of([row.gain_over("torch") for row in steps])),
        ("flax / auto, whole steps", _mean_of([row.gain_over("flax") for row in steps])),
        ("flax / auto, whole steps, depthwise and long", _mean_of([row.gain_over("flax") for row in slow])),
        ("auto within 1.25x of the best of our methods", _share_of(own, lambda gain: gain >= 1 / NEAR)),
        ("step in scan / whole step, largest", _largest(loop_costs(table))),
        ("share of the matrix-product rate, dense from 256 channels, least", _least([row.roofline for row in wide])),
        ("share of the copy rate, depthwise output to K=7, least", _least([row.roofline for row in short])),
        ("compile time of auto, largest", _largest([row.records["auto"].get("compile_s") for row in table], " s")),
        ("temporary memory of auto / (operands and result), largest", _largest([row.memory for row in table])),
    ]


def training_claims(table: list[Row]) -> list[tuple[str, str, str]]:
    """What is claimed of losses and networks, what was measured, and whether a goal is met."""
    made: list[tuple[str, str, str]] = []
    parts = {
        "losses and networks": table,
        "losses": [row for row in table if isinstance(row.case, Case)],
        "networks": [row for row in table if isinstance(row.case, Network)],
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
            mean = _mean_of([row.gain_over(peer) for row in part])
            made.append((f"{name}: {peer} / auto, geometric mean", mean, ""))
    whole = [(ratio, row.title) for row in table if (ratio := row.whole_over_two_calls) is not None]
    if whole:
        worst, where = max(whole)
        goal = f"at most {GOAL_WHOLE}: {_met(worst <= GOAL_WHOLE)}"
        made.append(("largest whole / two separate calls", f"{worst:.2f} ({where})", goal))
        within = sum(ratio <= GOAL_WHOLE for ratio, _ in whole)
        made.append((f"losses within {GOAL_WHOLE} times the two calls", f"{within} of {len(whole)} cells", ""))
    judged = [(gain, row) for row in table if (gain := row.gain_over(row.best_method)) is not None]
    if judged:
        least, row = min(judged, key=lambda entry: entry[0])
        near = sum(gain >= 1 / NEAR for gain, _ in judged)
        measured = f"{near} of {len(judged)} cells; least {least:.2f} ({row.title}: {row.best_method})"
        made.append(("losses: auto within 1.25x of the best of our methods", measured, ""))
    return made


def gains(table: list[Row]) -> dict[str, float]:
    """For each cell with a peer: the best peer's time over that of `auto`; 0 where `auto` is not right."""
    return {row.title: row.gain_over(row.best_peer) or 0.0 for row in table if row.best_peer is not None}


def share_not_behind(gained: dict[str, float]) -> float:
    """The share of cells on which `auto` is no slower than the best peer, but for noise."""
    return sum(gain >= 1 / NOISE for gain in gained.values()) / len(gained)


def loop_costs(table: list[Row]) -> list[float]:
    """For each case: a step of `auto` in a loop over the same step outside."""
    outside = {row.case.name: row.auto for row in table if row.cell == "whole step"}
    inside = {row.case.name: row.auto for row in table if row.cell == "step in scan"}
    return [ms / out for name, ms in inside.items() if ms is not None and (out := outside.get(name)) is not None]


def geometric_mean(ratios: Sequence[float | None]) -> float | None:
    """The geometric mean of the ratios that are known; None where none is."""
    known = [math.log(ratio) for ratio in ratios if ratio]
    return math.exp(sum(known) / len(known)) if known else None


def _mean_of(ratios: Sequence[float | None]) -> str:
    mean = geometric_mean(ratios)
    return "-" if mean is None else f"{mean:.2f} (of {sum(map(bool, ratios))} cells)"


def _share_of(values: list[float], fits: Callable[[float], bool]) -> str:
    return f"{100 * sum(map(fits, values)) / len(values):.0f} % of {len(values)} cells" if values else "-"


def _largest(values: Sequence[float | None], unit: str = "") -> str:
    known = [value for value in values if value is not None]
    return f"{max(known):.2f}{unit}" if known else "-"


def _least(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * min(known):.0f} %" if known else "-"


def _met(holds: bool) -> str:
    return "met" if holds else "missed"
