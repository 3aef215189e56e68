"""`choose_method`: the automatic choice, shown or measured."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jconv.call import check_call
from jconv.choose import choose, estimate
from jconv.methods import FACES, METHODS, Face, Problem
from jconv.primitive import OPERANDS, convolve, problem_of
from jconv.window import Padding, check_steps, forward_window, transposed_window

HOPELESS = 30.0  # times the least estimated cost: not worth compiling


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
    platform: str | None = None,
    measure: bool = False,
) -> dict[Face, str]:
    """Which method `method="auto"` runs for each face of `conv1d(x, kernel, ...)`.

    Args:
        x: signal; an array, or a `jax.ShapeDtypeStruct` of its shape and dtype.
        kernel: weights, likewise.
        stride, padding, dilation, groups, layout, precision, preferred_element_type: as in `conv1d`.
        transposed: ask for `conv_transpose1d(x, kernel, ...)` instead.
        platform: "cpu", "cuda", "rocm" or "tpu"; that of JAX's default device if None.
        measure: time the methods on this machine, on random data, instead of estimating; takes seconds.

    Returns:
        The method of the "output" face, the "input" face (the gradient for x, and `conv_transpose1d`) and the
        "kernel" face (the gradient for the kernel).

    Raises:
        TypeError, ValueError: as `conv1d`.

    >>> import jax, jax.numpy as jnp
    >>> x = jax.ShapeDtypeStruct((1, 160_000, 1), jnp.float32)
    >>> kernel = jax.ShapeDtypeStruct((1024, 1, 1), jnp.float32)
    >>> choose_method(x, kernel, platform="cpu")
    {'output': 'fft', 'input': 'fft', 'kernel': 'fft'}
    """
    stride, dilation, groups = check_steps(stride, dilation, groups)
    found: dict[str, Any] = {}

    def look(x: Any, kernel: Any) -> Any:  # shapes are all that the checks need
        face: Face = "input" if transposed else "output"
        call = check_call(face, x, kernel, None, groups, layout, "auto", precision, preferred_element_type)
        find_window = transposed_window if transposed else forward_window
        found["call"] = call
        found["window"] = find_window(call.signal.shape[1], call.width, stride, padding, dilation)
        return call.signal

    jax.eval_shape(look, x, kernel)
    call, window = found["call"], found["window"]
    per_group, channels = call.kernel.shape[1], call.kernel.shape[2]
    signal = jax.ShapeDtypeStruct((1, call.signal.shape[0], window.input_length, groups, per_group), call.signal.dtype)
    weights = jax.ShapeDtypeStruct((1, call.width, per_group, groups, channels // groups), call.signal.dtype)
    problem = problem_of("output", signal, weights, window, call.precision, call.dtype)  # the same for every face
    platform = platform or jax.default_backend()
    chosen: dict[Face, str] = {}
    for face in FACES:
        if measure:
            times = _measured(face, problem, call.dtype)
            chosen[face] = min(times, key=times.__getitem__)
        else:
            chosen[face] = choose(face, problem, {"gpu": "cuda"}.get(platform, platform), METHODS)
    return chosen


def _measured(face: Face, problem: Problem, dtype: np.dtype) -> dict[str, float]:
    """Seconds each method takes, the median of a few runs after one that compiles."""
    estimates = estimate(face, problem, "cpu")
    worth = [name for name, cost in estimates.items() if cost <= HOPELESS * min(estimates.values())]
    rng = np.random.default_rng(0)
    shapes = {"x": problem.x_shape, "k": problem.k_shape, "y": problem.y_shape}
    arrays = [jnp.asarray(rng.integers(-3, 4, shapes[name]), problem.dtype) for name in OPERANDS[face][:2]]
    times = {}
    for name in worth:
        run = jax.jit(lambda a, b, name=name: convolve(face, a, b, problem.window, name, problem.precision, dtype))
        jax.block_until_ready(run(*arrays))
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            jax.block_until_ready(run(*arrays))
            taken.append(time.perf_counter() - start)
        times[name] = float(np.median(taken))
    return times
