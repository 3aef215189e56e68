"""What the caller gave, checked once: arrays as JAX computes with them, names, and what training left."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np

from jconv.report.problem import Problem, problem_of
from jconv.report.stack import Stack, stack_of


@dataclass(frozen=True)
class Training:
    """What training left on its way, the last entry being the end.

    Attributes:
        steps: (snapshots,) rising step numbers, log-spaced if there are many.
        kernels: (snapshots, *kernel's shape).
        biases: (snapshots, out), or None.
        loss: (snapshots,), or None.
    """

    steps: Sequence[int]
    kernels: Any
    biases: Any = None
    loss: Any = None


@dataclass(frozen=True)
class Run:
    """One run as the page shows it. Kernels are canonical, (..., width, in/groups, out); see `Problem`.

    Attributes:
        problem: sizes and settings.
        axes: axes that x had.
        x: (batch, length, in).
        given: the kernel as jconv takes it.
        weights: the same, canonical.
        bias: (out,), or None.
        target: (batch, outputs in time, out), or None.
        training: steps, kernels, biases, loss as arrays, or None.
        ensemble: (seeds, width, in/groups, out), or None.
        references: name -> kernel.
        unseen: (count, width, in/groups) given by the caller, or None.
        inputs, outputs: names of channels.
        stack: what is known of the network that this convolution is part of, or None.
        options: what else `page` takes.
    """

    problem: Problem
    axes: int
    x: np.ndarray
    given: np.ndarray
    weights: np.ndarray
    bias: np.ndarray | None
    target: np.ndarray | None
    training: Training | None
    ensemble: np.ndarray | None
    references: dict[str, np.ndarray]
    unseen: np.ndarray | None
    inputs: list[str]
    outputs: list[str]
    stack: Stack | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def complex(self) -> bool:
        """Whether the arrays are complex."""
        return np.iscomplexobj(self.x)


def array(name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
    """`value` as JAX holds it, of a shape in which None stands for any size.

    Raises:
        ValueError: another shape.
    """
    got = np.asarray(jnp.asarray(value))
    if len(got.shape) != len(shape) or any(w not in (None, s) for w, s in zip(shape, got.shape, strict=True)):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"`{name}` has shape {got.shape}; it must be ({wanted})")
    return got


def label(name: str, given: Sequence[str] | None, size: int, word: str) -> list[str]:
    """Names of channels: those given, or a word and a number.

    Raises:
        ValueError: not as many as there are channels.
    """
    if given is None:
        return [f"{word} {i}" for i in range(size)]
    if isinstance(given, str) or len(given) != size:
        raise ValueError(f"`{name}` (={given!r}) must be a sequence of {size} names")
    return [isolated(str(each)) for each in given]


def isolated(name: str) -> str:
    """A name that may turn the direction of text, shut in so that it turns no other (Unicode's isolates)."""
    turns = any(
        unicodedata.bidirectional(letter) in ("R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI") for letter in name
    )
    return f"\u2068{name}\u2069" if turns else name


def run_of(
    x: Any,
    kernel: Any,
    bias: Any,
    *,
    settings: Mapping[str, Any],
    inputs: Sequence[str] | None,
    output_names: Sequence[str] | None,
    target: Any,
    training: Training | None,
    ensemble: Any,
    reference: Mapping[str, Any] | None,
    unseen: Any,
    layers: Any = None,
    local_kernels: Any = (),
    confusion: Any = None,
    **options: Any,
) -> Run:
    """Check what `page` was given and bring it into one form.

    Raises:
        TypeError, ValueError: as `jconv.report.page`.
    """
    x, given = np.asarray(jnp.asarray(x)), np.asarray(jnp.asarray(kernel))
    if x.dtype != given.dtype:
        raise TypeError(f"`x` and `kernel` must have one dtype; they have {x.dtype} and {given.dtype}")
    problem = problem_of(x.shape, given.shape, **settings)
    if not x.size:
        raise ValueError(f"`x` has shape {x.shape}; a page needs at least one sample")
    shape = given.shape
    if training is not None:
        training = checked_training(training, problem, shape)
    whole = (*x.shape[:-2], problem.output_length, problem.outputs)
    if unseen is not None:
        unseen = array("unseen", unseen, (None, problem.width, problem.seen))
    if local_kernels and np.iscomplexobj(x):
        raise TypeError(f"`x` has dtype {x.dtype}; local kernels are those of real signals")
    flat = x.reshape(-1, *x.shape[-2:])
    return Run(
        problem=problem,
        axes=x.ndim,
        x=flat,
        given=given,
        weights=problem.canonical(given),
        bias=None if bias is None else array("bias", bias, (problem.outputs,)),
        target=None if target is None else array("target", target, whole).reshape(-1, *whole[-2:]),
        training=training,
        ensemble=None if ensemble is None else problem.canonical(array("ensemble", ensemble, (None, *shape))),
        references={
            str(name): problem.canonical(array(f"reference[{name!r}]", each, shape))
            for name, each in (reference or {}).items()
        },
        unseen=unseen,
        inputs=label("inputs", inputs, problem.inputs, "input"),
        outputs=label("output_names", output_names, problem.outputs, "output"),
        stack=stack_of(layers, local_kernels, confusion, flat.shape),
        options=options,
    )


def checked_training(training: Training, problem: Problem, shape: tuple[int, ...]) -> Training:
    """The same with arrays, kernels canonical.

    Raises:
        ValueError: shapes that do not belong together, or steps that do not rise.
    """
    steps = [int(step) for step in training.steps]
    if len(steps) < 2 or any(b <= a for a, b in pairwise(steps)):
        raise ValueError(f"`training.steps` (={steps}) must be at least two rising numbers")
    kernels = array("training.kernels", training.kernels, (len(steps), *shape))
    biases = (
        None if training.biases is None else array("training.biases", training.biases, (len(steps), problem.outputs))
    )
    loss = None if training.loss is None else array("training.loss", training.loss, (len(steps),))
    return Training(steps, problem.canonical(kernels), biases, loss)
