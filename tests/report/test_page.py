"""What Python writes: the same bytes, true sentences, safe names, a policy naming its scripts, sizes, and errors."""

import base64
import hashlib
import html
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

import jconv.report
from experiments.notebook import BIAS, KERNEL, sin_and_cos
from jconv.report.encode import unpacked

NOTEBOOK = {"x": sin_and_cos(), "kernel": KERNEL, "bias": BIAS, "inputs": ["sin", "cos"]}


def draws(seed, *shapes):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype(np.float32) for shape in shapes]


def part(text, name):
    return re.findall(rf'<script type="[a-z/]+" id="{name}">(.*?)</script>', text, re.DOTALL)[0]


def contents(page):
    facts = json.loads(part(page.html, "facts"))
    return facts, unpacked(facts["arrays"], part(page.html, "arrays"))


def test_same_input_same_bytes():
    assert jconv.report.page(**NOTEBOOK).html == jconv.report.page(**NOTEBOOK).html
    assert jconv.report.page(**NOTEBOOK).html != jconv.report.page(**{**NOTEBOOK, "bias": BIAS * 2}).html


def test_the_payload_is_the_arrays_bit_for_bit():
    facts, arrays = contents(jconv.report.page(**NOTEBOOK))
    np.testing.assert_array_equal(arrays["x"][0], NOTEBOOK["x"])
    np.testing.assert_array_equal(arrays["kernel"], KERNEL)
    np.testing.assert_array_equal(arrays["bias"], BIAS)
    assert len(arrays["checked"]) == 98 * 4
    y = np.asarray(jconv.conv1d(NOTEBOOK["x"], KERNEL, BIAS, method="direct"))
    _, t, o = arrays["checked_at"].T
    np.testing.assert_array_equal(arrays["checked"], y[t, o])
    assert facts["told"]["ranks"] == [2]


def test_the_policy_names_the_hash_of_each_script():
    page = jconv.report.page(**NOTEBOOK).html
    loader = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    code = zlib.decompress(base64.b64decode(part(page, "code"))).decode()
    assert len(loader) == 1
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    for text in (loader[0], code):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert not re.search(r"(?:src|href)=[\"']", page)
    assert "://" not in code.replace("http://www.w3.org/2000/svg", "")


def test_the_result_is_what_the_arrays_say():
    """cos leads every output; weights alone favour sin in three. Swap the channels, and the sentence swaps."""
    said = jconv.report.page(**NOTEBOOK).findings[0]
    assert said == (
        "Sin and cos through four kernels of three taps: cos leads every output, "
        "though the weights alone favour sin in three."
    )
    swapped = {**NOTEBOOK, "x": NOTEBOOK["x"][:, ::-1], "kernel": KERNEL[:, ::-1]}
    assert (
        "sin leads every output, though the weights alone favour cos in three"
        in jconv.report.page(**swapped).findings[0]
    )
    honest = KERNEL.copy()
    honest[:, 0] /= 10
    assert (
        "cos leads every output, as the weights alone say too"
        in jconv.report.page(**{**NOTEBOOK, "kernel": honest}).findings[0]
    )


def test_what_the_data_tell_is_computed():
    assert "tell 2 of 6 directions" in jconv.report.page(**NOTEBOOK).findings[1]
    assert "open between 19\u202f% and 103\u202f%" in jconv.report.page(**NOTEBOOK).findings[1]
    (white,) = draws(0, (100, 2))
    assert "tell all 6 weights" in jconv.report.page(**{**NOTEBOOK, "x": white}).findings[1]


def test_the_error_against_a_target_is_said_of_the_held_out_part():
    """A target 2 off in the first half and 0.5 off in the second."""
    y = np.asarray(jconv.conv1d(NOTEBOOK["x"], KERNEL, BIAS))
    target = y + np.where(np.arange(98) < 50, 2, 0.5)[:, None].astype(np.float32)
    said = jconv.report.page(**NOTEBOOK, target=target, held_out_from=50, unit="mV").findings
    assert "The outputs are off the target by 0.500 mV (root mean square over the held-out outputs)." in said
    said = jconv.report.page(**NOTEBOOK, target=target).findings
    whole = np.sqrt((50 * 4 + 48 * 0.25) / 98)
    assert f"The outputs are off the target by {whole:.2f} (root mean square over all outputs)." in said


