"""Directions of kernel space in words."""

import numpy as np

TURNED = 128  # unseen directions, at most, that are turned: each turn costs the cube of their number
NEGLIGIBLE = 0.05  # of the largest weight
FEW = 4  # weights that are all named


def simplest(basis: np.ndarray) -> np.ndarray:
    """Turn an orthonormal basis (unknowns, count) so that its entries are few and large, in order of their first.

    The sum of fourth powers is made as large as it gets (quartimax: Neuhaus and Wrigley, 1954), by steps that each go
    to the orthogonal matrix nearest to the gradient. Complex or many directions stay as they are.
    """
    count = basis.shape[1]
    if np.iscomplexobj(basis) or count > TURNED or not count:
        return basis
    turned, reached = basis, 0.0
    for _ in range(200):
        left, sizes, right = np.linalg.svd(basis.T @ turned**3)
        turned = basis @ (left @ right)
        if sizes.sum() <= reached * (1 + 1e-12):
            break
        reached = sizes.sum()
    first = np.argmax(np.abs(turned) > np.abs(turned).max(axis=0) / 2, axis=0)
    order = np.argsort(first, kind="stable")
    return turned[:, order] * np.sign(turned[first[order], order])


def in_words(kernel: np.ndarray, first_channel: int = 0) -> str:
    """A kernel (width, in) as a pattern of taps and channels, up to its size and sign.

    >>> import numpy as np
    >>> in_words(np.array([[0, 1], [0, 0], [0, -1.0]]))
    'tap 0 minus tap 2 of channel 1'
    >>> in_words(np.array([[2.0], [1], [0]]))
    'tap 0 plus 0.5 tap 1 of channel 0'
    """
    sizes = np.abs(kernel)
    largest = np.argsort(-sizes, axis=None, kind="stable")
    large = [tuple(map(int, np.unravel_index(at, kernel.shape))) for at in largest]
    named = [at for at in large if sizes[at] > NEGLIGIBLE * sizes.max()]
    if len(named) > FEW or np.iscomplexobj(kernel):
        more = ", ".join(f"{kernel[at]:+.2f} tap {at[0]} of channel {at[1] + first_channel}" for at in named[:FEW])
        return f"mostly {more}" if len(named) > FEW else more
    named = sorted(named, key=lambda at: (at[1], at[0]))
    one_channel = len({channel for _, channel in named}) == 1
    unit = kernel[named[0]] / sizes[named[0]] * sizes.max()
    text = ""
    for at in named:
        weight = kernel[at] / unit
        joint = (" minus " if weight < 0 else " plus ") if text else ""
        size = "" if abs(abs(weight) - 1) < 0.02 else f"{abs(weight):.2g} "
        text += f"{joint}{size}tap {at[0]}" + ("" if one_channel else f" of channel {at[1] + first_channel}")
    return text + (f" of channel {named[0][1] + first_channel}" if one_channel else "")
