"""The kernel, bias and signal that `experiments.understand` takes apart: the notebook's, or those of files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .config.rules import ConfigError
from .config.streaming import Streaming
from .config.understanding import INPUTS, OUTPUTS, WIDTH, Understand
from .notebook import BIAS, KERNEL, sin_and_cos
from .tasks.binary import loaded
from .tasks.file import READERS, named
from .tasks.recording import cannot_read
from .tasks.text import read_text

MOST_NUMBERS = 20_000_000  # of what the input channels add, which takes 80 MB in float32
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Arrays:
    """What a convolution takes.

    Attributes:
        x: (length, in) float32.
        kernel: (width, in/groups, out) float32, or (width, out/groups, in) of a transposed one.
        bias: (out,) float32, or None.
        inputs: names of the channels.
        time: (length,) in `time_unit`, or in samples where that is "".
        time_unit: "radian" of sin and cos, "s" of a signal with a rate, else "".
    """

    x: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray | None
    inputs: tuple[str, ...]
    time: np.ndarray
    time_unit: str


def arrays(config: Understand) -> Arrays:
    """Make or read them.

    Raises:
        ConfigError: a file cannot be read, or they do not fit each other.
    """
    kernel, bias = (None, None) if config.kernel is None else kernel_of(config)
    if config.signal is not None:
        x, inputs, rate = recording(config)
        time, unit = np.arange(len(x)) / (rate or 1.0), "s" if rate else ""
    else:
        count = INPUTS if kernel is None else config.made_inputs(kernel.shape)
        x, inputs = sin_and_cos(config.points, config.stop)[:, :count], ("sin", "cos")[:count]
        time, unit = np.linspace(0, config.stop, config.points), "radian"
    if kernel is None:
        made = (KERNEL, BIAS) if config.weights == "notebook" else random_weights(config, x.shape[1])
        kernel, bias = made
        if config.weights == "notebook" and config.transposed:
            bias = None  # the notebook has one bias for each of the last axis, which are the inputs here
    config.check_shapes(kernel.shape, x.shape[1], len(x))
    if config.bias is not None:
        bias = bias_of(config)
    if bias is not None:
        outputs = config.channels(kernel.shape)[1]
        if len(bias) != outputs:
            what = (
                f"`bias` (={config.bias})"
                if config.bias is not None
                else f"`kernel` (={config.kernel}) has a bias that"
            )
            raise ConfigError(f"{what} must have {outputs} numbers, one an output; it has {len(bias)}")
    check_size(config, x, kernel)
    return Arrays(x, kernel, bias, inputs, time, unit)


def random_weights(config: Understand, inputs: int = INPUTS) -> tuple[np.ndarray, np.ndarray]:
    """Uniform as torch begins: within 1 / sqrt(channels of a group * 3 taps)."""
    shape = config.random_shape(inputs)
    random, reach = np.random.default_rng(config.seed), (shape[1] * WIDTH) ** -0.5
    kernel, bias = random.uniform(-reach, reach, shape), random.uniform(-reach, reach, OUTPUTS)
    return kernel.astype(np.float32), bias.astype(np.float32)


def kernel_of(config: Understand | Streaming) -> tuple[np.ndarray, np.ndarray | None]:
    """The user's kernel, and its bias if a .npz has one."""
    if not isinstance(config.kernel, str):
        return np.asarray(config.kernel, np.float32)[:, None, None], None
    path, found = config.kernel, numbers("kernel", config.kernel)
    kernel = found["kernel"] if "kernel" in found else next(iter(found.values()))
    if "kernel" not in found and len(found) > 1:
        raise file_error("kernel", path, f"has arrays {', '.join(found)}; name the one to take `kernel`")
    if kernel.ndim not in (1, 2, 3) or not kernel.size:
        raise file_error(
            "kernel", path, f"has shape {kernel.shape}; expected (width,), (width, in) or (width, in, out)"
        )
    bias = found.get("bias")
    if bias is not None and bias.ndim != 1:
        raise file_error("kernel", path, f"has a bias of shape {bias.shape}; expected (out,)")
    return kernel.reshape(*kernel.shape, *[1] * (3 - kernel.ndim)), bias


