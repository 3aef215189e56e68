"""What takes part: a name, a way to make one cell ready, and why it sits some problems out."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cells import SCANNED_STEPS, Convolution, jax_cell
from benchmarks.layouts import Layout
from benchmarks.problems import Problem


@dataclass
class Ready:
    """One cell of one contender, compiled and with its operands in place.

    `call` runs it once and waits; `results` turns what it gave to float64, channels last. `repeats` says how
    many steps one call takes. Two contenders with the same `program` are the same machine code, and timed once.
    """

    call: Callable[[], Any]
    results: Callable[[Any], tuple[np.ndarray, ...]]
    repeats: int = 1
    compile_seconds: float | None = None
    temporary_bytes: int | None = None
    program: str | None = None


@dataclass(frozen=True)
class Contender:
    """A method of ours or a peer. `refuses` gives the reason why it sits a problem's cell out, or None."""

    name: str
    peer: bool
    refuses: Callable[[Problem, str], str | None]
    prepare: Callable[[Problem, str, tuple[np.ndarray, ...], dict[str, Ready]], Ready]


def jax_contender(
    name: str,
    peer: bool,
    layout: Callable[[Problem], Layout],
    convolution: Callable[[Problem], Convolution],
    refuses: Callable[[Problem, str], str | None],
) -> Contender:
    """A contender that is a JAX function `(x, kernel) -> y` in a layout of its own."""

    def prepare(problem: Problem, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
        way = layout(problem)
        x, kernel, g = way.native(cell, *operands)
        scanned = cell == "step in scan"
        arrays = [jnp.asarray(a) for a in (np.stack([x] * SCANNED_STEPS) if scanned else x, kernel, g)]
        function = jax.jit(jax_cell(cell, per_example(problem, convolution(problem))))
        lowered = function.lower(*arrays)
        source = lowered.as_text()
        if source in programs:
            return programs[source]
        start = time.perf_counter()
        compiled = lowered.compile()
        seconds = time.perf_counter() - start
        program = _without_names(compiled.as_text() or source)
        if program in programs:
            return programs[program]
        memory = compiled.memory_analysis()

        def call():
            return jax.block_until_ready(function(*arrays))

        ready = Ready(
            call,
            lambda computed: way.restored(cell, computed),
            SCANNED_STEPS if scanned else 1,
            seconds,
            None if memory is None else int(memory.temp_size_in_bytes),
            program,
        )
        programs[source] = programs[program] = ready
        return ready

    return Contender(name, peer, refuses, prepare)


def _without_names(program: str) -> str:
    """The text of a compiled program with nothing in it but what is computed, to tell whether two are the same."""
    start = re.search(r"^(?:%|ENTRY)", program, flags=re.MULTILINE)
    if start is None:
        return program
    program = program[start.start() :]  # behind the module's name and the tables of source lines
    program = re.sub(r", metadata=\{[^}]*\}", "", program)
    program = re.sub(r"[\w.-]+(?=: \(?[a-z0-9]+\[)", "", program)
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.-]+", lambda name: numbers.setdefault(name[0], f"%{len(numbers)}"), program)


def per_example(problem: Problem, convolution: Convolution) -> Convolution:
    """Map over examples, where the problem has them, as a user would."""
    if not problem.examples:
        return convolution

    def mapped(x: jax.Array, *kernel_and_bias: jax.Array) -> jax.Array:
        axes = (None if problem.shared_signal else 0, *(0 for _ in kernel_and_bias))
        return jax.vmap(convolution, in_axes=axes)(x, *kernel_and_bias)

    return mapped
