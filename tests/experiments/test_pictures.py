"""The pictures of a fit: each headline is made false once, and says something else then."""

import re
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from made_fits import (
    BIAS,
    KERNEL,
    LOWPASS,
    RANDOM,
    RATE,
    TAPS,
    denoised,
    fitted,
    inputs,
    model,
    recovered,
    title,
    unseen_kernel,
    words,
)

import jconv
from experiments.config import schema
from experiments.config.composed import CONF, check, short_group
from experiments.findings.optimum import least_squares, predict
from experiments.showing import course, headlines, pictures
from experiments.tasks import from_kernel


def test_a_kernel_keeps_what_is_louder_only_if_it_does():
    said = title(pictures.response(denoised(LOWPASS)))
    assert re.match(r"The kernel keeps what is louder than the noise, up to [\d.]+ Hz: 9\d% of the signal", said)
    for kernel, changes, start in (
        ([1.0], {}, "The kernel keeps its input everywhere, the signal is louder than the noise up to"),
        ([0.1], {}, "The kernel keeps its input nowhere"),
        (np.diff(LOWPASS) * 8, {}, "The kernel keeps its input from"),
        (LOWPASS[::3] * 3, {"dilation": 3}, "The kernel keeps its input in 2 bands"),
        (np.sinc(0.4 * TAPS) * np.hanning(61) * 0.4, {}, "The kernel keeps its input up to 20"),
        (LOWPASS * 3, {}, "The kernel amplifies what is louder than the noise, up to 11"),
    ):
        said = title(pictures.response(denoised(kernel, **changes)))
        assert said.startswith(start), said
    assert "times the noise" in title(pictures.response(denoised([2.0])))
    assert "1% of the signal and 1% of the noise" in title(pictures.response(denoised([0.1])))


def test_the_power_that_is_left_is_that_of_the_output():
    """Of white noise a kernel leaves the sum of its squares (Parseval); what is drawn is an estimate of a spectrum."""
    kernel = RANDOM.normal(size=9)
    frequencies = np.linspace(0, 0.5, 513)
    gain = np.abs(np.exp(-2j * np.pi * frequencies[:, None] * np.arange(9)) @ kernel)
    said = headlines.denoising(frequencies, gain, np.ones(513), np.ones(513), "Hz")
    (left,) = set(re.findall(r"([\d.]+) times the", said))
    # a sum over both ends is the mean over a period but for half a point at either
    assert float(left) == pytest.approx(np.square(kernel).sum(), rel=2 * np.square(gain).max() / 513 + 0.005)


def test_bands_are_named_by_where_they_are():
    frequencies = np.arange(6.0)
    for chosen, said in (
        ([1, 1, 0, 0, 0, 0], "up to 1 Hz"),
        ([0, 0, 0, 1, 1, 1], "above 3 Hz"),
        ([0, 1, 1, 0, 0, 0], "from 1 to 2 Hz"),
        ([1, 0, 1, 0, 1, 0], "in 3 bands"),
        ([0] * 6, "nowhere"),
        ([1] * 6, "everywhere"),
    ):
        assert headlines.bands(np.array(chosen, bool), frequencies, "Hz") == said
    flips = np.ones(200, bool)
    flips[100:] = False
    flips[98], flips[103] = False, True
    np.testing.assert_array_equal(headlines.without_specks(flips), np.arange(200) < 104)
    flips[150:154] = True  # 2% of them
    assert headlines.without_specks(flips)[150:154].all()


def test_snr_is_that_of_the_data_and_a_loss_of_it_is_said():
    good, bad = denoised(LOWPASS), denoised([0.0])
    _, y = good.held_out
    measured = 10 * np.log10(y.var() / np.mean((good.held_out[0] - y) ** 2, dtype=np.float64))
    said = title(pictures.signal(good))
    assert said.startswith(f"SNR {measured:.1f} dB in, ")
    assert measured > 1  # the task says 0
    assert "adds more error" not in said
    assert "adds more error than it takes away" in title(pictures.signal(bad))
    assert "0.0 dB out" in title(pictures.signal(bad))
    assert headlines.signal(-3.2, None).endswith("is 3 dB above the signal")
    assert headlines.signal(129.4, None).endswith("is 129 dB below the signal")


