"""The output of a convolution in float64 NumPy, for signals of any length: a judge that is the same on every device."""

import numpy as np

from jconv.analysis.design import Settings, data, designs
from jconv.window import Padding


def float64_output(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
) -> np.ndarray:
    """`conv1d` in float64 without JAX; beside x and the result it holds a few megabytes.

    More than 32 taps of a phase are summed by Fourier transforms, in double precision.

    Args:
        x: (*batch, length, in), real or complex; may be memory-mapped.
        kernel: (width, in/groups, out).
        bias: (out,).
        stride: as in `conv1d`, and so are `padding`, `padding_mode`, `dilation` and `groups`.
        padding: where the padding lies.
        padding_mode: what it holds.
        dilation: positions from one tap to the next.
        groups: of channels.

    Returns:
        (*batch, length', out) float64 or complex128.

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments.

    >>> import numpy as np
    >>> float64_output(np.arange(4.0)[:, None], np.array([-1.0, 1.0])[:, None, None], np.array([0.5])).tolist()
    [[1.5], [1.5], [1.5]]
    """
    x, kernel = data("x", x), data("kernel", kernel)
    if kernel.ndim != 3 or not kernel.size:
        raise ValueError(f"`kernel` has shape {kernel.shape}; expected (width, in/groups, out), none of them 0")
    width, inputs, outs = kernel.shape
    each = designs(x, Settings(width, stride, padding, padding_mode, dilation, groups), ones=bias is not None)
    if x.shape[-1] != inputs * len(each) or outs % len(each):
        raise ValueError(
            f"`x` has shape {x.shape} and `kernel` {kernel.shape} with `groups`={groups}; expected "
            "(*batch, length, in) and (width, in/groups, out)"
        )
    weights = kernel.reshape(-1, outs)
    if bias is not None:
        added = data("bias", bias)
        if added.shape != (outs,):
            raise ValueError(f"`bias` has shape {added.shape}; expected ({outs},)")
        weights = np.concatenate([weights, added[None]])
    is_complex = np.iscomplexobj(x) or np.iscomplexobj(weights)
    weights = weights.astype(np.complex128 if np.iscomplexobj(weights) else np.float64)
    out = np.zeros((each[0].entries, each[0].outputs, outs), np.complex128 if is_complex else np.float64)
    per_group = outs // len(each)
    for group, design in enumerate(each):
        own = slice(group * per_group, (group + 1) * per_group)
        for entries, first, last in design.pieces(2 * design.tracks + per_group):
            out[entries, first:last, own] = design.apply(weights[:, own], entries, first, last).transpose(0, 2, 1)
    return out.reshape(*x.shape[:-2], *out.shape[1:])