def test_a_kernel_that_did_not_move_is_named():
    moving = KERNEL + np.linspace(1, 0, 3, dtype=np.float32)[:, None, None, None]
    moving[:, :, :, 2] = KERNEL[:, :, 2]
    page = jconv.report.page(**NOTEBOOK, training=jconv.report.Training([0, 1, 2], moving))
    assert any("One kernel of 4 moved by less than 1 %" in said for said in page.findings)
    still = jconv.report.page(**NOTEBOOK, training=jconv.report.Training([0, 1, 2], moving + np.float32(0)))
    assert still.findings == page.findings


def test_numbers_that_are_not_finite_are_counted():
    x = NOTEBOOK["x"].copy()
    x[3, 0], x[5, 1] = np.nan, np.inf
    page = jconv.report.page(**{**NOTEBOOK, "x": x})
    assert any("Two samples of x are not finite" in said for said in page.findings)


def test_names_are_escaped():
    nasty = "</script><script>alert(1)</script>&{{facts}}\u2028"
    page = jconv.report.page(
        **{**NOTEBOOK, "inputs": [nasty, "b"]}, title=nasty, command=nasty, method=nasty, config={nasty: nasty},
        output_names=[nasty, "q", "r", "s"],
    )  # fmt: skip
    assert "<script>alert" not in page.html
    assert page.html.count("<script") == 4
    assert json.loads(part(page.html, "facts"))["names"]["inputs"][0] == nasty


def test_a_name_cannot_turn_the_text_after_it():
    page = jconv.report.page(**{**NOTEBOOK, "inputs": ["\u202eevil", "cos"]})
    assert json.loads(part(page.html, "facts"))["names"]["inputs"][0] == "\u2068\u202eevil\u2069"


def test_small_pages_are_small():
    page = jconv.report.page(**NOTEBOOK)
    assert page.tier == "S"
    assert len(page.html) < 100_000


def test_an_ecg_with_a_held_out_part_is_under_half_a_megabyte():
    x, y, kernel = draws(1, (108_000, 1), (108_000, 1), (31, 1, 1))
    page = jconv.report.page(x=x, kernel=kernel, padding="same", target=y, held_out_from=75_600, rate=360)
    assert page.tier == "M"
    assert len(page.html) < 500_000
    assert any("Samples before 75,569 trained and are here as an envelope" in said for said in page.findings)
    facts, arrays = contents(page)
    assert facts["x"]["ranges"] == [[75_569, 32_431]]
    np.testing.assert_array_equal(arrays["x"][0], x[75_569:])
    assert arrays["x_envelope"].shape == (1024, 1, 2)


def test_sixty_four_snapshots_of_64_by_32_by_9_are_under_3_5_megabytes():
    start, end, x = draws(2, (9, 64, 32), (9, 64, 32), (300, 64))
    steps = np.unique(np.geomspace(1, 3000, 90).round().astype(int))[:64]
    decay = np.exp(-steps / 300)[:, None, None, None].astype(np.float32)
    kernels = end + (start - end) * decay
    page = jconv.report.page(
        x=x, kernel=kernels[-1], padding="same", training=jconv.report.Training(steps.tolist(), kernels)
    )
    assert len(page.html) < 3_500_000
    _, arrays = contents(page)
    assert arrays["snapshots"].shape == (64, 9, 64, 32)
    assert np.abs(arrays["snapshots"] - kernels).max() <= 1.6e-5 * np.abs(kernels).max()