def test_units_and_names_come_from_the_task():
    assert "signal (µV)" in words(pictures.signal(denoised(LOWPASS)))
    assert "µV²/Hz" in words(pictures.response(denoised(LOWPASS)))
    no_unit = words(pictures.signal(recovered("noise", 0)))
    assert "(" not in no_unit.replace("time (samples)", "")
    assert "ECG" not in no_unit


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (2.394, "2.39 times it"),
        (0.48, "48% of it"),
        (0.0012, "0.12% of it"),
        (3e-7, "3e-07 of it"),
        (0.999, "0.999"),
        (0.0, "0% of it"),
    ],
)
def test_shares_read_right_at_every_size(share, said):
    assert headlines.of(share, "it").startswith(said)


def test_a_kernel_is_as_far_off_as_is_said():
    assert title(pictures.kernel(recovered("noise", 0))).startswith(
        "The learnt weights miss the true kernel by at most"
    )
    largest = np.abs(KERNEL).max()
    assert f"by at most {headlines.of(3 / largest, 'its largest')}" in title(pictures.kernel(recovered("noise", 0, 3)))
    assert "times its largest" in title(pictures.kernel(recovered("noise", 3)))
    assert headlines.kernel(np.ones((1, 1, 1)), np.zeros((1, 1, 1)), "the optimum").startswith("The optimum is zero")
    assert "miss the optimum by" in title(pictures.kernel(denoised(LOWPASS)))


def test_same_outputs_are_claimed_only_where_they_are_the_same():
    same, other = recovered("wave", unseen_kernel()), recovered("wave", 0.5)
    right = recovered("wave", 0)
    assert title(pictures.kernel(same)).startswith("Same outputs (to ")
    assert "another kernel: off the true kernel by" in title(pictures.kernel(same))
    assert "fixes 2 of 6 numbers" in title(pictures.kernel(same))
    assert title(pictures.response(same)).startswith("Same outputs (to ")
    for fit in (other, right):
        assert "Same outputs" not in title(pictures.kernel(fit))
        assert "Same outputs" not in title(pictures.response(fit))
    outputs = [jconv.conv1d(jnp.asarray(other.held_out[0]), k, jnp.asarray(BIAS)) for k in (KERNEL, KERNEL + 0.5)]
    best, learnt = (np.asarray(y, np.float64) for y in outputs)
    apart = np.sqrt(np.mean((learnt - best) ** 2) / np.mean((best - best.mean(axis=0)) ** 2))
    assert f"off the best by {headlines.of(apart, 'their size')}" in title(pictures.kernel(other))


def test_truth_and_bias_and_the_only_frequency_are_drawn():
    fit = recovered("wave", 0, unseen_kernel())
    kernel, response = pictures.kernel(fit), pictures.response(fit)
    assert "truth" in words(kernel)
    (beside,) = (ax for ax in kernel.axes if ax.get_title() == "bias")
    drawn = [list(np.asarray(line.get_ydata())) for line in beside.lines]
    assert drawn.count([0.5, -0.25]) >= 2  # learnt and true
    assert "truth" in words(response)
    assert f"the input's only frequency: {RATE:.3g} cycles per sample" in words(response)
    lines = [line for line in response.axes[0].lines if "only frequency" in str(line.get_label())]
    assert np.asarray(lines[0].get_xdata())[0] == pytest.approx(RATE, rel=1e-6)
    assert "bias" not in [ax.get_title() for ax in pictures.kernel(recovered("noise", 0, use_bias=False)).axes]
    assert "frequency:" not in words(pictures.response(recovered("noise", 0)))


@pytest.mark.parametrize("cycles", [0.004, RATE, 0.123456, 0.49])
def test_one_frequency_is_found_and_two_are_not_one(cycles):
    wave = np.sin(2 * np.pi * cycles * np.arange(1000)[:, None] + np.arange(3)) + 2
    assert pictures.only_frequency(wave.astype(np.float32)) == pytest.approx(cycles, rel=1e-6)
    assert pictures.only_frequency(wave + 0.1 * np.cos(np.arange(1000))[:, None]) is None
    assert pictures.only_frequency(np.ones((1000, 2))) is None
    assert pictures.only_frequency(RANDOM.normal(size=(1000, 1))) is None


