"""The numbers that the notebook printed, in this library's layout."""

import numpy as np

KERNEL = np.array(  # as torch prints it: (out, in, width)
    [
        [[0.3532, -0.0864, -0.2273], [0.3906, 0.4004, 0.4054]],
        [[-0.0145, 0.3996, -0.2601], [0.3777, -0.0403, -0.1950]],
        [[-0.1861, 0.1455, 0.3016], [-0.1227, 0.1366, 0.3082]],
        [[-0.2982, 0.2398, 0.0650], [0.1740, 0.0829, 0.3248]],
    ],
    np.float32,
).transpose(2, 1, 0)
"""(width 3, in 2, out 4)."""

BIAS = np.array([-0.0893, -0.3084, -0.1192, -0.3725], np.float32)
"""(out 4,)."""


def sin_and_cos(points: int = 100, stop: float = 10.0) -> np.ndarray:
    """sin and cos from 0 to `stop` radians, as channels. (points, 2) float32."""
    time = np.linspace(0, stop, points)
    return np.stack([np.sin(time), np.cos(time)], axis=-1).astype(np.float32)
