"""The run folder: claimed by one run, and every file in it whole or absent."""

import csv
import io
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..errors import RunError
from .resuming import COMMAND

CLAIM = "config.resolved.yaml"
METRICS = "metrics.json"
FAILED = "failed.txt"


class Lasting:
    """A stream that outlives its reader: once a write fails (`| head`, a closed terminal) the rest goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write, or drop it."""
        try:
            return self.stream.write(text)
        except OSError:
            self.drop()
            return len(text)

    def flush(self) -> None:
        """Flush, or drop what is there."""
        try:
            self.stream.flush()
        except OSError:
            self.drop()

    def drop(self) -> None:
        """From now on all goes nowhere, also what Python itself writes when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())
        os.close(nowhere)


def outlast_readers() -> None:
    """Make stdout and stderr `Lasting`; what their encoding lacks becomes "?", what is closed goes nowhere."""
    streams = []
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        streams.append(Lasting(stream))  # type: ignore[arg-type]
    sys.stdout, sys.stderr = streams


class Taken(RunError):
    """The folder is another run's."""


class RunFolder:
    """A folder that belongs to one run, as long as its process lives.

    Args:
        path: made if it is not there.
        config: text of the resolved config; writing it first is what claims the folder.
        resume: go on where another process has left off; a folder that nobody has claimed is begun.

    Raises:
        Taken: another run has it.
        RunError: it cannot be written, or was begun with another config.
    """

    def __init__(self, path: Path, config: str, resume: bool = False) -> None:
        self.path, claim = path, path / CLAIM
        try:
            path.mkdir(parents=True, exist_ok=True)
            again = resume and claim.exists()
            if not again:
                take(claim, config)
            self.lock = lock(claim)
            if again:
                try:
                    check_same(path, claim.read_text(encoding="utf-8"), config)
                except Taken:
                    self.__exit__()
                    raise
                (path / FAILED).unlink(missing_ok=True)
        except FileExistsError as error:
            raise Taken(
                f"`hydra.run.dir` (={shown(path)}) holds another run; choose another with hydra.run.dir=PATH"
            ) from error
        except OSError as error:
            raise cannot_write(path, error) from error

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_: object) -> None:
        """Let others have the folder."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def finished(self) -> dict[str, Any] | None:
        """What metrics.json says if the run has come to its end, else None."""
        path = self.path / METRICS
        if not path.exists():
            return None
        metrics = json.loads(path.read_text(encoding="utf-8"))
        return None if metrics.get("stopped") else metrics

    def command(self) -> str | None:
        """How to repeat the run; None where it was not started from a command line."""
        path = self.path / COMMAND
        return path.read_text(encoding="utf-8").strip() if path.exists() else None

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file so that a process killed at any moment leaves it whole, old or absent."""
        write_whole(self.path / name, content)

    def json(self, name: str, content: dict[str, Any]) -> None:
        """Write strict JSON: NaN and infinity are errors here, not output."""
        self.write(name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def csv(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a table; None is an empty cell."""
        self.write(name, csv_text(header, rows))

    def append(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bool:
        """Append to a table, which begins with its header, and hand it to the operating system; False if it failed."""
        path = self.path / name
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(csv_text(None if file.tell() else header, rows))
        except OSError:
            return False
        return True

    def npz(self, name: str, **arrays: Any) -> None:
        """Write arrays."""
        import numpy as np

        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        self.write(name, buffer.getvalue())

    def png(self, name: str, figure: Any) -> None:
        """Write a matplotlib figure."""
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=150)
        self.write(name, buffer.getvalue())


def take(claim: Path, config: str) -> None:
    """Write the file that claims a folder, whole, unless it is there.

    Raises:
        FileExistsError: it is.
    """
    part = claim.with_name(f".{claim.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        part.write_text(config, encoding="utf-8")
        os.link(part, claim)  # as a whole, and by one alone
    except FileExistsError:
        raise
    except OSError:
        with open(claim, "x", encoding="utf-8") as file:  # a file system without links
            file.write(config)
    finally:
        part.unlink(missing_ok=True)


def lock(path: Path) -> int | None:
    """Hold a file for this process; a descriptor that lets go when it is closed or the process ends, however it ends.

    None where the system or the file system has no such locks.

    Raises:
        Taken: another process holds it.
    """
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            where = shown(path.parent)
            raise Taken(f"`resume` (={where}) is being written by another process; wait for its end") from error
        return None
    return descriptor


def check_same(folder: Path, before: str, now: str) -> None:
    """Refuse to go on with a run that was begun with another config.

    Raises:
        Taken: with the keys that differ.
    """
    from omegaconf import OmegaConf

    old, new = (flat(OmegaConf.to_container(OmegaConf.create(text))) for text in (before, now))
    free = ("page", "pictures", "compilation_cache")
    apart = [key for key in {**old, **new} if key not in free and old.get(key, None) != new.get(key, None)]
    if apart:
        changes = ", ".join(f"`{key}` was {old.get(key)} and is {new.get(key)}" for key in apart)
        raise Taken(f"`resume` (={shown(folder)}) was begun with another config: {changes}; leave that as it was")


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Nested dictionaries as one with dotted keys."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {k: v for name, part in tree.items() for k, v in flat(part, f"{path}.{name}" if path else name).items()}


def shown(folder: Path) -> str:
    """The folder as one would type it."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def csv_text(header: Sequence[str] | None, rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated values, with a header line if there is one."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write beside `path`, then rename over it.

    Raises:
        RunError: it cannot be written.
    """
    content = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = file.name
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def cannot_write(path: Path, error: OSError) -> RunError:
    """The disk's answer in one line."""
    return RunError(f"cannot write {shown(path)} ({error.strerror or error}); make room, or choose another folder")
