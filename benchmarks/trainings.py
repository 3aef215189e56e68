"""The training of whole networks: a step by jconv, by the same modules on flax's convolution, and by PyTorch."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.machine import device_slug, in_cores, machine
from benchmarks.results import store_found

TAKES = 7
HEAD = """## Trainings of networks

Written by `python -m benchmarks trainings`. Milliseconds of one step (batch, loss, gradients, update) of three
experiments, on made signals of the same shapes, after compiling; medians of {takes} takes, all in turn. Flax: the same
modules with `flax.nnx.Conv`, or `jax.lax` in the weight-normed one, in the same compiled loop. PyTorch: the same
network in a plain loop; its logits of the same weights were compared first.

"""


@dataclass(frozen=True)
class Training:
    """One training that is timed.

    Attributes:
        experiment: of `experiments.fit`.
        steps: of one take.
    """

    experiment: str
    steps: int


TRAININGS = (Training("mnist1d", 200), Training("mnist1d_tcn", 30), Training("ucr_fcn", 30))
SHAPES = {"mnist1d": (4000, 40, 1, 10), "mnist1d_tcn": (4000, 40, 1, 10), "ucr_fcn": (40, 100, 6, 4)}


def examples(name: str) -> Any:
    """Made signals and labels of the shapes of an experiment."""
    from experiments.tasks import Examples

    count, length, inputs, classes = SHAPES[name]
    random = np.random.default_rng(0)
    x = random.normal(size=(count, length, inputs)).astype(np.float32)
    labels = random.integers(classes, size=count).astype(np.int32)
    names = tuple(map(str, range(classes)))
    return Examples("made", x, labels, x[:8], labels[:8], names, tuple(map(str, range(inputs))), "made")


def by_lax(x: Any, kernel: Any, bias: Any, *, padding: str, dilation: int) -> Any:
    """What flax's own convolution does."""
    from jax import lax

    numbers = ("NWC", "WIO", "NWC")
    return (
        lax.conv_general_dilated(x, kernel, (1,), padding.upper(), rhs_dilation=(dilation,), dimension_numbers=numbers)
        + bias
    )


def prepared(name: str, flax: bool) -> Any:
    """A `Classifying` on made signals, and its modules on flax's convolution if asked for."""
    from flax import nnx

    from experiments import classifying
    from experiments.config import schema
    from experiments.config.given import given
    from experiments.networks import cnn, fcn, tcn

    config = given(schema.Fit, [f"experiment={name}", "trainer.seeds=1"], {}, "fit")
    with mock.patch.object(classifying, "load_examples", return_value=examples(name)):
        made = classifying.Classifying(config)
    if flax:
        patched = [mock.patch.object(module, "Conv1D", nnx.Conv) for module in (cnn, fcn)]
        patched += [mock.patch.object(tcn, "jconv", SimpleNamespace(conv1d=by_lax))]
        original = made.classifier.__class__
        made.__dict__["classifier"] = within(patched, made, original)
    return made


def within(patches: list[Any], made: Any, kind: type) -> Any:
    """The classifier of `made`, each of whose functions is traced with the patches in place."""
    del made.__dict__["classifier"]

    def patched(function: Callable) -> Callable:
        def inside(*arguments: Any) -> Any:
            for patch in patches:
                patch.start()
            try:
                return function(*arguments)
            finally:
                for patch in patches:
                    patch.stop()

        return inside

    plain = patched(lambda: made.classifier)()
    made.__dict__.pop("classifier", None)
    return kind(
        init=patched(plain.init),
        training_logits=patched(plain.training_logits),
        logits=patched(plain.logits),
        module=patched(plain.module),
        path=plain.path,
    )


