"""Nanoseconds on a CPU for each count of `jconv.costs`, of each method and face.

Written by `python -m benchmarks --fit` from benchmarks/results/cpu-2-cores.json
(jax 0.10.2, AMD EPYC, 2 cores); do not edit.
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 5100.0,
            "mac": 0.0118,
            "packed in short runs": 0.556,
            "moved": 0.304,
            "step": 22700.0,
        },
        "input": {
            "call": 30500.0,
            "mac": 0.013,
            "packed in short runs": 0.134,
            "moved": 0.241,
            "step": 23400.0,
        },
        "kernel": {
            "call": 12900.0,
            "mac": 0.0128,
            "packed": 0.188,
            "packed in short runs": 0.00294,
            "moved": 0.48,
        },
    },
    "taps": {
        "output": {
            "call": 10800.0,
            "mac of groups": 0.0445,
            "moved": 0.00298,
            "moved beyond the cache": 0.158,
            "step": 1810.0,
            "product mac": 0.0121,
            "product seen": 0.245,
            "product sent": 0.275,
            "product step": 82900.0,
            "mac": 0.0732,
            "mac in a loop": 0.0524,
        },
        "input": {
            "mac of groups": 0.028,
            "moved": 0.147,
            "moved in a loop": 0.08,
            "moved beyond the cache": 0.22,
            "step": 13300.0,
            "product mac": 0.0133,
            "product seen": 0.263,
            "product sent": 0.105,
            "mac in a loop": 0.0263,
        },
        "kernel": {
            "mac": 0.0116,
            "moved": 0.638,
            "step": 313.0,
            "last step": 13100.0,
            "product mac": 0.0102,
            "product seen": 2.43,
            "product sent": 0.0804,
            "mac of groups": 0.0232,
            "moved by groups": 0.918,
        },
    },
    "gemm": {
        "output": {
            "mac": 0.0133,
            "laid out": 0.658,
            "laid out in short runs": 1.47,
            "laid out beyond the cache": 0.718,
            "laid out in groups": 0.483,
            "moved": 0.18,
            "step": 13300.0,
        },
        "input": {
            "call": 49400.0,
            "mac": 0.0129,
            "laid out in short runs": 5.21,
            "laid out beyond the cache": 0.483,
            "moved": 0.261,
            "step": 10200.0,
        },
        "kernel": {
            "call": 11900.0,
            "mac": 0.0111,
            "laid out": 0.909,
            "laid out in short runs": 0.853,
            "laid out beyond the cache": 0.0293,
            "laid out in groups": 0.41,
            "moved": 0.548,
            "step": 182.0,
        },
    },
    "fft": {
        "output": {
            "call": 194000.0,
            "point": 0.295,
            "spectral in a matrix product": 0.197,
        },
        "input": {
            "call": 349000.0,
            "point": 0.245,
            "spectral": 0.496,
            "spectral in a matrix product": 0.262,
        },
        "kernel": {
            "call": 103000.0,
            "point": 0.307,
            "spectral in a matrix product": 0.4,
        },
    },
}
