"""The training of whole networks: a step by jconv, by the same modules on flax's convolution, and by PyTorch."""

import json
import statistics
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import device_slug, in_cores, machine
from benchmarks.results import store_found
from benchmarks.torch_networks import copy_weights, networks
from benchmarks.trained_networks import TRAININGS, Training, prepared

TAKES = 7
HEAD = """## Trainings of networks

Written by `python -m benchmarks trainings`. Milliseconds of one step (batch, loss, gradients, update) of networks of
`experiments/`, on made signals of the same shapes, after compiling; medians of {takes} takes, all in turn. Flax: the
same modules with `flax.nnx.Conv`, or `jax.lax` in the weight-normed one, in the same compiled loop of many steps or one
compiled step a call, whichever is faster (on a CPU XLA's own convolution is slow inside a loop). PyTorch: the same
network in a plain loop; its logits of the same weights were compared first.

"""


class ByJax:
    """Steps in the compiled loop of the experiments."""

    def __init__(self, training: Training, flax: bool) -> None:
        from experiments.training.loop import Loop
        from experiments.training.optimizers import optimizer

        made = prepared(training, flax)
        config, data = made.config, made.data()
        self.made, self.done = made, 0
        self.loop = Loop(
            made.objective(),
            lambda rate: optimizer(config.optimizer, config.trainer.steps, rate),
            data,
            batch_size=min(config.trainer.batch_size, len(data["x"])),
            seeds=np.array([0]),
            rates=np.array([config.optimizer.learning_rate]),
            longest=training.steps,
        )
        self.state = self.loop.compile()

    def take(self, steps: int) -> None:
        """Some steps, at most those of a whole take."""
        self.state, _ = self.loop.advance(self.state, self.done, steps)
        self.done += steps


class ByJaxStepByStep:
    """The steps of another's loop, one compiled step a call."""

    def __init__(self, in_loop: ByJax) -> None:
        import jax

        self.loop, self.done = in_loop.loop, 0
        step = self.loop.mapped(self.loop.step, (0, None, None, None, 0, 0))

        def one(members: Any, number: Any, x: Any, y: Any, keys: Any, rates: Any) -> Any:
            return step(members, number, x, y, keys, rates)[0]

        self.one = jax.jit(one, donate_argnums=0)
        state = self.loop.begin()
        self.members = tuple(state[name] for name in ("params", "rest", "optimizer"))

    def take(self, steps: int) -> None:
        """Some steps."""
        import jax

        loop = self.loop
        for number in range(self.done, self.done + steps):
            self.members = self.one(
                self.members, np.int32(number), loop.data["x"], loop.data["y"], loop.keys, loop.rates
            )
        jax.block_until_ready(self.members)
        self.done += steps


class ByTorch:
    """Steps in a plain loop."""

    def __init__(self, training: Training, made: Any) -> None:
        import jax

        torch = import_module("torch")
        config, data = made.config, made.data()
        params, rest = made.classifier.init(jax.random.key(0))
        self.network = networks(torch)[made.settings.name](made.settings, data["x"].shape, training.shape[3])
        copy_weights(torch, made.classifier.module(params, rest), self.network)
        x = torch.from_numpy(np.ascontiguousarray(data["x"].transpose(0, 2, 1)))
        self.network.eval()
        with torch.no_grad():
            theirs = self.network(x[:4]).numpy()
        np.testing.assert_allclose(theirs, made.classifier.logits(params, rest, data["x"][:4]), rtol=1e-3, atol=1e-4)
        self.network.train()
        self.x, self.labels = x, torch.from_numpy(data["y"]).long()
        self.batch = min(config.trainer.batch_size, len(x))
        decay, self.clip = getattr(config.optimizer, "weight_decay", 0.0), config.optimizer.clip
        kind = torch.optim.AdamW if decay else torch.optim.Adam
        self.optimizer = kind(self.network.parameters(), config.optimizer.learning_rate, weight_decay=decay)
        self.smoothing, self.torch = config.trainer.label_smoothing, torch

    def take(self, steps: int) -> None:
        """Some steps."""
        torch = self.torch
        for _ in range(steps):
            rows = torch.randperm(len(self.x))[: self.batch]
            self.optimizer.zero_grad()
            logits = self.network(self.x[rows])
            torch.nn.functional.cross_entropy(logits, self.labels[rows], label_smoothing=self.smoothing).backward()
            if self.clip:
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.optimizer.step()


def seconds(runner: Any, steps: int) -> float:
    """How long some steps take."""
    begin = time.perf_counter()
    runner.take(steps)
    return time.perf_counter() - begin


def measured() -> dict[str, Any]:
    """Milliseconds of a step of each training by each, on this machine."""
    found: dict[str, Any] = {"machine": machine("float32"), "steps": {}}
    for training in TRAININGS:
        ours = ByJax(training, flax=False)
        in_loop = ByJax(training, flax=True)
        both = [in_loop, ByJaxStepByStep(in_loop)]
        for runner in both:
            runner.take(1)
        runners: dict[str, Any] = {"jconv": ours, "flax": min(both, key=lambda runner: seconds(runner, 2))}
        if find_spec("torch") is not None:
            runners["torch"] = ByTorch(training, ours.made)
        takes: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(TAKES + 1):
            for name, runner in runners.items():
                takes[name].append(1000 * seconds(runner, training.steps) / training.steps)
        found["steps"][training.name] = {name: statistics.median(each[1:]) for name, each in takes.items()}
        print(training.name, found["steps"][training.name], flush=True)
    return found


def store(found: dict[str, Any], folder: Path) -> Path:
    """Write what was measured; return its file."""
    return store_found(found, folder / "trainings" / f"{device_slug()}.json")


def steps_of(folder: Path, device: str) -> dict[str, dict[str, float]]:
    """What is stored of a device: the milliseconds of a step by each, for each training; {} where nothing is."""
    path = folder / "trainings" / f"{device}.json"
    return json.loads(path.read_text(encoding="utf-8"))["steps"] if path.exists() else {}


def section(folder: Path) -> str:
    """The report's section of what is stored in a folder; "" if nothing is."""
    lines = []
    for path in sorted((folder / "trainings").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        facts = found["machine"]
        versions = ", ".join(
            f"{name} {facts['versions'][name]}" for name in ("jax", "torch") if name in facts["versions"]
        )
        lines += [f"{facts['processor']}, {in_cores(facts)}, {versions}, {facts['date']}:", ""]
        lines += ["| network | torch | flax | jconv | torch / jconv | flax / jconv |", "|---|--:|--:|--:|--:|--:|"]
        for name, cells in found["steps"].items():
            ours, *peers = (cells.get(contender) for contender in ("jconv", "torch", "flax"))
            times = ["" if peer is None else f"{peer:.3g}" for peer in peers]
            ratios = ["" if peer is None else f"{peer / ours:.2f}" for peer in peers]
            lines.append(f"| {name} | {times[0]} | {times[1]} | {ours:.3g} | {ratios[0]} | {ratios[1]} |")
        lines.append("")
    return HEAD.format(takes=TAKES) + "\n".join(lines) if lines else ""
