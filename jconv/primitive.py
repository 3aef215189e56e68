"""The three faces of the trilinear form as one JAX primitive, and its rules under every transformation.

Each face is linear in each of its two operands, and its transposes are the other two faces. So there is one bilinear
rule with a table of six rows, and one batching rule that folds the mapped axis into an axis the form has already.
Operands and results have the five axes of `jconv.methods.problem`.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.extend.core import JaxprEqn, Primitive
from jax.interpreters import ad, batching, mlir

from jconv import onnx_plugin
from jconv.choose import choose
from jconv.mesh import equally_varying, on_any_mesh, resharded, result_sharding
from jconv.methods import REGISTRY, Face, Problem
from jconv.window import Window

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")

# face: (first operand, second operand, result)
OPERANDS: dict[Face, tuple[str, str, str]] = {
    "output": ("x", "k", "y"),
    "input": ("y", "k", "x"),
    "kernel": ("x", "y", "k"),
}
FACE_GIVING: dict[str, Face] = {result: face for face, (_, _, result) in OPERANDS.items()}

# where each array keeps an axis that two of the three share: batch (x, y), inputs (x, k), outputs (k, y)
SHARED_AXIS: dict[frozenset[str], dict[str, int]] = {
    frozenset("xy"): {"x": 1, "y": 1},
    frozenset("xk"): {"x": 4, "k": 2},
    frozenset("ky"): {"k": 4, "y": 4},
}

conv_p = Primitive("conv1d")


@dataclass(frozen=True)
class MethodOfEach:
    """The method, "auto" or "direct" for each face."""

    output: str
    input: str
    kernel: str

    @classmethod
    def same(cls, name: str) -> "MethodOfEach":
        """`name` for all three."""
        return cls(name, name, name)

    def names(self) -> tuple[str, str, str]:
        """All three."""
        return self.output, self.input, self.kernel

    def __str__(self) -> str:  # what jaxprs show
        return self.output if len({*self.names()}) == 1 else repr(self)


XLA = MethodOfEach.same("xla")  # what jax2onnx can read


def convolve(
    face: Face,
    first: Array,
    second: Array,
    window: Window,
    method: MethodOfEach,
    precision: Any = None,
    dtype: Any = None,
) -> Array:
    """Compute one face of the form from two of its three arrays.

    Args:
        face: "output" `(x, k) -> y`, "input" `(y, k) -> x` or "kernel" `(x, y) -> k`.
        first: x or y, `(problems, batch, length, groups, channels)`.
        second: k, `(problems, taps, inputs, groups, outputs)`, or y.
        window: where the windows lie.
        method: for this face, and for its gradients.
        precision: as in `jax.lax.dot_general`, hashable.
        dtype: of the result; that of the operands by default.
    """
    onnx_plugin.register(conv_p.name, partial(written_out, method=XLA))
    first, second = equally_varying(first, second)
    dtype = np.dtype(dtype or _common(first.dtype, second.dtype))
    return conv_p.bind(first, second, face=face, window=window, method=method, precision=precision, dtype=dtype)


def problem_of(
    face: Face, first: Any, second: Any, window: Window, precision: Any, dtype: np.dtype, platform: str = "cpu"
) -> Problem:
    """Describe a call by numbers alone, from the shapes and dtypes of its operands."""
    sizes = dict(zip(OPERANDS[face], (first.shape, second.shape), strict=False))
    problems, batch, _, groups, _ = first.shape
    inputs = sizes["x"][4] if "x" in sizes else sizes["k"][2]
    outputs = sizes["y"][4] if "y" in sizes else sizes["k"][4]
    operand_dtype = _common(first.dtype, second.dtype)
    accumulate = sum_dtype(_common(operand_dtype, dtype))
    return Problem(
        window,
        problems,
        batch,
        groups,
        inputs,
        outputs,
        operand_dtype,
        accumulate,
        precision,
        platform,
        np.dtype(dtype),
    )


def sum_dtype(dtype: Any) -> np.dtype:
    """The dtype that sums of entries of `dtype` are taken in: float32 for float16 and bfloat16, else the same."""
    narrow = jnp.issubdtype(dtype, jnp.floating) and np.dtype(dtype).itemsize < 4
    return np.dtype(np.float32) if narrow else np.dtype(dtype)


def written_out(equation: JaxprEqn, method: MethodOfEach | None = None) -> JaxprEqn:
    """Return an equation that does in lax operations, inside a `jax.jit`, what an equation of the primitive does.

    `method` replaces the equation's own.
    """
    params = equation.params | ({} if method is None else {"method": method})
    compute = partial(_run, **params, platform=jax.default_backend())
    (call,) = jax.make_jaxpr(jax.jit(compute))(*(var.aval for var in equation.invars)).eqns
    return equation.replace(primitive=call.primitive, params=call.params, effects=call.effects)


def _common(a: Any, b: Any) -> np.dtype:
    # a cotangent may be wider than its operand (`preferred_element_type`), also where promotion is strict
    with jax.numpy_dtype_promotion("standard"):
        return np.dtype(jnp.promote_types(a, b))


def _run(first: Array, second: Array, *, face, window, method, precision, dtype, platform: str) -> Array:
    problem = problem_of(face, first, second, window, precision, dtype, platform)
    shape = _result_shape(face, problem)
    if first.size == 0 or second.size == 0 or 0 in shape:
        return jnp.zeros(shape, dtype)
    name = getattr(method, face)
    if name not in REGISTRY:
        name = choose(face, problem, name)
    problem = problem.widened()
    wanted = problem.dtype

    def compute(first: Array, second: Array) -> Array:
        converted = not first.dtype == second.dtype == wanted
        first, second = first.astype(wanted), second.astype(wanted)
        if converted:  # once, and not in a method's inner loop, which would convert each entry many times
            first, second = lax.optimization_barrier((first, second))
        return REGISTRY[name].run(face, first, second, problem).astype(dtype)

    return on_any_mesh(compute, OPERANDS[face], first, second)


def _result_shape(face: Face, problem: Problem) -> tuple[int, ...]:
    return {"output": problem.y_shape, "input": problem.x_shape, "kernel": problem.k_shape}[face]


@conv_p.def_abstract_eval
def _abstract_eval(first, second, *, face, window, method, precision, dtype):
    problem = problem_of(face, first, second, window, precision, dtype)
    sharding = result_sharding(OPERANDS[face], first.sharding, second.sharding)
    return first.update(shape=_result_shape(face, problem), dtype=dtype, weak_type=False, sharding=sharding)


@partial(jax.jit, static_argnames=("face", "window", "method", "precision", "dtype"))
def _eagerly(first, second, **params):
    return conv_p.bind(first, second, **params)


conv_p.def_impl(_eagerly)


def _transpose(position: int, cotangent, first, second, *, face, window, method, precision, dtype):
    """Give the cotangent of the operand at `position`, which is the face of the other operand and the cotangent."""
    names = OPERANDS[face]
    unknown, known = (first, second) if position == 0 else (second, first)
    wanted, other, result = names[position], names[1 - position], names[2]
    arrays = {other: known, result: cotangent}
    turned = FACE_GIVING[wanted]
    a, b = (arrays[name] for name in OPERANDS[turned][:2])
    return resharded(convolve(turned, a, b, window, method, precision, unknown.aval.dtype), unknown.aval.sharding)


ad.defbilinear(conv_p, partial(_transpose, 0), partial(_transpose, 1))


def _batch(args, dims, *, face, **params):
    """Fold the mapped axis into `problems` if both operands have it, else into the axis shared with the result."""
    first, second = args
    first_name, second_name, result_name = OPERANDS[face]
    apply = partial(convolve, face, **params)
    if dims[0] is not None and dims[1] is not None:
        (first, sizes), (second, _) = _fold(first, dims[0], 0), _fold(second, dims[1], 0)
        return _unfold(apply(first, second), sizes, 0), 0
    position = 0 if dims[0] is not None else 1
    name = (first_name, second_name)[position]
    axes = SHARED_AXIS[frozenset((name, result_name))]
    size = args[position].shape[dims[position]]
    if axes != SHARED_AXIS[frozenset("xy")] and not isinstance(size, int):  # channels may not be symbols
        args = [a if dim is not None else _copies(a, size) for a, dim in zip(args, dims, strict=True)]
        return _batch(args, [dim or 0 for dim in dims], face=face, **params)
    folded, sizes = _fold(args[position], dims[position], axes[name])
    result = apply(folded, second) if position == 0 else apply(first, folded)
    return _unfold(result, sizes, axes[result_name]), axes[result_name]


def _copies(a: Array, size: int) -> Array:
    """Repeat `a` along a new first axis of `size`; its transpose is a sum, and so not taken in 16 bits."""
    return jnp.broadcast_to(a.astype(sum_dtype(a.dtype)), (size, *a.shape)).astype(a.dtype)


def _fold(a: Array, mapped: int, axis: int) -> tuple[Array, tuple[int, ...]]:
    """Merge the axis `mapped` into `axis`; also return both sizes, which a product of zero would not tell."""
    a = jnp.moveaxis(a, mapped, axis)
    sizes = a.shape[axis : axis + 2]
    return a.reshape(*a.shape[:axis], sizes[0] * sizes[1], *a.shape[axis + 2 :]), sizes


def _unfold(a: Array, sizes: tuple[int, ...], axis: int) -> Array:
    return a.reshape(*a.shape[:axis], *sizes, *a.shape[axis + 1 :])


batching.primitive_batchers[conv_p] = _batch

for _platform in PLATFORMS:
    mlir.register_lowering(
        conv_p, mlir.lower_fun(partial(_run, platform=_platform), multiple_results=False), platform=_platform
    )
