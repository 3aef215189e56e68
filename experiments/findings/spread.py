"""How far fits with other seeds came apart, and how much of that the data could have told them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jconv.analysis import Identifiability


@dataclass(frozen=True)
class Spread:
    """Kernels of several fits, which differ in their seed alone.

    Attributes:
        count: how many.
        per_tap: (width, in, out) standard deviation of each tap over the fits.
        unseen_share: of the variance, all taps together, in directions that the training's data cannot tell apart; 0 if
            the fits do not differ.
        seen: root mean square standard deviation of what is left of the taps.
        standard_errors: `seen` over the root mean square standard error of the least-squares kernel: far below 1 the
            fits agree better than the data could tell, far above they have not come to their end.
    """

    count: int
    per_tap: np.ndarray
    unseen_share: float
    seen: float
    standard_errors: float | None

    def numbers(self) -> dict[str, Any]:
        """For metrics.json."""
        return {
            "seeds": self.count,
            "spread_rms": float(np.sqrt(np.mean(self.per_tap**2))),
            "spread_unseen_share": self.unseen_share,
            "spread_seen_rms": self.seen,
            "spread_seen_in_standard_errors": self.standard_errors,
        }

    def sentence(self) -> str:
        """What it says, in words."""
        if not self.per_tap.any():
            return f"{self.count} fits came to the same kernel, bit by bit"
        unseen = f"{100 * self.unseen_share:.3g} % of the variance lies where the data cannot see"
        if self.standard_errors is None:
            return unseen
        kept = "the rest" if self.unseen_share else "all of it"
        errors = f"{self.standard_errors:.2g}" if self.standard_errors < 99.5 else f"{self.standard_errors:.0f}"
        return f"{unseen}; {kept} is {errors} standard errors a tap"


def spread(kernels: np.ndarray, seen: Identifiability, standard_error: np.ndarray | None) -> Spread:
    """Take the spread of kernels apart.

    Args:
        kernels: (fits, width, in/groups, out), two or more of them.
        seen: what the training's data tell apart.
        standard_error: (width, in/groups, out) of the least-squares kernel, or None.
    """
    kernels = kernels.astype(np.float64)
    apart = kernels - kernels.mean(axis=0)
    total = float(np.square(apart).sum())
    blind = sum(float(np.square(hidden_part(kernel, seen)).sum()) for kernel in apart)
    freedom = (len(kernels) - 1) * kernels[0].size
    rest = np.sqrt(max(total - blind, 0.0) / freedom)
    error = None if standard_error is None else float(np.sqrt(np.mean(np.square(standard_error))))
    return Spread(
        count=len(kernels),
        per_tap=kernels.std(axis=0, ddof=1),
        unseen_share=blind / total if total else 0.0,
        seen=float(rest),
        standard_errors=float(rest / error) if error else None,
    )


def hidden_part(kernel: np.ndarray, seen: Identifiability) -> np.ndarray:
    """How much of a kernel (width, in/groups, out) lies along each unseen direction of each output's own group."""
    along = np.einsum("wco,nwc->no", kernel, seen.unseen)
    outputs = kernel.shape[-1]
    own = np.arange(outputs) * len(seen.eigenvalues) // outputs
    return along[seen.group[:, None] == own]
