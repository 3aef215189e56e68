"""The pictures of the notebook retold: each headline is made false once, and says something else then."""

from dataclasses import replace

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from experiments import dissection
from experiments.config.composed import CONF, check
from experiments.config.schema import Understand
from experiments.showing import dissected
from jconv.analysis import shares


@pytest.fixture(scope="module")
def notebook():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return dissection.dissect(check(compose("understand"), Understand))


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def with_kernel(parts, kernel):
    """As if the kernel had been this one."""
    windows = np.lib.stride_tricks.sliding_window_view(parts.x, 3, axis=0)
    contributions = np.einsum("tcj,jco->cto", windows, kernel)
    return replace(parts, kernel=kernel, contributions=contributions, y=contributions.sum(axis=0) + parts.bias)


def test_on_the_notebooks_data_the_largest_weights_do_not_tell_who_adds_most(notebook):
    said = dissected.weights_and_shares(notebook)
    assert said == "The channel with the largest weights is not the one that adds most in outputs 1, 2 and 3"
    np.testing.assert_array_equal((100 * shares(notebook.contributions)[1]).round(), [105, 61, 61, 94])
    figure = dict(dissected.draw(notebook))["contributions.png"]
    assert title(figure) == said
    assert figure.axes[1].get_title() == "output 1: cos gives 61% of the variance, has 47% of the weights"
    assert f"{said}." in " ".join(dissected.explain(notebook))


def test_where_they_do_it_is_said(notebook):
    kernel = notebook.kernel * np.array([0.1, 1])[None, :, None]
    said = dissected.weights_and_shares(with_kernel(notebook, kernel))
    assert said == "In each output that varies, the channel with the largest weights adds most"
    kernel[:, :, 0] = notebook.kernel[:, :, 1]
    said = dissected.weights_and_shares(with_kernel(notebook, kernel))
    assert said == "The channel with the largest weights is not the one that adds most in output 0"
    assert dissected.weights_and_shares(with_kernel(notebook, 0 * kernel)) == "No output varies"


def test_outputs_are_called_waves_only_if_they_are(notebook):
    assert dissected.waves(notebook).endswith("each a shifted, scaled and raised wave of the input's frequency")
    y = notebook.y.copy()
    y[40, 2] += 1e-3
    said = dissected.waves(replace(notebook, y=y))
    assert said == "What comes out: 4 channels; more than a wave of the input's frequency in output 2"


def test_the_other_headlines_follow_their_numbers(notebook):
    drawn = {name: title(figure) for name, figure in dissected.draw(notebook)}
    assert drawn["signal.png"] == "What goes in: sin and cos, 2 channels of 100 samples"
    assert drawn["kernels.png"] == "4 kernels: each weighs 3 samples of 2 channels"
    assert drawn["by_hand.png"].endswith("add the bias: 1.0425; conv1d gives 1.0425")
    wrong = replace(notebook, y=notebook.y + 1, kernel=notebook.kernel[:, :, :3], bias=notebook.bias[:3])
    wrong = replace(
        wrong, y=wrong.y[:, :3], contributions=wrong.contributions[:, :, :3], by_method={"a": wrong.y[:, :3]}
    )
    drawn = dict(dissected.draw(wrong))
    assert title(drawn["by_hand.png"]).endswith("add the bias: 1.0425; conv1d gives 2.0425")
    assert title(drawn["kernels.png"]).startswith("3 kernels")
    assert "to within 1e+00" in " ".join(text.get_text() for text in drawn["contributions.png"].texts)


def test_every_picture_says_which_run_made_it(notebook):
    for _, figure in dissected.draw(notebook):
        notes = " ".join(text.get_text() for text in figure.texts)
        assert "weights notebook | 100 points from 0 to 10 radians | 3 taps" in notes
