"""A fair race: one process, all contenders in random order within each round.

A contender's turn is a pause, in which the threads of the one before come to rest, then calls until its own threads
run again as they would in the middle of a loop, and then the calls that are timed. Without the warming up a thread pool
that has slept wakes up on one core, and half of the times are twice the others; on a virtual machine, whose idle cores
take long to wake, the times of short calls settle after some 20 ms.
"""

import gc
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

# the threads of PyTorch's OpenMP spin on for up to 9 ms after a call, and slow whoever runs next
PAUSE = 0.010
WARMING_UP = 0.020
CALLS_A_TURN = 3
LENGTHY_CALL = 0.05  # seconds
SLOW_CALL = 2.0  # seconds; the call that was checked is then the only one
COLD_CALL = 0.2  # seconds; below, a first call says little about the next
FAR_BEHIND, FAR_ROUNDS = 20, 2  # times slower than the best: the rank is known already
BEHIND, MOST_ROUNDS = 5, 60


@dataclass(frozen=True)
class Patience:
    """How long one cell may take: at least `rounds` rounds, and more while `budget` seconds last."""

    budget: float = 0.6
    rounds: int = 5
    most_seconds_a_call: float = 4.0


def turn(call: Callable[[], object], lengthy: bool) -> list[float]:
    """Seconds of each timed call of one turn; one that is `lengthy` needs no warming up, and is timed once."""
    time.sleep(PAUSE)
    warm = time.perf_counter() + (0.0 if lengthy else WARMING_UP)
    while time.perf_counter() < warm:
        call()
    return [once(call) for _ in range(1 if lengthy else CALLS_A_TURN)]


def once(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def race(
    calls: dict[str, Callable[[], object]], cold: dict[str, float], patience: Patience, seed: int = 0
) -> dict[str, list[float]]:
    """Seconds of each call of each contender; `cold` are those of its first, left out unless they were many."""
    order = random.Random(seed)
    firsts = {name: cold[name] if cold[name] > COLD_CALL else once(call) for name, call in calls.items()}
    times = {name: [first] if first > SLOW_CALL else [] for name, first in firsts.items()}
    best = min(firsts.values(), default=0.0)
    wanted = {name: _rounds(first, best, patience.rounds) for name, first in firsts.items()}
    end = time.perf_counter() + patience.budget
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for done in range(MOST_ROUNDS):
            if done >= patience.rounds and time.perf_counter() > end:
                break
            running = [name for name in calls if done < wanted[name]]
            if not running:
                break
            order.shuffle(running)
            for name in running:
                times[name] += turn(calls[name], firsts[name] > LENGTHY_CALL)
    finally:
        if was_collecting:
            gc.enable()
    return times


def _rounds(first: float, best: float, least: int) -> int:
    if first > SLOW_CALL:
        return 0
    if first > FAR_BEHIND * max(best, 1e-4):
        return min(FAR_ROUNDS, least)
    return least if first > BEHIND * max(best, 1e-4) else MOST_ROUNDS
