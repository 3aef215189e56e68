"""The page put together: texts and tables from Python, arrays, scripts and styles, all in one file that loads nothing.

The scripts are compressed as the arrays are, 148 KB to 45; `assets/loader.js`, in clear, unpacks and starts them. The
content security policy names the hashes of both, so that nothing else can run.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from jconv import checks
from jconv.report import prose
from jconv.report.budget import tier
from jconv.report.encode import compressed
from jconv.report.gather import Gathered, gather
from jconv.report.payload import packed
from jconv.report.run import Run, Training, run_of
from jconv.report.stack import Confusion, Layer, Local, Stack
from jconv.window import Padding

SCRIPTS = (
    "scales", "sketch", "window", "decode", "state", "sums", "terms",
    "kernel", "editing", "outputs", "tracks", "held", "output", "table", "strips", "running", "trace", "moves",
    "shares", "parts", "pairs", "response", "spectrum", "training", "steps", "unseen", "seeds", "layers", "local",
    "confusion", "guide", "main",
)  # fmt: skip
ROUNDOFF = {"float64": 2.0**-53, "complex128": 2.0**-53, "float16": 2.0**-11, "bfloat16": 2.0**-8}


@dataclass(frozen=True)
class Page:
    """One self-contained page.

    Attributes:
        html: all of it.
        findings: what it says first, one sentence each.
        tier: "S", "M" or "L", see `jconv.report.budget`.
    """

    html: str
    findings: tuple[str, ...]
    tier: str

    def write(self, path: str | Path) -> Path:
        """Write it to a file, in UTF-8."""
        path = Path(path)
        path.write_text(self.html, encoding="utf-8", newline="\n")
        return path

    def __repr__(self) -> str:
        return "\n".join(self.findings)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the page in a frame of its own, and its findings where there is only text."""
        mark = hashlib.sha256(self.html.encode()).hexdigest()[:12]
        source = escape(self.html, quote=True)
        frame = (
            f'<iframe class="jconv-{mark}" srcdoc="{source}" sandbox="allow-scripts allow-downloads" '
            'style="width:100%;height:760px;border:0" title="jconv report"></iframe>'
            '<script>addEventListener("message",function(event){var height=event.data&&event.data.jconvPageHeight;'
            f'if(height)document.querySelectorAll("iframe.jconv-{mark}").forEach(function(frame){{'
            'if(frame.contentWindow===event.source)frame.style.height=Math.min(height+4,20000)+"px"})})</script>'
        )
        return {"text/plain": repr(self), "text/html": frame}


def write(path: str | Path, **arguments: Any) -> Path:
    """Write one self-contained page about a convolution, which opens offline. See `page` for the arguments.

    Returns:
        The path.

    >>> import numpy as np, tempfile
    >>> wave = np.sin(np.arange(40, dtype=np.float32) / 4)[:, None]
    >>> write(tempfile.mkdtemp() + "/page.html", x=wave, kernel=np.ones((3, 1, 1), np.float32)).name
    'page.html'
    """
    return page(**arguments).write(path)


