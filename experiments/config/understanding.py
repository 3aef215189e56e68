"""What `experiments.understand` takes apart, as settings: the notebook's convolution, or one of the user's own."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

import math
from dataclasses import dataclass
from typing import Any

from .models import MODES, MOST_WIDTH, padding
from .rules import ConfigError, Section, Whole, choice, custom, limits
from .tasks import ENDINGS, MOST_SEED, TEXT

CACHE = "~/.cache/jconv"
ARRAYS = (".npy", ".npz", *TEXT)
POINTS, STOP = 100, 10.0  # samples and radians of the notebook's signal
WIDTH, INPUTS, OUTPUTS = 3, 2, 4  # of the notebook's kernel, and of random ones


def numbers(key: str, value: Any) -> Any:
    """The path of a file of numbers, a list of numbers, or None."""
    if value is None:
        return None
    if isinstance(value, str):
        if value.lower().endswith(ARRAYS):
            return value
        raise ConfigError(f"`{key}` (={value}) must be numbers, as {key}=[1,0,-1], or end in {', '.join(ARRAYS)}")
    entries = list(value) if isinstance(value, list | tuple) else [value]
    if not entries or any(type(entry) not in (int, float) for entry in entries):
        raise ConfigError(f"`{key}` (={value}) must be a path or a list of numbers, for example {key}=[1,0,-1]")
    if not all(math.isfinite(entry) and abs(entry) < 2.0**127 for entry in entries):
        raise ConfigError(f"`{key}` (={value}) must be finite numbers of float32")
    if len(entries) > MOST_WIDTH:
        raise ConfigError(f"`{key}` (={value[:3]}...) must have at most {MOST_WIDTH} numbers; give them in a file")
    return entries


def recording(key: str, value: Any) -> str | None:
    """The path of a recording, or None."""
    if value is None or (isinstance(value, str) and value.lower().endswith(ENDINGS)):
        return value
    raise ConfigError(f"`{key}` (={value}) must be null or a path that ends in one of {', '.join(ENDINGS)}")


@dataclass
class Understand(Section):
    """One run of `experiments.understand`.

    Attributes:
        weights: "notebook" for the four kernels that it printed, "random" to draw them from `seed`.
        kernel: instead of those: the path of a .npy, .npz or text file, or a list of numbers for one input and output.
        bias: the same, one number an output; None for that of the weights, and none beside a kernel of one's own.
        signal: the path of a recording, a row for each sample; None for sin and cos, and sin alone for one input.
        rate: samples a second of `signal`.
        points: samples of sin and cos.
        stop: sin and cos cover 0 to `stop` radians.
        stride, padding, padding_mode, dilation, groups: of `jconv.conv1d`.
        transposed: take `jconv.conv_transpose1d`, with a kernel of (width, out/groups, in).
        seed: of random weights.
        page: write page.html, where every number can be traced.
        compilation_cache: as in `Fit`.
    """

    weights: str = choice("notebook", "random")
    kernel: Any = custom(None, numbers)
    bias: Any = custom(None, numbers)
    signal: Any = custom(None, recording)
    rate: float | None = limits(None, above=0)
    points: Whole = limits(POINTS, at_least=7, at_most=100_000)  # five output rows of a kernel of three
    stop: float = limits(STOP, above=0, at_most=1e6)
    stride: Whole = limits(1, at_least=1, at_most=MOST_WIDTH)
    padding: Any = custom("valid", padding)
    padding_mode: str = choice(*MODES)
    dilation: Whole = limits(1, at_least=1, at_most=10_000)
    groups: Whole = limits(1, at_least=1, at_most=MOST_WIDTH)
    transposed: bool = False
    seed: Whole = limits(0, at_least=0, at_most=MOST_SEED)
    page: bool = True
    compilation_cache: str | None = CACHE

    def __post_init__(self) -> None:
        """Also refuse what cannot go together, as far as it shows without the files."""
        super().__post_init__()
        self.check_sources()
        if self.transposed and self.padding_mode != "zeros":
            raise ConfigError(
                f"`padding_mode` (={self.padding_mode}) must be zeros with transposed=true, which has no padding modes"
            )
        shape = self.kernel_shape
        if shape is not None and self.signal is None:
            self.check_shapes(shape, self.made_inputs(shape), self.points)
        if shape is not None and isinstance(self.bias, list):
            self.check_bias(len(self.bias), shape)

    def check_sources(self) -> None:
        """Refuse two sources of the same.

        Raises:
            ConfigError: with the two.
        """
        if self.kernel is not None and self.weights == "random":
            raise ConfigError(f"`kernel` (={self.kernel}) and `weights` (=random) both give the weights; leave one out")
        if self.signal is None and self.rate is not None:
            raise ConfigError(f"`rate` (={self.rate:g}) must come with `signal`; sin and cos go by points and stop")
        for name, default in (("points", POINTS), ("stop", STOP)):
            value = getattr(self, name)
            if self.signal is not None and value != default:
                raise ConfigError(f"`{name}` (={value:g}) is of sin and cos and `signal` (={self.signal}) is given")

    @property
    def kernel_shape(self) -> tuple[int, int, int] | None:
        """Of the kernel, where no file has to be read for it."""
        if isinstance(self.kernel, str) or (self.weights == "random" and self.signal is not None):
            return None
        if self.kernel is not None:
            return len(self.kernel), 1, 1
        if self.weights == "notebook":
            return WIDTH, INPUTS, OUTPUTS
        return self.random_shape(INPUTS)

    def random_shape(self, inputs: int) -> tuple[int, int, int]:
        """Of random weights that go with so many channels.

        Raises:
            ConfigError: the groups do not divide them.
        """
        for name, count in (("input", inputs), ("output", OUTPUTS)):
            if count % self.groups:
                raise ConfigError(f"`groups` (={self.groups}) must divide the {count} {name} channels")
        return (WIDTH, OUTPUTS // self.groups, inputs) if self.transposed else (WIDTH, inputs // self.groups, OUTPUTS)

    def made_inputs(self, shape: tuple[int, int, int]) -> int:
        """Channels of sin and cos: the former alone for a kernel of one input."""
        return 1 if self.channels(shape)[0] == 1 else INPUTS

    def channels(self, shape: tuple[int, int, int]) -> tuple[int, int]:
        """Inputs and outputs of a convolution by a kernel of this shape."""
        _, each, last = shape
        return (last, each * self.groups) if self.transposed else (each * self.groups, last)

    @property
    def kernel_in_words(self) -> str:
        """For error messages."""
        return f"`weights` (={self.weights})" if self.kernel is None else f"`kernel` (={self.kernel})"

    def check_shapes(self, shape: tuple[int, int, int], inputs: int, samples: int) -> None:
        """Refuse a kernel that does not fit the groups or the signal.

        Args:
            shape: of the kernel.
            inputs: channels of the signal.
            samples: of the signal.

        Raises:
            ConfigError: with the reason.
        """
        width, _, last = shape
        if last % self.groups:
            raise ConfigError(
                f"`groups` (={self.groups}) must divide the last axis of {self.kernel_in_words}, whose shape is {shape}"
            )
        wanted = self.channels(shape)[0]
        if wanted != inputs:
            signal = "sin and cos have" if self.signal is None else f"`signal` (={self.signal}) has"
            how = f" with groups={self.groups}" * (self.groups > 1) + " with transposed=true" * self.transposed
            raise ConfigError(
                f"{self.kernel_in_words} of shape {shape} must fit the signal: it takes {wanted} channels{how} and "
                f"{signal} {inputs}"
            )
        span = (width - 1) * self.dilation + 1
        if self.positions(span, samples) < 1:
            raise ConfigError(
                f"`padding` (={self.padding}) must leave an output: the kernel spans {span} samples and the signal "
                f"has {samples}"
            )

    def positions(self, span: int, samples: int) -> int:
        """Output positions, before a stride takes some of them; "same" and "causal" leave one for each sample."""
        if self.padding in ("same", "same_lower", "causal"):
            return samples
        low, high = (
            (0, 0)
            if self.padding == "valid"
            else self.padding
            if isinstance(self.padding, list)
            else [self.padding] * 2
        )
        if self.transposed:
            return (samples - 1) * self.stride + span - low - high
        return samples + low + high - span + 1

    def check_bias(self, count: int, shape: tuple[int, int, int]) -> None:
        """Refuse a bias of other outputs.

        Raises:
            ConfigError: with both counts.
        """
        outputs = self.channels(shape)[1]
        if count != outputs:
            raise ConfigError(f"`bias` (={self.bias}) must have {outputs} numbers, one an output; it has {count}")
