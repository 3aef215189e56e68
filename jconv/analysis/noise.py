"""How far a least-squares kernel may be off, from what it leaves of the target: the sandwich, three ways.

Least squares is linear in the target: its kernel and bias are `L X' y`, with the rows X of the design. So their
covariance is `L X' C X L` with the covariance C of the noise, which is estimated from the residuals:

- white: C is a multiple of the identity.
- heteroscedastic: C is diagonal and holds each squared residual (White, Econometrica 1980), times n / (n - p) for n
  outputs and p unknowns (HC1 of MacKinnon and White, J. Econometrics 1985).
- autocorrelated: the noise is stationary and independent of the signal, so C holds its autocovariances (Hannan,
  Multiple Time Series, 1970). They are those of the residuals, times n / (n - p), tapered by Parzen's window, which
  keeps C positive. Its length is the automatic one of Andrews (Econometrica 1991, section 6), which the first
  autocorrelation decides, but the root of n at least, so that noise which is no simple decay (a hum) is followed
  (Woolrich et al., NeuroImage 2001, found tapers of about that length best), and ten times that at most. A full
  Newey and West estimate, of the products of residuals with what the windows see, would allow for variances that hang
  on the signal too, but costs as much as `heteroscedastic`, and is far noisier for kernels of many taps.
"""

from collections.abc import Callable

import numpy as np

from jconv.analysis.correlation import lagged_products
from jconv.analysis.design import Design
from jconv.analysis.gram_matrix import flat, weighted_grams

NOISES = ("white", "heteroscedastic", "autocorrelated")
LONGEST = 10  # of the roots of the number of outputs

Read = Callable[[slice, int, int], np.ndarray]


def variances(
    noise: str, design: Design, residual: Read, squares: np.ndarray, map_: np.ndarray, gram: np.ndarray, unknowns: float
) -> np.ndarray:
    """The variance of each row of `map_ @ X' @ y`.

    Args:
        noise: of `NOISES`.
        design: the rows X.
        residual: reads entries, first and last window as (entries, out, windows), zero outside.
        squares: (out,) sum of squared residuals.
        map_: (columns, columns), Hermitian.
        gram: `X' X`.
        unknowns: p; a ridge makes it less than the rank.

    Returns:
        (columns, out) float64; NaN if there are no more outputs than unknowns.
    """
    rows = design.rows_in_all
    free = rows - unknowns
    if free < 0.5:
        return np.full((design.columns, len(squares)), np.nan)
    if noise == "white":
        return diagonal(map_, gram)[:, None] * (squares / free)
    if noise == "heteroscedastic":
        total = np.zeros((design.columns, len(squares)))
        for entries, first, last in design.pieces(2 * design.columns):
            influence = np.abs(flat(design.rows(entries, first, last)).conj() @ map_.T) ** 2
            left = flat(residual(entries, first, last).transpose(0, 2, 1))
            total += influence.T @ np.abs(left) ** 2
        return total * (rows / free)
    lags = min(design.outputs - 1, int(LONGEST * np.sqrt(rows)))
    products = lagged_products(residual, residual, design.entries, design.outputs, lags, paired=True) / free
    weights = [tapered(each, rows) for each in products]
    return np.stack([diagonal(map_, each) for each in weighted_grams(design, weights)], axis=1)


def diagonal(map_: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """The diagonal of `map_ @ middle @ map_^H`, which rounding may make slightly negative."""
    return np.maximum(np.sum((map_ @ middle) * map_.conj(), axis=1).real, 0)


def tapered(covariances: np.ndarray, rows: int) -> np.ndarray:
    """Autocovariances (lags,) times Parzen's window, as long as it is not zero."""
    if len(covariances) == 1 or not covariances[0].real > 0:
        return covariances[:1]
    ratio = min(float(np.abs(covariances[1]) / covariances[0].real), 1 - 1e-3)
    andrews = 2.6614 * (4 * ratio**2 / (1 - ratio) ** 4 * rows) ** 0.2
    length = min(max(andrews, np.sqrt(rows)), len(covariances))
    at = np.arange(int(np.ceil(length))) / length
    window = np.where(at <= 0.5, 1 - 6 * at**2 + 6 * at**3, 2 * (1 - at) ** 3)
    return covariances[: len(window)] * window
