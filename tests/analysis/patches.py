"""The regression behind a convolution as NumPy sees it: the patch matrix from the definition, importing no jconv."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from oracle import pad_with_mode

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Problem:
    """A regression; `padding` is a pair."""

    kernel_size: int
    stride: int
    dilation: int
    padding: tuple[int, int]
    padding_mode: str
    groups: int
    bias: bool
    entries: int
    outputs: int
    channels: int  # of a group
    seed: int
    is_complex: bool = False

    @property
    def options(self):
        """As keyword arguments."""
        names = ("stride", "dilation", "padding", "padding_mode", "groups")
        return {name: getattr(self, name) for name in names}

    @property
    def length(self):
        """Of x."""
        span = (self.kernel_size - 1) * self.dilation + 1
        return max((self.outputs - 1) * self.stride + span - sum(self.padding), 1)

    def random(self, *shape):
        """Normal numbers, complex ones if the problem is."""
        rng = np.random.default_rng([self.seed, *shape])
        parts = rng.normal(size=(1 + self.is_complex, *shape))
        return parts[0] + 1j * parts[1] if self.is_complex else parts[0]

    @property
    def x(self):
        return self.random(self.entries, self.length, self.groups * self.channels)


def patches(x, problem, group=0):
    """(entries, outputs, columns): a row for each window, taps first; ones last with a bias."""
    low, high = problem.padding
    padded = pad_with_mode_or_zeros(x, low, high, problem.padding_mode)
    own = padded[..., group * problem.channels : (group + 1) * problem.channels]
    span = (problem.kernel_size - 1) * problem.dilation + 1
    starts = range(0, own.shape[1] - span + 1, problem.stride)
    rows = [own[:, at : at + span : problem.dilation].reshape(len(own), -1) for at in starts]
    if problem.bias:
        rows = [np.concatenate([row, np.ones((len(row), 1))], axis=1) for row in rows]
    return np.stack(rows, axis=1)


def pad_with_mode_or_zeros(x, low, high, mode):
    if mode != "zeros":
        return pad_with_mode(x, low, high, mode)
    padded = np.pad(x, ((0, 0), (max(low, 0), max(high, 0)), (0, 0)))
    return padded[:, max(-low, 0) : padded.shape[1] - max(-high, 0)]


@st.composite
def problems(draw):
    """All settings, small."""
    number = st.integers
    return Problem(
        kernel_size=draw(number(1, 6)),
        stride=draw(number(1, 4)),
        dilation=draw(number(1, 4)),
        padding=(draw(number(-2, 9)), draw(number(-2, 9))),
        padding_mode=draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        groups=draw(number(1, 2)),
        bias=draw(st.booleans()),
        entries=draw(number(1, 3)),
        outputs=draw(number(1, 90)),
        channels=draw(number(1, 3)),
        seed=draw(number(0, 10**6)),
        is_complex=draw(st.booleans()),
    )
