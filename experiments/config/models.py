"""The convolutions that can be fitted, as settings."""

# ruff: noqa: RUF009 - the calls in the dataclasses below make fields

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .rules import MISSING, ConfigError, Section, Whole, choice, closest, custom, limits, several

# of jconv, which imports JAX
METHODS = ("auto", "direct", "vmap", "xla", "dense", "taps", "gemm", "toeplitz", "winograd", "fft")
PADDINGS = ("same", "same_lower", "valid", "causal")
MODES = ("zeros", "reflect", "replicate", "circular")
MOST_WIDTH = 1024


def padding(key: str, value: Any) -> Any:
    """A word, a whole number, or a pair of them as a list."""
    if isinstance(value, str):
        if value not in PADDINGS:
            raise ConfigError(f"`{key}` (={value}) is unknown; {closest(value, PADDINGS)}, a whole number or a pair")
        return value
    amounts = value if isinstance(value, list | tuple) else [value, value]
    if len(amounts) != 2 or any(type(amount) is not int for amount in amounts):
        raise ConfigError(
            f"`{key}` (={value}) must be a word, a whole number or a pair of them, for example {key}=[2,0]"
        )
    return list(amounts) if isinstance(value, tuple) else value


@dataclass
class AnyModel(Section):
    """A convolution to fit, or a network that classifies.

    Attributes:
        name: which one.
    """

    section: ClassVar[str] = "model"

    name: str = MISSING


