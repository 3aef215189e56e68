"""A recording of the user's own, as a problem."""

import dataclasses
import functools
import json
import os
from collections.abc import Sequence

import numpy as np

from ..config import schema
from ..config.rules import ConfigError
from ..config.tasks import MADE_TARGETS, TEXT
from .binary import read_npy, read_npz, read_wav
from .problem import Problem
from .recording import Recording, cannot_read, chosen, plural
from .text import line_of, read_text

READERS = {".npy": read_npy, ".npz": read_npz, ".wav": read_wav}  # all else is text
LEAST = 4  # samples
JUMP = 0.5  # of the usual distance of two times; less is how they are rounded


def file(config: schema.File) -> Problem:
    """The input and target that `config` asks for.

    What was read last is kept, so that the check before a run and the run itself, or the runs of a sweep, read once.

    Raises:
        ConfigError: the file cannot be read, or does not hold what is asked for.
    """
    try:
        status = os.stat(os.path.expanduser(config.path))
    except OSError as error:
        raise cannot_read(config.path, f"cannot be read: {error.strerror}; give the path of a file") from error
    if not os.path.isfile(os.path.expanduser(config.path)):
        raise cannot_read(config.path, "is no file; give the path of one")
    settings = json.dumps(dataclasses.asdict(config))
    return made(settings, os.path.abspath(config.path), status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1)
def made(settings: str, path: str, changed: int, size: int) -> Problem:
    """As `file`; all arguments together tell whether it was made before."""
    config = schema.File(**json.loads(settings))
    if not size:
        raise cannot_read(config.path, "is empty")
    recording, inputs, outputs = read(config)
    rate = rate_of(config, recording)
    x = np.stack([recording.columns[name] for name in inputs], axis=1)
    length = len(x) - (config.target == "next")
    if length < LEAST:
        raise cannot_read(config.path, f"has {plural(len(x), 'row')}; a fit needs {LEAST} or more")
    train = int(length * config.train_fraction)
    base, noisy = os.path.basename(config.path), config.target == "denoise"
    x = scaled(x, config, train)
    if config.target == "next":
        x, y, title = x[:-1], x[1:], f"Predict the next sample of {base}"
    elif noisy:
        y, title = x, f"Take noise off {base}"
        noise = np.random.default_rng(config.seed).standard_normal(y.shape, np.float32)
        x = y + noise * y.std(axis=0) * np.float32(10 ** (-config.snr_db / 20))
    else:
        y = scaled(np.stack([recording.columns[name] for name in outputs], axis=1), config, train)
        title = f"Find {', '.join(outputs[:4])}{', ...' * (len(outputs) > 4)} of {base}"
    return Problem(
        title=title,
        x=x,
        y=y,
        held_out_from=train,
        rate=rate,
        unit=config.unit if config.scale == "none" else "SD",
        snr_in_db=config.snr_db if noisy else None,
        inputs=tuple(f"noisy {name}" for name in named(inputs)) if noisy else named(inputs),
        outputs=tuple(f"next {name}" for name in named(inputs)) if config.target == "next" else named(outputs),
    )


def read(config: schema.File) -> tuple[Recording, list[str], list[str]]:
    """The file, the names of the input's columns, and those of the target's."""
    picks: dict[str, list[str]] = {}

    def wanted(names: Sequence[str]) -> list[str]:
        time = [] if config.time is None else chosen("task.time", config.time, names, config.path)
        made = isinstance(config.target, str) and config.target in MADE_TARGETS
        outputs = [] if made else chosen("task.target", config.target, names, config.path)
        if config.input is None:
            inputs = [name for name in names if name not in (*outputs, *time)]
        else:
            inputs = chosen("task.input", config.input, names, config.path)
        if not inputs:
            raise ConfigError(f"`task.input` (=None) leaves no column of {config.path} that is not target or time")
        for name in inputs:
            if name in time:
                raise ConfigError(f"`task.input` (={name}) is the column of `task.time` too; choose another")
            if name in outputs:
                raise ConfigError(f"`task.input` (={name}) is the target too; choose another, or task.target=next")
        picks.update(input=inputs, target=outputs or inputs, time=time)
        return list(dict.fromkeys([*inputs, *outputs, *time]))

    ending = os.path.splitext(config.path)[1].lower()
    reader = READERS.get(ending, read_text)
    exact = [] if config.time is None else [config.time]
    recording = reader(os.path.expanduser(config.path), wanted, exact)
    return recording, picks["input"], picks["target"]


def named(columns: Sequence[str]) -> tuple[str, ...]:
    """As one would call them: a number alone says nothing."""
    return tuple(f"channel {name}" if name.isdecimal() else name for name in columns)


def rate_of(config: schema.File, recording: Recording) -> float | None:
    """Hz, from the settings, the file or its times.

    Raises:
        ConfigError: they disagree, or the times are not uniform.
    """
    if recording.rate is not None:
        for key, value in (("rate", config.rate), ("time", config.time)):
            if value is not None and value != recording.rate:
                raise ConfigError(
                    f"`task.{key}` (={value}) does not go with {config.path}, which says {recording.rate:g} Hz; "
                    f"leave it out"
                )
        return recording.rate
    if config.time is None:
        return config.rate
    name = chosen("task.time", config.time, recording.names, config.path)[0]
    times = recording.columns[name]
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if usual <= 0:
        raise ConfigError(f"`task.time` (={config.time}) must rise; its usual step is {usual:g} s")
    jumps = np.flatnonzero(np.abs(steps - usual) > JUMP * usual)
    if len(jumps):
        row = int(jumps[0]) + 1
        text = config.path.lower().endswith(TEXT)
        where = line_of(os.path.expanduser(config.path), row) if text else row
        raise ConfigError(
            f"`task.time` (={config.time}) is not uniform: it jumps by {steps[row - 1]:.4g} s at row {where} of "
            f"{config.path}, usually by {usual:.4g} s ({plural(len(jumps), 'such jump')}); resample the data"
        )
    return float((len(times) - 1) / (times[-1] - times[0]))


def scaled(columns: np.ndarray, config: schema.File, train: int) -> np.ndarray:
    """(length, channels) as `config.scale` says; a channel that is constant becomes 0."""
    if config.scale == "none":
        return columns
    part = columns[:train]
    mean, deviation = part.mean(axis=0, dtype=np.float64), part.std(axis=0, dtype=np.float64)
    alive = deviation > 4 * np.finfo(np.float32).eps * np.abs(mean)
    return ((columns - mean) / np.where(alive, deviation, 1)).astype(np.float32)
