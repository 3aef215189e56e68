"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC, 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 63900.0,
            "mac": 0.0046,
            "packed": 0.0433,
            "packed in short runs": 0.012,
            "moved": 0.125,
            "step": 6540.0,
        },
        "input": {
            "call": 10200.0,
            "mac": 0.00536,
            "packed": 0.0259,
            "packed in short runs": 0.122,
            "moved": 0.134,
            "step": 8540.0,
        },
        "kernel": {
            "call": 36200.0,
            "mac": 0.00485,
            "packed": 0.107,
            "moved": 0.248,
        },
    },
    "taps": {
        "output": {
            "call": 10600.0,
            "mac": 0.0166,
            "moved": 0.0549,
            "moved in a loop": 0.0113,
            "product mac": 0.00411,
            "product seen": 0.329,
            "product sent": 0.114,
            "product regrouped": 0.171,
            "product step": 109.0,
        },
        "input": {
            "call": 21200.0,
            "mac": 0.0114,
            "moved": 0.0613,
            "moved in a loop": 0.0251,
            "product mac": 0.00486,
            "product seen": 0.161,
            "product sent": 0.0358,
            "product regrouped": 0.108,
            "product step": 843.0,
        },
        "kernel": {
            "call": 5960.0,
            "mac": 0.00514,
            "mac of channel pairs": 0.241,
            "moved": 0.299,
            "step": 47.3,
            "last step": 1330.0,
            "product mac": 0.00484,
            "product seen": 0.794,
            "product sent": 0.0418,
            "product regrouped": 0.0417,
        },
    },
    "gemm": {
        "output": {
            "call": 59700.0,
            "mac": 0.00475,
            "laid out": 0.346,
            "laid out beyond the cache": 0.00958,
            "laid out in groups": 0.271,
            "moved": 0.0179,
            "step": 12500.0,
        },
        "input": {
            "call": 28600.0,
            "mac": 0.005,
            "laid out": 0.0513,
            "laid out in short runs": 1.37,
            "laid out beyond the cache": 0.11,
            "laid out in groups": 0.203,
            "moved": 0.0913,
        },
        "kernel": {
            "call": 35400.0,
            "mac": 0.00629,
            "laid out": 0.514,
            "laid out beyond the cache": 0.321,
            "laid out in groups": 0.419,
            "moved": 0.0602,
        },
    },
    "fft": {
        "output": {
            "call": 193000.0,
            "point": 0.127,
            "spectral in a matrix product": 0.395,
        },
        "input": {
            "call": 38900.0,
            "point": 0.155,
            "spectral": 0.195,
            "spectral in a matrix product": 0.128,
        },
        "kernel": {
            "call": 27900.0,
            "point": 0.141,
            "spectral in a matrix product": 0.48,
        },
    },
}
