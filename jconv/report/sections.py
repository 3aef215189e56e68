"""The page's sections below the first: a finding as heading, a figure, its caption, and the numbers as a table."""

from html import escape

GUIDE = (
    (
        "A window.",
        "The kernel sees {taps} of each channel{spread}. Move the window over the signal: drag it, or focus it and use "
        "the arrow keys.",
        "",
    ),
    (
        "Multiply.",
        "Each sample in the window is multiplied by the weight of its tap. Will the largest of these products be above "
        "or below 0?",
        "product",
    ),
    ("Add up a channel.", "The products of one channel go into one sum, at the end of its row.", ""),
    (
        "Add the channels and the bias.",
        "The sums of all channels and the bias make one number, one dot of the output. Which makes most of it?",
        "channel",
    ),
    (
        "Slide.",
        "Move the window on: the same weights make the next dot, and so the whole curve. Find the largest output. What "
        "does the input look like there? It resembles the kernel.",
        "largest",
    ),
    ("Be careful.", "{careful}", "push"),
)
"""Title, text, and what the script asks in each step."""


def guide(taps: str, spread: str, careful: str) -> str:
    """The six steps for someone who never saw a convolution, readable without a script."""
    given = {"taps": taps, "spread": spread, "careful": careful}
    items = "".join(
        f'<li data-ask="{ask}"><b>{title}</b> {escape(text.format(**given))}</li>' for title, text, ask in GUIDE
    )
    return (
        '<section id="guide" aria-label="New to this?"><details><summary>New to this? Six steps, two minutes</summary>'
        f'<ol>{items}</ol><p class="alone"><button id="guide-start">Start on these data</button></p></details>'
        "</section>"
        '<div id="guide-step" hidden role="region" aria-label="Six steps"></div>'
    )


def section(key: str, title: str, heading: str, figure: str, caption: str, table: str = "", more: str = "") -> str:
    """One section; `figure` is what its script fills."""
    numbers = f"<details><summary>The numbers as a table</summary>{table}</details>" if table else ""
    return (
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{escape(title)}: '
        f'<span id="{key}-heading">{escape(heading)}</span></h2>{figure}<p class="caption">{escape(caption)}</p>{more}'
        f"{numbers}</section>"
    )


def contribute(heading: str, table: str, sampled: str, ranged: bool) -> str:
    """Section 2."""
    whisker = (
        " The thin line through it spans all shares that kernels make which give the same output and differ from this "
        "one by no more than its own norm."
        if ranged
        else ""
    )
    caption = (
        "Above: what each channel adds to this output over time (its products, summed over taps), on the time axis of "
        "the tracks; the line named the sum is all of them and the bias. Below, a row for each channel. Norm of "
        "weights is what the weights alone suggest. Own variance is the variance of what the channel adds, covariance "
        "with the others what it shares with them, both over the variance of the output. Their sum is the share "
        "(Pratt's measure): shares add up to 100 %; one below 0 works against the rest." + whisker + sampled
    )
    figure = (
        '<figure class="alone"><div id="parts"></div><div class="key" id="parts-key"></div></figure>'
        '<div class="alone" id="share-rows"></div><div class="alone" id="share-pairs"></div>'
    )
    return section("contribute", "Who contributes", heading, figure, caption, table)


def frequencies(heading: str, table: str, folded: bool, references: list[str], transposed: bool) -> str:
    """Section 3."""
    caption = (
        "How much of each frequency the kernel of the chosen input and output lets through, in decibels: 0 is as it "
        "came, -20 a tenth. Grey behind: the mean power of that input, its largest at the top."
    )
    if references:
        caption += f" Dashed: {' and '.join(references)}."
    if folded:
        caption += " Hatched: above half the output's own rate, so it comes out as a lower frequency (it folds down)."
    if transposed:
        caption += " Frequencies are those of the output, in which the input's repeat above half of its own rate."
    caption += " Late or early is measured from the centre of the window. Move over the figure, or use the slider."
    figure = (
        '<div class="bar-of-controls alone"><label>input <select id="response-channel"></select></label></div>'
        '<figure class="alone" id="response"></figure>'
        '<p class="alone"><label>frequency <input type="range" id="frequency" min="0" max="256" value="0"></label>'
        '<span id="response-text"></span></p>'
    )
    return section("frequencies", "Which frequencies", heading, figure, caption, table)


