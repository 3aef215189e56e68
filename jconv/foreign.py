"""Hints for PyTorch tensors and modules passed where arrays are expected; PyTorch itself is not imported."""

from typing import Any


def how_to_convert(value: Any) -> str:
    """The end of an error message: how to get arrays from a PyTorch tensor or module; empty for anything else."""
    kinds = {(base.__module__.split(".")[0], base.__name__) for base in type(value).__mro__}
    if ("torch", "Tensor") in kinds:
        return "; call `.numpy()` on a tensor, or `.detach().numpy()` where it has a gradient"
    if ("torch", "Module") in kinds:
        return "; pass its `.state_dict()` to `jconv.interop.from_torch`"
    return ""
