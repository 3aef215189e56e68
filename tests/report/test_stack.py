"""What the page says of a whole network: sizes of its layers, local kernels, confusions, and its errors."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jconv
from jconv import report
from jconv.report.encode import unpacked
from jconv.report.stack import placed_layers, stack_of


def signal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def given(**more):
    return {"x": signal(30, 2), "kernel": signal(3, 2, 1), **more}


def contents(page):
    part = {name: re.findall(rf'id="{name}">(.*?)</script>', page.html, re.DOTALL)[0] for name in ("facts", "arrays")}
    facts = json.loads(part["facts"])
    return facts, unpacked(facts["arrays"], part["arrays"])


LAYERS = [
    report.Layer("a", 3, stride=2, padding="same"),
    report.Layer("b", 4, dilation=3, padding="causal"),
    report.Layer("c", 2, stride=2, padding=(1, 0)),
]


def test_lengths_and_fields_of_layers_are_those_of_the_stack():
    """Where a one in x moves an output tells what it sees."""
    placed = placed_layers(LAYERS, 40)

    def stack(x):
        for layer in LAYERS:
            ones = jnp.ones((layer.width, 1, 1))
            x = jconv.conv1d(x, ones, stride=layer.stride, dilation=layer.dilation, padding=layer.padding)
        return x

    x = jnp.zeros((40, 1))
    assert [each.length for each in placed] == [20, 20, 10]
    assert stack(x).shape == (10, 1)
    moved = np.flatnonzero(jax.jacobian(lambda x: stack(x)[8, 0])(x)[:, 0])
    assert moved[-1] - moved[0] + 1 == placed[-1].sees
    assert placed[-1].step == 4
    assert [each.low for each in placed] == [0, 9, 1]


def test_a_local_kernel_is_that_of_the_analysis_and_adds_up():
    x, weights = signal(30, 2), signal(3, 2, 4)
    network = lambda x: jax.nn.relu(jconv.conv1d(x, weights, padding="same"))  # noqa: E731
    found = report.local(network, x, 11, 2, name="third", exact=True)
    y = float(network(x)[11, 2])
    assert found.y == y
    own = x[found.first : found.first + len(found.kernel)].astype(np.float64)
    assert np.sum(own * found.kernel) + found.rest == pytest.approx(y, abs=8 * 2**-24 * np.sum(np.abs(own)))
    expected = weights[:, :, 2] if y > 0 else np.zeros((0, 2))
    np.testing.assert_array_equal(found.kernel, expected)


def test_the_payload_holds_what_was_given():
    kernel = np.array([[0.1, 1 / 3], [2.0, -1.0]])
    one = report.Local("one", kernel, 0.7, 5, 1.5, exact=False)
    confused = report.Confusion([[3, 1], [0, 2]], ["no", "yes"], {(0, 1): [7]})
    facts, arrays = contents(report.page(**given(layers=LAYERS, locals=[one], confusion=confused)))
    np.testing.assert_array_equal(arrays["local0"], kernel)  # float64 kernels stay so
    np.testing.assert_array_equal(arrays["local_numbers"], [[0.7, 1.5]])
    np.testing.assert_array_equal(arrays["confusion"], [[3, 1], [0, 2]])
    assert facts["locals"] == [{"name": "one", "first": 5, "exact": False, "entry": 0}]
    assert facts["confusion"] == {"classes": ["no", "yes"], "examples": [[0, 1, [7]]], "entries": []}
    assert [each["name"] for each in facts["layers"]] == ["a", "b", "c"]


def test_sentences_are_what_the_numbers_say():
    confused = report.Confusion([[3, 1], [4, 2]], ["no", "yes"], {(1, 0): [2, 5]})
    one = report.Local("one", [[1.0, 1.0]], 0.5, 0, 2.0, exact=True)
    page = report.page(**given(layers=LAYERS, locals=[one], confusion=confused)).html
    assert "5 of 10 examples are right (50\u202f%); most often yes is taken for no, four times" in page
    assert f"sees {placed_layers(LAYERS, 30)[-1].sees} samples" in page
    assert "<td>2, 5, and more</td>" in page
    total = float(signal(30, 2)[0].astype(np.float64).sum())
    assert report_number(total + 0.5) in page
    right = report.Confusion([[3, 0], [0, 2]], ["no", "yes"])
    assert "5 of 5 examples are right (100\u202f%)</span>" in report.page(**given(confusion=right)).html
    none = report.Confusion([[0]], ["no"])
    assert "no example was tested" in report.page(**given(confusion=none)).html


def report_number(value):
    from jconv.report.words import shown

    return f"<td>{shown(value)}</td>"


def test_a_network_without_data_has_no_section_and_no_script():
    assert stack_of((), (), None, (1, 30, 2)) is None
    page, more = report.page(**given()), report.page(**given(layers=LAYERS))
    assert 'id="funnel"' not in page.html
    assert 'id="funnel"' in more.html
    assert len(more.html) > len(page.html)


def test_samples_of_a_local_kernel_stay_in_a_page_of_a_long_signal():
    x = signal(400_000, 1)
    far = report.Local("far", np.ones((20, 1)), 0.0, 250_000, 1.0, exact=True)
    facts, _ = contents(report.page(x=x, kernel=signal(3, 1, 1), locals=[far], limit=700_000))
    ranges = facts["x"]["ranges"]
    assert len(ranges) > 1
    assert any(start <= 250_000 and start + count >= 250_020 for start, count in ranges)


def local(kernel, first=0, entry=0):
    return {"locals": [report.Local("a", kernel, 0.0, first, 0.0, True, entry)]}


def confusion(counts, **more):
    return {"confusion": report.Confusion(counts, ["a"], **more)}


BAD = {
    "layer too long": ({"layers": [report.Layer("a", 40)]}, r"`layers\[0\]` \(=Layer\(.*\) .*"),
    "layer without taps": ({"layers": [report.Layer("a", 0)]}, r"`layers\[0\]` .*must.*"),
    "padding": ({"layers": [report.Layer("a", 3, padding="full")]}, r"`layers\[0\]` .*`padding` \(='full'\) must .*"),
    "many layers": ({"layers": [report.Layer("a", 1)] * 65}, r"`layers` has 65 layers; at most 64 .*"),
    "channels": (local([[1.0]]), r"`locals\[0\].kernel` has shape \(1, 1\); .*"),
    "first": (local([[1, 1]], first=30), r"`locals\[0\].first` \(=30\) must .*"),
    "entry": (local([[1, 1]], entry=1), r"`locals\[0\].entry` \(=1\) must .*"),
    "counts": (confusion([[1, 2]]), r"`confusion.counts` has shape \(1, 2\); .*"),
    "half": (confusion([[0.5]]), r"`confusion.counts` \(=\[\[0.5\]\]\) must .*"),
    "cell": (confusion([[1]], examples={(0, 1): []}), r"`confusion.examples` has a cell \(0, 1\); .*"),
    "listed": (confusion([[1]], examples={(0, 0): [1, 2]}), r"`confusion.examples.* lists 2 of 1 .*"),
    "entries": (confusion([[1]], entries=[1, 2]), r"`confusion.entries` \(=\[1, 2\]\) must .*"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_name_the_argument(name):
    more, text = BAD[name]
    with pytest.raises(ValueError, match=f"^{text}$"):
        report.page(**given(**more))


def test_complex_kernels_are_refused():
    with pytest.raises(TypeError, match=r"^`locals\[0\].kernel` has dtype complex128"):
        report.page(**given(**local([[1j, 0]])))
    with pytest.raises(TypeError, match=r"^`x` has dtype complex64"):
        report.page(x=signal(9, 1) + 1j, kernel=signal(2, 1, 1) + 1j, locals=local([[1.0]])["locals"])
    with pytest.raises(ValueError, match=r"^`channel` \(=3\) must be one of the 2 channels"):
        report.local(lambda x: x, signal(9, 2), 0, 3, name="a", exact=True)
