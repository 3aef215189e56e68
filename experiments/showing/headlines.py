"""The sentence above each picture of a fit, computed from what the picture shows: numbers in, one sentence out."""

from itertools import pairwise

import numpy as np

ALIKE = 1e-3  # two outputs that differ by less are the same to the eye
KEPT = 0.5  # a gain: the best noncausal kernel's where signal and noise are equally loud, S / (S + N)
AGREES = 0.95  # of the frequencies, where "keeps what is louder than the noise" is true
AMPLIFIED = 1.1  # times the signal's power
HARDLY = 0.1  # of what a kernel resolves
SPECK = 0.02  # of the frequencies; where spectra cross, their estimates do so several times within a shorter stretch


def of(share: float, whole: str) -> str:
    """A share in words that fit its size: "12% of it", "2.4 times it", "3e-07 of it"."""
    return f"{share:.3g} times {whole}" if share >= 0.995 else f"{percent(share)} of {whole}"


def percent(share: float) -> str:
    """Two digits: "12%", "0.034%", "3e-07"."""
    if share >= 0.0995 or not share:
        return f"{share:.0%}"
    return f"{100 * share:.2g}%" if share >= 1e-5 else f"{share:.0e}"


def plural(count: int, thing: str) -> str:
    """As in "1 step", "2 steps"."""
    return f"{count} {thing}" + "s" * (count != 1)


def decibels(value: float) -> str:
    """One digit behind the point, and no minus before a zero."""
    return f"{round(value, 1) + 0.0:.1f} dB"


def signal(below_db: float, before_db: float | None) -> str:
    """How large the error is.

    Args:
        below_db: signal over error of the output, on what the fit never saw.
        before_db: the same of the input, where that is a noisy target.
    """
    if before_db is None:
        side = "below" if below_db >= 0 else "above"
        return f"On data that the fit never saw the error is {abs(below_db):.0f} dB {side} the signal"
    worse = ": the kernel adds more error than it takes away" if below_db < before_db else ""
    return f"SNR {decibels(before_db)} in, {decibels(below_db)} out, on data that the fit never saw{worse}"


def kernel(learnt: np.ndarray, reference: np.ndarray, name: str) -> str:
    """How far a kernel that the input determines is from where it should be."""
    largest, apart = float(np.abs(reference).max()), float(np.abs(learnt - reference).max())
    if not largest:
        return f"{name.capitalize()} is zero, and no weight of the learnt kernel is larger than {apart:.2g}"
    return f"The learnt weights miss {name} by at most {of(apart / largest, 'its largest')}"


def blind_kernel(kernels_apart: float, outputs_apart: float, name: str, fixed: str) -> str:
    """What is to be seen where kernels that differ can give the same outputs.

    Args:
        kernels_apart: RMS difference of the learnt kernel and the reference, over the reference's RMS.
        outputs_apart: the same of their outputs.
        name: of the reference.
        fixed: what the input determines, a sentence.
    """
    kernels, outputs = of(kernels_apart, "its size"), of(outputs_apart, "their size")
    if outputs_apart < ALIKE <= kernels_apart:
        return f"Same outputs (to {outputs}), another kernel: off {name} by {kernels}. {fixed}"
    return f"The kernel is off {name} by {kernels}, its outputs off the best by {outputs}. {fixed}"


def response(learnt: np.ndarray, reference: np.ndarray, name: str) -> str:
    """How far apart two kernels' gains are, at most, where there is nothing to hold them against."""
    learnt, reference = np.abs(learnt), np.abs(reference)
    largest, apart = float(reference.max()), float(np.abs(learnt - reference).max())
    if not largest:
        return f"The gain of {name} is zero, the learnt one at most {apart:.2g}"
    return f"The learnt gain misses that of {name} by at most {of(apart / largest, 'its largest')}"


def blind_response(gains_apart: float, outputs_apart: float, name: str, fixed: str) -> str:
    """The same where the input does not determine the gains.

    Args:
        gains_apart: largest difference of gains over the reference's largest gain.
        outputs_apart, name, fixed: as in `blind_kernel`.
    """
    gains, outputs = of(gains_apart, "its largest"), of(outputs_apart, "their size")
    if outputs_apart < ALIKE <= gains_apart:
        return f"Same outputs (to {outputs}), other gains: off {name} by up to {gains}. {fixed}"
    return f"The gains are off {name} by up to {gains}, the outputs off the best by {outputs}. {fixed}"


