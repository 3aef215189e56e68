"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC (avx2), 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 18400.0,
            "mac": 0.012,
            "packed": 0.00662,
            "packed in short runs": 0.155,
            "moved": 0.437,
            "step": 26200.0,
        },
        "input": {
            "call": 17400.0,
            "mac": 0.0133,
            "packed in short runs": 0.794,
            "moved": 0.333,
            "step": 19800.0,
        },
        "kernel": {
            "call": 35800.0,
            "mac": 0.0129,
            "packed": 0.205,
            "moved": 0.54,
        },
    },
    "taps": {
        "output": {
            "call": 12400.0,
            "mac of groups": 0.0421,
            "moved": 0.121,
            "moved beyond the cache": 0.267,
            "step": 193.0,
            "product mac": 0.0138,
            "product sent": 0.565,
            "product step": 27200.0,
            "mac": 0.0168,
            "mac in a loop": 0.0441,
        },
        "input": {
            "mac of groups": 0.0278,
            "moved": 0.12,
            "moved in a loop": 0.131,
            "moved beyond the cache": 0.311,
            "step": 14300.0,
            "product mac": 0.0145,
            "product seen": 0.544,
            "product sent": 0.0776,
            "mac": 0.0202,
            "mac in a loop": 0.0482,
        },
        "kernel": {
            "call": 15400.0,
            "mac of channel pairs": 0.396,
            "moved": 0.722,
            "product mac": 0.0117,
            "product seen": 2.58,
            "product sent": 0.0902,
            "mac of groups": 0.0299,
            "moved by groups": 0.726,
        },
    },
    "gemm": {
        "output": {
            "mac": 0.0156,
            "laid out": 0.437,
            "laid out in short runs": 2.68,
            "laid out beyond the cache": 1.43,
            "laid out in groups": 0.919,
            "moved": 0.262,
            "step": 18800.0,
        },
        "input": {
            "call": 5960.0,
            "mac": 0.0154,
            "laid out": 0.171,
            "laid out in short runs": 1.89,
            "laid out beyond the cache": 0.137,
            "laid out in groups": 0.745,
            "moved": 0.33,
            "step": 15800.0,
        },
        "kernel": {
            "call": 14500.0,
            "mac": 0.013,
            "laid out": 0.734,
            "laid out in short runs": 0.279,
            "laid out beyond the cache": 0.6,
            "laid out in groups": 0.415,
            "moved": 0.748,
        },
    },
    "fft": {
        "output": {
            "call": 519000.0,
            "point": 0.275,
            "spectral in a matrix product": 0.227,
        },
        "input": {
            "call": 769000.0,
            "point": 0.238,
            "spectral": 1.96,
            "spectral in a matrix product": 0.367,
        },
        "kernel": {
            "call": 54100.0,
            "point": 0.305,
            "spectral in a matrix product": 0.517,
        },
    },
}
