"""Numbers, lists and names as the page's sentences write them; the page's script writes them alike."""

import math

import numpy as np

MINUS, THIN, TIMES = "\u2212", "\u202f", "\u00d7"
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def shown(value: complex, digits: int = 4) -> str:
    """A number with so many digits that count, as `shown` in scales.js.

    >>> shown(-0.08934), shown(12345678.0), shown(0.0)
    ('−0.0893', '1.2e7', '0')
    """
    if isinstance(value, complex | np.complexfloating):
        sign = MINUS if math.copysign(1, value.imag) < 0 else "+"
        return f"{shown(value.real, digits)} {sign} {shown(abs(value.imag), digits)}i"
    value = float(value.real)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}\u221e"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 10 ** (digits + 2) or size < 10 ** (1 - digits):
        mantissa, power = f"{size:.{max(digits - 3, 1)}e}".split("e")
        text = f"{mantissa}e{str(int(power)).replace('-', MINUS)}"
    else:
        text = f"{size:.{max(0, digits - max(0, math.floor(math.log10(size)) + 1))}f}"
    return (MINUS if value < 0 else "") + text


def percent(share: float) -> str:
    """A share as a whole number of percent.

    >>> percent(1.0488) == "105\u202f%", percent(float("nan"))
    (True, 'no value')
    """
    if not math.isfinite(share):
        return "no value"
    return f"{math.floor(share * 100 + 0.5)}{THIN}%".replace("-", MINUS)


def count(number: int, word: str, plural: str | None = None) -> str:
    """A number of things, small ones in words.

    >>> count(1, "kernel"), count(4, "kernel"), count(25664, "product")
    ('one kernel', 'four kernels', '25,664 products')
    """
    said = _SMALL[number] if number < len(_SMALL) else f"{number:,}"
    return f"{said} {word if number == 1 else plural or word + 's'}"


def listed(items: list[str]) -> str:
    """Things in a row.

    >>> listed(["sin", "cos"]), listed(["a", "b", "c"])
    ('sin and cos', 'a, b and c')
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capital(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]
