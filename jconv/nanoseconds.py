"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit`; do not edit. From
three runs of the main grid before the one in benchmarks/results (jax 0.10.2, AMD EPYC (avx2), 2 cores).
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 115000.0,
            "mac": 0.0115,
            "moved": 0.285,
            "step": 12100.0,
        },
        "input": {
            "call": 84500.0,
            "mac": 0.0125,
            "packed in short runs": 0.2,
            "moved": 0.242,
            "step": 12800.0,
        },
        "kernel": {
            "call": 25000.0,
            "mac": 0.012,
            "packed": 0.223,
            "moved": 0.406,
        },
    },
    "taps": {
        "output": {
            "call": 12100.0,
            "mac of groups": 0.0412,
            "moved": 0.0344,
            "moved beyond the cache": 0.167,
            "step": 768.0,
            "product mac": 0.0134,
            "product seen": 0.169,
            "product sent": 0.234,
            "product step": 52800.0,
            "mac": 0.0379,
            "mac in a loop": 0.0392,
        },
        "input": {
            "call": 14600.0,
            "mac of groups": 0.0283,
            "moved": 0.112,
            "moved in a loop": 0.0546,
            "moved beyond the cache": 0.112,
            "product mac": 0.0118,
            "product seen": 0.468,
            "product sent": 0.0767,
            "mac in a loop": 0.0375,
        },
        "kernel": {
            "call": 17000.0,
            "moved": 0.515,
            "moved beyond the cache": 0.373,
            "step": 109.0,
            "product mac": 0.0109,
            "product seen": 2.04,
            "product sent": 0.079,
            "mac of groups": 0.0277,
            "moved by groups": 0.487,
            "step of groups": 908.0,
            "mac of blocks": 0.258,
        },
    },
    "gemm": {
        "output": {
            "mac": 0.0138,
            "laid out": 0.461,
            "laid out in short runs": 2.09,
            "laid out beyond the cache": 0.933,
            "laid out in groups": 0.0923,
            "moved": 0.209,
            "step": 19500.0,
        },
        "input": {
            "call": 17300.0,
            "mac": 0.0129,
            "laid out": 0.223,
            "laid out in short runs": 2.1,
            "laid out beyond the cache": 0.184,
            "moved": 0.257,
            "step": 7330.0,
        },
        "kernel": {
            "call": 14800.0,
            "mac": 0.0115,
            "laid out": 0.826,
            "laid out in short runs": 0.456,
            "laid out beyond the cache": 0.519,
            "laid out in groups": 0.122,
            "moved": 0.57,
        },
    },
    "fft": {
        "output": {
            "call": 113000.0,
            "point": 0.237,
            "sample": 1.82,
            "spectral": 1.28,
            "spectral in a matrix product": 0.384,
        },
        "input": {
            "call": 183000.0,
            "point": 0.356,
            "sample": 1.18,
            "spectral": 2.63,
            "spectral in a matrix product": 0.589,
        },
        "kernel": {
            "call": 46600.0,
            "point": 0.671,
            "sample": 0.121,
            "spectral": 2.09,
            "spectral in a matrix product": 0.906,
        },
    },
}
