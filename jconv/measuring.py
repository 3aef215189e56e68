"""Times the methods on this machine, and keeps in a file which was the fastest."""

import json
import os
import tempfile
import time
from os import PathLike
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from jconv.choose import estimate, objection
from jconv.methods import FACES, METHODS, Face, Problem
from jconv.primitive import OPERANDS, MethodOfEach, convolve

HOPELESS = 30.0  # a method estimated to take so many times as long as the fastest is not worth compiling
RUNS = 7  # timed after the one that compiles


def measured_choice(problem: Problem, cache: str | PathLike[str] | None) -> dict[Face, str]:
    """Return the fastest method of each face, read from the file `cache` if it has this problem, else timed."""
    known = {} if cache is None else _load(Path(cache))
    key = _key(problem)
    if key not in known:
        known[key] = {face: _fastest(face, problem) for face in FACES}
        if cache is not None:
            _store(Path(cache), known)
    return {face: known[key][face] for face in FACES}


def _fastest(face: Face, problem: Problem) -> str:
    costs = estimate(face, problem)
    sound = [name for name in costs if objection(name, face, problem) is None] or list(costs)
    worth = [name for name in sound if costs[name] <= HOPELESS * min(costs[other] for other in sound)]
    times = {name: _seconds(name, face, problem) for name in worth} if len(worth) > 1 else {worth[0]: 0.0}
    return min(times, key=times.__getitem__)


def _seconds(method: str, face: Face, problem: Problem) -> float:
    """Time one method: the median of a few runs after one that compiles."""
    rng = np.random.default_rng(0)
    shapes = {"x": problem.x_shape, "k": problem.k_shape, "y": problem.y_shape}
    arrays = [jnp.asarray(rng.integers(-3, 4, shapes[name]), problem.dtype) for name in OPERANDS[face][:2]]
    each = MethodOfEach.same(method)
    run = jax.jit(lambda a, b: convolve(face, a, b, problem.window, each, problem.precision, problem.accumulate))
    jax.block_until_ready(run(*arrays))
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        jax.block_until_ready(run(*arrays))
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def _key(problem: Problem) -> str:
    """Write in one line all that the answer depends on: device, version and case."""
    window = problem.window
    case = {
        "device": jax.devices()[0].device_kind,
        "cores": os.cpu_count(),
        "jax": jax.__version__,
        "x": problem.x_shape[1:],
        "kernel": problem.k_shape[1:],
        "window": [window.output_length, window.stride, window.dilation, window.low],
        "dtype": f"{problem.dtype} in {problem.accumulate}",
        "precision": str(problem.precision),
    }
    return json.dumps(case)


def _load(path: Path) -> dict[str, dict[Face, str]]:
    """Read the file's answers, except those with a method that no longer exists."""
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text())
        return {key: each for key, each in known.items() if {*each} == {*FACES} and {*each.values()} <= {*METHODS}}
    except (ValueError, AttributeError, TypeError):  # no JSON, or another's
        wanted = "no file of measured choices; name another or remove it"
        raise ValueError(f"`cache` (={str(path)!r}) is {wanted}") from None


def _store(path: Path, known: dict[str, dict[Face, str]]) -> None:
    """Replace the file at once, so that a run cut short or a full disk leaves a whole one behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as part:
        try:
            json.dump(known, part, indent=1)
            part.flush()
            os.replace(part.name, path)
        except BaseException:
            os.unlink(part.name)
            raise