def test_gains_are_as_far_apart_as_is_said():
    said = title(pictures.response(recovered("noise", 0)))
    assert said.startswith("The learnt gain misses that of the true kernel by at most")
    assert title(pictures.response(recovered("noise", KERNEL))).endswith("by at most 1 times its largest")
    assert headlines.response(np.ones(4), np.zeros(4), "the optimum").startswith("The gain of the optimum is zero")


@pytest.mark.parametrize(
    ("steps", "held_out", "said"),
    [
        (1, 3.4, "After 1 step the held-out error is 3.4 times that of the least-squares optimum"),
        (2000, 1.0012, "After 2000 steps the held-out error is 0.12% above that of the least-squares optimum"),
        (
            9,
            0.9,
            "After 9 steps the held-out error is 10% below that of the least-squares optimum, which is best on the",
        ),
    ],
)
def test_losses_read_right_on_both_sides_of_the_optimum(steps, held_out, said):
    assert headlines.loss(steps, held_out, 1.0).startswith(said)


def test_an_exact_loss_has_arrived_only_if_it_stays():
    for losses, said in (
        ([1, 1e-13, 1e-13], "From step 2 on the held-out loss is no more than float32 rounding leaves of 0"),
        ([1e-13], "From step 1 on"),
        (
            [1e-13, 1],
            "After 2 steps the held-out loss is 1; the optimum's is 0, of which rounding leaves 1e-12 at most",
        ),
        ([1e-13, np.nan], "After 2 steps the held-out loss is nan"),
    ):
        assert headlines.exact_loss(np.arange(1, len(losses) + 1), np.array(losses), 1e-12).startswith(said)
    arrived = recovered("noise", 0)
    assert title(pictures.loss(arrived)).startswith("After 2 steps the held-out loss is 0.5")
    arrived.training.held_out_loss[:] = [1e-14, 1e-14]
    assert title(pictures.loss(arrived)).startswith("From step 1 on")
    assert "rounding" in words(pictures.loss(arrived))
    assert title(pictures.loss(denoised(LOWPASS))).startswith("After 2 steps the held-out error is ")


@pytest.mark.parametrize("method", ["vmap", "xla", "taps", "gemm"])
@pytest.mark.parametrize("width", [1, 3, 64])
def test_rounding_of_the_loss_is_no_more_than_its_bound(method, width):
    kernel = RANDOM.uniform(-1, 1, (width, 2, 2)).astype(np.float32)
    problem = from_kernel("Recover", inputs("noise", 1000), kernel, BIAS, 0.5)
    fit = fitted(problem, model(kernel_size=width), [kernel], BIAS)
    x, y = (jnp.asarray(part) for part in fit.held_out)
    out = jconv.conv1d(x, jnp.asarray(kernel), jnp.asarray(BIAS), method=method)
    start = (width - 1) // 2
    real = float(jnp.mean((out - y[start : start + len(out)]) ** 2))
    bound = pictures.loss_rounding(fit)
    assert 0 < real <= bound
    assert pictures.loss_rounding(fitted(problem, model(kernel_size=width), [kernel * 1e3], BIAS)) > 1e4 * bound


def test_rounding_counts_more_where_the_held_out_part_is_larger():
    """Held-out samples of twice the size make outputs of twice the size: a ratio of 4 but for chance and the bias."""
    x = inputs("noise", 4000)
    x[2800:] *= 2
    problem = from_kernel("Recover", x, KERNEL, BIAS, 0.7)
    fit = fitted(problem, model(use_bias=False), [KERNEL])
    windows = [np.lib.stride_tricks.sliding_window_view(part, 3, axis=0) for part in (fit.trained[0], fit.held_out[0])]
    powers = [np.mean((rows @ KERNEL[:, 0, 0]) ** 2, dtype=np.float64) for rows in windows]
    assert pictures.largest_ratio(fit) >= 0.99 * powers[1] / powers[0] > 3
    assert pictures.largest_ratio(fit) < 6
    assert pictures.largest_ratio(recovered("wave", 0)) < 2  # of the directions that the training sees


