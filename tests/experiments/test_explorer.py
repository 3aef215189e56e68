"""The pages of runs: what they say is what the run found."""

import dataclasses

import numpy as np
import pytest

from experiments.dissection import dissect
from experiments.findings.optimum import score
from experiments.fit import fit
from experiments.showing import explorer
from jconv import report

SHORT = {"steps": 30, "seeds": 2}


@pytest.fixture(scope="module")
def found():
    return fit("task=recover_fir", "task.length=400", "task.signal=sincos", "trainer.window=100", **SHORT)


@pytest.fixture
def given(monkeypatch):
    """What the page was given, instead of the page."""
    seen = {}
    monkeypatch.setattr(report, "page", lambda **given: seen.update(given))
    return seen


def test_a_page_is_given_what_the_fit_found(found, given):
    explorer.of_fit(found, "python -m experiments.fit")
    np.testing.assert_array_equal(given["kernel"], found.learnt.astype(np.float32))
    training, problem = given["training"], found.problem
    np.testing.assert_array_equal(training.kernels[-1], given["kernel"])
    assert list(training.steps) == found.training.snapshot_steps
    for step, kernel, loss in zip(training.steps, training.kernels, training.loss, strict=True):
        bias = found.training.first_arrays["bias"] if step == 0 else found.learnt_bias if step == 30 else None
        if bias is not None:  # the judge of a run works in float64, the training's own look in float32
            assert loss == pytest.approx(score(problem, kernel, bias, found.model), rel=1e-5)
    assert given["ensemble"].shape == (2, *given["kernel"].shape)
    assert given["reference"].keys() == {found.goal, "truth"}
    assert given["held_out_from"] == problem.held_out_from
    assert f"{found.found.held_out_mse:.4g}" in given["method"]
    changed = dataclasses.replace(found, found=dataclasses.replace(found.found, held_out_mse=123.0))
    explorer.of_fit(changed)
    assert "on them is 123;" in given["method"]


def test_a_page_of_a_fit_is_written_and_tells_of_what_it_cannot_know(found):
    page = explorer.of_fit(found, "python -m experiments.fit task=<b>")
    assert any("2 of 6 directions" in finding for finding in page.findings)
    assert "task=&lt;b&gt;" in page.html
    assert "NaN" not in " ".join(page.findings)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ("model.stride=2", "model.padding=same"),
        ("model.groups=2", "model.padding=causal"),
        ("model=linear_stack",),
    ],
    ids=["stride", "groups", "stack"],
)
def test_every_model_has_a_page_whose_target_fits(settings):
    page = explorer.of_fit(fit("task=recover_fir", "task.length=400", "trainer.window=100", *settings, steps=5))
    assert any("off the target" in finding for finding in page.findings)


def test_a_stack_passes_its_layers(given):
    settings = ("model.widths=[4,3]", "model.strides=[2,1]", "model.dilations=[1,2]")
    explorer.of_fit(
        fit("task=recover_fir", "task.length=400", "trainer.window=100", "model=linear_stack", *settings, steps=5)
    )
    assert given["layers"] == [
        report.Layer("layer 0", 4, 2, 1, "valid"),
        report.Layer("layer 1", 3, 1, 2, "valid"),
    ]


def test_the_notebooks_page_corrects_its_last_sentence():
    page = explorer.of_dissection(dissect(explorer_config()))
    assert "cos leads every output, though the weights alone favour sin in three" in page.findings[0]
    assert "between 19\u202f% and 103\u202f%" in page.findings[1]
    swapped = dataclasses.replace(dissect(explorer_config()))
    swapped = dataclasses.replace(swapped, kernel=swapped.kernel[:, ::-1].copy())
    assert "cos leads every output" not in explorer.of_dissection(swapped).findings[0]


def explorer_config():
    from experiments.config.schema import Understand

    return Understand(compilation_cache=None)
