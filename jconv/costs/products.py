"""What the methods have to do that are matrix products or XLA's convolution: "dense", "gemm" and part of "taps"."""

import math

import numpy as np

from jconv.costs.sizes import LANES, Counts, beyond_the_cache, macs, moved
from jconv.methods import Face, Problem, dense
from jconv.methods.arrays import UNROLLED
from jconv.methods.folding import folded


def of_dense(face: Face, problem: Problem) -> Counts | None:
    """What "dense" does, or None where XLA has no fast convolution."""
    if problem.accumulate != np.float32:
        return None  # XLA has no fast convolution of other types
    zeros, folds = 1, face != "output" and dense.folds(problem)
    if folds:
        problem = folded(problem)
    elif face == "input":
        zeros = problem.window.stride  # set between the entries of y
    together, blocks = dense.merging(problem)
    inputs, outputs = together * problem.inputs, together * problem.outputs
    across, run = {"output": (outputs, inputs), "input": (inputs, outputs), "kernel": (outputs, problem.batch)}[face]
    products = zeros * together * macs(problem)
    in_a_row = blocks <= UNROLLED and (problem.problems == 1 or problem.problems * blocks <= dense.MOST_IN_A_ROW)
    whole = math.ceil(across / LANES) * LANES / across  # of the vectors that the innermost loop fills
    passes = 1 if blocks == 1 and face != "kernel" else 2
    if face != "kernel" and problem.window.kernel_size == problem.window.stride == 1:
        passes -= 1  # XLA makes it a matrix product
    return {
        "call": 1.0,
        "mac in parts" if face == "kernel" and dense.in_parts(problem) else "mac": products * whole,
        "packed": products / across,
        "packed in short runs": products / across / run,
        "moved": passes * moved(problem),
        "moved by folding": moved(problem) if folds else 0.0,
        "moved by groups": moved(problem) if blocks > 1 else 0.0,
        "step" if in_a_row else "step in a loop": float(problem.problems * blocks),
    }


def of_taps(problem: Problem) -> Counts:
    """What "taps" does where each tap is a matrix product."""
    seen, sent = macs(problem) / problem.outputs, macs(problem) / problem.inputs  # entries of x and y, for each tap
    return {
        "product call": 1.0,
        "product mac": macs(problem),
        "product seen": seen,
        "product sent": sent,
        "product step": float(problem.window.kernel_size * problem.groups * problem.problems),
    }


def of_gemm(face: Face, problem: Problem) -> Counts | None:
    """What "gemm" does, or None where its products would be of numbers."""
    if problem.groups > 1 and problem.inputs * problem.outputs == 1:
        return None  # a product of numbers: "taps" without its fusion
    window, laid_out = problem.window, macs(problem) / problem.outputs
    run = problem.inputs  # entries read or added side by side
    if window.dilation == 1:
        run *= window.stride if face == "input" else window.kernel_size
    return {
        "call": 1.0,
        "mac": macs(problem),
        "laid out": laid_out,
        "laid out in short runs": laid_out / run,
        "laid out beyond the cache": beyond_the_cache(laid_out),
        "laid out in groups": laid_out if problem.groups > 1 else 0.0,
        "laid out with dilation": laid_out if window.dilation > 1 else 0.0,
        "laid out with padding": laid_out if max(window.low, window.high) > 0 else 0.0,
        "moved": moved(problem),
        "step": float(problem.groups * problem.problems),
    }
