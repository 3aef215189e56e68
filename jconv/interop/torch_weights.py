"""Params to and from the state dicts of PyTorch modules."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jconv import checks
from jconv.interop.arrays import as_numpy, as_params, check_bias, mapping, output_counts
from jconv.interop.names import below, dotted, modules_with_weights

LAYOUTS = ("NLC", "NCL")
# magnitude and direction, as torch.nn.utils.weight_norm and torch.nn.utils.parametrizations.weight_norm name them
NORMALISED = (("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"))


def from_torch(state_dict: Mapping[str, Any], prefix: str = "", *, layout: str = "NLC") -> dict[str, np.ndarray]:
    """The params of `conv1d` or `conv_transpose1d` from a PyTorch `Conv1d` or `ConvTranspose1d`.

    One rule serves both, whatever their groups, stride and dilation: the axes of the weight are reversed. For
    `flax.nnx.ConvTranspose` or `jconv.nnx.ConvTranspose1D` pass the result through `to_flax(..., transposed=True)`.
    A weight normalised by `weight_norm`, old or new, over any `dim`, is multiplied out.

    Args:
        state_dict: names to tensors or arrays: `module.state_dict()`, or what `load_safetensors` returns.
        prefix: the module's name in it, "encoder.conv1", with or without the last dot; "" if it is that module's own.
        layout: "NLC" for a kernel `(width, per group, channels)`, "NCL" for one with PyTorch's own axes.

    Returns:
        "kernel" and, if there is one, "bias", as NumPy copies of the same dtype.

    Raises:
        KeyError: no module of that name, or none with a weight in a known form; the message says what there is.
        TypeError, ValueError: an entry is not an array of numbers, or of a shape that does not fit.

    >>> import numpy as np
    >>> state_dict = {"conv.weight": np.zeros((4, 2, 3)), "conv.bias": np.zeros(4)}
    >>> {name: array.shape for name, array in from_torch(state_dict, "conv").items()}
    {'kernel': (3, 2, 4), 'bias': (4,)}
    """
    layout = checks.one_of("layout", layout, LAYOUTS)
    mapping("state_dict", state_dict)
    prefix = dotted(prefix)
    entries = below(state_dict, prefix)
    weight = _weight(entries, prefix)
    if weight.ndim != 3:
        raise ValueError(
            f"{prefix}weight must have 3 axes, (out, in/groups, width) or (in, out/groups, width); "
            f"its shape is {weight.shape}"
        )
    kernel = weight if layout == "NCL" else np.ascontiguousarray(weight.transpose())
    if entries.get("bias") is None:
        return {"kernel": kernel}
    bias = as_numpy(f"{prefix}bias", entries["bias"])
    check_bias(f"{prefix}bias", bias, output_counts(weight.shape[::-1]), f"{prefix}weight has shape {weight.shape}")
    return {"kernel": kernel, "bias": bias}


def to_torch(params: Mapping[str, Any], prefix: str = "", *, layout: str = "NLC") -> dict[str, np.ndarray]:
    """The "weight" and "bias" of a PyTorch `Conv1d` or `ConvTranspose1d`; the inverse of `from_torch`.

    `module.load_state_dict({name: torch.from_numpy(array) for name, array in to_torch(params).items()})` loads them.
    PyTorch takes no bfloat16 from NumPy: pass those through `save_safetensors` and `safetensors.torch.load_file`.

    Args:
        params: "kernel" and, if there is one, "bias", as `conv1d` or `conv_transpose1d` takes them; those of
            `flax.nnx.ConvTranspose` or `jconv.nnx.ConvTranspose1D` go through `from_flax(..., transposed=True)` first.
        prefix: put before the names, with a dot.
        layout: the layout of the kernel.

    Returns:
        NumPy copies of the same dtype.

    Raises:
        TypeError, KeyError, ValueError: `params` does not hold a kernel and a bias of fitting shapes.

    >>> import numpy as np
    >>> {name: array.shape for name, array in to_torch({"kernel": np.zeros((3, 2, 4))}, "conv").items()}
    {'conv.weight': (4, 2, 3)}
    """
    layout = checks.one_of("layout", layout, LAYOUTS)
    prefix = dotted(prefix)
    params = as_params(params)
    kernel = params["kernel"]
    weight = kernel if layout == "NCL" else np.ascontiguousarray(kernel.transpose())
    bias = params.get("bias")
    check_bias('`params["bias"]`', bias, output_counts(weight.shape[::-1]), f"the kernel has shape {kernel.shape}")
    return {prefix + "weight": weight} | ({} if bias is None else {prefix + "bias": bias})


def _weight(entries: Mapping[str, Any], prefix: str) -> np.ndarray:
    if "weight" in entries:
        return as_numpy(f"{prefix}weight", entries["weight"])
    for names in NORMALISED:
        if all(name in entries for name in names):
            magnitude, direction = (as_numpy(prefix + name, entries[name]) for name in names)
            return _multiplied_out(magnitude, direction, *(prefix + name for name in names))
    forms = ", ".join(" with ".join(names) for names in (("weight",), *NORMALISED))
    if any(name.startswith(("weight", "parametrizations.weight")) for name in entries):
        hint = f"it has {sorted(entries)[:6]}: remove this parametrisation in PyTorch before saving"
    else:
        hint = modules_with_weights([prefix + name for name in entries], prefix)
    raise KeyError(f"`prefix` (={prefix!r}) must name a module with a weight in a known form ({forms}); {hint}")


def _multiplied_out(
    magnitude: np.ndarray, direction: np.ndarray, magnitude_name: str, direction_name: str
) -> np.ndarray:
    """Undo a weight normalisation: `magnitude * direction / norm(direction)`, in double precision.

    The axes where the magnitude has one entry are those the norm runs over; a magnitude without axes (`dim=None`)
    belongs to the norm over all.
    """
    shape = magnitude.shape or (1,) * direction.ndim
    if len(shape) != direction.ndim or any(a not in (1, b) for a, b in zip(shape, direction.shape, strict=True)):
        raise ValueError(
            f"{magnitude_name} (of shape {magnitude.shape}) must be a scalar or have axes of length 1 or those of "
            f"{direction_name} (of shape {direction.shape})"
        )
    axes = tuple(axis for axis, length in enumerate(shape) if length == 1)
    wide = direction.astype(np.complex128 if direction.dtype.kind == "c" else np.float64)
    norm = np.sqrt(np.sum(np.abs(wide) ** 2, axis=axes, keepdims=True))
    if not norm.all():
        raise ValueError(f"{direction_name} is zero along axes {axes} somewhere: it has no direction there")
    return (wide * (magnitude.reshape(shape).astype(np.float64) / norm)).astype(direction.dtype)