@dataclass
class Model(AnyModel):
    """A convolution to fit; whatever is learnt, in effect it is one kernel, and this says which.

    Each model has, as a setting or worked out from its settings, of that kernel: `kernel_size`, `stride`, `dilation`,
    `groups`, `padding` (of the input, as in `jconv.conv1d`), `padding_mode` and `use_bias`.

    Attributes:
        name: which one.
        method: of `jconv.conv1d`.
    """

    method: str = choice(*METHODS)

    kernel_size: ClassVar[Any]
    padding: ClassVar[Any]
    use_bias: ClassVar[Any]
    stride: ClassVar[Any] = 1
    dilation: ClassVar[Any] = 1
    groups: ClassVar[Any] = 1
    padding_mode: ClassVar[Any] = "zeros"

    @property
    def span(self) -> int:
        """Samples from the first tap to the last."""
        return (self.kernel_size - 1) * self.dilation + 1

    @property
    def size_in_words(self) -> str:
        """The settings behind `span`, for error messages."""
        dilated = f" with `model.dilation` (={self.dilation})" if self.dilation > 1 else ""
        return f"`model.kernel_size` (={self.kernel_size}){dilated}"

    @classmethod
    def suited(cls, kernel: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of this model that come to the `kernel_size` and `padding` that suit a task."""
        return dict(kernel)


@dataclass
class Conv(Model):
    """One convolution, every weight free.

    Attributes:
        api: "module" for `jconv.nnx.Conv1D`, "function" for `jconv.conv1d` on a dict of arrays.
        padding: "same", "same_lower", "valid", "causal", a whole number or a pair, as in `jconv.conv1d`.
    """

    name: str = choice("conv")
    api: str = choice("module", "function")
    kernel_size: Whole = limits(31, at_least=1, at_most=MOST_WIDTH)
    stride: Whole = limits(1, at_least=1, at_most=MOST_WIDTH)
    dilation: Whole = limits(1, at_least=1, at_most=10_000)
    groups: Whole = limits(1, at_least=1, at_most=MOST_WIDTH)
    padding: Any = custom("same", padding)
    padding_mode: str = choice(*MODES)
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Also refuse paddings that give outputs without a sample of their own, and what the module cannot do."""
        super().__post_init__()
        if not isinstance(self.padding, str):
            low, high = self.padding if isinstance(self.padding, list) else [self.padding] * 2
            reach = self.span - 1
            if max(low, high, low + high) > reach:
                raise ConfigError(
                    f"`model.padding` (={self.padding}) gives more outputs than there are samples to compare them "
                    f"with; pad by {reach} in all at most"
                )
        if self.api == "module" and self.padding_mode != "zeros" and (self.padding != "same" or self.stride > 1):
            raise ConfigError(
                f"`model.padding_mode` (={self.padding_mode}) goes with model.padding=same and model.stride=1 in "
                f"`jconv.nnx.Conv1D`; set model.api=function"
            )


@dataclass
class LinearStack(Model):
    """Linear convolutions one after the other, which together are one: what is compared and drawn is that one.

    Attributes:
        widths: taps of each layer, first layer first.
        channels: between the layers.
        strides, dilations: of each layer; empty for 1 everywhere.
        padding: of each layer; no other keeps the whole a convolution at its ends.
        use_bias: of the last layer.
    """

    name: str = choice("linear_stack")
    widths: list[Whole] = several(16, 16, at_least=1, at_most=MOST_WIDTH)
    channels: Whole = limits(8, at_least=1, at_most=MOST_WIDTH)
    strides: list[Whole] = several(at_least=1, at_most=MOST_WIDTH)
    dilations: list[Whole] = several(at_least=1, at_most=10_000)
    padding: str = choice("valid", "causal")
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Also refuse lists that do not fit each other."""
        super().__post_init__()
        if not self.widths:
            raise ConfigError("`model.widths` (=[]) must have one entry for each layer, for example model.widths=[3,3]")
        for name in ("strides", "dilations"):
            entries = getattr(self, name)
            if entries and len(entries) != len(self.widths):
                raise ConfigError(
                    f"`model.{name}` (={entries}) must have one entry for each of the {len(self.widths)} layers of "
                    f"model.widths, or none"
                )

    @property
    def layers(self) -> list[tuple[int, int, int]]:
        """Width, stride and dilation of each."""
        ones = [1] * len(self.widths)
        return list(zip(self.widths, self.strides or ones, self.dilations or ones, strict=True))

    @property
    def stride(self) -> int:
        """Of all layers together."""
        return math.prod(stride for _, stride, _ in self.layers)

    @property
    def kernel_size(self) -> int:
        """Of all layers together: each adds its reach, counted in the strides before it."""
        reach, step = 0, 1
        for width, stride, dilation in self.layers:
            reach, step = reach + (width - 1) * dilation * step, step * stride
        return reach + 1

    @property
    def size_in_words(self) -> str:
        """The settings behind `span`."""
        return f"`model.widths` (={self.widths})"

    @classmethod
    def suited(cls, kernel: Mapping[str, Any]) -> dict[str, Any]:
        """Two layers that share the reach; "valid" for "same", which a stack cannot be at its ends."""
        reach = kernel["kernel_size"] - 1
        causal = kernel["padding"] == "causal"
        return {"widths": [reach // 2 + 1, reach - reach // 2 + 1], "padding": "causal" if causal else "valid"}


@dataclass
class Bank(Model):
    """A kernel an output, each given by very few numbers; for one input.

    Attributes:
        kernel_size: odd, so that there is a middle.
        rate: Hz, which the mel scale of the first filters needs; null takes the task's. Without any they begin evenly
            spaced.
        gain: learn an amplitude for each output too; without it the gain of a filter is 1.
    """

    kernel_size: Whole = limits(101, at_least=3, at_most=MOST_WIDTH - 1)
    stride: Whole = limits(1, at_least=1, at_most=MOST_WIDTH)
    padding: str = choice(*PADDINGS)
    padding_mode: str = choice(*MODES)
    use_bias: bool = False
    gain: bool = False
    rate: float | None = limits(None, above=0)

    def __post_init__(self) -> None:
        """Also refuse a kernel without a middle."""
        super().__post_init__()
        if self.kernel_size % 2 == 0:
            size = self.kernel_size
            raise ConfigError(f"`model.kernel_size` (={size}) must be odd; set model.kernel_size={size + 1}")

    @classmethod
    def suited(cls, kernel: Mapping[str, Any]) -> dict[str, Any]:
        """The next odd size."""
        return {**kernel, "kernel_size": max(kernel["kernel_size"] | 1, 3)}


@dataclass
class Sinc(Bank):
    """Band passes between two cut-off frequencies, under a Hamming window (SincNet, Ravanelli and Bengio 2018)."""

    name: str = choice("sinc")


@dataclass
class Gabor(Bank):
    """Cosines under a Gaussian, given by centre frequency and bandwidth (LEAF, Zeghidour et al. 2021)."""

    name: str = choice("gabor")


MODELS = {"conv": Conv, "linear_stack": LinearStack, "sinc": Sinc, "gabor": Gabor}
