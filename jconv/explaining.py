"""`choose_method` names the methods that `method="auto"` runs, or times them; `explain` says why they were chosen."""

from os import PathLike
from typing import Any

import jax
import numpy as np

from jconv import checks
from jconv.accelerators import Work
from jconv.call import Settings, check_call, check_numeric, checked_dtype
from jconv.choose import choose, cost_terms, estimate, objection
from jconv.foreign import how_to_convert
from jconv.measuring import measured_choice
from jconv.methods import FACES, REGISTRY, Face, Problem
from jconv.primitive import PLATFORMS, problem_of
from jconv.window import Padding, forward_window, transposed_window

MEANING = {"output": "the result", "input": "the gradient for x", "kernel": "the gradient for the kernel"}


def choose_method(
    x: Any,
    kernel: Any,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    precision: Any = None,
    preferred_element_type: Any = None,
    transposed: bool = False,
    output_padding: int = 0,
    platform: str | None = None,
    measure: bool = False,
    cache: str | PathLike[str] | None = None,
) -> dict[Face, str]:
    """Name the method that `method="auto"` runs for `conv1d(x, kernel, ...)` and its gradients, or time them all.

    How often it is right: on two cores with AVX-512, in float32, "auto" takes at most 1.25 times as long as the fastest
    method in 97 % of 268 cells of the benchmark, and in 95 % of 84 of shapes that nothing was fitted to. On
    accelerators nothing has been timed: the choice follows what XLA's compilers for an H100 and a TPU v5e report.

    Args:
        x: signal; an array, a `jax.ShapeDtypeStruct`, or a pair of a shape and a dtype, `((8, 1000, 4), "float32")`.
        kernel: weights, likewise.
        stride, padding, dilation, groups, layout, precision, preferred_element_type: as in `conv1d`.
        transposed: ask for `conv_transpose1d(x, kernel, ...)` instead.
        output_padding: as in `conv_transpose1d`; only with `transposed`.
        platform: "cpu", "cuda", "rocm" or "tpu"; that of JAX's default device if None.
        measure: time the methods on this machine, on random data, instead of estimating; takes seconds.
        cache: a JSON file that keeps what was measured; made if there is none. A case found in it is not timed again.

    Returns:
        The method for "output" (the forward pass, fprop), "input" (the gradient for x and `conv_transpose1d`, dgrad)
        and "kernel" (the gradient for the kernel, wgrad). `conv1d(..., method=this)` runs these.

    Raises:
        TypeError, ValueError: as `conv1d`; an unknown `platform`, or one with `measure`; a `cache` without `measure`,
            or one that is no such file; `measure` of an empty batch or of symbolic sizes.
        OSError: `cache` cannot be read or written.

    >>> import jax, jax.numpy as jnp
    >>> x = jax.ShapeDtypeStruct((1, 160_000, 1), jnp.float32)
    >>> kernel = jax.ShapeDtypeStruct((1024, 1, 1), jnp.float32)
    >>> choose_method(x, kernel, platform="cpu")
    {'output': 'fft', 'input': 'fft', 'kernel': 'fft'}
    """
    if cache is not None and not measure:
        raise ValueError(f"`cache` (={str(cache)!r}) keeps what is measured; it needs `measure`=True")
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type)
    problem = problem_of_call(x, kernel, settings, transposed, output_padding, platform)
    if measure:
        if platform is not None:
            raise ValueError(
                f"`platform` (={platform!r}) is where methods are estimated; `measure`=True times them here"
            )
        if problem.usual != problem or not problem.window.known:
            raise ValueError("`measure`=True needs sizes that are known, and an example at least; `x` has not")
        return measured_choice(problem, cache)
    return {face: choose(face, problem) for face in FACES}