class ByJax:
    """Steps in the compiled loop of the experiments."""

    def __init__(self, name: str, steps: int, flax: bool) -> None:
        from experiments.training.loop import Loop
        from experiments.training.objective import cross_entropy
        from experiments.training.optimizers import optimizer

        made = prepared(name, flax)
        config, data = made.config, made.data()
        self.made, self.steps, self.done = made, steps, 0
        self.loop = Loop(
            cross_entropy(made.classifier, config.trainer.label_smoothing),
            lambda rate: optimizer(config.optimizer, config.trainer.steps, rate),
            data,
            batch_size=min(config.trainer.batch_size, len(data["x"])),
            seeds=np.array([0]),
            rates=np.array([config.optimizer.learning_rate]),
            longest=steps,
        )
        self.state = self.loop.compile()

    def take(self) -> None:
        """Some steps."""
        self.state, _ = self.loop.advance(self.state, self.done, self.steps)
        self.done += self.steps


class ByTorch:
    """Steps in a plain loop."""

    def __init__(self, name: str, steps: int, made: Any) -> None:
        import jax

        torch = import_module("torch")
        config, data = made.config, made.data()
        params, rest = made.classifier.init(jax.random.key(0))
        self.network = networks(torch)[made.settings.name](made.settings, data["x"].shape)
        copy_weights(torch, made.classifier.module(params, rest), self.network)
        x = torch.from_numpy(np.ascontiguousarray(data["x"].transpose(0, 2, 1)))
        self.network.eval()
        with torch.no_grad():
            theirs = self.network(x[:4]).numpy()
        np.testing.assert_allclose(theirs, made.classifier.logits(params, rest, data["x"][:4]), rtol=1e-3, atol=1e-4)
        self.network.train()
        self.x, self.labels, self.steps = x, torch.from_numpy(data["y"]).long(), steps
        self.batch = min(config.trainer.batch_size, len(x))
        decay, self.clip = getattr(config.optimizer, "weight_decay", 0.0), config.optimizer.clip
        kind = torch.optim.AdamW if decay else torch.optim.Adam
        self.optimizer = kind(self.network.parameters(), config.optimizer.learning_rate, weight_decay=decay)
        self.smoothing, self.torch = config.trainer.label_smoothing, torch

    def take(self) -> None:
        """Some steps."""
        torch = self.torch
        for _ in range(self.steps):
            rows = torch.randperm(len(self.x))[: self.batch]
            self.optimizer.zero_grad()
            logits = self.network(self.x[rows])
            torch.nn.functional.cross_entropy(logits, self.labels[rows], label_smoothing=self.smoothing).backward()
            if self.clip:
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.optimizer.step()