def test_complex_numbers_are_refused_and_not_halved():
    fit = recovered("noise", 0)
    x, y, kernel = fit.problem.x[None], fit.problem.y[None], fit.learnt
    for give in (
        lambda: least_squares(x + 0j, y, fit.model),
        lambda: least_squares(x, y + 0j, fit.model),
        lambda: predict(x[0], kernel + 0j, None, fit.model),
    ):
        with pytest.raises(ValueError, match=r"^`(x|y|kernel)` is complex\d+; the experiments fit real signals"):
            give()


def test_the_way_to_the_optimum_is_said_as_it_was():
    closer = recovered("noise", 1, 0.5, 0.1)
    assert title(course.snapshots(closer)).startswith("The kernel came closer to the optimum: it ends at 10% of")
    further = title(course.snapshots(recovered("noise", 0.5, 1)))
    assert further.startswith("The kernel came no closer to the optimum: it ends at 2 times the distance")
    assert title(course.snapshots(recovered("noise", 0.5, 0.5))) == "The kernel has not moved"
    at = np.ones((3, 1, 1))
    assert headlines.snapshots(at, 2 * at, at).startswith("The kernel began at the optimum and has left it")


def test_unseen_ways_are_said_to_be_unseen():
    hidden = unseen_kernel()
    seen = np.sin(2 * np.pi * RATE * np.arange(3) + 0.3)[:, None, None] * np.array([[[1.0], [0.0]]]).reshape(1, 2, 1)
    seen = np.concatenate([seen, 0 * seen], axis=2)
    fit = recovered("wave", 0)
    rows = np.lib.stride_tricks.sliding_window_view(fit.problem.x[:280], 3, axis=0).transpose(0, 2, 1).reshape(-1, 6)
    seen = (rows.T @ (rows @ seen.reshape(6, 2))).reshape(3, 2, 2)  # a gradient: such as plain descent goes along
    seen *= np.linalg.norm(hidden) / np.linalg.norm(seen)
    for way, said in (
        (seen, "The kernel moves only where the error can see it, not in the 4 of 6 directions"),
        (hidden, "The kernel moves also where the error cannot see it, in 4 of 6 directions: 1 times the way"),
        (seen + hidden, "The kernel moves also where the error cannot see it, in 4 of 6 directions: 71% of the way"),
        (0 * seen, "The kernel has not moved"),
    ):
        assert title(course.snapshots(recovered("wave", way, 0))).startswith(said)
        assert title(course.directions(recovered("wave", way, 0))).startswith(said)


def test_every_picture_says_which_run_made_it():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        overrides = ["experiment=fir_sincos", "optimizer=sgd", "seed=7", "model.dilation=2"]
        run = check(compose("fit", [short_group(o) for o in overrides]), schema.Fit)
    fit = recovered("wave", 0, unseen_kernel())
    drawn = dict(pictures.draw(replace(fit, run=run)))
    five = ["signal.png", "kernel.png", "frequency_response.png", "loss.png", "directions.png"]
    assert list(drawn) == [*five, "shares.png", "unseen.png"]
    for figure in drawn.values():
        said = words(figure)
        for part in ("task recover_fir", "signal sincos", "3 taps", "sgd", "2 steps", "seed 7"):
            assert part in said
    without = replace(fit, model=model(kernel_size=1, dilation=3, padding="causal", use_bias=False))
    assert pictures.made_by(without) == "Recover | 1 tap, padding causal | dilation 3 | no bias | 2 steps"


def test_all_pictures_of_one_tap_and_of_many_are_drawn():
    for kernel in ([0.5], RANDOM.normal(size=301)):
        fit = denoised(kernel)
        for name, figure in pictures.draw(fit):
            assert figure._repr_png_().startswith(b"\x89PNG")
            if name == "kernel.png":
                marked = [line.get_marker() not in ("", "None") for line in figure.axes[0].lines[1:]]
                assert all(marked) if len(kernel) == 1 else not any(marked)