def trained(heading: str, table: str, goal: str, eigen: bool) -> str:
    """Section 4."""
    caption = (
        f"The slider sets the step, and with it the weights of all sections. Left: the loss. Right: the kernel of the "
        f"chosen input and output at this step (thick), at the start (thin) and {goal} (dashed). Map: its response by "
        f"step (downwards, logarithmic) and frequency; dark lets nothing through."
    )
    if eigen:
        caption += (
            " Last: the excess error of this output, split along the directions that the data excite most; each decays "
            "at a rate of its own, the strongest first. All logarithmic."
        )
    figure = (
        '<p class="alone"><label>step <input type="range" id="step" min="0" value="0"></label> <span id="step-text">'
        '</span> <button id="play">play</button></p>'
        '<div class="pair alone"><figure id="loss"></figure><figure id="kernel-then"></figure>'
        '<figure id="response-map"></figure><figure id="directions"></figure></div>'
    )
    return section("trained", "How it got there", heading, figure, caption, table)


def untold(heading: str, table: str, hidden: bool, bias: bool) -> str:
    """Section 5."""
    caption = (
        "Left: eigenvalues of the windows' Gram matrix"
        + (", means removed as there is a bias" if bias else "")
        + ", logarithmic: how strongly the data excite each direction in the space of weights. Those at or under the "
        "dashed cut are rounding of x. "
    )
    caption += (
        "Right: kernels that these data do not see. Push adds so much of one to the kernel, in multiples of the "
        "kernel's own norm: weights and contributions change, the output does not. Of the unseen kernels it is the one "
        "that moves the leading channel's share most."
        if hidden
        else "Right: the kernels that these data see least. Push adds so much of the weakest to the kernel, in "
        "multiples of the kernel's own norm, and the output changes at once: the data do fix the weights."
    )
    figure = (
        '<div class="pair alone"><figure id="eigenvalues"></figure><figure id="hidden"></figure></div>'
        '<p class="alone"><label>push <input type="range" id="push" min="-1" max="1" step="0.01" value="0"></label>'
        '<span id="push-text"></span></p>'
    )
    return section("untold", "What the data cannot tell", heading, figure, caption, table)


def seeds(heading: str, table: str, reference: str) -> str:
    """Section 6."""
    caption = (
        "The kernel of the chosen input and output, fitted from several seeds: each thin, the median thick, the dark "
        "band between quartiles, the light one between the extremes" + (f", dashed {reference}." if reference else ".")
    )
    return section(
        "seeds", "Would another seed agree", heading, '<figure class="alone" id="ensemble"></figure>', caption, table
    )


def layers(heading: str, table: str, funnel: bool, local: bool) -> str:
    """Section 7: the funnel of the receptive field, and local kernels."""
    caption, figure = "", ""
    if funnel:
        caption += (
            "Funnel: one output of the chosen layer, on top, and under it all that it depends on, layer by layer down "
            "to the samples of x, on their time axis. A trapezoid joins what a layer reads to what it gives; dots are "
            "positions, gaps between them are left out by dilation or stride, hollow ones are padding. "
        )
        figure += (
            '<div class="bar-of-controls alone"><label>layer <select id="layer-choice"></select></label>'
            '<label>output <input type="range" id="layer-at" min="0" value="0"></label><span id="layer-text"></span>'
            '</div><figure class="alone" id="funnel"></figure>'
        )
    if local:
        caption += (
            "Local kernel: around this input a network of convolutions and ReLU is one linear sum, its samples times "
            "the derivatives, and a rest; the table holds at this input only. Of a network that is not linear around "
            "it, this is the gradient, and the gap is what it leaves of the output."
        )
        figure += (
            '<div class="bar-of-controls alone"><label>local kernel of <select id="local-choice"></select></label>'
            '</div><p class="alone" id="local-text"></p><div class="alone sum" id="local"></div>'
            '<p class="alone" id="local-spelled"></p><p class="alone hint" id="local-traced"></p>'
        )
    return section("layers", "Layers", heading, figure, caption, table)


def classes(heading: str, table: str, opens: bool) -> str:
    """Section 7, of a network that tells classes apart: what it confuses."""
    caption = (
        "A row a true class, a column what it was taken for; darker is more of its class. Choose a cell for the "
        "numbers of its examples." + (" Those that are in this page open above." if opens else "")
    )
    figure = '<figure class="alone" id="confusion"></figure><div class="alone" id="confusion-examples"></div>'
    return section("classes", "Which class for which", heading, figure, caption, table)


def method(paragraph: str, lists: str) -> str:
    """Section 8."""
    return (
        f'<section id="method" aria-labelledby="method-title"><h2 id="method-title">Method in words</h2>'
        f"<p>{escape(paragraph)}</p>{lists}</section>"
    )
