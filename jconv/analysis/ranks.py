"""Which directions of kernel space the data tell apart, from their Gram matrix."""

from dataclasses import dataclass

import numpy as np

DOUBLE_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Directions:
    """Eigenvectors of a Gram matrix.

    Attributes:
        values: (columns,) eigenvalues, largest first.
        vectors: (columns, columns), one a column.
        least: up to which eigenvalue a direction may be rounding alone.
    """

    values: np.ndarray
    vectors: np.ndarray
    least: float

    @property
    def seen(self) -> np.ndarray:
        """Which directions are more than rounding, (columns,) bool."""
        return self.values > self.least

    @property
    def rank(self) -> int:
        """How many they are."""
        return int(self.seen.sum())


def cut(columns: int, rounding: float) -> float:
    """Up to which share of the largest eigenvalue a direction may be rounding alone.

    In the design matrix data that are off by `rounding` leave a direction 4 times that of the largest, and eigenvalues
    are squares of its singular values. Products and eigenvalues in float64 leave about a unit of rounding times the
    root of the matrix's size (errors of independent signs), of which 8 are allowed.
    """
    return max((4 * rounding) ** 2, 8 * np.sqrt(columns) * DOUBLE_EPS)


def directions(gram: np.ndarray, rounding: float) -> Directions:
    """The directions of a Gram matrix without its column of ones."""
    values, vectors = np.linalg.eigh(gram)
    return Directions(values[::-1], vectors[:, ::-1], cut(len(gram), rounding) * max(float(values[-1]), 0.0))


def sees_bias(gram: np.ndarray, known: Directions, rounding: float) -> bool:
    """Whether no kernel makes the same constant output as a bias; the last column of `gram` is that of the ones."""
    along = known.vectors[:, known.seen].conj().T @ gram[:-1, -1]
    ones = float(gram[-1, -1].real)
    left = ones - float(np.sum(np.abs(along) ** 2 / known.values[known.seen]))
    return left > cut(len(gram), rounding) * ones
