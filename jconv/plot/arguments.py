"""What a picture may be made of: finite arrays of the right shape, real where a line or a colour says no more."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def array(
    name: str, values: Any, axes: str, *, allow_complex: bool = False, allow_nan: bool = False, **sizes: int
) -> np.ndarray:
    """`values` as float64 or complex128.

    Args:
        name: of the argument, for the error.
        values: an array of NumPy, JAX or a list.
        axes: their names, as in "width in out".
        allow_complex: whether complex numbers can be drawn.
        allow_nan: whether numbers that are not finite can be left out and counted.
        **sizes: of the axes whose size is known.

    Raises:
        ValueError: another shape, nothing to draw, or numbers that cannot be drawn.
    """
    values = np.asarray(values)
    names = axes.split()
    wanted = [sizes.get(axis) for axis in names]
    fits = values.ndim == len(names) and all(
        want in (None, size) for want, size in zip(wanted, values.shape, strict=True)
    )
    if not fits or not values.size:
        known = ", ".join(f"{axis}={sizes[axis]}" for axis in names if axis in sizes)
        shape = f"({', '.join(names)}{',' * (len(names) == 1)})"
        raise ValueError(
            f"`{name}` has shape {values.shape}; expected {shape}" + (f" with {known}" if known else ", none of them 0")
        )
    if np.iscomplexobj(values):
        if not allow_complex:
            raise ValueError(
                f"`{name}` is {values.dtype}, which this picture cannot show; draw its real and imaginary parts apart"
            )
        values = values.astype(np.complex128)
    else:
        values = values.astype(np.float64)
    lost = int(np.count_nonzero(~np.isfinite(values)))
    if lost and not allow_nan:
        raise ValueError(
            f"`{name}` has {lost} of {values.size} numbers that are not finite; only finite ones are drawn"
        )
    return values


def same_shape(name: str, arrays: Mapping[str, Any], axes: str, **sizes: int) -> dict[str, np.ndarray]:
    """Each of `arrays` as `array` makes it, complex ones too, all of one shape.

    Raises:
        ValueError: none, or one that differs.
    """
    if not arrays:
        raise ValueError(f"`{name}` is empty; expected at least one name and array")
    found: dict[str, np.ndarray] = {}
    for key, values in arrays.items():
        found[key] = array(f"{name}[{key!r}]", values, axes, allow_complex=True, allow_nan=False, **sizes)
        sizes = dict(zip(axes.split(), found[key].shape, strict=True))
    return found


def real_lines(arrays: Iterable[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """Names and arrays, complex ones as two: their real and their imaginary part."""
    lines = []
    for name, values in arrays:
        if np.iscomplexobj(values):
            lines += [(f"{name}, real", np.real(values)), (f"{name}, imaginary", np.imag(values))]
        else:
            lines.append((name, values))
    return lines


def at_most(name: str, count: int, most: int, things: str) -> None:
    """Refuse what cannot be told apart.

    Raises:
        ValueError: more than `most`.
    """
    if count > most:
        raise ValueError(f"`{name}` has {count} {things}; at most {most} can be told apart, draw fewer at a time")


def names_of(name: str, names: Sequence[str] | None, count: int, thing: str) -> list[str]:
    """The names given, or numbers.

    Raises:
        ValueError: not one name for each.
    """
    if names is None:
        return [f"{thing} {number}" for number in range(count)]
    if len(names) != count:
        raise ValueError(f"`{name}` has {len(names)} names; expected {count}, one for each {thing}")
    return list(names)