def bias_of(config: Understand) -> np.ndarray:
    """The user's bias."""
    if not isinstance(config.bias, str):
        return np.asarray(config.bias, np.float32)
    found = numbers("bias", config.bias)
    bias = found["bias"] if "bias" in found else next(iter(found.values()))
    if bias.ndim == 2 and 1 in bias.shape:
        bias = bias.ravel()  # a table of one row or one column
    if bias.ndim != 1:
        raise file_error("bias", config.bias, f"has shape {bias.shape}; expected (out,)")
    return bias


def recording(config: Understand) -> tuple[np.ndarray, tuple[str, ...], float | None]:
    """The user's signal (length, in), the names of its channels, and its rate."""
    with said_of("signal", config.signal) as path:
        reader = READERS.get(os.path.splitext(path)[1].lower(), read_text)
        found = reader(path, lambda names: names, ())
    if None not in (config.rate, found.rate) and config.rate != found.rate:
        raise ConfigError(
            f"`rate` (={config.rate:g}) must be left out: `signal` (={config.signal}) says {found.rate:g} Hz"
        )
    x = np.stack([found.columns[name] for name in found.names], axis=1)
    return x, named(found.names), found.rate or config.rate


def numbers(key: str, path: str) -> dict[str, np.ndarray]:
    """The arrays of a file, float32; one without names is "array"."""
    with said_of(key, path) as whole:
        ending = os.path.splitext(path)[1].lower()
        if ending == ".npy":
            found = {"array": loaded(whole, lambda: np.load(whole, allow_pickle=False))}
        elif ending == ".npz":
            with loaded(whole, lambda: np.load(whole, allow_pickle=False)) as file:
                wanted = [name for name in ("kernel", "bias") if name in file.files] or file.files
                found = {name: loaded(whole, lambda name=name: file[name]) for name in wanted}
        else:
            table = read_text(whole, lambda names: names, ())
            found = {"array": np.stack([table.columns[name] for name in table.names], axis=1)}
        if not found:
            raise cannot_read(whole, "holds no array")
        return {name: as_float32(whole, array) for name, array in found.items()}


def as_float32(path: str, array: np.ndarray) -> np.ndarray:
    """An array of real numbers that float32 can hold.

    Raises:
        ConfigError: it has others.
    """
    if array.dtype.kind not in "biuf":
        raise cannot_read(path, f"holds numbers of {array.dtype}; save real ones")
    bad = np.argwhere(~(np.abs(array.astype(np.float64)) <= LARGEST))
    if len(bad):
        place = tuple(map(int, bad[0]))
        raise cannot_read(path, f"holds {array[place]} at {list(place)}, which is no finite number of float32")
    return array.astype(np.float32)


@contextmanager
def said_of(key: str, path: str) -> Iterator[str]:
    """The path to open; what the readers say of `task.path` is said of this key instead.

    Raises:
        ConfigError: there is no such file, or it cannot be read.
    """
    whole = os.path.expanduser(path)
    if not os.path.isfile(whole):
        raise file_error(key, path, "is no file; give the path of one")
    if not os.path.getsize(whole):
        raise file_error(key, path, "is empty")
    try:
        yield whole
    except ConfigError as error:
        raise ConfigError(str(error).replace(f"`task.path` (={whole})", f"`{key}` (={path})")) from error


def file_error(key: str, path: str, why: str) -> ConfigError:
    """One line about a file."""
    return ConfigError(f"`{key}` (={path}) {why}")


def check_size(config: Understand, x: np.ndarray, kernel: np.ndarray) -> None:
    """Refuse what would fill the memory.

    Raises:
        ConfigError: with the number of numbers.
    """
    inputs, outputs = config.channels(kernel.shape)
    positions = config.positions((len(kernel) - 1) * config.dilation + 1, len(x))
    if not config.transposed:
        positions = -(-positions // config.stride)
    elif isinstance(config.padding, str):
        positions *= config.stride
    for what, count in (
        ("what each channel adds", inputs * outputs * positions),
        ("the kernel", len(kernel) * inputs * outputs),
    ):
        if count > MOST_NUMBERS:
            source = f"`signal` (={config.signal})" if what[0] == "w" and config.signal else config.kernel_in_words
            raise ConfigError(f"{source} must be smaller: {what} would be {count} numbers, at most {MOST_NUMBERS}")
