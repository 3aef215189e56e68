"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC, 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 352000.0,
            "mac": 0.00451,
            "packed": 0.0361,
            "moved": 0.32,
            "step": 9420.0,
        },
        "input": {
            "call": 324000.0,
            "mac": 0.0051,
            "packed": 0.0412,
            "moved": 0.315,
            "step": 18400.0,
        },
        "kernel": {
            "call": 299000.0,
            "mac": 0.00543,
            "packed": 0.0281,
            "packed in short runs": 0.0644,
            "moved": 0.461,
        },
    },
    "taps": {
        "output": {
            "call": 234000.0,
            "mac": 0.00471,
            "moved": 0.15,
            "moved in a loop": 0.079,
            "product mac": 0.00728,
            "product seen": 0.196,
            "product sent": 0.217,
            "product regrouped": 0.14,
            "product step": 451.0,
        },
        "input": {
            "call": 250000.0,
            "moved": 0.18,
            "moved in a loop": 0.0815,
            "product mac": 0.00691,
            "product seen": 0.293,
            "product sent": 0.0397,
            "product regrouped": 0.181,
            "product step": 517.0,
        },
        "kernel": {
            "call": 190000.0,
            "mac of channel pairs": 0.567,
            "moved": 0.433,
            "product mac": 0.0105,
            "product seen": 0.575,
            "product sent": 0.041,
            "product regrouped": 0.187,
        },
    },
    "gemm": {
        "output": {
            "call": 267000.0,
            "mac": 0.00574,
            "laid out": 0.239,
            "laid out in groups": 0.0762,
            "moved": 0.37,
            "step": 18800.0,
        },
        "input": {
            "call": 384000.0,
            "mac": 0.00611,
            "laid out": 0.0634,
            "laid out in short runs": 1.17,
            "laid out beyond the cache": 0.119,
            "laid out in groups": 0.414,
            "moved": 0.0951,
            "step": 2370.0,
        },
        "kernel": {
            "call": 369000.0,
            "mac": 0.0061,
            "laid out": 0.675,
            "laid out in short runs": 0.129,
            "laid out in groups": 0.455,
            "moved": 0.0926,
        },
    },
    "fft": {
        "output": {
            "call": 318000.0,
            "point": 0.168,
            "spectral in a matrix product": 0.235,
        },
        "input": {
            "call": 369000.0,
            "point": 0.161,
            "spectral": 0.565,
            "spectral in a matrix product": 0.2,
        },
        "kernel": {
            "call": 360000.0,
            "point": 0.175,
            "spectral in a matrix product": 0.321,
        },
    },
}
