"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json (jax 0.10.2, AMD EPYC, 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 290000.0,
            "mac": 0.0071,
            "packed": 0.00302,
            "moved": 0.272,
            "step": 12400.0,
        },
        "input": {
            "call": 314000.0,
            "mac": 0.00785,
            "moved": 0.29,
            "step": 19400.0,
        },
        "kernel": {
            "call": 282000.0,
            "mac": 0.00786,
            "moved": 0.465,
            "step": 13900.0,
        },
    },
    "taps": {
        "output": {
            "call": 200000.0,
            "moved": 0.171,
            "product mac": 0.00777,
            "product seen": 0.291,
            "product sent": 0.175,
            "product regrouped": 0.147,
        },
        "input": {
            "call": 206000.0,
            "moved": 0.167,
            "product mac": 0.00759,
            "product seen": 0.366,
            "product sent": 0.054,
            "product regrouped": 0.215,
            "product step": 126.0,
        },
        "kernel": {
            "call": 166000.0,
            "moved": 0.451,
            "product mac": 0.0105,
            "product seen": 0.754,
            "product sent": 0.0524,
            "product regrouped": 0.147,
        },
    },
    "gemm": {
        "output": {
            "call": 239000.0,
            "mac": 0.00736,
            "laid out": 0.335,
            "moved": 0.39,
            "step": 15200.0,
        },
        "input": {
            "call": 324000.0,
            "mac": 0.00699,
            "laid out": 0.205,
            "laid out in short runs": 1.35,
            "laid out in groups": 0.414,
            "moved": 0.155,
        },
        "kernel": {
            "call": 286000.0,
            "mac": 0.00975,
            "laid out": 0.709,
            "laid out in groups": 0.463,
            "moved": 0.0751,
        },
    },
    "fft": {
        "output": {
            "call": 357000.0,
            "point": 0.156,
            "spectral": 0.204,
            "spectral in a matrix product": 0.332,
        },
        "input": {
            "call": 620000.0,
            "point": 0.0961,
            "sample": 0.264,
            "spectral": 0.0574,
            "spectral in a matrix product": 0.361,
        },
        "kernel": {
            "call": 313000.0,
            "point": 0.176,
            "spectral in a matrix product": 0.465,
        },
    },
}
