"""Whole fits: sixteen seeds side by side against a plain PyTorch loop, and the least squares of a long recording."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import device_slug, in_cores, machine
from benchmarks.results import store_found

HERE = Path(__file__).parent
SEEDS, STEPS, TAKES = 16, 3000, 5
SAMPLES, TAPS = 10_000_000, 512
RATE = 0.01
HEAD = """## Whole fits

Written by `python -m benchmarks fits`. The notebook's problem (2 channels to 4, three taps, one window of 68 samples),
{seeds} seeds of {steps} steps of Adam: all seeds in one compiled call of `experiments.fit`, with its looks at the
held-out part, after compiling; and a plain loop of PyTorch over seeds and steps, without looks. And
`jconv.analysis.least_squares_kernel` of {samples} million samples of one channel, {taps} taps, with standard errors, in
a process of its own whose arrays are files; the memory is that of making the recording, too.

"""


def measured() -> dict[str, Any]:
    """All of it, on this machine."""
    found = {"machine": machine("float32"), "ours": ours(), "least_squares": least_squares()}
    if find_spec("torch") is not None:
        found["torch"] = by_torch()
    return found


def ours() -> dict[str, float]:
    """Seconds of the fits side by side, the median of some takes, and of compiling them."""
    from experiments.config import schema
    from experiments.fitting import Fitting

    config = schema.Fit(
        task=schema.Seed(),
        model=schema.Conv(kernel_size=3, padding="valid"),
        optimizer=schema.Adam(learning_rate=RATE),
        trainer=schema.Trainer(steps=STEPS, seeds=SEEDS, window=70),
    )
    takes = [Fitting(config).train(lambda _: None, lambda: False) for _ in range(TAKES)]
    return {
        "seconds": statistics.median(take.run_seconds for take in takes),
        "compile_seconds": takes[0].compile_seconds,
        "final_loss": float(np.median(takes[0].rows.values[-1])),
    }


def by_torch() -> dict[str, float]:
    """Seconds of the same as a plain PyTorch loop."""
    torch = import_module("torch")  # of the peers

    from experiments.config import schema
    from experiments.tasks import TASKS

    problem = TASKS["seed"](schema.Seed())
    x = torch.from_numpy(problem.x[:68].T[None].copy())
    y = torch.from_numpy(problem.y[1:67].T[None].copy())
    losses, begin = [], time.perf_counter()
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        layer = torch.nn.Conv1d(2, 4, 3)
        optimizer = torch.optim.Adam(layer.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = torch.mean((layer(x) - y) ** 2)
            loss.backward()
            optimizer.step()
            schedule.step()
        losses.append(loss.item())
    return {"seconds": time.perf_counter() - begin, "final_loss": statistics.median(losses)}


def least_squares() -> dict[str, float]:
    """Seconds, and the most memory, of the least-squares kernel of a long recording, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.fits", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent, env=os.environ)
    if done.returncode:
        raise SystemExit(f"the least squares failed: {(done.stderr.splitlines() or ['killed'])[-1]}")
    return json.loads(done.stdout)


def long_recording(folder: Path) -> dict[str, float]:
    """Make a recording in files, then solve it; what `least_squares` asks of its process."""
    from jconv.analysis import least_squares_kernel

    random = np.random.default_rng(0)
    kernel = random.normal(size=TAPS).astype(np.float32)
    shapes = {"x": SAMPLES + TAPS - 1, "y": SAMPLES}
    x, y = (np.memmap(folder / name, np.float32, "w+", shape=(length, 1)) for name, length in shapes.items())
    for start in range(0, len(x), 1_000_000):
        x[start : start + 1_000_000, 0] = random.normal(size=len(x[start : start + 1_000_000]))
    for start in range(0, SAMPLES, 1_000_000):
        count = min(1_000_000, SAMPLES - start)
        size = 1 << (count + 2 * TAPS).bit_length()
        part = np.fft.rfft(x[start : start + count + TAPS - 1, 0].astype(np.float64), size)
        summed = np.fft.irfft(part * np.fft.rfft(kernel[::-1].astype(np.float64), size), size)
        y[start : start + count, 0] = summed[TAPS - 1 : TAPS - 1 + count] + random.normal(size=count)
    begin = time.perf_counter()
    found = least_squares_kernel(x, y, TAPS)
    seconds = time.perf_counter() - begin
    off = np.abs(found.kernel[:, 0, 0] - kernel) / found.standard_error[:, 0, 0]
    return {
        "seconds": seconds,
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "covered": float(np.mean(off < 1.96)),
    }


def store(found: dict[str, Any], folder: Path) -> Path:
    """Write what was measured; return its file."""
    return store_found(found, folder / "fits" / f"{device_slug()}.json")


def section(folder: Path) -> str:
    """The report's section of what is stored in a folder; "" if nothing is."""
    lines = []
    for path in sorted((folder / "fits").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        lines.append(line(found))
    if not lines:
        return ""
    columns = "| machine | side by side, s | PyTorch loop, s | ratio | least squares, s | its memory, GB |\n"
    head = HEAD.format(seeds=SEEDS, steps=STEPS, samples=SAMPLES // 1_000_000, taps=TAPS)
    return head + columns + "|---|--:|--:|--:|--:|--:|\n" + "\n".join(lines) + "\n"


def line(found: dict[str, Any]) -> str:
    """One machine's row."""
    facts, mine, long = found["machine"], found["ours"]["seconds"], found["least_squares"]
    peer = found.get("torch", {}).get("seconds")
    versions = ", ".join(f"{name} {facts['versions'][name]}" for name in ("jax", "torch") if name in facts["versions"])
    words = f"{facts['processor']}, {in_cores(facts)}, {versions}, {facts['date']}"
    against = ("", "") if peer is None else (f"{peer:.1f}", f"{peer / mine:.0f}")
    return f"| {words} | {mine:.2f} | {against[0]} | {against[1]} | {long['seconds']:.1f} | {long['bytes'] / 1e9:.2f} |"


if __name__ == "__main__":
    print(json.dumps(long_recording(Path(sys.argv[1]))))
