"""1-D convolution and its two transposes in float64 NumPy, from the formula, importing nothing of jconv.

T(x, k, y) = sum over n t j g c o of  x[n, t*stride + j*dilation - low, g, c] * k[j, c, g, o] * y[n, t, g, o],
x being zero outside its length. Arrays are x (batch, length, in), k (taps, in/groups, out), y (batch, length, out).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Form:
    """The sizes of one trilinear form."""

    length: int
    taps: int
    outputs: int  # output positions
    stride: int
    dilation: int
    low: int
    groups: int

    def _reads(self, j):
        """The output positions whose tap `j` lies inside x, and where."""
        positions = np.arange(self.outputs) * self.stride + j * self.dilation - self.low
        inside = (positions >= 0) & (positions < self.length)
        return np.flatnonzero(inside), positions[inside]

    def _grouped(self, a):
        a = np.asarray(a)
        a = a.astype(np.complex128 if np.iscomplexobj(a) else np.float64)
        return a.reshape(*a.shape[:-1], self.groups, a.shape[-1] // self.groups)

    def output(self, x, k):
        """(x, k) -> y."""
        x, k = self._grouped(x), self._grouped(k)  # k: (taps, in/groups, groups, out/groups)
        y = np.zeros((x.shape[0], self.outputs, self.groups, k.shape[3]), np.result_type(x, k))
        for j in range(self.taps):
            at, where = self._reads(j)
            y[:, at] += np.einsum("ntgc,cgo->ntgo", x[:, where], k[j])
        return y.reshape(*y.shape[:2], y.shape[2] * y.shape[3])

    def input(self, y, k):
        """(y, k) -> x."""
        y, k = self._grouped(y), self._grouped(k)
        x = np.zeros((y.shape[0], self.length, self.groups, k.shape[1]), np.result_type(y, k))
        for j in range(self.taps):
            at, where = self._reads(j)
            x[:, where] += np.einsum("ntgo,cgo->ntgc", y[:, at], k[j])
        return x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])

    def kernel(self, x, y):
        """(x, y) -> k."""
        x, y = self._grouped(x), self._grouped(y)
        k = np.zeros((self.taps, x.shape[3], self.groups, y.shape[3]), np.result_type(x, y))
        for j in range(self.taps):
            at, where = self._reads(j)
            k[j] = np.einsum("ntgc,ntgo->cgo", x[:, where], y[:, at])
        return k.reshape(*k.shape[:2], k.shape[2] * k.shape[3])


def pad_with_mode(x, low, high, mode):
    """`x` (batch, length, in) padded with its own values by index arithmetic, then cropped where negative."""
    length = x.shape[1]
    index = np.arange(-max(low, 0), length + max(high, 0))
    if mode == "replicate":
        index = np.clip(index, 0, length - 1)
    elif mode == "circular":
        index = index % length
    elif mode == "reflect":  # a triangular wave
        index = np.abs((index + length - 1) % max(2 * (length - 1), 1) - (length - 1))
    return x[:, index[max(-low, 0) : len(index) - max(-high, 0)]]
