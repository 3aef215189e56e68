"""A training: calls of the compiled loop, looks between them, and what is left of all that."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import jax
import numpy as np

from ..config import schema
from .loop import Loop

FIRST_LOOKS = (1, 2, 5, 10, 20, 50, 100, 200)  # most of the way is made early, so look early too
SNAPSHOT_RATIO = 1.5
DIVERGED = 1e6  # times the loss of predicting zero, or that of the first kernel
LONGEST_CALL = 0.5  # seconds; between calls it can be asked to stop
PROFILED_CALL = 8  # of the compiled loop: the first ones are short
LAST_LOSSES = 50  # steps whose mean loss says which member fits best


@dataclass(frozen=True)
class Member:
    """One of the fits that run side by side.

    Attributes:
        seed: of its initial weights and the order of its batches.
        learning_rate: the largest of the run.
    """

    seed: int
    learning_rate: float


class Rows:
    """A table of float32 that grows by rows."""

    def __init__(self, columns: int) -> None:
        self.array, self.count = np.empty((64, columns), np.float32), 0

    def extend(self, rows: np.ndarray) -> None:
        """Add rows (n, columns)."""
        count = self.count + len(rows)
        if count > len(self.array):
            larger = np.empty((max(count, 2 * len(self.array)), self.array.shape[1]), np.float32)
            larger[: self.count] = self.array[: self.count]
            self.array = larger
        self.array[self.count : count], self.count = rows, count

    @property
    def values(self) -> np.ndarray:
        """What is there, (count, columns)."""
        return self.array[: self.count]


@dataclass(frozen=True)
class Training:
    """What a training left of one member, whole or stopped half-way.

    Attributes:
        member: its seed and learning rate.
        train_loss: (steps,), of every step on its own minibatch, before its update.
        looks: steps after which the held-out part was looked at.
        held_out_loss: (looks,), at those.
        snapshot_steps, snapshots: kernels (width, in, out) on the way, at steps that grow by half each, and the
            last.
        arrays: the last {"kernel": ..., "bias": ...}; where there was patience, the best.
        first_arrays: those it began with.
        stopped: ended early because it was asked to.
        diverged: the loss is no longer a number, or absurd.
    """

    member: Member
    train_loss: np.ndarray
    looks: list[int]
    held_out_loss: np.ndarray
    snapshot_steps: list[int]
    snapshots: list[np.ndarray]
    arrays: dict[str, np.ndarray]
    first_arrays: dict[str, np.ndarray]
    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    stopped: bool = False
    diverged: bool = False

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.train_loss)


@dataclass
class Ensemble:
    """What a training left of all its members; first axes of arrays are steps or looks, then members.

    Attributes:
        members: one or more.
        rows: losses of every step, (steps, members).
        looks: steps after which the held-out part was looked at.
        held_out: (members,) at each of those; `validation` the same, where there is patience.
        snapshot_steps, snapshots: (members, width, in, out) on the way.
        arrays, first_arrays: of the last look at which a member's loss was a number, and of the beginning.
        diverged: (members,) whose loss is no longer a number, or absurd.
        compile_seconds, run_seconds: of this process.
        stopped: ended early because it was asked to.
        patience_ended: ended early because no member came closer any more.
        first_loss: (members,) on the held-out part before the first step.
        looked_at: what the part is that looks judge by, the held-out one of a target over time.
    """

    members: tuple[Member, ...]
    rows: Rows
    looks: list[int] = field(default_factory=list)
    held_out: list[np.ndarray] = field(default_factory=list)
    validation: list[np.ndarray] = field(default_factory=list)
    snapshot_steps: list[int] = field(default_factory=list)
    snapshots: list[np.ndarray] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    first_arrays: dict[str, np.ndarray] = field(default_factory=dict)
    diverged: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    stopped: bool = False
    patience_ended: bool = False
    first_loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    looked_at: str = "held_out"

    @property
    def steps(self) -> int:
        """Steps done."""
        return self.rows.count

    @property
    def all_diverged(self) -> bool:
        """Whether no member is left."""
        return bool(self.diverged.size and self.diverged.all())

    @property
    def first_without_number(self) -> int | None:
        """The first step at which some member's loss was no number, or None."""
        wrong = ~np.isfinite(self.rows.values).all(axis=1)
        return int(wrong.argmax()) + 1 if wrong.any() else None

    @property
    def best(self) -> int:
        """The member with the least loss over its last steps; where there is patience, at its best look."""
        last = self.rows.values[-LAST_LOSSES:].mean(axis=0, dtype=np.float64)
        if self.validation:
            last = np.min(self.validation, axis=0)
        return int(np.where(self.diverged | ~np.isfinite(last), np.inf, last).argmin())

    def training(self, member: int) -> Training:
        """What is left of one member."""
        return Training(
            member=self.members[member],
            train_loss=self.rows.values[:, member],
            looks=self.looks,
            held_out_loss=np.array([losses[member] for losses in self.held_out]),
            snapshot_steps=self.snapshot_steps,
            snapshots=[kernels[member] for kernels in self.snapshots],
            arrays={name: array[member] for name, array in self.arrays.items()},
            first_arrays={name: array[member] for name, array in self.first_arrays.items()},
            compile_seconds=self.compile_seconds,
            run_seconds=self.run_seconds,
            stopped=self.stopped,
            diverged=bool(self.diverged[member]),
        )

    def history(self) -> dict[str, np.ndarray]:
        """What has to be kept to go on later."""
        arrays = {
            "train_loss": self.rows.values,
            "begin_loss": self.first_loss,
            "looks": np.asarray(self.looks),
            "held_out": np.stack(self.held_out),
            "snapshot_steps": np.asarray(self.snapshot_steps),
            "snapshots": np.stack(self.snapshots),
            **{f"first_{name}": array for name, array in self.first_arrays.items()},
            **{f"last_{name}": array for name, array in self.arrays.items()},
        }
        return {**arrays, "validation": np.stack(self.validation)} if self.validation else arrays

    def restore(self, history: dict[str, np.ndarray]) -> None:
        """Take back what `history` gave."""
        self.rows.extend(history["train_loss"])
        self.first_loss = history["begin_loss"]
        self.looks = history["looks"].tolist()
        self.held_out = list(history["held_out"])
        self.validation = list(history.get("validation", ()))
        self.snapshot_steps = history["snapshot_steps"].tolist()
        self.snapshots = list(history["snapshots"])
        for start, arrays in (("first_", self.first_arrays), ("last_", self.arrays)):
            arrays |= {name.removeprefix(start): a for name, a in history.items() if name.startswith(start)}

    def remember(self, step: int, arrays: dict[str, np.ndarray], final: bool) -> None:
        """Keep the parameters, and a snapshot of the kernels where they have had time to change."""
        self.arrays = arrays
        self.first_arrays = self.first_arrays or arrays
        if final or step < 2 or step >= SNAPSHOT_RATIO * self.snapshot_steps[-1]:
            self.snapshot_steps.append(step)
            self.snapshots.append(arrays["kernel"])


