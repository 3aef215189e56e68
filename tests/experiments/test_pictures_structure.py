"""What pictures of a fit's data and model say: each headline is made false once, and says something else then."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_fits import BIAS, KERNEL, LOWPASS, RANDOM, RATE, denoised, fitted, inputs, model, recovered, title, words

from experiments.config import schema
from experiments.findings.spread import Spread, spread
from experiments.fit import fit
from experiments.showing import course, headlines, pictures, structure
from experiments.tasks import from_kernel


def windows(fit):
    """(rows, 3, 2) of the training."""
    return np.lib.stride_tricks.sliding_window_view(fit.trained[0], 3, axis=0).transpose(0, 2, 1).astype(float)


def channels(first, second):
    """A kernel whose channels have these weights at all taps of both outputs."""
    return np.broadcast_to(np.array([first, second])[None, :, None], (3, 2, 2)).astype(float)


def test_who_adds_most_is_said_as_it_is():
    louder = np.array([10.0, 1.0])
    x = RANDOM.normal(size=(400, 2)) * louder
    for kernel, said in (
        (channels(1, 2), "In 2 of 2 outputs the channel with the largest weights is not the one that adds most"),
        (channels(2, 1), "The channel with the largest weights adds most to each output"),
        (channels(1, 2) * [2.0, 0.0], "In 1 of 1 output the channel with the largest weights is not the one that adds"),
        (channels(0, 0), "No output varies"),
    ):
        problem = from_kernel("Recover", x, kernel.astype(np.float32), BIAS, 0.7)
        figure = structure.shares(fitted(problem, model(), [kernel], BIAS))
        assert title(figure).startswith(said)
        assert "leaves shares open" not in title(figure)


def test_shares_that_the_input_leaves_open_are_said_to_be():
    fit = recovered("wave", 0)
    figure = structure.shares(fit)
    (points,) = re.findall(r"; the input leaves shares open, by up to (\d+) percentage points$", title(figure))
    ends = np.array([line.get_ydata() for ax in figure.axes for line in ax.lines if line.get_marker() == "_"], float)
    assert int(points) == round(np.ptp(ends, axis=1).max())
    assert "leaves shares open" not in title(structure.shares(recovered("noise", 0)))


def test_shares_of_groups_are_those_of_the_channels_that_an_output_sees():
    kernel = RANDOM.normal(size=(3, 1, 4)).astype(np.float32)
    whole = structure.ungrouped(kernel, 2)
    np.testing.assert_array_equal(whole[:, 0, :2], kernel[:, 0, :2])
    np.testing.assert_array_equal(whole[:, 1, 2:], kernel[:, 0, 2:])
    assert not whole[:, 1, :2].any()
    assert not whole[:, 0, 2:].any()


def test_what_the_input_does_not_show_changes_nothing_only_if_it_does_not():
    fit = recovered("wave", 0)
    said = title(structure.unseen(fit))
    assert said.startswith(
        "The input fixes 2 of 6 numbers of each output's kernel: adding another kernel that it cannot"
    )
    by_hand = np.einsum("twc,nwc->tn", windows(fit), fit.identified.unseen)
    outputs = np.einsum("twc,wco->to", windows(fit), fit.learnt)
    size = np.linalg.norm(fit.learnt.reshape(6, 2), axis=0).max()
    most = size * np.sqrt(np.mean(by_hand**2, axis=0)).max() / np.sqrt(np.mean(outputs.var(axis=0)))
    assert structure.unseen_change(fit) == pytest.approx(most, rel=0.05)
    shown = replace(fit.identified, unseen=fit.identified.directions[:1], group=np.zeros(1, int))
    fit.__dict__["identified"] = shown  # where `cached_property` keeps it
    assert structure.unseen_change(fit) > 0.1
    assert ", and yet another kernel of the same kind changes the outputs by" in title(structure.unseen(fit))


def test_gains_came_closer_only_if_they_did():
    fit = denoised(LOWPASS)
    best = np.abs(np.fft.rfft(fit.optimum.kernel[:, 0, 0], 1022))
    off = [np.abs(np.abs(np.fft.rfft(taps, 1022)) - best).max() / best.max() for taps in (0 * LOWPASS, LOWPASS)]
    said = title(course.gains(fit))
    first, last = (headlines.of(float(share), "its largest") for share in off)
    assert said == f"The gain came closer to that of the optimum: off by at most {first} at first, {last} at the end"
    assert headlines.gains(0.1, 0.2).startswith("The gain came no closer to that of the optimum: off by at most 10% of")
    assert headlines.gains(0.1, 0.1).startswith("The gain came no closer")


def test_several_seeds_are_shown_where_they_came_apart():
    found = fit("task=recover_fir", "task.signal=sincos", "task.length=400", "trainer.window=100", steps=3, seeds=4)
    drawn = dict(pictures.draw(found))
    assert list(drawn)[4:] == ["seeds.png", "shares.png", "unseen.png"]
    assert found.spread is not None
    assert found.ensemble is not None
    assert title(drawn["seeds.png"]) == f"4 seeds: {found.spread.sentence()}"
    assert "truth" in words(drawn["seeds.png"])
    bands = [line for line in drawn["seeds.png"].axes[0].lines if str(line.get_label()).startswith(("_fit", "each"))]
    np.testing.assert_array_equal([line.get_ydata() for line in bands], found.ensemble.arrays["kernel"][:, :, 0, 0])
    for errors, words_for_it in ((1.84, "1.8"), (193.6, "194")):
        assert (
            Spread(4, np.ones(3), 0.5, 1.0, errors)
            .sentence()
            .endswith(f"the rest is {words_for_it} standard errors a tap")
        )
    same = spread(np.ones((3, 3, 2, 1)), found.identified, None)
    assert headlines.seeds(3, same.sentence()) == "3 fits came to the same kernel, bit by bit"


def test_the_picture_of_the_course_is_the_one_that_says_most():
    assert course.course(denoised(LOWPASS))[0] == "response_training.png"
    assert course.course(recovered("wave", 1, 0))[0] == "directions.png"
    assert course.course(recovered("noise", 1, 0))[0] == "snapshots.png"
    assert course.course(recovered("wave", 0))[0] == "snapshots.png"  # one kernel is no way
    figure = course.directions(recovered("wave", 1, 0))
    assert "The goal is the true kernel." in words(figure)
    problem = from_kernel("Recover", inputs("wave"), KERNEL, BIAS, 0.7)
    unknown = fitted(replace(problem, true_kernel=None), model(), [KERNEL + 1, KERNEL], BIAS)
    assert "The goal is smallest of the optimal kernels." in words(course.directions(unknown))


def test_a_bank_is_as_flat_as_is_said():
    kernels = [np.cos(2 * np.pi * np.arange(64)[:, None] * np.array([0.1, 0.2]) + 1)[:, None, :] for _ in range(2)]
    kernels[1] = kernels[1] * np.array([1.0, 0.5])
    problem = from_kernel("Bank", RANDOM.normal(size=(400, 1)), kernels[1].astype(np.float32), np.zeros(2), 0.7)
    made = fitted(problem, model(kernel_size=64, use_bias=False), kernels[1:])
    made.training.first_arrays["kernel"] = made.training.arrays["kernel"]
    said = title(structure.bank(made))
    first, last, after, before = map(float, re.findall(r"[\d.]+", said))
    assert (first, last) == pytest.approx((0.1, 0.2), abs=0.01)
    assert after == before
    power = np.square(np.abs(np.fft.rfft(kernels[1][:, 0], 1022, axis=0))).sum(axis=1)
    within = power[int(first * 1022) : int(last * 1022) + 1]
    assert after == pytest.approx(10 * np.log10(within.max() / within.min()), abs=0.6)  # the ends are rounded
    assert headlines.bank(170.2, 3153.4, "Hz", 2, 3).startswith(
        "From 170 to 3153 Hz all filters together are flat with"
    )
    assert structure.ripple(np.array([[1.0], [0.1]])) == pytest.approx(20)


@pytest.mark.parametrize(
    ("widths", "strides", "dilations", "said"),
    [
        ([16, 16], [], [], "Through 2 layers an output sees 31 samples"),
        ([2, 2, 2], [1, 1, 1], [1, 2, 4], "Through 3 layers an output sees 8 samples"),
        ([2, 2], [1, 1], [1, 4], "Through 2 layers an output sees 6 samples, and leaves out 2 of them"),
        ([2, 2], [3, 1], [], "Through 2 layers an output sees 5 samples, and leaves out 1 of them"),
    ],
)
def test_layers_see_as_much_as_is_said(widths, strides, dilations, said):
    stack = schema.LinearStack(widths=widths, strides=strides, dilations=dilations)
    fit = SimpleNamespace(model=stack, problem=SimpleNamespace(rate=None))
    assert title(structure.layers(fit)) == said  # pyright: ignore[reportArgumentType]
    assert headlines.field(2, 31, 31, 360.0) == "Through 2 layers an output sees 31 samples (86.1 ms)"


def test_no_picture_is_drawn_without_a_reason():
    assert not list(structure.structure(denoised(LOWPASS)))
    assert [name for name, _ in structure.structure(recovered("noise", 0))] == ["shares.png"]
    assert [name for name, _ in structure.structure(recovered("wave", 0))] == ["shares.png", "unseen.png"]
    one = from_kernel("Recover", np.sin(2 * np.pi * RATE * np.arange(400))[:, None], KERNEL[:, :1], BIAS, 0.7)
    assert [name for name, _ in structure.structure(fitted(one, model(), [KERNEL[:, :1]], BIAS))] == ["unseen.png"]
