"""Streams: a decoding step, an hour of eight channels, a file larger than memory should be, and a long echo."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import device_slug, in_cores, machine
from benchmarks.results import store_found

RATE = 48_000  # samples a second
CALLS = 300
HEAD = """## Streams

Written by `python -m benchmarks streams`; each row in a process of its own, whose peak memory is that of all of it.
Decoding: one step of a causal depthwise convolution of 4 taps, 2,048 channels, batch 8, compiled, medians of {calls}
calls in turn, beside `jax.lax.conv_general_dilated` of the window that it needs. An hour: 8 channels at 48 kHz, 512
taps each, by `conv1d_stream` in pieces of 16,384 with method "auto". A file: 4 GB of zeros, memory-mapped, two
channels, 4 taps. Echo: 65,536 taps of one channel by "fft", in chunks of 128 samples, which last {chunk:.2f} ms.

"""
COLUMNS = "| machine | decoding, us | JAX's call, us | hour, times real time | its MB | file, s | its MB | echo, ms |\n"


def decoding() -> dict[str, float]:
    """Microseconds of one step, and of JAX's convolution of as many samples and taps."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    import jconv

    batch, channels, taps = 8, 2048, 4
    random = np.random.default_rng(0)
    sizes = (taps, 1, channels), (batch, 1, channels), (batch, taps, channels)
    kernel, chunk, window = (jnp.asarray(random.normal(size=size), jnp.float32) for size in sizes)
    stream = jconv.Stream(taps, groups=channels)
    step, state = jax.jit(stream.step), stream.init((batch,), channels)
    numbers = ("NWC", "WIO", "NWC")
    theirs = jax.jit(
        lambda x, k: lax.conv_general_dilated(
            x, k, (1,), "VALID", dimension_numbers=numbers, feature_group_count=channels
        )
    )
    calls = {"ours": lambda: step(state, chunk, kernel)[1], "jax": lambda: theirs(window, kernel)}
    return {name: 1e6 * seconds for name, seconds in medians(calls).items()}


def hour(minutes: int = 60) -> dict[str, float]:
    """How many times faster than real time; the signal is made minute by minute, and one minute is held."""
    import jconv

    channels, taps, piece = 8, 512, 1 << 14
    random = np.random.default_rng(0)
    minute = random.standard_normal((60 * RATE, channels), np.float32)
    kernel = random.standard_normal((taps, 1, channels), np.float32)

    def filtered(minutes: int) -> int:
        pieces = (minute[at : at + piece] for _ in range(minutes) for at in range(0, len(minute), piece))
        outputs = jconv.conv1d_stream(pieces, kernel, groups=channels, method="auto")
        return sum(len(np.asarray(out)) for out in outputs)

    filtered(1)  # compiles
    begin = time.perf_counter()
    assert filtered(minutes) == minutes * len(minute)
    return {"times": minutes * 60 / (time.perf_counter() - begin), "minutes": minutes}


def file(gigabytes: float = 4.0) -> dict[str, float]:
    """Seconds of filtering a sparse file."""
    import jconv

    kernel = np.ones((4, 1, 2), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "silence.f32"
        with path.open("wb") as opened:
            opened.truncate(int(gigabytes * 2**27) * 8)
        signal = np.memmap(path, np.float32, mode="r").reshape(-1, 2)
        begin, count = time.perf_counter(), 0
        for out in jconv.conv1d_stream(signal, kernel, groups=2, chunk_length=1 << 18):
            count += len(out)
        assert count == len(signal)
        return {"seconds": time.perf_counter() - begin}


def echo() -> dict[str, float]:
    """Milliseconds of one chunk of 128 samples through 65,536 taps."""
    import jax

    import jconv

    taps, length = 65_536, 128
    random = np.random.default_rng(0)
    kernel, chunk = (random.normal(size=size).astype(np.float32) for size in ((taps, 1, 1), (length, 1)))
    stream = jconv.Stream(taps, method="fft", block=length)
    prepared, step = jax.jit(stream.prepare)(kernel), jax.jit(stream.step)
    state = [stream.init((), 1)]

    def one() -> Any:
        state[0], out = step(state[0], chunk, prepared)
        return out

    times = taken({"echo": one})["echo"]
    return {"milliseconds": 1e3 * float(np.median(times)), "worst of 100": 1e3 * float(np.quantile(times, 0.99))}


def taken(calls: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Seconds of each of `CALLS` calls, in turn, after one that compiles."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(CALLS + 1):
        for name, call in calls.items():
            begin = time.perf_counter()
            call().block_until_ready()
            if turn:
                times[name].append(time.perf_counter() - begin)
    return times


def medians(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median seconds of each of the calls."""
    return {name: float(np.median(times)) for name, times in taken(calls).items()}


PARTS: dict[str, Callable[[], dict[str, float]]] = {"decoding": decoding, "hour": hour, "file": file, "echo": echo}


def measured() -> dict[str, Any]:
    """All parts, each in a process of its own, and how busy the machine was before."""
    found: dict[str, Any] = {"machine": machine("float32"), "load_before": os.getloadavg()[0]}
    for name in PARTS:
        command = [sys.executable, "-m", "benchmarks.streams", name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(run.stdout)
        print(name, found[name], flush=True)
    return found


def store(found: dict[str, Any], folder: Path) -> Path:
    """Write what was measured; return its file."""
    return store_found(found, folder / "streams" / f"{device_slug()}.json")


def section(folder: Path) -> str:
    """The report's section of what is stored in a folder; "" if nothing is."""
    lines = [line(json.loads(path.read_text(encoding="utf-8"))) for path in sorted((folder / "streams").glob("*.json"))]
    if not lines:
        return ""
    head = HEAD.format(calls=CALLS, chunk=128e3 / RATE)
    return head + COLUMNS + "|---" + "|--:" * 7 + "|\n" + "\n".join(lines) + "\n"


def line(found: dict[str, Any]) -> str:
    """One machine's row."""
    facts = found["machine"]
    busy = f", while other work kept {found['load_before']:.1f} cores busy" if found["load_before"] > 0.5 else ""
    words = f"{facts['processor']}, {in_cores(facts)}, jax {facts['versions']['jax']}, {facts['date']}{busy}"
    cells = [f"{found['decoding'][name]:.0f}" for name in ("ours", "jax")]
    cells += [f"{found['hour']['times']:.0f}", f"{found['hour']['megabytes']:.0f}"]
    cells += [f"{found['file']['seconds']:.1f}", f"{found['file']['megabytes']:.0f}"]
    cells += [f"{found['echo']['milliseconds']:.2f}"]
    return f"| {' | '.join([words, *cells])} |"


if __name__ == "__main__":
    result = PARTS[sys.argv[1]]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)
    print(json.dumps({**result, "megabytes": peak}))
