"""Which kernels an input tells apart, and which it cannot."""

from dataclasses import dataclass

import numpy as np

from jconv.analysis.design import Settings, data, designs, rounding_of
from jconv.analysis.gram_matrix import plain_gram
from jconv.analysis.ranks import directions, sees_bias
from jconv.analysis.words import in_words, simplest
from jconv.window import Padding

LISTED = 8  # directions that are put into words


@dataclass(frozen=True)
class Identifiability:
    """What an input tells of the kernels of one output, whatever the output is.

    With groups an output has a kernel of its own group's channels alone, so each direction belongs to a group.

    Attributes:
        rank: how many numbers of a kernel the input tells apart, summed over groups.
        unknowns: how many there are: width * in/groups for each group, summed.
        eigenvalues: (groups, width * in/groups) of the Gram matrix, the mean over outputs; largest first. Each is the
            mean square of the output of a kernel of norm 1 along its direction.
        unseen: (unknowns - rank, width, in/groups) kernels whose output is zero for this input, within rounding; an
            orthonormal basis in each group, turned to have as few large entries as it can.
        group: (unknowns - rank,) the group of each.
        directions: (rank, width, in/groups) the kernels that are seen, orthonormal in each group; within a group the
            strongest first.
        directions_group: (rank,) the group of each.
        weak: (rank,) how strongly each is seen: its singular value relative to its group's largest. An error along a
            direction of 0.01 changes the output a hundred times less than one along the first.
        bias_seen: whether a bias can be told apart from a kernel; False if none was asked for.
    """

    rank: int
    unknowns: int
    eigenvalues: np.ndarray
    unseen: np.ndarray
    group: np.ndarray
    directions: np.ndarray
    directions_group: np.ndarray
    weak: np.ndarray
    bias_seen: bool

    def unseen_in_words(self) -> list[str]:
        """What each unseen kernel looks like, such as "tap 0 minus tap 2 of channel 1"; channels count through."""
        return self._named(self.unseen, self.group)

    def directions_in_words(self) -> list[str]:
        """What each seen kernel looks like, in the same words."""
        return self._named(self.directions, self.directions_group)

    def _named(self, kernels: np.ndarray, groups: np.ndarray) -> list[str]:
        return [in_words(kernel, int(group) * kernels.shape[2]) for kernel, group in zip(kernels, groups, strict=True)]

    def __str__(self) -> str:
        lines = [f"rank {self.rank} of {self.unknowns}" + (", and the bias" if self.bias_seen else "")]
        if len(self.unseen):
            some = self._named(self.unseen[:LISTED], self.group[:LISTED])
            lines += ["unseen:", *(f"  {words}" for words in some)]
            lines += [f"  and {len(self.unseen) - LISTED} more"] * (len(self.unseen) > LISTED)
        elif self.rank:
            at = int(np.argmin(self.weak))
            words = self._named(self.directions[at : at + 1], self.directions_group[at : at + 1])[0]
            lines.append(f"weakest, at {self.weak[at]:.2g} of the strongest: {words}")
        return "\n".join(lines)


def identifiability(
    x: np.ndarray,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
    rounding: float | None = None,
) -> Identifiability:
    """Which kernels of `conv1d` an input can tell apart from their outputs.

    Args:
        x: (*batch, length, in), real or complex; may be memory-mapped.
        kernel_size: taps.
        stride: as in `conv1d`, and so are `padding`, `padding_mode`, `dilation` and `groups`.
        padding: each batch entry is padded on its own.
        padding_mode: what the padding holds.
        dilation: positions from one tap to the next.
        groups: of channels.
        bias: whether to ask for the bias too.
        rounding: as in `least_squares_kernel`: by default the eps of x's dtype.

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments.

    >>> import numpy as np
    >>> time = np.linspace(0, 10, 100)
    >>> waves = np.stack([np.sin(time), np.cos(time)], axis=-1).astype(np.float32)
    >>> found = identifiability(waves, 3)
    >>> found.rank, found.unknowns, found.unseen.shape, found.bias_seen
    (2, 6, (4, 3, 2), True)
    >>> twice = np.random.default_rng(0).normal(size=(50, 1)).repeat(2, axis=1)
    >>> print(identifiability(twice, 1))
    rank 1 of 2, and the bias
    unseen:
      tap 0 of channel 0 minus tap 0 of channel 1
    """
    x = data("x", x)
    each = designs(x, Settings(kernel_size, stride, padding, padding_mode, dilation, groups), bias)
    rounding = rounding_of(x, rounding)
    channels, found, bias_seen = x.shape[-1] // len(each), [], bias
    for design in each:
        gram, taps = plain_gram(design) / design.rows_in_all, design.columns - design.ones
        known = directions(gram[:taps, :taps], rounding)
        bias_seen = bias_seen and sees_bias(gram, known, rounding)
        found.append(known)
    unseen = [simplest(known.vectors[:, ~known.seen]).T for known in found]
    seen = [known.vectors[:, known.seen].T for known in found]
    return Identifiability(
        rank=sum(known.rank for known in found),
        unknowns=sum(len(known.values) for known in found),
        eigenvalues=np.stack([np.maximum(known.values, 0) for known in found]),
        unseen=np.concatenate(unseen).reshape(-1, kernel_size, channels),
        group=np.repeat(np.arange(len(each)), [len(kernels) for kernels in unseen]),
        directions=np.concatenate(seen).reshape(-1, kernel_size, channels),
        directions_group=np.repeat(np.arange(len(each)), [len(kernels) for kernels in seen]),
        weak=np.concatenate([np.sqrt(known.values[known.seen] / known.values[0]) for known in found]),
        bias_seen=bool(bias_seen),
    )
