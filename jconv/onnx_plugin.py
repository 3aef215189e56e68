"""A plugin for jax2onnx, which exports JAX functions to ONNX: how to read the primitive `conv1d`."""

import sys
from collections.abc import Callable
from typing import Any

LOADED = "jax2onnx.plugins.plugin_system"


def register(name: str, written_out: Callable[[Any], Any]) -> None:
    """Let jax2onnx, if it is loaded, read the primitive `name`: `written_out` turns its equation into that of a jit.

    jax2onnx looks primitives up by name and has no entry point for the plugins of other packages.
    """
    jax2onnx = sys.modules.get(LOADED)
    if jax2onnx is None or name in jax2onnx.PLUGIN_REGISTRY:
        return

    @jax2onnx.register_primitive(jaxpr_primitive=name)
    class Conv1D(jax2onnx.PrimitiveLeafPlugin):
        """A convolution as the body of a jit, which jax2onnx writes in its place."""

        def lower(self, ctx: Any, eqn: Any) -> None:
            jaxpr = written_out(eqn).params["jaxpr"]
            jax2onnx.PLUGIN_REGISTRY["pjit"].lower(ctx, eqn.replace(params={"jaxpr": jaxpr}))