def explain(
    x: Any,
    kernel: Any,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
    groups: int = 1,
    layout: str = "NLC",
    precision: Any = None,
    preferred_element_type: Any = None,
    transposed: bool = False,
    output_padding: int = 0,
    platform: str | None = None,
) -> str:
    """Return a text to print: what each method should take, for the result and each gradient, and what decided.

    Args:
        x, kernel, stride, padding, dilation, groups, layout, precision, preferred_element_type, transposed,
            output_padding, platform: as in `choose_method`.

    Raises:
        TypeError, ValueError: as `conv1d`.

    >>> x, kernel = ((1, 160_000, 1), "float32"), ((1024, 1, 1), "float32")
    >>> print(explain(x, kernel, platform="cpu").splitlines()[0])
    output (the result): fft
    """
    settings = Settings(stride, padding, dilation, groups, layout, precision, preferred_element_type)
    problem = problem_of_call(x, kernel, settings, transposed, output_padding, platform)
    problem = problem.usual
    lines = []
    for face in FACES:
        chosen = choose(face, problem)
        lines.append(f"{face} ({MEANING[face]}): {chosen}")
        if not problem.window.known:
            lines.append(f"    the length {problem.window.input_length} is not known, nor what each method would take")
            continue
        costs = estimate(face, problem)
        for name in sorted(costs, key=costs.__getitem__):
            lines.append(f"  {'>' if name == chosen else ' '} {name:8}{_cost(name, face, problem, costs)}")
        unlisted = [name for name in REGISTRY if name not in costs]
        lines.append(f"    not considered: {', '.join(_unlisted(name, problem) for name in unlisted)}")
    return "\n".join(lines)


def problem_of_call(
    x: Any,
    kernel: Any,
    settings: Settings | None = None,
    transposed: bool = False,
    output_padding: int = 0,
    platform: str | None = "cpu",
    **options: Any,
) -> Problem:
    """Describe `conv1d(x, kernel, ...)` or `conv_transpose1d` by numbers alone, the same for every face.

    Args:
        x, kernel, transposed, output_padding, platform: as in `choose_method`.
        settings: those of the call; made from `options`, the options of `conv1d`, if None.
    """
    output_padding = checks.whole_number("output_padding", output_padding)
    if output_padding and not transposed:
        raise ValueError(f"`output_padding` (={output_padding}) is for a transposed convolution: `transposed`=True")
    x, kernel = _shape_and_dtype("x", x), _shape_and_dtype("kernel", kernel)
    call = check_call("input" if transposed else "output", x, kernel, None, settings or Settings(**options))
    settings, length = call.settings, call.signal.shape[2]
    stride, padding, dilation = settings.stride, settings.padding, settings.dilation
    if transposed:
        window = transposed_window(length, call.width, stride, padding, dilation, output_padding)
    else:
        window = forward_window(length, call.width, stride, padding, dilation)
    platform = platform_of(platform)
    return problem_of(call.face, call.signal, call.kernel, window, settings.precision, call.dtype, platform)


def _shape_and_dtype(name: str, value: Any) -> jax.ShapeDtypeStruct:
    if not isinstance(value, (jax.Array, np.ndarray, jax.ShapeDtypeStruct)) or isinstance(value, np.ma.MaskedArray):
        try:
            shape, dtype = value
            shape = tuple(checks.whole_number(name, size, minimum=0) for size in shape)
            value = jax.ShapeDtypeStruct(shape, dtype)
        except (TypeError, ValueError):
            raise TypeError(
                f"`{name}` ({checks.shown(value)}) must be an array, a `jax.ShapeDtypeStruct`, or a pair of a shape "
                f'and a dtype, such as ((8, 1000, 4), "float32"){how_to_convert(value)}'
            ) from None
    check_numeric(name, value.dtype)
    return jax.ShapeDtypeStruct(value.shape, checked_dtype(name, value.dtype))


def platform_of(platform: str | None) -> str:
    """Return the name that JAX compiles for; that of JAX's default device if None."""
    platform = jax.default_backend() if platform is None else checks.one_of("platform", platform, (*PLATFORMS, "gpu"))
    return {"gpu": "cuda"}.get(platform, platform)


def _cost(name: str, face: Face, problem: Problem, costs: dict[str, float]) -> str:
    cost = costs[name]
    if problem.platform == "cpu":
        terms = cost_terms(name, face, problem) or {}
        largest = max(terms, key=terms.__getitem__)
        why = f"{100 * terms[largest] / max(cost, 1e-9):.0f} % of it: {largest}"
    else:
        work = REGISTRY[name].work(face, problem) or Work(0, 0)
        times = work.traffic / problem.least_traffic
        starts = "1 kernel" if work.kernels == 1 else f"{work.kernels:.0f} kernels"
        why = f"{starts}, worth {times:.1f} times the least traffic (compiled, not measured)"
    against = objection(name, face, problem, costs)
    return f"{cost / 1e6:10.3f} ms   {why}" + (f"; not taken: {against}" if against else "")


def _unlisted(name: str, problem: Problem) -> str:
    reason = REGISTRY[name].refuses(problem) or REGISTRY[name].unlisted
    return f"{name} ({reason})" if reason else name
