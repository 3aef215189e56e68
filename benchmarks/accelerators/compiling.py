"""Compiling in processes of their own, which are ended where a compiler takes too long, or ends them itself."""

import multiprocessing
import queue
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.accelerators.grid import Entry, program
from benchmarks.accelerators.programs import read
from benchmarks.accelerators.targets import Target, set_environment

NOT_COMPILED = "not compiled after"
START_S = 120.0  # that a process may take to start its compiler
Record = dict[str, Any]


def records(entries: list[Entry], target: Target, limit_s: float, processes: int) -> Iterator[tuple[Entry, Record]]:
    """Each entry with what its program does, as they are done; `{"failed": why}` where there is none.

    Args:
        entries: what to compile.
        target: for what.
        limit_s: seconds that one compilation may take.
        processes: how many compile at once.
    """
    set_environment()
    waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Entry, Record] | BaseException] = queue.SimpleQueue()
    for entry in entries:
        waiting.put(entry)

    def work(compiler: Compiler) -> None:
        try:
            while True:
                entry = waiting.get_nowait()
                done.put((entry, compiler.record(entry)))
        except queue.Empty:
            pass
        except BaseException as error:
            done.put(error)
        finally:
            compiler.end()

    for _ in range(processes):
        threading.Thread(target=work, args=(Compiler(target, limit_s),), daemon=True).start()
    for _ in entries:
        result = done.get()
        if isinstance(result, BaseException):
            raise result
        yield result


class Compiler:
    """A process that compiles one entry after another; a new one is started after one was ended."""

    def __init__(self, target: Target, limit_s: float):
        self.target, self.limit_s = target, limit_s
        self.process: Any = None
        self.pipe: Any = None

    def record(self, entry: Entry) -> Record:
        """What the program of an entry does, or why there is none."""
        if self.process is None or not self.process.is_alive():
            self.end()
            self._start()
        try:
            self.pipe.send(entry)
            if self.pipe.poll(self.limit_s):
                return self.pipe.recv()
            failed = f"{NOT_COMPILED} {self.limit_s:.0f} s"
        except (EOFError, ConnectionError):
            failed = "the compiler ended its own process"
        self.end()
        return {"failed": failed}

    def _start(self) -> None:
        methods = multiprocessing.get_context("spawn")
        self.pipe, other = methods.Pipe()
        self.process = methods.Process(target=_compile_all, args=(self.target, other), daemon=True)
        self.process.start()
        other.close()
        if not self.pipe.poll(START_S):
            self.end()
            raise SystemExit(f"the compiler for {self.target.name!r} did not start within {START_S:.0f} s")
        try:
            refused = self.pipe.recv()
        except EOFError:
            refused = "its process ended"
        if refused:
            self.end()
            raise SystemExit(f"the compiler for {self.target.name!r} did not start: {refused}")

    def end(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None


def _compile_all(target: Target, pipe: Connection) -> None:
    """Say "" when ready, or what is wrong; then answer entries by records until the pipe is closed."""
    import jax

    try:
        devices = target.topology().devices
    except Exception as error:  # whatever the plugin raises is passed on
        pipe.send(_shortly(error))
        return
    pipe.send("")
    while True:
        try:
            entry = pipe.recv()
        except EOFError:
            return
        pipe.send(compiled(entry, devices))
        jax.clear_caches()  # else a process grows by some MiB for each program


def compiled(entry: Entry, devices: Any) -> Record:
    """Compile an entry for the first of some devices; what its program does, or why there is none."""
    import jax
    import numpy as np
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    there = NamedSharding(Mesh(np.array(devices)[:1], "device"), PartitionSpec())
    try:
        function, operands = program(entry)
        operands = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=there), operands)
        lowered = jax.jit(function).lower(*operands)
        start = time.perf_counter()
        done = lowered.compile()
        seconds = time.perf_counter() - start
    except NotImplementedError as error:
        return {"refused": _shortly(error)}
    except Exception as error:  # a compiler's own, whatever its type: it is what the report is about
        return {"failed": _shortly(error)}
    report, memory = read(done.as_text() or ""), done.memory_analysis()
    return {
        "kernels": report.kernels,
        "traffic": report.traffic / report.least,
        "held": (0 if memory is None else memory.temp_size_in_bytes) / report.least,
        "turns": report.turns,
        "cycles": report.cycles,
        "library": sorted(set(report.library)),
        "compile_s": seconds,
    }


def _shortly(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:160]}"
