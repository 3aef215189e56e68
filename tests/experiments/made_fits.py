"""Fits as if they had been trained, whose pictures and headlines the tests read."""

import numpy as np

from experiments.config import schema
from experiments.findings import report
from experiments.findings.optimum import least_squares
from experiments.fitting import Fitted
from experiments.tasks import Problem, from_kernel
from experiments.training.members import Member, Training

RANDOM = np.random.default_rng(0)
KERNEL, BIAS = RANDOM.uniform(-1, 1, (3, 2, 2)).astype(np.float32), np.array([0.5, -0.25], np.float32)
RATE = 10 / 99 / (2 * np.pi)  # cycles per sample, of the wave below


def model(**changes):
    settings = {"kernel_size": 3, "dilation": 1, "padding": "valid", "use_bias": True, "method": "auto"}
    return schema.Conv(api="function", **{**settings, **changes})


def inputs(signal, length=400):
    if signal == "wave":
        return np.sin(np.arange(length)[:, None] * 10 / 99 + np.arange(2) * np.pi / 2)
    return RANDOM.normal(size=(length, 2))


def fitted(problem, settings, kernels, bias=None, losses=(1.0, 0.5)):
    """A fit as if `kernels` (snapshots, width, in, out) had been learnt."""
    arrays = {"kernel": np.asarray(kernels[-1], np.float32)}
    if settings.use_bias:
        arrays["bias"] = np.zeros(problem.y.shape[1], np.float32) if bias is None else np.asarray(bias, np.float32)
    training = Training(
        member=Member(seed=0, learning_rate=0.01),
        train_loss=np.asarray(losses),
        looks=list(range(1, len(losses) + 1)),
        held_out_loss=np.asarray(losses),
        snapshot_steps=list(range(len(kernels))),
        snapshots=[np.asarray(kernel, np.float32) for kernel in kernels],
        arrays=arrays,
        first_arrays=arrays,
    )
    x, y = (part[None, : problem.held_out_from] for part in (problem.x, problem.y))
    optimum = least_squares(x, y, settings)
    return Fitted(problem, settings, training, optimum, report.findings(problem, settings, training, optimum))


def recovered(signal, *steps, bias=BIAS, **changes):
    """A fit of the outputs of `KERNEL` that went by way of `steps`, each added to it."""
    problem = from_kernel("Recover", inputs(signal), KERNEL, BIAS, 0.7)
    return fitted(problem, model(**changes), [KERNEL + step for step in steps], bias)


def unseen_kernel():
    """Added to `KERNEL`, it changes no output of the wave: the second difference of each channel, of which a wave has
    2 cos(w) - 2 times itself, and that multiple of the middle tap taken away again."""
    taps = np.array([1, -2 * np.cos(2 * np.pi * RATE), 1])
    return np.tile(taps[:, None, None], (1, 2, 2))


def denoised(kernel, noise=0.5, **changes):
    """A fit to a slow signal under white noise of a given kernel (width,)."""
    time = np.arange(4000)
    clean = np.sum([np.sin(2 * np.pi * 0.001 * n * time + n) for n in range(1, 100, 7)], axis=0)[:, None]
    noisy = clean + noise * RANDOM.normal(size=clean.shape)
    problem = Problem(
        "Denoise", noisy.astype(np.float32), clean.astype(np.float32), 2800, rate=100.0, unit="µV", snr_in_db=0.0
    )
    kernel = np.asarray(kernel, float)[:, None, None]
    return fitted(problem, model(kernel_size=len(kernel), padding="same", **changes), [0 * kernel, kernel])


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def words(figure):
    """Notes, legends and axis labels."""
    found = [text.get_text() for text in figure.texts]
    found += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    for ax in figure.axes:
        found += [ax.get_xlabel(), ax.get_ylabel(), *map(str, ax.get_legend_handles_labels()[1])]
    return " ".join(found).replace("\n", " ")


TAPS = np.arange(61) - 30
LOWPASS = np.sinc(0.2 * TAPS) * np.hanning(61) * 0.2  # up to 0.1 cycles per sample, 10 Hz
