"""The page's texts: the result, what to know, and a section for each part of the run that there is."""

from dataclasses import dataclass
from html import escape

import numpy as np

from jconv.report import facts, findings, sections, tables, words
from jconv.report.deep import network
from jconv.report.gather import MOST_TOLD_GROUPS, Gathered
from jconv.report.numbers import agreed, response_table, spaced_rate, trained, untold
from jconv.report.words import shown


@dataclass(frozen=True)
class Texts:
    """Pieces of HTML by their place in page.html, and the findings as plain sentences."""

    html: dict[str, str]
    findings: tuple[str, ...]


def texts(gathered: Gathered) -> Texts:
    """Write all of it."""
    run, p, first = gathered.run, gathered.run.problem, gathered.first
    o, t, c = first["o"], first["t"], first["c"]
    ci = c - p.channels(o).start
    rate, unit = spaced_rate(gathered), run.options["time_unit"]
    peak = findings.peak(p, facts.wide(run.weights)[:, ci, o], rate, unit)
    heard = peak if p.outputs == 1 else f"the kernel of {run.outputs[o]} {peak.removeprefix('it ')}"
    result = findings.result(p, gathered.shares, run.inputs, run.outputs, heard)
    know = worth_knowing(gathered)
    sum_table, spelled, value = tables.one_output(p, run.x[0], run.weights, run.bias, t, o, run.inputs)
    title = run.options["title"] or "What this convolution did to these data"
    share = gathered.shares.share[:, o]
    below, missing = [], []
    if p.seen > 1:
        below.append(
            sections.contribute(
                findings.share_heading(p, share, o, run.inputs, run.outputs),
                tables.shares(p, gathered.shares, gathered.ranges, run.inputs, run.outputs),
                sampled(gathered.shares.sampled, gathered.shares.of),
                gathered.ranges is not None,
            )
        )
    else:
        missing.append("Who contributes: each output sees one channel alone.")
    heading = f"from {run.inputs[c]} to {run.outputs[o]} {peak}"
    folds = p.stride > 1 and not p.transposed
    below.append(sections.frequencies(heading, response_table(gathered, o), folds, list(run.references), p.transposed))
    if run.training is not None:
        below.append(trained(gathered, o))
    else:
        missing.append("How it got there: give training=jconv.report.Training(steps, kernels, biases, loss).")
    if gathered.told:
        below.append(untold(gathered, o))
    else:
        missing.append(
            f"What the data cannot tell: it takes finite samples, at most {facts.MOST_UNKNOWNS:,} weights an output "
            f"and {MOST_TOLD_GROUPS} groups."
        )
    if run.ensemble is not None:
        below.append(agreed(gathered, o, ci))
    else:
        missing.append("Would another seed agree: give ensemble=, kernels of other seeds.")
    below += network(run)
    if run.stack is None:
        missing.append("Layers: give layers=, locals= or confusion= of the network that this convolution is part of.")
    below.append(
        sections.method(
            method(gathered), tables.unordered([f"Not in this page. {each}" for each in missing]) + settings(gathered)
        )
    )
    command = run.options["command"]
    repeat = (
        f'<p id="repeat">To repeat it: <code id="command">{escape(command)}</code> '
        '<button id="copy-command" class="alone">copy command</button></p>'
        if command
        else ""
    )
    html = {
        "title": escape(title), "result": escape(result), "know": tables.unordered(know) + repeat,
        "guide": guide(gathered), "headline": escape(f"y[{t}, {o}] = {shown(value)}"), "sum": sum_table,
        "spelled": escape(spelled), "kernel_of": escape(f"Kernel of {run.outputs[o]}"),
        "kernel": tables.kernel(p, run.weights, run.bias, o, run.inputs), "caption": escape(caption(gathered)),
        "sections": "\n".join(below), "footer": escape(footer(gathered)),
    }  # fmt: skip
    return Texts(html, (result, *know))


def sampled(some: int, whole: int) -> str:
    """A sentence for numbers from a part of the outputs; empty if all were read."""
    return "" if some == whole else f" Shares are those of {some:,} of {whole:,} outputs in time, evenly spread."


def worth_knowing(gathered: Gathered) -> list[str]:
    """What a reader must not miss: what the data leave open, what this file leaves out, what is not finite."""
    run, p, shares, said = gathered.run, gathered.run.problem, gathered.shares, []
    if gathered.told:
        text = findings.told_sentence(gathered.told)
        if gathered.widest is not None:
            opened = open_share(gathered, gathered.widest)
            text += f". So weights alone do not say which channel matters: in {run.outputs[gathered.widest]} {opened}"
        said.append(f"{text}.")
    if run.target is not None:
        said.append(error_sentence(gathered))
    if not np.all(np.isfinite(run.x)):
        bad = int(np.sum(~np.isfinite(run.x)))
        said.append(
            f"{words.capital(words.count(bad, 'sample'))} of x {'is' if bad == 1 else 'are'} not finite; shares and "
            "frequencies that meet one have no value."
        )
    still = [o for o in range(p.outputs) if run.training is not None and moved(gathered, o) < 0.01]
    if still:
        said.append(
            f"{words.capital(words.count(len(still), 'kernel'))} of {p.outputs} moved by less than 1 % of its norm "
            "from the start."
        )
    return [
        *said,
        *gathered.kept.dropped,
        *([sampled(shares.sampled, shares.of).strip()] if shares.sampled < shares.of else []),
    ]