def page(
    *,
    x: Any,
    kernel: Any,
    bias: Any = None,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    transposed: bool = False,
    output_padding: int = 0,
    title: str | None = None,
    inputs: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    rate: float | None = None,
    time_unit: str = "s",
    unit: str = "",
    target: Any = None,
    training: Training | None = None,
    ensemble: Any = None,
    reference: Mapping[str, Any] | None = None,
    unseen: Any = None,
    layers: Sequence[Layer] = (),
    locals: Sequence[Local] = (),
    confusion: Confusion | None = None,
    held_out_from: int | None = None,
    outputs: Sequence[int] = (),
    around: Sequence[int] = (),
    command: str | None = None,
    config: Mapping[str, Any] | None = None,
    method: str | None = None,
    limit: int = 5_000_000,
) -> Page:
    """One self-contained page about a convolution: every output number can be traced back to samples and weights.

    It needs no network, no server and no package, recomputes its outputs in float64, and compares them with those of
    jconv. The same arguments give the same bytes.

    Args:
        x: (*batch, length, in) signal, as `jconv.conv1d` takes it in layout "NLC"; a sample is shown as JAX holds it.
        kernel: (width, in/groups, out), or (width, out/groups, in) for a transposed convolution.
        bias: (out,).
        stride, padding, padding_mode, dilation, groups: of `jconv.conv1d`.
        transposed: whether this is `jconv.conv_transpose1d`; then without padding modes.
        output_padding: of `jconv.conv_transpose1d`.
        title: heading of the page.
        inputs: names of the input channels.
        output_names: names of the outputs.
        rate: samples of x in one `time_unit`, or None.
        time_unit: unit of time.
        unit: unit of x.
        target: (*batch, outputs in time, out) what the outputs should be.
        training: kernels, biases and losses on the way.
        ensemble: (seeds, *kernel's shape), kernels of other seeds.
        reference: name -> kernel to compare with: an optimum, the truth. The first is the goal of training.
        unseen: (count, width, in/groups) orthonormal kernels that the data cannot see; else they are computed, up to
            2048 weights an output.
        layers: of the network that reads x, first layer first: what an output of each sees is drawn.
        locals: outputs of that network as a kernel and a rest at this input, as `jconv.report.local` finds them.
        confusion: which classes that network takes for which, with the examples of each cell.
        held_out_from: first sample that did not train; in a long signal the earlier ones may become an envelope.
        outputs: outputs whose weights must stay exact where not all fit.
        around: outputs in time around which samples must stay exact where not all fit.
        command: how to repeat the run.
        config: settings of the run, shown folded.
        method: how the run was made, in words: what was split, fitted and compared.
        limit: characters the page may have; what it drops to stay below is said on it.

    Returns:
        A `Page`: `.write(path)`, or the value of a notebook's cell.

    Raises:
        TypeError: x and kernel of different dtypes.
        ValueError: shapes or settings that jconv refuses, names, steps, layers, local kernels or classes that do not
            fit, or a limit below what the smallest page takes.

    >>> import numpy as np
    >>> wave = np.sin(np.arange(40, dtype=np.float32) / 4)[:, None]
    >>> page(x=wave, kernel=np.ones((3, 1, 1), np.float32) / 3, inputs=["wave"]).tier
    'S'
    """
    settings = {
        "stride": stride, "padding": padding, "padding_mode": padding_mode, "dilation": dilation, "groups": groups,
        "transposed": bool(transposed), "output_padding": output_padding,
    }  # fmt: skip
    limit = checks.whole_number("limit", limit, minimum=1)
    run = run_of(
        x, kernel, bias, settings=settings, inputs=inputs, output_names=output_names, target=target, training=training,
        ensemble=ensemble, reference=reference, unseen=unseen, layers=layers, local_kernels=locals,
        confusion=confusion, title=title, rate=rate, time_unit=time_unit, unit=unit,
        held_out_from=held_out_from, outputs=tuple(outputs), around=tuple(around), command=command, config=config,
        method=method, output_padding=output_padding,
    )  # fmt: skip
    aim = limit
    for _ in range(6):
        gathered = gather(run, aim)
        made = assembled(gathered)
        if len(made.html) <= limit:
            return made
        aim -= max(len(made.html) - limit, limit // 20)
    raise ValueError(f"`limit` (={limit}) must be at least {len(made.html)}: the smallest page of this run takes that")


def asset(name: str) -> str:
    """The text of a file in assets/."""
    return files("jconv.report").joinpath("assets", name).read_text(encoding="utf-8")


def script(run: Run) -> str:
    """The scripts that this run needs as one function, so that no name leaks, without indentation and comments."""
    stack = run.stack or Stack()
    there = {
        "training": run.training, "steps": run.training, "seeds": run.ensemble is not None, "layers": stack.layers,
        "local": stack.locals, "confusion": stack.confusion,
    }  # fmt: skip
    absent = {name for name, data in there.items() if not data}
    lines = "\n".join(asset(f"{name}.js") for name in SCRIPTS if name not in absent).split("\n")
    code = "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))
    return f'"use strict";\n(() => {{\n{code}\nstart();\n}})();\n'


def policy(*codes: str) -> str:
    """The page's content security policy: these scripts may run, and nothing may load."""
    digests = (base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode() for code in codes)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"


def assembled(gathered: Gathered) -> Page:
    """The page of what was gathered."""
    run = gathered.run
    packer, extra = packed(gathered)
    arrays, code, loader = packer.text, script(run), asset("loader.js")
    texts = prose.texts(gathered)
    facts = json.dumps(known(gathered, packer.index, extra), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    parts = {
        **texts.html,
        "policy": policy(loader, code),
        "style": asset("page.css"),
        "facts": facts.replace("<", "\\u003c"),
        "arrays": arrays,
        "code": compressed(code.encode("utf-8")),
        "loader": loader,
    }
    html = asset("page.html")
    pieces = []
    for piece in html.split("{{"):  # each placeholder once, so that no text is read as another placeholder
        name, closed, rest = piece.partition("}}")
        pieces.append(parts[name] + rest if closed else piece)
    whole = "".join(pieces)
    return Page(whole, texts.findings, tier(gathered.kept, run.problem, len(whole)))


def known(gathered: Gathered, index: list[dict], extra: dict[str, Any]) -> dict[str, Any]:
    """What the script must know beside the arrays."""
    run, p, kept = gathered.run, gathered.run.problem, gathered.kept
    dtype = str(run.x.dtype)
    result = ROUNDOFF.get(dtype, 2.0**-24)
    wide = result if dtype in ("float64", "complex128") else 2.0**-24
    tiny = {"float16": 2.0**-24, "float64": 1e-307, "complex128": 1e-307}.get(dtype, 2.0**-126)
    spaced = None if run.options["rate"] is None else float(run.options["rate"]) * (p.stride if p.transposed else 1)
    return {
        "problem": {
            "length": p.length, "outputLength": p.output_length, "width": p.width, "inputs": p.inputs,
            "outputs": p.outputs, "seen": p.seen, "stride": p.stride, "dilation": p.dilation, "groups": p.groups,
            "low": p.low, "mode": p.padding_mode, "transposed": p.transposed, "complex": run.complex,
            "batch": kept.entries, "axes": run.axes,
        },
        "names": {"inputs": run.inputs, "outputs": run.outputs},
        "rate": spaced, "timeUnit": run.options["time_unit"], "unit": run.options["unit"],
        "x": {"ranges": [list(each) for each in kept.ranges], "batch": kept.entries},
        "kernel": {"outputs": list(kept.outputs)},
        "first": gathered.first,
        "widest": gathered.widest if gathered.widest in kept.outputs else None,
        "roundoff": {"sum": wide, "result": result if dtype in ("float16", "bfloat16") else wide, "tiny": tiny},
        "goal": gathered.goal,
        "arrays": index,
        **extra,
    }  # fmt: skip
