"""The pictures of a fit: which arrays go into which figure of `jconv.plot`, and the sentence above it."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from jconv import plot
from jconv.analysis import frequency_response

from .config import schema
from .optimum import Optimum, lag_of, padding_of, predict, targets
from .report import Findings
from .tasks import Problem
from .training import Training

SECONDS = 3.0
SAMPLES = 120
LOWEST_HZ = 2.0  # below it the estimate of a spectrum has taken the mean away


def draw(
    problem: Problem, model: schema.Model, training: Training, optimum: Optimum, found: Findings
) -> Iterator[tuple[str, Figure]]:
    """File name and figure, one after the other."""
    yield "signal.png", signal(problem, model, training, found)
    yield "kernel.png", kernel(problem, model, training, optimum, found)
    yield "frequency_response.png", response(problem, model, training, optimum)
    yield "loss.png", loss(problem, training, found)
    yield "snapshots.png", snapshots(problem, model, training, optimum)


def value_label(problem: Problem, name: str = "value", power: str = "") -> str:
    """Axis label with its unit."""
    return f"{name} ({problem.unit}{power})" if problem.unit else name


def lags(problem: Problem, model: schema.Model) -> tuple[np.ndarray, str]:
    """When each tap looks, relative to the output, and the label that says so."""
    ahead = padding_of(model)[0] if model.padding != "valid" else lag_of(model)
    samples = np.arange(model.kernel_size) * model.dilation - ahead
    if problem.rate is None:
        return samples, "tap: samples from the output's own"
    return samples * 1000 / problem.rate, "tap: ms from the output's own time (< 0 is the past)"


def signal(problem: Problem, model: schema.Model, training: Training, found: Findings) -> Figure:
    """A few seconds of the held-out part."""
    held_x, held_y = problem.x[problem.held_out_from :], problem.y[problem.held_out_from :]
    out = predict(held_x, training.arrays["kernel"], training.arrays.get("bias"), model)
    inputs = targets(held_x, model)
    wanted = targets(held_y, model)
    length = min(len(out), round(SECONDS * problem.rate) if problem.rate else SAMPLES)
    begin = (len(out) - length) // 2
    part = slice(begin, begin + length)
    samples = problem.held_out_from + lag_of(model) + np.arange(begin, begin + length)
    left = found.below_signal_db(found.held_out_mse)
    if problem.snr_in_db is not None:
        title = f"SNR {problem.snr_in_db:.1f} dB in, {left:.1f} dB out, on data the fit never saw"
    else:
        title = f"On data the fit never saw the error is {left:.0f} dB below the signal"
    return plot.before_after(
        samples / problem.rate if problem.rate else samples,
        inputs[part],
        wanted[part],
        out[part],
        title=title,
        time_label="time (s)" if problem.rate else "time (samples)",
        value_label=value_label(problem, "ECG" if problem.unit else "value"),
    )


def kernel(problem: Problem, model: schema.Model, training: Training, optimum: Optimum, found: Findings) -> Figure:
    """Learnt kernel, optimum, truth."""
    learnt = training.arrays["kernel"]
    kernels = {"learnt": learnt, goal(optimum): optimum.kernel}
    largest = float(np.abs(learnt - optimum.kernel).max())
    share = largest / (float(np.abs(optimum.kernel).max()) or 1.0)
    title = f"The learnt kernel differs from the optimum by at most {share:.1%} of the largest weight"
    if found.kernel_rmse is not None and problem.true_kernel is not None:
        kernels["truth"] = problem.true_kernel
        title = f"Learnt kernel against the true one: RMSE {found.kernel_rmse:.1e}"
    if blind(optimum):
        title = f"Same outputs, other kernels: the input shows {optimum.kernel_rank} of {optimum.columns} directions"
    where, label = lags(problem, model)
    return plot.kernel_curves(where, kernels, title=title, lag_label=label)


def response(problem: Problem, model: schema.Model, training: Training, optimum: Optimum) -> Figure:
    """Gain over frequency, above the spectra of signal and noise where there is noise."""
    gains = {}
    frequencies = np.zeros(0)
    for name, taps in (("learnt", training.arrays["kernel"]), (goal(optimum), optimum.kernel)):
        spread = np.zeros((model.span, *taps.shape[1:]))
        spread[:: model.dilation] = taps
        frequencies, gains[name] = frequency_response(spread)
    label = "frequency (cycles per sample)"
    if problem.rate is not None:
        frequencies, label = frequencies * problem.rate, "frequency (Hz)"
    if problem.snr_in_db is None or problem.rate is None:
        title = "What the kernels do to each frequency"
        if blind(optimum):
            fixed = f"{optimum.kernel_rank} of {optimum.columns}"
            title = f"Different filters, same outputs: the input fixes {fixed} numbers of each output's kernel"
        return plot.frequency_curves(frequencies, gains, title=title, frequency_label=label)
    spectra = {
        "signal": spectrum(problem.y[:, 0], problem.rate, frequencies),
        "noise": spectrum(problem.x[:, 0] - problem.y[:, 0], problem.rate, frequencies),
    }
    louder = (spectra["signal"] > spectra["noise"]) | (frequencies < LOWEST_HZ)
    edge = "everywhere" if louder.all() else f"up to {frequencies[louder.argmin()]:.0f} Hz"
    return plot.frequency_curves(
        frequencies,
        gains,
        title=f"The kernel keeps what is louder than the noise, {edge}",
        frequency_label=label,
        spectra=spectra,
        spectrum_label=f"power (dB re 1 {problem.unit}²/Hz)",
    )


def spectrum(signal: np.ndarray, rate: float, frequencies: np.ndarray) -> np.ndarray:
    """Power spectral density at `frequencies`, by Welch's method."""
    from scipy.signal import welch

    at, power = welch(signal.astype(np.float64), fs=rate, nperseg=min(1024, len(signal)))
    return np.interp(frequencies, at, power)


def loss(problem: Problem, training: Training, found: Findings) -> Figure:
    """Loss against step."""
    if found.excess_db is None:
        title = f"The loss goes to {found.held_out_mse:.1e}; the optimum is 0 up to rounding"
    else:
        over = found.held_out_mse / found.optimum_mse - 1
        side = "above" if over >= 0 else "below"
        title = f"After {training.steps} steps the held-out error is {abs(over):.2%} {side} the least-squares optimum's"
    return plot.loss_curves(
        np.asarray(training.train_loss),
        np.asarray(training.looks),
        np.asarray(training.held_out_loss),
        found.optimum_mse,
        title=title,
        value_label=value_label(problem, "mean squared error", "²"),
    )


def snapshots(problem: Problem, model: schema.Model, training: Training, optimum: Optimum) -> Figure:
    """The kernel on its way."""
    where, label = lags(problem, model)
    return plot.snapshot_curves(
        where,
        np.asarray(training.snapshot_steps),
        np.stack(training.snapshots),
        optimum.kernel,
        title="The kernel moves only in the directions that the error can see"
        if blind(optimum)
        else "From random weights towards the optimum: the kernel through training",
        lag_label=label,
        goal=goal(optimum),
    )


def blind(optimum: Optimum) -> bool:
    """Whether kernels that differ give the same outputs."""
    return optimum.kernel_rank < optimum.columns


def goal(optimum: Optimum) -> str:
    """What to call the least-squares kernel."""
    return "smallest of the optimal kernels" if blind(optimum) else "optimum (least squares)"
