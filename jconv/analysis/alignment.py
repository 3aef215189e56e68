"""Learnt kernels beside true ones, up to what training cannot know: the order of outputs, their signs and delays."""

from typing import NamedTuple

import numpy as np

from jconv import checks


class Alignment(NamedTuple):
    """Which learnt output is which true one.

    Attributes:
        order: (out,) for each true output the learnt one that belongs to it.
        sign: (out,) float64, 1 or -1; of complex kernels complex128, a number of size 1.
        shift: (out,) by how many taps the learnt kernel is moved to the right.
        aligned: (width, in, out) learnt kernels in the order of the true ones, moved, with zeros where nothing is moved
            to, times the sign.
    """

    order: np.ndarray
    sign: np.ndarray
    shift: np.ndarray
    aligned: np.ndarray


def align_kernels(learnt: np.ndarray, true: np.ndarray, *, most_shift: int | None = None) -> Alignment:
    """Match learnt output channels to true ones up to order, sign and shift; sizes stay as they are.

    For each pair the sign and the shift with the largest product of both kernels are taken. Among all orders the one
    with the largest sum of products is found exactly, by the Hungarian method (Kuhn, 1955). If shifts move no weight
    over an end, that is the order with the least sum of squared distances.

    Args:
        learnt: (width, in, out), real or complex.
        true: the same shape.
        most_shift: the largest shift in either direction; by default width - 1. 0 for kernels whose delay is known.

    Raises:
        TypeError, ValueError: shapes that differ, or a negative shift.

    >>> import numpy as np
    >>> true = np.array([[1.0, 0.0], [2.0, 3.0], [0.0, 1.0]])[:, None]
    >>> learnt = -np.roll(true, 1, axis=0)[:, :, ::-1] * [[1, 0]] + true[:, :, ::-1] * [[0, 1]]
    >>> found = align_kernels(learnt, true)
    >>> found.order.tolist(), found.sign.tolist(), found.shift.tolist()
    ([1, 0], [1.0, -1.0], [0, -1])
    """
    learnt, true = np.asarray(learnt), np.asarray(true)
    if learnt.shape != true.shape or true.ndim != 3 or not true.size:
        raise ValueError(
            f"`learnt` has shape {learnt.shape} and `true` {true.shape}; expected the same (width, in, out)"
        )
    kind = np.complex128 if np.iscomplexobj(learnt) or np.iscomplexobj(true) else np.float64
    learnt, true = learnt.astype(kind), true.astype(kind)
    most = len(true) - 1
    if most_shift is not None:
        most = min(checks.whole_number("most_shift", most_shift, minimum=0), most)
    shifts = np.array(sorted(range(-most, most + 1), key=abs))
    products = np.stack([np.einsum("jci,jco->io", moved(learnt, shift).conj(), true) for shift in shifts])
    best = np.argmax(np.abs(products) * (1 + 1e-12 * (shifts == 0)[:, None, None]), axis=0)
    values = np.take_along_axis(products, best[None], axis=0)[0]
    order = assignment(-np.abs(values).T)
    outs = np.arange(len(order))
    found, shift = values[order, outs], shifts[best[order, outs]]
    sign = np.where(found == 0, 1, found / np.where(found == 0, 1, np.abs(found)))
    aligned = np.stack([moved(learnt[:, :, i], by) for i, by in zip(order, shift, strict=True)], axis=2) * sign
    return Alignment(order, sign, shift, aligned)


def moved(kernel: np.ndarray, shift: int) -> np.ndarray:
    """The kernel moved to the right by `shift` taps, zeros behind it."""
    out, size = np.zeros_like(kernel), len(kernel)
    out[max(shift, 0) : size + min(shift, 0)] = kernel[max(-shift, 0) : size - max(shift, 0)]
    return out


def assignment(cost: np.ndarray) -> np.ndarray:
    """The column of each row, all different, with the least sum of costs (size, size).

    Row after row is added by a shortest path of reduced costs (Jonker and Volgenant, Computing 1987), in cubic time.

    >>> import numpy as np
    >>> assignment(np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])).tolist()
    [1, 0, 2]
    """
    size = len(cost)
    of_row, of_column = np.zeros(size + 1), np.zeros(size + 1)
    row_at = np.full(size + 1, -1)  # the row that a column has; the last column is where a path begins
    for row in range(size):
        row_at[size], column = row, size
        least, before = np.full(size, np.inf), np.full(size, size)
        visited = np.zeros(size + 1, bool)
        while row_at[column] >= 0:
            visited[column] = True
            now = row_at[column]
            reduced = cost[now] - of_row[now] - of_column[:size]
            nearer = ~visited[:size] & (reduced < least)
            least[nearer], before[nearer] = reduced[nearer], column
            following = int(np.argmin(np.where(visited[:size], np.inf, least)))
            delta = least[following]
            of_row[row_at[visited]] += delta
            of_column[visited] -= delta
            least[~visited[:size]] -= delta
            column = following
        while column != size:
            row_at[column] = row_at[before[column]]
            column = int(before[column])
    column_of = np.empty(size, int)
    column_of[row_at[:size]] = np.arange(size)
    return column_of
