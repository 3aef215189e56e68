"""Checkpoints of a training, by orbax: made at looks, whole or absent, the last few kept."""

import hashlib
import io
import logging
import shutil
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..runs.outputs import shown, write_whole

FOLDER = "checkpoints"
KEPT = 3  # a damaged one leaves two
DIGEST = ".sha256"
LEAF = "state/"  # before the number of an array of the state


class Kept:
    """Checkpoints in the folder of a run.

    While the training goes on a disk that is full does not end it: it is said once, and earlier checkpoints stay.

    Args:
        folder: of the run.
        seconds: between checkpoints, at least; 0 for one at every look.
        resume: whether to begin at the last one that is whole.
    """

    def __init__(self, folder: Path, seconds: float, resume: bool) -> None:
        self.path, self.seconds, self.resume = (folder / FOLDER).absolute(), seconds, resume
        self.made, self.failed = time.monotonic(), False
        self.manager: Any = None

    def orbax(self) -> Any:
        """Orbax's manager; importing it takes a second, which a short run need not pay."""
        if self.manager is None:
            import orbax.checkpoint as orbax

            logging.getLogger("absl").setLevel(logging.CRITICAL)  # it prints tracebacks of what is answered here
            options = orbax.CheckpointManagerOptions(max_to_keep=KEPT, enable_async_checkpointing=False)
            self.manager = orbax.CheckpointManager(self.path, options=options)
        return self.manager

    def latest(self) -> tuple[list[np.ndarray], dict[str, np.ndarray]] | None:
        """The arrays of the state in the order of its tree, and the history; None if there is none."""
        if not self.resume or not self.path.is_dir():
            return None
        import orbax.checkpoint as orbax

        for step in sorted(self.orbax().all_steps(), reverse=True):
            if not (self.path / f"{step}{DIGEST}").exists():
                continue  # a process was killed before it was done with this one
            try:
                if digest(self.path / str(step)) != (self.path / f"{step}{DIGEST}").read_text(encoding="utf-8"):
                    raise ValueError("its files are not those that were written")
                saved = self.orbax().restore(step, args=orbax.args.StandardRestore())
                leaves, history = unpacked(saved["packed"])
                if len(history["train_loss"]) != step:
                    raise ValueError(f"it holds {len(history['train_loss'])} losses")
            except Exception as error:  # of orbax, tensorstore or the disk: all mean that it is not whole
                say(f"checkpoint {shown(self.path / str(step))} is damaged and left out: {first_line(error)}")
                shutil.rmtree(self.path / str(step), ignore_errors=True)
                self.manager.reload()
                continue
            return leaves, history
        return None

    def due(self) -> bool:
        """Whether the last one was made long enough ago."""
        return time.monotonic() - self.made >= self.seconds

    def save(self, step: int, state: Any, history: dict[str, np.ndarray]) -> None:
        """Make one."""
        import jax
        import orbax.checkpoint as orbax

        self.made = time.monotonic()
        packed = pack([np.asarray(leaf) for leaf in jax.tree.leaves(state)], history)
        try:
            if step in self.orbax().all_steps():
                return
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.orbax().save(step, args=orbax.args.StandardSave({"packed": packed}))
            write_whole(self.path / f"{step}{DIGEST}", digest(self.path / str(step)))
            for file in self.path.glob(f"*{DIGEST}"):
                if not file.with_suffix("").exists():
                    file.unlink()
        except Exception as error:  # of the disk, which tensorstore tells in exceptions of its own
            if not self.failed:
                say(f"no checkpoint at step {step} ({first_line(error)}); the run goes on, earlier ones are whole")
            self.failed = True
            self.manager = None  # orbax may hold a checkpoint half made; the next one begins anew

    def close(self) -> None:
        """Let go of what orbax holds."""
        if self.manager is not None:
            self.manager.close()


def pack(leaves: list[np.ndarray], history: dict[str, np.ndarray]) -> np.ndarray:
    """All arrays as one of bytes.

    Orbax writes each array by itself: a dozen take ten times as long as one, and where the disk is full those after the
    first that fails print tracebacks from threads that nobody can catch.
    """
    buffer = io.BytesIO()
    named = {f"{LEAF}{place:06}": leaf for place, leaf in enumerate(leaves)}
    np.savez(buffer, **named, **history)  # type: ignore[arg-type]
    return np.frombuffer(buffer.getvalue(), np.uint8)


def unpacked(packed: np.ndarray) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """What `pack` was given."""
    arrays = dict(np.load(io.BytesIO(np.asarray(packed).tobytes())))
    leaves = [arrays.pop(name) for name in sorted(arrays) if name.startswith(LEAF)]
    return leaves, arrays


def digest(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files in a folder: orbax reads damaged ones too, and some noisily not."""
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(str(file.relative_to(folder)).encode() + b"\0")
        found.update(file.read_bytes())
    return found.hexdigest()


def say(line: str) -> None:
    """One line on stderr."""
    print(f"warning: {line}", file=sys.stderr, flush=True)


def first_line(error: BaseException) -> str:
    """What someone else's exception says, in one line that is not too long."""
    line = " ".join(str(error).split()) or type(error).__name__
    return line if len(line) <= 160 else line[:157] + "..."