def bands(chosen: np.ndarray, frequencies: np.ndarray, unit: str) -> str:
    """Which frequencies are chosen, in words: "up to 28 Hz", "in 3 bands", "nowhere"."""
    if not chosen.any():
        return "nowhere"
    if chosen.all():
        return "everywhere"
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(int)))
    starts, ends = edges[::2], edges[1::2] - 1
    if len(starts) > 1:
        return f"in {len(starts)} bands"
    low, high = (f"{frequencies[place]:.3g}" for place in (starts[0], ends[0]))
    if not starts[0]:
        return f"up to {high} {unit}"
    return f"above {low} {unit}" if ends[0] == len(frequencies) - 1 else f"from {low} to {high} {unit}"


def without_specks(chosen: np.ndarray) -> np.ndarray:
    """`chosen` (points,) with stretches shorter than `SPECK` of it taken for what is before them."""
    chosen = chosen.copy()
    edges = [0, *(np.flatnonzero(np.diff(chosen)) + 1), len(chosen)]
    for start, end in pairwise(edges):
        if start and end - start < SPECK * len(chosen):
            chosen[start:end] = chosen[start - 1]
    return chosen


def denoising(frequencies: np.ndarray, gain: np.ndarray, signal: np.ndarray, noise: np.ndarray, unit: str) -> str:
    """What a kernel leaves of signal and noise.

    Args:
        frequencies: (points,) rising.
        gain: (points,) magnitudes of the learnt kernel.
        signal, noise: (points,) power densities.
        unit: of the frequencies.
    """
    kept, louder = gain >= KEPT, without_specks(signal > noise)
    left, through = (float((gain**2 * power).sum() / (power.sum() or 1)) for power in (signal, noise))
    rest = f"{of(left, 'the signal')} and {of(through, 'the noise')} are left, in power"
    where = bands(kept, frequencies, unit)
    if np.count_nonzero(np.diff(kept)) == 1 and np.mean(kept == louder) >= AGREES:
        verb = "keeps" if left < AMPLIFIED else "amplifies"
        return f"The kernel {verb} what is louder than the noise, {where}: {rest}"
    return (
        f"The kernel keeps its input {where}, the signal is louder than the noise "
        f"{bands(louder, frequencies, unit)}: {rest}"
    )


def loss(steps: int, held_out_mse: float, optimum_mse: float) -> str:
    """The held-out error beside the least-squares optimum's."""
    over = held_out_mse / optimum_mse - 1
    after = f"After {plural(steps, 'step')} the held-out error is"
    if over >= 0.995:
        return f"{after} {of(1 + over, 'that of the least-squares optimum')}"
    if over < 0:
        return f"{after} {percent(-over)} below that of the least-squares optimum, which is best on the training part"
    return f"{after} {percent(over)} above that of the least-squares optimum"


def exact_loss(looks: np.ndarray, losses: np.ndarray, rounding: float) -> str:
    """Where the optimum is 0: whether the held-out loss has come down to what rounding leaves of it.

    Args:
        looks: (n,) steps.
        losses: (n,) after them.
        rounding: see `experiments.showing.pictures.loss_rounding`.
    """
    above = np.flatnonzero(~(losses <= rounding))
    since = int(above[-1]) + 1 if len(above) else 0
    if since < len(losses):
        return f"From step {looks[since]} on the held-out loss is no more than float32 rounding leaves of 0"
    return (
        f"After {plural(int(looks[-1]), 'step')} the held-out loss is {losses[-1]:.2g}; "
        f"the optimum's is 0, of which rounding leaves {rounding:.0e} at most"
    )


def snapshots(first: np.ndarray, last: np.ndarray, optimum: np.ndarray) -> str:
    """Whether the kernel came closer to the optimum that the input determines."""
    if np.array_equal(first, last):
        return "The kernel has not moved"
    before, after = (float(np.linalg.norm(kernel - optimum)) for kernel in (first, last))
    if not before:
        return f"The kernel began at the optimum and has left it by {after:.2g}"
    side = "closer to" if after < before else "no closer to"
    return f"The kernel came {side} the optimum: it ends at {of(after / before, 'the distance it began at')}"


def blind_snapshots(unseen: float | None, hidden: int, columns: int) -> str:
    """How much of the kernel's way the error cannot see.

    Args:
        unseen: length of the way's part in directions that leave every output as it is, over the whole way's; None
            if there was no way.
        hidden: how many of the `columns` directions those are.
        columns: numbers of each output's kernel.
    """
    if unseen is None:
        return "The kernel has not moved"
    if unseen < ALIKE:
        return (
            "The kernel moves only where the error can see it, not in the "
            f"{hidden} of {columns} directions where it cannot ({of(unseen, 'the way')})"
        )
    blind = f"in {hidden} of {columns} directions"
    return f"The kernel moves also where the error cannot see it, {blind}: {of(unseen, 'the way')}"