class Checkpoints(Protocol):
    """Where a training is kept to go on later; `checkpoints.Kept` is on disk."""

    def latest(self) -> tuple[list[np.ndarray], dict[str, np.ndarray]] | None:
        """The arrays of the state, and the history, of the last one that is whole."""
        ...

    def due(self) -> bool:
        """Whether it is time for another one."""
        ...

    def save(self, step: int, state: Any, history: dict[str, np.ndarray]) -> None:
        """Make one."""
        ...


def train(
    loop: Loop,
    members: tuple[Member, ...],
    config: schema.Trainer,
    look: Callable[[Ensemble], None],
    stop: Callable[[], bool],
    checkpoints: Checkpoints | None = None,
    options: dict[str, Any] | None = None,
    profile: Callable[[Callable[[], Any]], Any] | None = None,
    looked_at: str = "held_out",
) -> Ensemble:
    """Minimise what the loop is made for.

    Args:
        loop: what is trained, and on what.
        members: as the loop has them.
        config: how many steps, how often to look, how long to be patient.
        look: called after each look at the held-out part, with the training so far.
        stop: asked between calls of the compiled loop, twice a second or more often; True ends the training there.
        checkpoints: the last one is where it begins, and others are made at looks.
        options: for XLA.
        profile: runs one call of the compiled loop, and writes down what it did.
        looked_at: what the part is that looks judge by.
    """
    done = Ensemble(members, Rows(len(members)), looked_at=looked_at)
    begin = time.perf_counter()
    state = loop.compile(options)
    done.compile_seconds = time.perf_counter() - begin
    done.diverged = np.zeros(len(members), bool)
    nothing = float(np.mean(np.square(loop.data["y"])))
    begin = time.perf_counter()
    kept = checkpoints.latest() if checkpoints else None
    if kept is None:
        found = loop.look(state)[1]
        done.first_loss = found["held_out"]
        done.remember(0, found["arrays"], final=False)
    else:
        state = loop.put(jax.tree.unflatten(jax.tree.structure(state), kept[0]))
        done.restore(kept[1])
    done.stopped = stop()
    if done.stopped:
        return done
    limit = DIVERGED * np.maximum(nothing, done.first_loss)
    most, calls = 1, 0  # steps of the next call; calls so far
    profiled = profile is None
    for until in (step for step in look_steps(config) if step > (done.looks[-1] if done.looks else 0)):
        while done.steps < until and not done.stopped:
            count, called, calls = min(most, until - done.steps), time.perf_counter(), calls + 1

            def advance(state: Any = state, count: int = count) -> Any:
                return loop.advance(state, done.steps, count)

            if not profiled and (calls == PROFILED_CALL or until == config.steps):
                state, losses = profile(advance)  # type: ignore[misc]
                profiled = True
            else:
                state, losses = advance()
            done.rows.extend(losses)
            most = next_count(count, time.perf_counter() - called)
            done.stopped = done.steps < config.steps and stop()
        if done.stopped and checkpoints and done.looks:
            checkpoints.save(done.steps, state, done.history())  # before a look that a run left alone does not have
        state, found = loop.look(state)
        done.looks.append(done.steps)
        done.held_out.append(found["held_out"])
        if "validation" in found:
            done.validation.append(found["validation"])
            patient = done.stopped or config.patience is None or np.any(state["stale"] < config.patience)
            done.patience_ended = not patient
        latest = np.maximum(done.rows.values[-1], done.held_out[-1])
        done.diverged = ~np.isfinite(latest) | (latest > limit)
        ended = done.stopped or done.all_diverged or done.patience_ended or until == config.steps
        if not done.all_diverged:
            done.remember(done.steps, found["best_arrays" if ended and loop.patient else "arrays"], final=ended)
        if checkpoints and not ended and checkpoints.due():
            checkpoints.save(done.steps, state, done.history())
        look(done)
        if ended:
            break
    done.run_seconds = time.perf_counter() - begin
    return done


def next_count(count: int, seconds: float) -> int:
    """How many steps the next call may take, if `count` took `seconds`."""
    return max(1, min(int(count * LONGEST_CALL / max(seconds, 1e-6)), 4 * count))


def look_steps(config: schema.Trainer) -> list[int]:
    """The steps to look after: a few early ones, then every `report_every`, and the last."""
    early = {step for step in FIRST_LOOKS if step < config.report_every}
    return sorted(
        {step for step in early if step < config.steps}
        | {*range(config.report_every, config.steps, config.report_every), config.steps}
    )