def test_what_does_not_fit_is_left_out_and_said():
    x, kernel, snapshots = draws(3, (60_000, 8), (401, 8, 24), (6, 401, 8, 24))
    training = jconv.report.Training(list(range(6)), snapshots)
    page = jconv.report.page(x=x, kernel=kernel, training=training, limit=700_000, outputs=[5], around=[31_000])
    assert page.tier == "L"
    assert len(page.html) <= 700_000
    for said in ("samples are exact", "outputs of 24 are exact", "snapshot"):
        assert any(said in each for each in page.findings), said
        assert said in page.html
    facts, arrays = contents(page)
    assert 5 in facts["kernel"]["outputs"]
    assert any(first <= 31_000 and first + count > 31_400 for first, count in facts["x"]["ranges"])
    kept = np.concatenate([np.arange(first, first + count) for first, count in facts["x"]["ranges"]])
    np.testing.assert_array_equal(arrays["x"][0], x[kept])
    np.testing.assert_array_equal(arrays["kernel"], kernel[:, :, facts["kernel"]["outputs"]])
    whole = jconv.report.page(x=x, kernel=kernel, training=training, limit=20_000_000)
    assert whole.tier == "M"
    assert not any("exact" in each for each in whole.findings)


def test_a_limit_that_nothing_fits_is_refused():
    with pytest.raises(ValueError, match=r"^`limit` \(=5000\) must be at least \d+: the smallest page"):
        jconv.report.page(**NOTEBOOK, limit=5000)


@pytest.mark.parametrize(
    ("more", "error", "text"),
    [
        ({"inputs": ["sin"]}, ValueError, r"^`inputs` \(=\['sin'\]\) must be a sequence of 2 names$"),
        ({"bias": BIAS[:3]}, ValueError, r"^`bias` has shape \(3,\); it must be \(4\)$"),
        ({"kernel": KERNEL[:, :1]}, ValueError, r"^`x` has 2 channels and `kernel` of shape \(3, 1, 4\)"),
        ({"kernel": KERNEL.astype(np.float16)}, TypeError, "^`x` and `kernel` must have one dtype"),
        ({"target": BIAS}, ValueError, r"^`target` has shape \(4,\); it must be \(98, 4\)$"),
        ({"stride": 0}, ValueError, r"^`stride` \(=0\) must be at least 1$"),
        ({"padding_mode": "reflekt"}, ValueError, "did you mean 'reflect'"),
        ({"transposed": True, "padding_mode": "reflect"}, ValueError, "^`padding_mode` .* must be 'zeros'"),
        ({"output_padding": 1}, ValueError, r"^`output_padding` \(=1\) must be 0"),
        ({"training": jconv.report.Training([1, 1], np.stack([KERNEL] * 2))}, ValueError, "two rising numbers"),
        ({"limit": 0}, ValueError, r"^`limit` \(=0\) must be at least 1$"),
    ],
)
def test_errors_name_the_argument(more, error, text):
    with pytest.raises(error, match=text):
        jconv.report.page(**{**NOTEBOOK, **more})


def test_write_returns_the_path_and_the_frame_is_the_file(tmp_path):
    path = jconv.report.write(tmp_path / "page.html", **NOTEBOOK)
    page = jconv.report.page(**NOTEBOOK)
    assert path.read_text(encoding="utf-8") == page.html
    bundle = page._repr_mimebundle_()
    assert bundle["text/plain"] == repr(page) == "\n".join(page.findings)
    assert 'sandbox="allow-scripts allow-downloads"' in bundle["text/html"]
    (source,) = re.findall(r'srcdoc="(.*?)"', bundle["text/html"], re.DOTALL)
    assert html.unescape(source) == page.html


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "complex64"])
def test_other_dtypes(dtype):
    x, kernel = ((10 * each).astype(dtype) for each in draws(5, (30, 2), (3, 2, 2)))
    facts, arrays = contents(jconv.report.page(x=x, kernel=kernel))
    assert facts["problem"]["complex"] == (dtype == "complex64")
    got = arrays["x"][0, ..., 0] + 1j * arrays["x"][0, ..., 1] if dtype == "complex64" else arrays["x"][0]
    np.testing.assert_array_equal(got, x)


def test_the_examples_of_its_page_run(tmp_path, monkeypatch):
    """docs/page.md: its code runs as it stands, and says what the text around it says."""
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "page.md").read_text()
    pages = []
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        names = {}
        exec(block, names)
        pages.append(names["page"])
    assert "cos leads every output, though the weights alone favour sin in three" in pages[0].findings[0]
    assert (tmp_path / "page.html").exists()
    assert "How it got there" in (tmp_path / "trained.html").read_text()
    assert "an output of the last of 2 layers sees 21 samples" in pages[2].html
    assert "12 of 15 examples are right" in pages[2].html
