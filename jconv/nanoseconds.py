"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC, 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 329000.0,
            "mac": 0.0051,
            "packed": 0.0594,
            "moved": 0.18,
            "step": 22800.0,
        },
        "input": {
            "call": 289000.0,
            "mac": 0.00513,
            "packed": 0.0986,
            "moved": 0.236,
            "step": 18700.0,
        },
        "kernel": {
            "call": 212000.0,
            "mac": 0.00669,
            "packed": 0.0288,
            "moved": 0.48,
            "step": 5050.0,
        },
    },
    "taps": {
        "output": {
            "call": 208000.0,
            "moved": 0.156,
            "moved in a loop": 0.0977,
            "product mac": 0.0058,
            "product seen": 0.163,
            "product sent": 0.325,
            "product regrouped": 0.116,
            "product step": 728.0,
        },
        "input": {
            "call": 223000.0,
            "moved": 0.192,
            "moved in a loop": 0.0817,
            "product mac": 0.00679,
            "product seen": 0.29,
            "product sent": 0.0408,
            "product regrouped": 0.169,
            "product step": 974.0,
        },
        "kernel": {
            "call": 162000.0,
            "mac of channel pairs": 0.249,
            "moved": 0.453,
            "product mac": 0.0113,
            "product seen": 0.524,
            "product sent": 0.0485,
            "product regrouped": 0.306,
        },
    },
    "gemm": {
        "output": {
            "call": 313000.0,
            "mac": 0.00598,
            "laid out": 0.45,
            "laid out in short runs": 0.035,
            "laid out in groups": 0.00786,
            "moved": 0.0559,
            "step": 7990.0,
        },
        "input": {
            "call": 261000.0,
            "mac": 0.00487,
            "laid out": 0.105,
            "laid out in short runs": 1.98,
            "laid out beyond the cache": 0.136,
            "laid out in groups": 0.223,
            "moved": 0.286,
        },
        "kernel": {
            "call": 259000.0,
            "mac": 0.00962,
            "laid out": 0.628,
            "laid out in short runs": 0.225,
            "laid out in groups": 0.617,
            "moved": 0.0794,
        },
    },
    "fft": {
        "output": {
            "call": 296000.0,
            "point": 0.175,
            "spectral in a matrix product": 0.301,
        },
        "input": {
            "call": 297000.0,
            "point": 0.179,
            "spectral in a matrix product": 0.218,
        },
        "kernel": {
            "call": 219000.0,
            "point": 0.187,
            "spectral in a matrix product": 0.373,
        },
    },
}
