"""Programs for tools that read them: convolutions written out in lax operations, by `lax_only` and for jax2onnx."""

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, ParamSpec, TypeVar

import jax
from jax._src.interpreters.partial_eval import custom_staging_rules  # it has no public name
from jax.extend.core import jaxpr_as_fun, set_current_trace

from jconv.call import checked_method
from jconv.choose import MethodOfEach
from jconv.primitive import _run, conv_p
from jconv.selection import platform_of

P = ParamSpec("P")
R = TypeVar("R")


class WrittenOut(NamedTuple):
    """What is asked for inside `lax_only`: a method, or None for that of each call."""

    method: str | MethodOfEach | None


# part of the key of jax.jit's cache, so that what was traced outside `lax_only` is not used inside it, nor the reverse
_asked = jax.make_user_context()


def lax_only(function: Callable[P, R], *, method: str | Mapping[str, str] | None = "xla") -> Callable[P, R]:
    """The same function, written in JAX's own operations alone, for exporters and other readers of jaxprs.

    A convolution of this package is one primitive in a jaxpr, `conv1d`, which a tool that knows `jax.lax` alone cannot
    read. Here each is replaced by what `method` computes it with, at any depth: inside `jax.jit`, loops, branches,
    `jax.checkpoint`, `jax.shard_map` and functions with a gradient of their own. jax2onnx needs this for a function
    only that `jax.jit` traced before jax2onnx was imported; others it exports as they are.

    For the jaxpr of a gradient write `lax_only(jax.grad(function))`: each face of the form is then computed by
    `method`. In `jax.grad(lax_only(function))` JAX differentiates the operations, and what a `jax.custom_vjp` of
    `function` does on the way back stays as it is.

    Args:
        function: takes and returns arrays and pytrees of them, as for `jax.jit`.
        method: as in `conv1d`; None for the one each call gives. What "auto" and "direct" are is decided for the
            platform of JAX's default device.

    Returns:
        A function of the same arguments and results. It is traced and compiled at each call: to run it, put it inside `jax.jit`.

    Raises:
        TypeError, ValueError: `function` cannot be called, or `method` is none.
        NotImplementedError: when called, if `method` cannot do a convolution of `function`.

    >>> import jax, jax.numpy as jnp
    >>> from jconv import conv1d
    >>> x, kernel = jnp.ones((2, 9, 3)), jnp.ones((5, 3, 4))
    >>> "conv1d" in str(jax.make_jaxpr(conv1d)(x, kernel))
    True
    >>> "conv1d" in str(jax.make_jaxpr(lax_only(conv1d))(x, kernel))
    False
    """
    if not callable(function):
        raise TypeError(f"`function` (a {type(function).__name__}) must be callable")
    asked = WrittenOut(None if method is None else checked_method(method))

    @functools.wraps(function, updated=())
    def written_out(*args: P.args, **kwargs: P.kwargs) -> R:
        def traced_anew(*args: P.args, **kwargs: P.kwargs) -> R:  # jax2onnx replaces functions of JAX while it traces
            return function(*args, **kwargs)

        with _asked(asked):
            jaxpr, result = jax.make_jaxpr(traced_anew, return_shape=True)(*args, **kwargs)
            leaves = jax.jit(jaxpr_as_fun(jaxpr), inline=True)(*jax.tree.leaves((args, kwargs)))
        return jax.tree.unflatten(jax.tree.structure(result), leaves)

    return written_out


def _write(trace: Any, source: Any, first: Any, second: Any, **params: Any) -> Any:
    """Put the primitive into the jaxpr that is being written, or inside `lax_only` what computes it."""
    if _asked.value is None:
        _teach_jax2onnx()
        return trace.default_process_primitive(conv_p, [first, second], params, source)
    method = params["method"] if _asked.value.method is None else _asked.value.method
    with set_current_trace(trace):
        return _run(first, second, **params | {"method": method, "platform": platform_of(None)})


custom_staging_rules[conv_p] = _write


def _teach_jax2onnx() -> None:
    """Register the primitive with jax2onnx, once, if that is loaded: it looks primitives up by name."""
    jax2onnx = sys.modules.get("jax2onnx.plugins.plugin_system")
    if jax2onnx is None or conv_p.name in jax2onnx.PLUGIN_REGISTRY:
        return

    @jax2onnx.register_primitive(jaxpr_primitive=conv_p.name)
    class Conv1D(jax2onnx.PrimitiveLeafPlugin):
        """A convolution as the body of a jit, which jax2onnx writes in its place."""

        def lower(self, ctx: Any, eqn: Any) -> None:
            bind = functools.partial(conv_p.bind, **eqn.params)
            jaxpr = jax.make_jaxpr(lax_only(bind))(*(var.aval for var in eqn.invars))
            jax2onnx.PLUGIN_REGISTRY["pjit"].lower(ctx, eqn.replace(params={"jaxpr": jaxpr}))