def open_share(gathered: Gathered, output: int) -> str:
    """How far the data leave open the share of the channel that leads an output."""
    assert gathered.ranges
    names = [gathered.run.inputs[c] for c in gathered.run.problem.channels(output)]
    leading = int(np.argmax(gathered.shares.share[:, output]))
    low, high = (ends[:, output] for ends in gathered.ranges)
    return findings.open_range(low, high, leading, names)


def error_sentence(gathered: Gathered) -> str:
    """Root mean square error against the target: of the held-out outputs where a part was held out."""
    run, p, shares = gathered.run, gathered.run.problem, gathered.shares
    assert run.target is not None
    y = shares.y + (0 if run.bias is None else run.bias)
    off, at, part = y - run.target[:, shares.at], shares.at, "all"
    held_out = run.options["held_out_from"]
    if held_out and not p.transposed and np.any(at * p.stride - p.low >= held_out):
        off, part = off[:, at * p.stride - p.low >= held_out], "the held-out"
    error = float(np.sqrt(np.mean(np.abs(off) ** 2)))
    unit = f" {run.options['unit']}" if run.options["unit"] else ""
    return f"The outputs are off the target by {shown(error, 3)}{unit} (root mean square over {part} outputs)."


def moved(gathered: Gathered, output: int) -> float:
    """How far an output's kernel went in training, over its norm at the end."""
    training = gathered.run.training
    assert training is not None
    start, end = (np.asarray(training.kernels[i][..., output]) for i in (0, -1))
    return float(np.linalg.norm(end - start) / max(float(np.linalg.norm(end)), 1e-300))


def caption(gathered: Gathered) -> str:
    """What every mark of the first section means."""
    p, run = gathered.run.problem, gathered.run
    text = (
        "Blue frame: the samples that this output reads, its teeth at the taps. Each sample meets the weight of its "
        "tap; weights are drawn in the order in which they meet the samples, not flipped. "
    )
    if p.transposed:
        text = (
            "Blue frame: from the first to the last input that paints this output, each with the tap that reaches it. "
            "The strip under the output counts the products that make each position: where counts differ, a "
            "checkerboard can be seen. Weights are named by their place in the array that jconv takes, "
            "k[tap, output in its group, input]. "
        )
    elif p.low or p.padded_taps:
        kind = "zero" if p.padding_mode == "zeros" else "a copy of the sample that its arc leads to"
        text += f"Hollow: padding, {kind}. "
    text += "Red is above 0, blue below. Dot on the output: this number. "
    if run.target is not None:
        text += "Dashed grey: the target. "
    if run.complex:
        text += "Lines are real parts, dotted lines imaginary ones. "
    return text + (
        "Move the window with mouse, finger or arrow keys (up and down choose the output); drag a weight up or down to "
        "edit it; click a number to pin it."
    )


def guide(gathered: Gathered) -> str:
    """The six steps, on these data."""
    p = gathered.run.problem
    near = "neighbouring " if p.dilation == 1 and p.width > 1 else ""
    taps = words.count(p.width, f"{near}sample")
    spread = "" if p.dilation == 1 else f", {p.dilation} apart"
    if gathered.told and any(each.rank < each.unknowns for each in gathered.told):
        careful = "Push: the weights change, the output stays. So weights alone do not say which channel matters. "
        careful += "The share does"
        if gathered.widest is not None:
            opened = open_share(gathered, gathered.widest)
            careful += f": in {gathered.run.outputs[gathered.widest]}, {opened}"
        careful += "."
    else:
        careful = "Push: the output changes at once; these data do fix the weights."
    return sections.guide(taps, spread, f"{careful} Then the page is yours.")


def method(gathered: Gathered) -> str:
    """A paragraph that one can paste into a paper."""
    run, p = gathered.run, gathered.run.problem
    kind = "transposed convolution" if p.transposed else "cross-correlation (the kernel is not flipped)"
    batch = f", {words.count(len(run.x), 'example')}" if len(run.x) > 1 else ""
    extra = findings.setting(p)
    text = (
        f"A 1-D {kind} took {words.count(p.inputs, 'channel')} of {p.length:,} samples{batch} to "
        f"{words.count(p.outputs, 'output')} of {p.output_length:,}, with kernels of {words.count(p.width, 'tap')}"
        f"{', ' + extra if extra else ''}, in {run.x.dtype}. jconv computed it; this page recomputes it in float64 "
        "from the samples and weights that it holds, and compares. A channel's share is the covariance of what it adds "
        "with the output, over the output's variance (Pratt 1987)"
    )
    text += (
        ", read at all outputs in time. "
        if gathered.shares.sampled == gathered.shares.of
        else f", read at {gathered.shares.sampled:,} outputs in time, evenly spread. "
    )
    if gathered.told:
        told = gathered.told[0]
        text += (
            f"What the data tell follows from the eigenvalues of the Gram matrix of {told.sampled:,} windows; one "
            "counts above u^2 times its trace, u the roundoff of x. "
        )
    return text + (run.options["method"] or "")


def settings(gathered: Gathered) -> str:
    """The caller's configuration, folded."""
    config = gathered.run.options["config"]
    if not config:
        return ""
    rows = [[str(name), str(value)] for name, value in config.items()]
    return f"<details><summary>Settings</summary>{tables.table(['', ''], rows, label='Settings')}</details>"


def footer(gathered: Gathered) -> str:
    """Where the page comes from."""
    return (
        "One file, made by jconv.report: it loads nothing, sends nothing, and works offline. Samples and weights "
        "marked exact are those of the run, bit for bit."
    )
