"""`lax_only`: a function written in JAX's own operations alone, for exporters and other tools that read jaxprs."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, jaxpr_as_fun

from jconv.call import checked_method
from jconv.primitive import MethodOfEach, conv_p, written_out

P = ParamSpec("P")
R = TypeVar("R")


def lax_only(function: Callable[P, R], *, method: str | Mapping[str, str] | None = "xla") -> Callable[P, R]:
    """The same function, written in JAX's own operations alone, for exporters and other readers of jaxprs.

    A convolution of this package is one primitive in a jaxpr, `conv1d`, which a tool that knows `jax.lax` alone cannot
    read. Here each is replaced by what `method` computes it with, at any depth: inside `jax.jit`, loops, branches,
    `jax.checkpoint`, `jax.shard_map` and functions with a gradient of their own.

    For the jaxpr of a gradient write `lax_only(jax.grad(function))`: each face of the form is then computed by
    `method`. In `jax.grad(lax_only(function))` JAX differentiates the operations, and what a `jax.custom_jvp` or
    `jax.custom_vjp` of `function` does for a gradient stays as it is.

    Args:
        function: takes and returns arrays and pytrees of them; give it other arguments by `functools.partial`.
        method: as in `conv1d`; None for the one each call gives. What "auto" and "direct" are is decided for the
            platform of JAX's default device.

    Returns:
        A function of the same arguments and results. It is traced anew at each call: to run it, put it into `jax.jit`.

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
    asked = None if method is None else checked_method(method)

    @functools.wraps(function, updated=())
    def in_lax(*args: P.args, **kwargs: P.kwargs) -> R:
        jaxpr, result = jax.make_jaxpr(function, return_shape=True)(*args, **kwargs)
        leaves = jaxpr_as_fun(_written_out(jaxpr, asked))(*jax.tree.leaves((args, kwargs)))
        return jax.tree.unflatten(jax.tree.structure(result), leaves)

    return in_lax


def _written_out(value: Any, method: MethodOfEach | None) -> Any:
    """Write out each convolution in a jaxpr, or in anything that an equation has for a parameter."""
    if isinstance(value, Jaxpr):
        return value.replace(eqns=[_equation(eqn, method) for eqn in value.eqns])
    if isinstance(value, ClosedJaxpr):
        return value.replace(jaxpr=_written_out(value.jaxpr, method))
    if isinstance(value, tuple) and hasattr(value, "_make"):  # a named tuple, as of `custom_linear_solve`
        return value._make(_written_out(entry, method) for entry in value)  # pyright: ignore[reportAttributeAccessIssue]
    if type(value) in (tuple, list):
        return type(value)(_written_out(entry, method) for entry in value)
    if type(value) is dict:
        return {key: _written_out(entry, method) for key, entry in value.items()}
    return value


def _equation(eqn: JaxprEqn, method: MethodOfEach | None) -> JaxprEqn:
    if eqn.primitive is conv_p:
        return written_out(eqn, method)
    return eqn.replace(params={name: _written_out(value, method) for name, value in eqn.params.items()})
