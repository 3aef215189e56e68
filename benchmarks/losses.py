"""The grid of losses: convolution, bias and activation differentiated as one program, of every family of shapes.

Each family meets every activation. The depthwise ones with many or far taps are those whose gradients a compiler may
fuse with the loss, and then work out the loss anew for every tap.
"""

from benchmarks.problems import Problem, causal, depthwise, same, transposed

LOSSES: tuple[Problem, ...] = (
    Problem("dense-16", "dense", 16, 512, 16, 16, 5, padding=same(5), losses=("square", "gelu"), quick=True),
    Problem("dense-32", "dense", 16, 256, 32, 32, 5, padding=same(5), losses=("relu", "silu")),
    Problem("dense-48", "dense", 8, 1024, 48, 48, 3, padding=same(3), losses=("gelu", "square")),
    Problem("dense-64", "dense", 16, 512, 64, 64, 5, padding=same(5), losses=("relu", "silu")),
    Problem("dense-128", "dense", 8, 512, 128, 128, 3, padding=same(3), losses=("relu", "gelu")),
    Problem("dense-256", "dense", 4, 512, 256, 256, 3, padding=same(3), losses=("silu", "square")),
    Problem("groups-of-8", "grouped", 8, 1024, 128, 128, 3, groups=16, padding=same(3), losses=("relu", "silu")),
    Problem("groups-of-16", "grouped", 8, 1024, 128, 128, 3, groups=8, padding=same(3), losses=("gelu", "square")),
    Problem("groups-of-32", "grouped", 4, 1024, 256, 256, 3, groups=8, padding=same(3), losses=("relu", "gelu")),
    depthwise("depthwise-1536-k4", 2, 1024, 1536, 4, padding=causal(4), losses=("silu", "gelu")),
    depthwise("depthwise-256-k4", 8, 2048, 256, 4, padding=causal(4), losses=("silu", "square")),
    depthwise("depthwise-384-k7", 4, 1000, 384, 7, padding=same(7), losses=("gelu", "relu")),
    depthwise("depthwise-64-k7-d64", 32, 1024, 64, 7, dilation=64, padding=causal(7, 64), losses=("relu", "square")),
    depthwise("depthwise-16-k9-d128", 4, 4096, 16, 9, dilation=128, padding=causal(9, 128), losses=("silu", "square")),
    depthwise("depthwise-64-k15-d32", 32, 1024, 64, 15, dilation=32, padding=causal(15, 32), losses=("gelu", "square")),
    depthwise("depthwise-8-k25-d50", 1, 16384, 8, 25, dilation=50, padding=causal(25, 50), losses=("square", "relu")),
    depthwise("depthwise-256-k31", 4, 400, 256, 31, padding=same(31), losses=("silu", "relu"), quick=True),
    depthwise("depthwise-64-k31", 32, 1024, 64, 31, padding=causal(31), losses=("square", "gelu")),
    depthwise("depthwise-64-k31-d30", 32, 1024, 64, 31, dilation=30, padding=causal(31, 30), losses=("square", "silu")),
    depthwise("depthwise-64-k31-d40", 8, 1024, 64, 31, dilation=40, padding=causal(31, 40), losses=("square", "relu")),
    Problem("front-1-512-k10-s5", "strided", 4, 16000, 1, 512, 10, stride=5, losses=("gelu", "relu")),
    Problem("strided-64-128-k8-s4", "strided", 4, 6000, 64, 128, 8, stride=4, losses=("silu", "square")),
    Problem("fir-k1024", "long", 1, 65536, 1, 1, 1024, losses=("square", "relu")),
    Problem(
        "depthwise-64-k2048", "long", 1, 8192, 64, 64, 2048, groups=64, padding=causal(2048), losses=("gelu", "silu")
    ),
    Problem(
        "tcn-64-k3-d16", "dilated", 8, 1024, 64, 64, 3, dilation=16, padding=causal(3, 16), losses=("relu", "gelu")
    ),
    Problem(
        "tcn-32-k2-d256", "dilated", 4, 4096, 32, 32, 2, dilation=256, padding=causal(2, 256), losses=("silu", "square")
    ),
    transposed("up-64-32-k4-s2", 8, 1024, 64, 32, 4, stride=2, padding=(1, 1), losses=("relu", "silu")),
    transposed("up-256-128-k16-s8", 2, 128, 256, 128, 16, stride=8, padding=(4, 4), losses=("gelu", "square")),
    Problem("examples-64-16-k5", "per example", 1, 512, 16, 16, 5, examples=64, losses=("relu", "square")),
    Problem("ensemble-32-8-k9", "per example", 8, 128, 4, 8, 9, examples=32, losses=("gelu", "silu")),
)
