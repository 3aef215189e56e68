"""Our own contenders: `auto` and every method where it is sane."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import jconv
from benchmarks.cases import Case, activation_of
from benchmarks.contenders import ACTIVATIONS, CHANNELS_LAST, Contender, Ready, jax_contender, per_example
from jconv.cpu import FEWEST_PAIRS

IN_TWO_CALLS = "auto in two calls"
MILLION = 1_000_000
MOST_WORK = {"vmap": 100 * MILLION, "taps": 5000 * MILLION, "xla": 2000 * MILLION}
MOST_ELEMENTS = 32 * MILLION  # of an intermediate array: 128 MB in float32
UNROLLED_TAPS = 128  # wider kernels are looped over, one thread a step: so much work takes seconds
MOST_LOOPED_WORK = 50 * MILLION


def ours(names: tuple[str, ...] = ("auto", *jconv.METHODS)) -> list[Contender]:
    """One contender for each name."""
    return [
        jax_contender(
            name,
            peer=False,
            layout=lambda problem: CHANNELS_LAST,
            convolution=partial(by_jconv, name),
            refuses=partial(_refuses, name),
        )
        for name in names
    ]


def in_two_calls() -> Contender:
    """`auto` with a loss cut in two: forward to loss and cotangent, and the gradients with that as an argument.

    What the loss costs as one program, over this, is what composing costs.
    """
    return Contender(IN_TWO_CALLS, False, lambda problem, cell: None, _two_calls_ready)


def _two_calls_ready(problem: Case, cell: str, operands: tuple[np.ndarray, ...], programs: dict[str, Ready]) -> Ready:
    activate = ACTIVATIONS[activation_of(cell) or ""]
    convolution = per_example(problem, by_jconv("auto", problem))
    arrays = [jnp.asarray(a) for a in CHANNELS_LAST.native(cell, *operands)]

    @jax.jit
    def forward(x, kernel, bias):
        after, pull_back = jax.vjp(activate, convolution(x, kernel, bias))
        return after.sum(), *pull_back(jnp.ones_like(after))

    @jax.jit
    def backward(x, kernel, bias, cotangent):
        return jax.vjp(convolution, x, kernel, bias)[1](cotangent)

    def call():
        loss, cotangent = forward(*arrays)
        return jax.block_until_ready((loss, *backward(*arrays, cotangent)))

    call()  # compiles both
    return Ready(call, lambda computed: CHANNELS_LAST.restored(cell, computed))


def by_jconv(method: str, problem: Case):
    """This library as `(x, kernel) -> y`, or `(x, kernel, bias) -> y`."""
    function = jconv.conv_transpose1d if problem.transposed else jconv.conv1d
    return partial(
        function,
        stride=problem.stride,
        padding=problem.padding,
        dilation=problem.dilation,
        groups=problem.groups,
        method=method,
    )


def _refuses(method: str, problem: Case, cell: str) -> str | None:
    """Why a method would be absurd here, from its operation counts; `auto` never is."""
    work = problem.multiplications
    grouped = problem.groups * max(problem.examples, 1) > 1
    if method == "winograd" and problem.inputs * problem.outputs < FEWEST_PAIRS * problem.groups**2:
        return "too few channels"
    if method == "vmap":
        work *= problem.stride  # its input face visits the zeros between upsampled positions too
    if work > MOST_WORK.get(method, work) or (method == "xla" and grouped and work > 1500 * MILLION):
        return f"{work:.1e} multiplications"
    if method == "taps" and problem.width > UNROLLED_TAPS and work > MOST_LOOPED_WORK:
        return f"{work:.1e} multiplications in a loop over {problem.width} taps"
    elements = {"gemm": _window_elements, "vmap": _window_elements, "fft": _spectrum_elements}.get(method)
    if elements is not None and elements(problem) > MOST_ELEMENTS:
        return f"{elements(problem):.1e} elements at once"
    return None


def _window_elements(problem: Case) -> int:
    """All windows laid out: those of the narrow side, as wide as the channels of the side that is read."""
    channels = problem.outputs if problem.transposed else problem.inputs
    return max(problem.examples, 1) * problem.batch * problem.windows * problem.width * channels


def _spectrum_elements(problem: Case) -> int:
    """The kernel's spectrum, at a block of at least four spans or the whole signal."""
    size = min(max(4 * problem.span, 1024), problem.windows * problem.stride + problem.span)
    return max(problem.examples, 1) * size * problem.inputs * problem.outputs // problem.groups