def filters(moved: np.ndarray, resolved: float, unit: str) -> str:
    """How far the frequencies of a bank's filters moved.

    Args:
        moved: (filters,) the larger of the moves of a filter's two frequencies.
        resolved: the frequency that a kernel of this size resolves, one over its duration.
        unit: of both.
    """
    middle, most = float(np.median(moved)), float(moved.max())
    far = f"{middle:.3g} {unit} in the median, {most:.3g} at most" if len(moved) > 1 else f"{most:.3g} {unit}"
    if most < HARDLY * resolved:
        return f"The filters have hardly moved: by {far}, and the kernel resolves {resolved:.3g}"
    return f"The filters moved by {far}; the kernel resolves {resolved:.3g}"


def equalised(whole: np.ndarray, channel: np.ndarray) -> str:
    """How flat a channel and its equaliser are together, beside the channel alone.

    Args:
        whole: (points,) gain of both together.
        channel: (points,) gain of the channel.
    """
    spans = []
    for gain in (whole, channel):
        levels = 20 * np.log10(np.maximum(np.abs(gain), 1e-6))
        spans.append(float(levels.max() - levels.min()))
    side = "" if spans[0] < spans[1] else ", and the equaliser makes it worse"
    both, alone = map(decibels, spans)
    return f"Channel times equaliser is flat within {both}, the channel alone within {alone}{side}"


def seeds(count: int, apart: str) -> str:
    """How far fits that differ in their seed alone came apart; `apart` is `Spread.sentence`."""
    return apart if apart.startswith(str(count)) else f"{plural(count, 'seed')}: {apart}"


def gains(before: float, after: float) -> str:
    """Whether the gain came closer to the optimum's.

    Args:
        before, after: the largest difference of both gains over the optimum's largest.
    """
    start, end = of(before, "its largest"), of(after, "its largest")
    side = "came closer to" if after < before else "came no closer to"
    return f"The gain {side} that of the optimum: off by at most {start} at first, {end} at the end"


def shares(sizes: np.ndarray, added: np.ndarray, open_by: float) -> str:
    """Whether the channel with the largest weights is the one that adds most.

    Args:
        sizes: (in, out) norms of the weights.
        added: (in, out) shares of the outputs' variance, NaN where there is none.
        open_by: the longest range of shares that kernels with the same outputs have.
    """
    varies = np.isfinite(added).all(axis=0)
    if not varies.any():
        return "No output varies"
    other = int(np.count_nonzero((sizes.argmax(axis=0) != added.argmax(axis=0))[varies]))
    total = plural(int(varies.sum()), "output")
    said = "The channel with the largest weights adds most to each output"
    if other:
        said = f"In {other} of {total} the channel with the largest weights is not the one that adds most"
    return said + f"; the input leaves shares open, by up to {100 * open_by:.0f} percentage points" * (open_by >= 0.005)


def spectrum(fixed: str, changed: float) -> str:
    """What the input does not show.

    Args:
        fixed: what it determines, a sentence.
        changed: what adding an unseen kernel as large as the learnt one changes of the outputs, of their size.
    """
    if changed < ALIKE:
        return f"{fixed}: adding another kernel that it cannot show changes the outputs by {of(changed, 'their size')}"
    return f"{fixed}, and yet another kernel of the same kind changes the outputs by {of(changed, 'their size')}"


def bank(low: float, high: float, unit: str, before: float, after: float) -> str:
    """How flat all filters of a bank are together, between the lowest and the highest centre, at start and end."""
    ends = [f"{end:.0f}" if end >= 1000 else f"{end:.3g}" for end in (low, high)]
    where = f"From {ends[0]} to {ends[1]} {unit}"
    return f"{where} all filters together are flat within {decibels(after)}; they began within {decibels(before)}"


def field(layers: int, seen: int, used: int, rate: float | None) -> str:
    """What an output of layers sees, and of how many samples it makes no use."""
    time = "" if rate is None else f" ({1000 * seen / rate:.3g} ms)"
    left = f", and leaves out {seen - used} of them" if used < seen else ""
    return f"Through {plural(layers, 'layer')} an output sees {seen} samples{time}{left}"