def networks(torch: Any) -> dict[str, Callable]:
    """Name -> (settings, shape of x) -> the network in PyTorch, channels first."""
    nn = torch.nn

    def cnn(settings: Any, shape: tuple[int, ...]) -> Any:
        c = settings.channels
        layers = []
        for inside, taps in ((shape[2], 5), (c, 3), (c, 3)):
            layers += [nn.Conv1d(inside, c, taps, stride=2, padding=1), nn.ReLU()]
        # flattened time first, as channels last do
        return nn.Sequential(*layers, Transposed(), nn.Flatten(), nn.Linear(5 * c, 10))

    def fcn(_: Any, shape: tuple[int, ...]) -> Any:
        layers, inside = [], shape[2]
        for channels, taps in ((128, 8), (256, 5), (128, 3)):
            layers += [
                nn.Conv1d(inside, channels, taps, padding="same", bias=False),
                nn.BatchNorm1d(channels),
                nn.ReLU(),
            ]
            inside = channels
        return nn.Sequential(*layers, Mean(), nn.Linear(inside, 4))

    def tcn(settings: Any, shape: tuple[int, ...]) -> Any:
        blocks = [
            Block(
                settings.channels if level else shape[2], settings.channels, settings.taps, 2**level, settings.dropout
            )
            for level in range(settings.levels)
        ]
        return nn.Sequential(*blocks, Mean(), nn.Linear(settings.channels, 10))

    class Transposed(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.transpose(1, 2)

    class Mean(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.mean(dim=2)

    class Block(nn.Module):
        def __init__(self, inside: int, channels: int, taps: int, dilation: int, dropout: float) -> None:
            super().__init__()
            normed = nn.utils.parametrizations.weight_norm
            self.convolutions = nn.ModuleList(
                normed(nn.Conv1d(before, channels, taps, padding="same", dilation=dilation))
                for before in (inside, channels)
            )
            self.shortcut = nn.Conv1d(inside, channels, 1) if inside != channels else nn.Identity()
            self.dropout = nn.Dropout1d(dropout)

        def forward(self, x: Any) -> Any:
            inner = x
            for convolution in self.convolutions:
                inner = self.dropout(torch.relu(convolution(inner)))
            return torch.relu(inner + self.shortcut(x))

    return {"cnn": cnn, "fcn": fcn, "tcn": tcn}


def copy_weights(torch: Any, ours: Any, theirs: Any) -> None:
    """Give a PyTorch network the weights of ours; convolutions in the order of their path, shortcuts after."""
    convolutions = [module for name, module in theirs.named_modules() if isinstance(module, torch.nn.Conv1d)]
    main = [module for module in convolutions if module.kernel_size != (1,)]
    shortcuts = [module for module in convolutions if module.kernel_size == (1,)]
    sources = [block.shortcut for block in getattr(ours, "blocks", []) if block.shortcut is not None]
    with torch.no_grad():
        for source, module in (*zip(ours.path, main, strict=True), *zip(sources, shortcuts, strict=True)):
            weight = torch.from_numpy(np.asarray(source.kernel[...]).transpose(2, 1, 0).copy())
            if torch.nn.utils.parametrize.is_parametrized(module):
                module.weight = weight
            else:
                module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(torch.from_numpy(np.array(source.bias[...])))
        head = [module for module in theirs.modules() if isinstance(module, torch.nn.Linear)][-1]
        head.weight.copy_(torch.from_numpy(np.array(ours.head.kernel[...]).T.copy()))
        head.bias.copy_(torch.from_numpy(np.array(ours.head.bias[...])))


def measured() -> dict[str, Any]:
    """Milliseconds of a step of each training by each, on this machine."""
    found: dict[str, Any] = {"machine": machine("float32"), "steps": {}}
    for training in TRAININGS:
        ours = ByJax(training.experiment, training.steps, flax=False)
        runners: dict[str, Any] = {"jconv": ours, "flax": ByJax(training.experiment, training.steps, flax=True)}
        if find_spec("torch") is not None:
            runners["torch"] = ByTorch(training.experiment, training.steps, ours.made)
        takes: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(TAKES + 1):
            for name, runner in runners.items():
                begin = time.perf_counter()
                runner.take()
                takes[name].append(1000 * (time.perf_counter() - begin) / training.steps)
        found["steps"][training.experiment] = {name: statistics.median(each[1:]) for name, each in takes.items()}
        print(training.experiment, found["steps"][training.experiment], flush=True)
    return found


def store(found: dict[str, Any], folder: Path) -> Path:
    """Write what was measured; return its file."""
    return store_found(found, folder / "trainings" / f"{device_slug()}.json")


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
        lines += ["| experiment | torch | flax | jconv | torch / jconv | flax / jconv |", "|---|--:|--:|--:|--:|--:|"]
        for name, cells in found["steps"].items():
            ours = cells["jconv"]
            peers = [cells.get("torch"), cells["flax"]]
            times = ["" if peer is None else f"{peer:.3g}" for peer in peers]
            ratios = ["" if peer is None else f"{peer / ours:.2f}" for peer in peers]
            lines.append(f"| {name} | {times[0]} | {times[1]} | {ours:.3g} | {ratios[0]} | {ratios[1]} |")
        lines.append("")
    return HEAD.format(takes=TAKES) + "\n".join(lines) if lines else ""
