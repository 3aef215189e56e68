"""Every output is traced through the page's own links to the arrays that went in, and equals the oracle."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import oracle
from browser.pages import RUNS, numbers, page_of

from jconv.window import resolve_padding, transposed_window


def expected(arguments):
    """The outputs in float64 from the oracle, (batch, time, out), and the flattened x."""
    x, kernel, bias = (arguments.get(name) for name in ("x", "kernel", "bias"))
    x = x.reshape(-1, *x.shape[-2:])
    stride, dilation, groups = (arguments.get(name, 1) for name in ("stride", "dilation", "groups"))
    padding, mode = arguments.get("padding", "valid"), arguments.get("padding_mode", "zeros")
    width, length = kernel.shape[0], x.shape[1]
    if arguments.get("transposed"):
        window = transposed_window(length, width, stride, padding, dilation, arguments.get("output_padding", 0))
        form = oracle.Form(window.input_length, width, length, stride, dilation, window.low, groups)
        y = form.input(x, kernel)
    else:
        low, high = resolve_padding(padding, length, width, stride, dilation)
        read = x
        if mode != "zeros":
            read, low, high = oracle.pad_with_mode(x, low, high, mode), 0, 0
        outputs = (read.shape[1] + low + high - (width - 1) * dilation - 1) // stride + 1
        y = oracle.Form(read.shape[1], width, outputs, stride, dilation, low, groups).output(read, kernel)
    return y + (0 if bias is None else bias), x


def same(a, b):
    return a == b or (a != a and b != b)


def walk(found, name, leaves):
    """Check a number against those it comes from, down to its leaves."""
    value, parents, _ = found[name]
    kind = name[: name.index("[")]
    if not parents:
        leaves.add(name)
        return
    for parent in parents:
        assert name in found[parent][2], f"{parent} does not lead back to {name}"
        walk(found, parent, leaves)
    values = [found[parent][0] for parent in parents]
    if kind == "product":
        assert len(values) == 2
        want, size = values[0] * values[1], abs(values[0] * values[1])
    else:
        want, size = sum(values), sum(abs(each) for each in values)
    terms = len(values) + (4 if isinstance(want, complex) else 0)
    finite = np.isfinite(want)
    assert abs(value - want) <= terms * 2**-53 * size if finite else not np.isfinite(value), name


def check_leaf(found, name, arguments, x, n):
    kind, at = name[: name.index("[")], [int(each) for each in name[name.index("[") + 1 : -1].split(",")]
    value = found[name][0]
    if kind in ("pad", "y"):  # zeros beyond the signal; an output that no input reaches
        assert value == 0
    else:
        array = {"x": x[n], "k": arguments["kernel"], "bias": arguments["bias"]}[kind]
        assert same(complex(value), complex(array[tuple(at)])), name  # to the last bit: every float32 is a float64


@pytest.mark.parametrize("name", RUNS)
def test_every_output_leads_back_to_the_arrays(name, open_page):
    arguments = RUNS[name]
    y, x = expected(arguments)
    opened = open_page(page_of(name))
    assert opened.said == []
    assert opened.asked == []
    last, n = y.shape[1] - 1, len(x) - 1
    for t in sorted({0, 1, last // 2, last}):
        for o in sorted({0, y.shape[2] - 1}):
            opened.page.goto(opened.page.url.split("#")[0] + f"#t={t}&o={o}&n={n}")
            opened.page.wait_for_function(
                "([t, o]) => document.querySelector(`[data-name='y[${t},${o}]']`)", arg=[t, o], timeout=5000
            )
            found, leaves = numbers(opened.page), set()
            walk(found, f"y[{t},{o}]", leaves)
            for leaf in leaves:
                check_leaf(found, leaf, arguments, x, n)
            value, terms = found[f"y[{t},{o}]"][0], x.shape[2] * arguments["kernel"].shape[0] + 1
            size = np.sum(np.abs(np.nan_to_num(x[n]))) * np.max(np.abs(arguments["kernel"])) + 1
            assert same(value, y[n, t, o]) or abs(value - y[n, t, o]) <= 8 * terms * 2**-53 * size
            assert len([leaf for leaf in leaves if leaf[0] == "k"]) > 0 or name.startswith("transposed")


@pytest.mark.parametrize("name", [name for name in RUNS if name != "nan"])
def test_python_that_is_copied_gives_the_number(name, open_page):
    arguments = {key: np.asarray(value).astype(complex if np.iscomplexobj(value) else float) for key, value in
                 RUNS[name].items() if key in ("x", "kernel", "bias") and value is not None}  # fmt: skip
    opened = open_page(page_of(name), hash="t=1")
    names = opened.page.evaluate("[...document.querySelectorAll('#explorer [data-name]')].map((e) => e.dataset.name)")
    picked = {each[: each.index("[")]: each for each in names}
    picked["first product"] = next((each for each in names if each.startswith("product")), "y[1,0]")
    for each in picked.values():
        opened.page.goto(opened.page.url.split("#")[0] + f"#t=1&pin={each.replace('[', '%5B').replace(']', '%5D')}")
        opened.page.wait_for_function(
            "(name) => document.querySelector('#traced').textContent.startsWith('pinned: ' + name)", arg=each
        )
        code, _, value = opened.page.inner_text("#python").partition("#")
        got, shown = eval(code, {**arguments}), complex(value.strip())
        assert abs(got - shown) <= 1e-12 * (1 + abs(shown)), (each, code)
