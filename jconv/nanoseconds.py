"""Nanoseconds on a CPU for each count of each method and face (`Method.counts`).

Written by `python -m benchmarks fit`; do not edit. From the main grid on:

- Intel(R) Xeon(R) Processor (avx512), 2 cores, jax 0.10.2, 2026-11-25
"""

NANOSECONDS: dict[str, dict[str, dict[str, float]]] = {
    "dense": {
        "output": {
            "call": 54700.0,
            "mac": 0.00633,
            "packed": 0.0583,
            "moved": 0.15,
            "step": 114000.0,
            "step in a loop": 21000.0,
        },
        "input": {
            "call": 79400.0,
            "mac": 0.00673,
            "packed": 0.0309,
            "moved": 0.147,
            "step": 122000.0,
            "step in a loop": 24700.0,
        },
        "kernel": {
            "mac": 0.00675,
            "packed": 0.137,
            "moved": 0.289,
            "step": 133000.0,
            "mac in parts": 0.00751,
            "step in a loop": 15000.0,
        },
    },
    "taps": {
        "output": {
            "call": 61200.0,
            "mac of groups": 0.0189,
            "moved": 0.0675,
            "step": 6300.0,
            "product mac": 0.00603,
            "product seen": 0.327,
            "product sent": 0.197,
            "mac": 0.0301,
        },
        "input": {
            "call": 85600.0,
            "mac of groups": 0.0195,
            "moved": 0.0725,
            "product mac": 0.00606,
            "product seen": 0.279,
            "product sent": 0.0519,
            "mac": 0.0324,
        },
        "kernel": {
            "call": 8010.0,
            "moved": 0.386,
            "step": 137.0,
            "product mac": 0.00725,
            "product seen": 0.983,
            "product sent": 0.0637,
            "mac of groups": 0.045,
            "mac of blocks": 0.277,
        },
    },
    "gemm": {
        "output": {
            "call": 99900.0,
            "mac": 0.00664,
            "laid out": 0.283,
            "laid out with dilation": 0.168,
            "moved": 0.085,
            "step": 5310.0,
        },
        "input": {
            "call": 158000.0,
            "mac": 0.00666,
            "laid out": 0.184,
            "moved": 0.0747,
            "step": 15100.0,
        },
        "kernel": {
            "call": 61600.0,
            "mac": 0.00685,
            "laid out": 0.495,
            "laid out with dilation": 0.454,
            "moved": 0.26,
            "step": 12800.0,
        },
    },
    "winograd": {
        "output": {
            "call": 137000.0,
            "mac of parts": 0.00858,
            "moved": 0.183,
            "value": 0.455,
            "value of the kernel": 0.58,
            "step": 450.0,
            "mac": 0.00571,
            "step in a loop": 33600.0,
        },
        "input": {
            "call": 132000.0,
            "mac of parts": 0.00883,
            "value": 0.609,
            "value of the kernel": 0.788,
            "step": 549.0,
            "mac": 0.00588,
            "step in a loop": 45600.0,
        },
        "kernel": {
            "call": 94300.0,
            "mac of parts": 0.00998,
            "moved": 0.2,
            "value": 0.905,
            "value of the kernel": 0.295,
            "step": 239.0,
            "mac": 0.00449,
            "step in a loop": 48800.0,
        },
    },
    "fft": {
        "output": {
            "call": 91200.0,
            "point": 0.69,
            "spectral": 0.74,
        },
        "input": {
            "call": 113000.0,
            "point": 0.68,
            "spectral": 0.781,
        },
        "kernel": {
            "call": 56300.0,
            "point": 0.665,
            "spectral": 1.3,
        },
    },
}
