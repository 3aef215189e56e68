"""The table of runs that are opened in a browser, and the numbers of a page as the browser shows them."""

import jax
import numpy as np

import jconv
import jconv.report
from experiments.notebook import BIAS, KERNEL, sin_and_cos


def draws(seed, *shapes, dtype: type = np.float32):
    random = np.random.default_rng(seed)
    drawn = [random.normal(size=shape) for shape in shapes]
    if np.dtype(dtype).kind == "c":
        drawn = [each + 1j * random.normal(size=each.shape) for each in drawn]
    return [each.astype(dtype) for each in drawn]


def run(seed, x, kernel, bias=None, dtype: type = np.float32, **settings):
    """Arguments of `jconv.report.page` with drawn arrays."""
    drawn = draws(seed, x, kernel, *([] if bias is None else [(bias,)]), dtype=dtype)
    return {"x": drawn[0], "kernel": drawn[1], "bias": None if bias is None else drawn[2], **settings}


def with_nan():
    arguments = run(7, (30, 2), (3, 2, 2), 2)
    arguments["x"][11, 1] = np.nan
    return arguments


def network(x):
    """Two convolutions with a ReLU between: (length, 2) to (length / 2, 3). Its first is that of `in_a_network`."""
    weights = draws(18, (3, 2, 4), (4,), (4, 4, 3), (3,))
    inside = jax.nn.relu(jconv.conv1d(x, weights[0], weights[1], stride=2, padding="same"))
    return jconv.conv1d(inside, weights[2], weights[3], dilation=3, padding="causal")


def in_a_network():
    """The first layer of `network`, on three examples, with all that the page can say of the rest."""
    kernel, bias = draws(18, (3, 2, 4), (4,))
    (x,) = draws(19, (3, 60, 2))
    places = ((0, 20, 1), (0, 1, 0), (2, 29, 2))
    found = [
        jconv.report.local(network, x[n], t, c, name=f"output {t}, {c}", exact=True, entry=n) for n, t, c in places
    ]
    return {
        "x": x, "kernel": kernel, "bias": bias, "stride": 2, "padding": "same",
        "layers": [
            jconv.report.Layer("first", 3, stride=2, padding="same"),
            jconv.report.Layer("second", 4, dilation=3, padding="causal"),
        ],
        "locals": found,
        "confusion": jconv.report.Confusion(
            [[5, 1, 0], [2, 7, 0], [0, 0, 0]], ["cat", "dog", "cow"], {(0, 1): [17], (1, 0): [4, 9]}, entries=[17, 4, 1]
        ),
    }  # fmt: skip


NOTEBOOK = {
    "x": sin_and_cos(), "kernel": KERNEL, "bias": BIAS, "inputs": ["sin", "cos"], "rate": 9.9, "time_unit": "rad",
}  # fmt: skip

RUNS = {
    "notebook": NOTEBOOK,
    "stride 2": run(0, (41, 2), (3, 2, 3), 3, stride=2, padding="same"),
    "dilation 3": run(1, (40, 2), (4, 2, 2), 2, dilation=3, padding=(5, 1)),
    "groups 2": run(2, (30, 4), (3, 2, 6), 6, groups=2, padding="same_lower"),
    "causal": run(3, (20, 1), (5, 1, 2), padding="causal"),
    "reflect": run(4, (6, 2), (4, 2, 1), 1, padding=9, padding_mode="reflect"),
    "circular": run(5, (9, 2), (3, 2, 2), 2, padding=(2, 5), padding_mode="circular"),
    "replicate": run(6, (9, 1), (3, 1, 2), padding="same", padding_mode="replicate", stride=2),
    "crop": run(16, (20, 2), (3, 2, 2), 2, padding=(-2, 3)),
    "transposed": run(8, (12, 4), (3, 2, 4), 4, transposed=True, stride=2, groups=2, padding=1),
    "transposed, gaps": run(9, (7, 2), (2, 3, 2), 3, transposed=True, stride=3, dilation=2, output_padding=1),
    "complex": run(10, (20, 2), (3, 2, 2), 2, dtype=np.complex64, padding="same"),
    "complex, transposed": run(11, (8, 2), (3, 2, 2), dtype=np.complex64, transposed=True, stride=2),
    "nan": with_nan(),
    "one tap": run(12, (15, 1), (1, 1, 1)),
    "long": run(13, (90, 3), (40, 3, 2), 2, padding="same"),
    "batch": run(14, (3, 2, 20, 2), (3, 2, 2), 2),
    "in a network": in_a_network(),
}


def page_of(name, **more):
    return jconv.report.page(**{**RUNS[name], **more})


def numbers(tab):
    """Every number of a page by name: value, from, to."""
    rows = tab.evaluate("""() => [...document.querySelectorAll("[data-name]")].map((each) =>
        [each.dataset.name, each.dataset.value, each.dataset.from, each.dataset.to])""")
    found = {}
    for name, value, *links in rows:
        entry = (complex(value) if "j" in value else float(value), *(link.split() for link in links))
        if name in found:
            assert repr(found[name]) == repr(entry), f"two elements disagree on {name}"
        found[name] = entry
    return found


def settled(tab):
    """Wait until what was asked for has been drawn: two frames, and what they left to do."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")
