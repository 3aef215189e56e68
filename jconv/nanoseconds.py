"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC (avx2), 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 30800.0,
            "mac": 0.0137,
            "packed": 0.0603,
            "packed in short runs": 0.282,
            "moved": 0.294,
            "step": 8340.0,
        },
        "input": {
            "call": 141000.0,
            "mac": 0.0157,
            "packed in short runs": 0.258,
            "moved": 0.103,
            "step": 13200.0,
        },
        "kernel": {
            "call": 37600.0,
            "mac": 0.0152,
            "packed": 0.302,
            "moved": 0.349,
        },
    },
    "taps": {
        "output": {
            "call": 21000.0,
            "mac of groups": 0.0434,
            "moved": 0.0697,
            "moved beyond the cache": 0.185,
            "step": 1710.0,
            "product mac": 0.0142,
            "product seen": 0.416,
            "product sent": 0.265,
            "product step": 52400.0,
            "mac": 0.0224,
            "mac in a loop": 0.0373,
        },
        "input": {
            "mac of groups": 0.0332,
            "moved": 0.0891,
            "moved beyond the cache": 0.149,
            "step": 53600.0,
            "product mac": 0.0125,
            "product seen": 0.647,
            "product sent": 0.0907,
            "mac in a loop": 0.0202,
        },
        "kernel": {
            "call": 7470.0,
            "mac": 0.0228,
            "moved": 0.566,
            "last step": 15300.0,
            "product mac": 0.0105,
            "product seen": 2.95,
            "product sent": 0.0725,
            "mac of groups": 0.027,
            "moved by groups": 0.616,
        },
    },
    "gemm": {
        "output": {
            "call": 3410.0,
            "mac": 0.0167,
            "laid out": 0.215,
            "laid out in short runs": 0.343,
            "laid out beyond the cache": 1.19,
            "laid out in groups": 0.417,
            "moved": 0.434,
            "step": 34700.0,
        },
        "input": {
            "call": 23700.0,
            "mac": 0.015,
            "laid out": 0.237,
            "laid out in short runs": 3.31,
            "laid out beyond the cache": 0.408,
            "moved": 0.222,
        },
        "kernel": {
            "call": 19600.0,
            "mac": 0.0141,
            "laid out": 0.985,
            "laid out in short runs": 0.291,
            "laid out beyond the cache": 0.721,
            "moved": 0.631,
        },
    },
    "fft": {
        "output": {
            "call": 123000.0,
            "point": 0.29,
            "spectral": 0.227,
            "spectral in a matrix product": 0.424,
        },
        "input": {
            "call": 953000.0,
            "point": 0.149,
            "spectral": 2.17,
            "spectral in a matrix product": 0.631,
        },
        "kernel": {
            "call": 195000.0,
            "point": 0.274,
            "spectral in a matrix product": 0.631,
        },
    },
}
