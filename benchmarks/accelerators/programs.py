"""What a compiled program does, read from the text of its optimised HLO: kernels, traffic, loops, library calls.

An instruction of the entry computation is a program that the device starts, a *kernel*: a fusion, a library call, a
copy. One in the body of a loop starts as many times as the loop turns. Its traffic is its operands and its result, each
once. What a library does inside one call is not known.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

BYTES = {
    "pred": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "s32": 4, "u32": 4, "s64": 8, "u64": 8,
    "f16": 2, "bf16": 2, "f32": 4, "f64": 8, "c64": 8, "c128": 16,
}  # fmt: skip
STARTS_NOTHING = (
    *("parameter", "constant", "iota", "tuple", "get-tuple-element", "bitcast", "opt-barrier", "partition-id"),
    *("after-all", "add-dependency", "copy-done", "async-done"),
)
CALLED = re.compile(r"(?:to_apply|calls|called_computations?)=\{?%?([\w.\-]+)")
ARRAY = re.compile(r"\b([a-z]+[0-9]*)\[([0-9,]*)\]")
INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%?([\w.\-]+) = (.*)$")
COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) .*->.*\{\s*$")


@dataclass(frozen=True)
class Instruction:
    """One line of a computation."""

    name: str
    type: str
    opcode: str
    operands: tuple[str, ...]
    literal: str
    attributes: str


@dataclass(frozen=True)
class Report:
    """What a program does.

    Attributes:
        kernels: programs that are started, those in loops at each turn.
        traffic: bytes that these read and write.
        least: bytes of the program's operands and results.
        turns: of its longest loop; 0 without one.
        library: the targets of library calls, in order and each as often as it stands in the text.
        cycles: the TPU compiler's estimate; None where it gives none.
    """

    kernels: int
    traffic: float
    least: float
    turns: int
    library: tuple[str, ...]
    cycles: float | None


def read(text: str) -> Report:
    """Read the text that `compiled.as_text()` gives.

    Raises:
        ValueError: it has no entry computation.
    """
    computations, entry = _parsed(text)
    if entry is None:
        raise ValueError("the text has no entry computation: it is not that of a compiled program")
    started = list(_started(computations, entry, 1))
    loops = [turns for name in computations for turns in _loops(computations, name)]
    parameters = [i for i in computations[entry].values() if i.opcode == "parameter"]
    root = list(computations[entry].values())[-1]
    cycles = [times * _cycles(i) for i, times, _ in started]
    return Report(
        kernels=sum(times for _, times, _ in started),
        traffic=sum(times * moved for _, times, moved in started),
        least=sum(_bytes(i.type) for i in parameters) + _bytes(root.type),
        turns=max(loops, default=0),
        library=tuple(target for i, _, _ in started if (target := _target(i))),
        cycles=sum(cycles) if any(cycles) else None,
    )


def _parsed(text: str) -> tuple[dict[str, dict[str, Instruction]], str | None]:
    computations: dict[str, dict[str, Instruction]] = {}
    current, entry = None, None
    for line in text.splitlines():
        if current is None:
            if found := COMPUTATION.match(line):
                current = found[2]
                computations[current] = {}
                entry = current if found[1] else entry
        elif line.startswith("}"):
            current = None
        elif (found := INSTRUCTION.match(line)) and (instruction := _instruction(found[1], found[2])):
            computations[current][instruction.name] = instruction
    return computations, entry


def _instruction(name: str, rest: str) -> Instruction | None:
    end = _closing(rest, 0) + 1 if rest.startswith("(") else rest.find(" ")
    kind, behind = rest[:end], rest[end:].lstrip()
    opcode = re.match(r"([\w\-]+)\(", behind)
    if not opcode:
        return None
    stop = _closing(behind, opcode.end() - 1)
    inside = behind[opcode.end() : stop]
    operands = tuple(dict.fromkeys(re.findall(r"%([\w.\-]+)", inside)))
    return Instruction(name, kind, opcode[1], operands, inside, behind[stop + 1 :])


def _closing(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` is closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return len(text) - 1


def _started(
    computations: dict[str, dict[str, Instruction]], name: str, times: int
) -> Iterator[tuple[Instruction, int, float]]:
    """Each kernel with the times that it starts and the bytes that it moves."""
    computation = computations.get(name, {})
    for instruction in computation.values():
        if instruction.opcode in STARTS_NOTHING:
            continue
        if instruction.opcode == "while":
            body = re.search(r"body=%?([\w.\-]+)", instruction.attributes)
            if body:
                yield from _started(computations, body[1], times * _turns(computations, instruction))
        elif instruction.opcode == "conditional":
            listed = re.search(r"branch_computations=\{([^}]*)\}", instruction.attributes)
            branches = (
                listed[1] if listed else " ".join(re.findall(r"_computation=(%[\w.\-]+)", instruction.attributes))
            )
            for branch in re.findall(r"%([\w.\-]+)", branches):
                yield from _started(computations, branch, times)
        elif instruction.opcode in ("call", "async-start") and (called := CALLED.search(instruction.attributes)):
            yield from _started(computations, called[1], times)
        else:
            read_ = sum(_bytes(computation[operand].type) for operand in instruction.operands if operand in computation)
            yield instruction, times, _bytes(instruction.type) + read_


def _loops(computations: dict[str, dict[str, Instruction]], name: str) -> list[int]:
    return [_turns(computations, i) for i in computations[name].values() if i.opcode == "while"]


def _turns(computations: dict[str, dict[str, Instruction]], loop: Instruction) -> int:
    """How often a loop turns: what the compiler says, or the largest number that its condition compares with."""
    known = re.search(r'known_trip_count"?:\{"?n"?:"?(\d+)', loop.attributes)
    if known:
        return int(known[1])
    condition = re.search(r"condition=%?([\w.\-]+)", loop.attributes)
    return max(_constants(computations, condition[1]), default=1) if condition else 1


def _constants(computations: dict[str, dict[str, Instruction]], name: str) -> Iterator[int]:
    for instruction in computations.get(name, {}).values():
        if instruction.opcode == "constant" and instruction.type.startswith("s32[]"):
            yield int(instruction.literal)
        if called := CALLED.search(instruction.attributes):
            yield from _constants(computations, called[1])


def _bytes(kind: str) -> float:
    return float(
        sum(
            BYTES[dtype] * math.prod(int(size) for size in sizes.split(",") if size)
            for dtype, sizes in ARRAY.findall(kind)
            if dtype in BYTES
        )
    )


def _target(instruction: Instruction) -> str | None:
    """The library that a custom call goes to; the compiler's own Triton programs are none."""
    found = re.search(r'custom_call_target="([^"]+)"', instruction.attributes)
    return found[1] if found and "triton" not in found[1] else None


def _cycles(instruction: Instruction) -> int:
    found = re.search(r'"estimated_cycles":"(\d+)"', instruction.attributes)
    cycles = int(found[1]) if found else 0
    return cycles if cycles < 2**62 else 0  # what the compiler says where it cannot tell
