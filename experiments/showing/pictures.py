"""The pictures of a fit: which arrays go into which figure, and the headline that they justify."""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from jconv import analysis, plot
from jconv.analysis import frequency_response

from ..config import schema
from ..findings.filters import moves
from ..findings.optimum import FLOAT32_EPS, lag_of, predict, real, settings, targets
from ..findings.report import snr_before
from ..fitting import Fitted, relative
from ..models.linear_stack import composed
from ..tasks import windows
from ..tasks.problem import numbered
from . import drawing, headlines
from .course import course
from .labels import lags, made_by, names, spread, value_label
from .structure import bank, structure

SECONDS = 3.0
SAMPLES = 120
MOST_SAMPLES = 1080  # three seconds of the ECG; of a high rate they would be too many to see a wave
SPECTRUM_SAMPLES = 1024  # in one segment of Welch's method
ALL_BUT = 1e-4  # of a signal's power, within which it is one wave


def draw(fit: Fitted) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure, one after the other, each with the settings that made it."""
    for name, figure in drawn(fit):
        figure.note(made_by(fit))
        yield name, figure


def drawn(fit: Fitted) -> Iterator[tuple[str, plot.Picture]]:
    """File name and figure: five of every fit, and those that its data and model give reason for."""
    yield "signal.png", signal(fit)
    yield "kernel.png", kernel(fit)
    if moves(fit) is None:
        yield "frequency_response.png", response(fit)
    else:
        yield "filter_bank.png", bank(fit)
    yield "loss.png", loss(fit)
    yield course(fit)
    if moves(fit) is not None:
        yield "filters.png", filters(fit)
    yield from structure(fit)


def signal(fit: Fitted) -> plot.Picture:
    """A few seconds of the held-out part."""
    problem, model = fit.problem, fit.model
    held_x, held_y = fit.held_out
    out, wanted = predict(held_x, fit.learnt, fit.learnt_bias, model), targets(held_y, model)
    span = SAMPLES if problem.rate is None else min(round(SECONDS * problem.rate), MOST_SAMPLES)
    length = min(len(out), max(round(span / model.stride), 2))
    begin = (len(out) - length) // 2
    part = slice(begin, begin + length)
    samples = lag_of(model, len(held_x)) + model.stride * np.arange(begin, begin + length)
    seen = np.arange(samples[0], samples[-1] + 1)
    unit_of_time = problem.rate or 1
    named = names(fit)
    inputs = None if problem.inputs == numbered("input", len(problem.inputs)) else problem.inputs
    before = None if problem.snr_in_db is None else snr_before(problem, fit.found)
    figure = drawing.before_after(
        (problem.held_out_from + samples) / unit_of_time,
        held_x[seen],
        wanted[part],
        out[part],
        title=headlines.signal(fit.found.below_signal_db(fit.found.held_out_mse), before),
        time_label="time (s)" if problem.rate else "time (samples)",
        value_label=value_label(problem),
        input_names=inputs,
        output_names=named["outputs"],
        input_time=(problem.held_out_from + seen) / unit_of_time,
        noisy_copy=problem.snr_in_db is not None,
    )
    if length < len(out):
        figure.note(f"Drawn are {length} of the {len(out)} samples that the fit never saw; the headline is of all.")
    return figure


def kernel(fit: Fitted) -> plot.Picture:
    """Learnt kernel, optimum, truth, and their biases."""
    problem, optimum = fit.problem, fit.optimum
    kernels, biases = {"learnt": fit.learnt, fit.goal: optimum.kernel}, {}
    if fit.learnt_bias is not None:
        biases = {"learnt": fit.learnt_bias, fit.goal: optimum.bias}
    reference, name = optimum.kernel, "the smallest of the optimal kernels" if fit.blind else "the optimum"
    if fit.found.kernel_rmse is not None and problem.true_kernel is not None:
        kernels["truth"] = reference = problem.true_kernel
        name = "the true kernel"
        if biases and problem.true_bias is not None:
            biases["truth"] = problem.true_bias
    title = headlines.kernel(fit.learnt, reference, name)
    if fit.blind:
        apart = relative(fit.learnt - reference, reference)
        title = headlines.blind_kernel(apart, fit.outputs_apart, name, fit.fixed)
    where, label = lags(problem, fit.model)
    return plot.kernel_curves(where, kernels, title=title, lag_label=label, biases=biases, **names(fit))


def response(fit: Fitted) -> plot.Picture:
    """Gain over frequency, above the spectra of signal and noise where there is noise."""
    problem, model = fit.problem, fit.model
    kernels = {"learnt": spread(fit.learnt, model), fit.goal: spread(fit.optimum.kernel, model)}
    if problem.true_kernel is not None and problem.true_kernel.shape[1:] == fit.learnt.shape[1:]:
        kernels["truth"] = problem.true_kernel
    rate = problem.rate or 1.0
    cycles = frequency_response(np.ones(1))[0]
    frequencies, gains = cycles * rate, {name: frequency_response(taps)[1] for name, taps in kernels.items()}
    label = f"frequency ({fit.unit_of_frequency})"
    if problem.snr_in_db is not None:
        powers = {"signal": spectrum(problem.y, rate, frequencies)}
        powers["noise"] = spectrum(problem.x - problem.y, rate, frequencies)
        gain = np.sqrt(np.mean(np.abs(gains["learnt"]) ** 2, axis=(1, 2)))
        unit = f"{problem.unit}²/{'Hz' if problem.rate else '(cycle per sample)'}" if problem.unit else "/Hz"
        figure = plot.frequency_curves(
            frequencies,
            gains,
            title=headlines.denoising(frequencies, gain, powers["signal"], powers["noise"], fit.unit_of_frequency),
            frequency_label=label,
            spectra=powers,
            spectrum_label=f"power (dB re 1 {unit})",
            **names(fit),
        )
        figure.note(f"Kept: a gain of at least {headlines.KEPT} ({20 * np.log10(headlines.KEPT):.0f} dB).")
        return figure
    if problem.channel is not None:
        channel = frequency_response(problem.channel[:, None, None])[1]
        gains |= {"channel": channel, "channel times learnt": channel * gains["learnt"]}
        title = headlines.equalised(gains["channel times learnt"][:, 0, 0], channel[:, 0, 0])
        return plot.frequency_curves(frequencies, gains, title=title, frequency_label=label)
    reference, name = ("truth", "the true kernel") if "truth" in gains else (fit.goal, "the optimum")
    title, marked = headlines.response(gains["learnt"], gains[reference], name), {}
    if fit.blind:
        wave, fixed = only_frequency(problem.x), fit.fixed
        if wave is not None:
            fixed = "The input has one frequency only"
            marked = {f"the input's only frequency: {wave * rate:.3g} {fit.unit_of_frequency}": wave * rate}
        magnitudes = [np.abs(gains[name]) for name in ("learnt", reference)]
        apart = float(np.abs(magnitudes[0] - magnitudes[1]).max() / (magnitudes[1].max() or 1.0))
        title = headlines.blind_response(apart, fit.outputs_apart, name, fixed)
    figure = plot.frequency_curves(frequencies, gains, title=title, frequency_label=label, marked=marked, **names(fit))
    if marked and problem.x.shape[1] > 1:
        figure.note("An output is a sum over the inputs: their gains may differ where that sum does not.")
    return figure


def spectrum(signal: np.ndarray, rate: float, frequencies: np.ndarray) -> np.ndarray:
    """Power spectral density at `frequencies` by Welch's method, mean of the channels of signal (length, channels)."""
    from matplotlib import mlab  # scipy.signal has the same, and takes 1.4 s to import

    size = min(SPECTRUM_SAMPLES, len(signal))
    window = np.hanning(size + 1)[:-1]
    powers = []
    for channel in signal.astype(np.float64).T:
        power, at = map(np.asarray, mlab.psd(channel, size, rate, mlab.detrend_mean, window, size // 2))
        powers.append(np.interp(frequencies, at, power))
    return np.mean(powers, axis=0)


def only_frequency(x: np.ndarray) -> float | None:
    """The frequency in cycles per sample of an input (length, channels) that is one wave, or None for another."""
    from scipy.optimize import minimize_scalar

    x = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    length, power = len(x), float(np.square(x).sum())
    if not power or length < 8:
        return None
    time = np.arange(length)

    def left(frequency: float) -> float:
        waves = np.stack([np.cos(2 * np.pi * frequency * time), np.sin(2 * np.pi * frequency * time), np.ones(length)])
        rest = x - waves.T @ np.linalg.lstsq(waves.T, x)[0]
        return float(np.square(rest).sum()) / power

    spectra = np.abs(np.fft.rfft(x * np.hanning(length)[:, None], axis=0))
    peak = int(np.square(spectra).sum(axis=1)[1:].argmax()) + 1
    bounds = ((peak - 1 + 1e-3) / length, min((peak + 1) / length, 0.5))
    best = minimize_scalar(left, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return float(best.x) if best.fun < ALL_BUT else None


def loss(fit: Fitted) -> plot.Picture:
    """Loss against step."""
    training, found = fit.training, fit.found
    looks, losses = np.asarray(training.looks), np.asarray(training.held_out_loss)
    rounding = loss_rounding(fit)
    if found.excess_db is None:
        title = headlines.exact_loss(looks, losses, rounding)
    else:
        title = headlines.loss(training.steps, found.held_out_mse, found.optimum_mse)
    return drawing.loss_curves(
        np.asarray(training.train_loss),
        looks,
        losses,
        found.optimum_mse,
        title=title,
        value_label=value_label(fit.problem, "mean squared error", "²"),
        rounding=rounding,
    )


def filters(fit: Fitted) -> plot.Picture:
    """The bands of a bank's filters, before and after."""
    moved = moves(fit)
    assert moved is not None
    return drawing.filter_moves(
        *moved.bands,
        title=headlines.filters(moved.moved, moved.resolved, moved.unit),
        frequency_label=f"{moved.what} ({moved.unit})",
        names=names(fit)["outputs"],
    )


def loss_rounding(fit: Fitted) -> float:
    """The largest held-out loss that rounding to float32 can leave where the optimum's is 0.

    Let r be what rounding makes of outputs (see `rounding_rms`). The gradient vanishes where the residual as computed
    is orthogonal to the windows of the training, so a kernel at rest gives outputs there that are off by the projection
    of such an error, r at most. On the held-out part the same kernel may be further off, by the largest ratio of the
    outputs' mean squares there and here. And the loss is computed of outputs that are off by r again. Both add up.
    """
    (x, y), (held_x, held_y) = fit.trained, fit.held_out
    at_rest = np.sqrt(largest_ratio(fit)) * rounding_rms(fit, x, y, fit.window)
    return float((at_rest + rounding_rms(fit, held_x, held_y, len(held_x))) ** 2)


def rounding_rms(fit: Fitted, x: np.ndarray, y: np.ndarray, length: int) -> float:
    """The largest root mean square error of outputs minus targets that rounding to float32 makes.

    An output is a sum of n products and a bias. With weights rounded to float32, each an error of u, and a sum in
    float32, at most n + 1 more of them (Higham, section 3.1; 6 sqrt(n) for long ones, Higham and Mary 2019), it is
    off by so many u of the sum of the absolute products. The target is rounded too: one u of itself. Of layers one
    after the other the errors add up, each of the products of all absolute weights.
    """
    bias = None if fit.learnt_bias is None else np.abs(fit.learnt_bias)
    weights, terms = summed(fit)
    unit = FLOAT32_EPS / 2
    squares = []
    for window, target in zip(windows(x, length), targets(windows(y, length), fit.model), strict=True):
        sizes = predict(np.abs(window), weights, bias, fit.model)
        errors = sum(min(count, 6 * np.sqrt(count)) for count in terms) * unit * sizes + unit * np.abs(target)
        squares.append(np.mean(errors**2))
    return float(np.sqrt(np.mean(squares)))


def summed(fit: Fitted) -> tuple[np.ndarray, list[int]]:
    """Sum of the absolute products behind each tap, as a kernel, and how many roundings each layer adds."""
    if not isinstance(fit.model, schema.LinearStack):
        return np.abs(fit.learnt), [fit.learnt.shape[0] * fit.learnt.shape[1] + 2]
    layers = [np.abs(fit.training.arrays[f"layer_{number}"]) for number in range(len(fit.model.layers))]
    _, strides, dilations = zip(*fit.model.layers, strict=True)
    whole = composed([jnp.asarray(layer) for layer in layers], strides, dilations)
    return np.asarray(whole, np.float64), [layer.shape[0] * layer.shape[1] + 2 for layer in layers]


def largest_ratio(fit: Fitted) -> float:
    """By how much, at most, a kernel's and bias's held-out outputs are larger in mean square than those in training."""
    (x, _), (held_x, _) = fit.trained, fit.held_out
    here, there = (gram(fit, part, length) for part, length in ((x, fit.window), (held_x, len(held_x))))
    return max(ratio(*pair) for pair in zip(here, there, strict=True))


def ratio(here: np.ndarray, there: np.ndarray) -> float:
    """The largest mean square of outputs that have 1 in mean square `here`; both as `gram` has them for one group."""
    values, vectors = np.linalg.eigh(here)
    kept = values > (4 * FLOAT32_EPS) ** 2 * max(values[-1], 0)  # as `jconv.analysis` has it for float32
    scaled = vectors[:, kept] / np.sqrt(values[kept])
    return float(np.linalg.eigvalsh(scaled.T @ there @ scaled)[-1]) if kept.any() else 0.0


def gram(fit: Fitted, x: np.ndarray, length: int) -> np.ndarray:
    """Mean of the products of all that an output sees, a bias last, over windows of a length; one for each group."""
    where, bias = settings(fit.model), fit.model.use_bias
    return analysis.gram(real("x", windows(x, length)), fit.learnt.shape[0], bias=bias, **where)
