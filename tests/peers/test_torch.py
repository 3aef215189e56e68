"""`conv1d` and `conv_transpose1d` against PyTorch's over every argument these have: values and all gradients."""

import itertools

import jax.numpy as jnp
import pytest
from needed import needed
from torch_side import check, fourier_extra, tile_extra

import jconv

torch = needed("torch")
functional = torch.nn.functional
pytestmark = pytest.mark.peers

BOTH = pytest.mark.parametrize("name", ["conv1d", "conv_transpose1d"])
DTYPES = ("float32", "float64")
LENGTH, CHANNELS, OUTPUTS = 11, 4, 8


def shapes_of(name, groups, width=3, bias=True, batch=(2,), length=LENGTH):
    """The shapes of x, kernel and bias."""
    first, per_group = (CHANNELS, OUTPUTS) if name == "conv_transpose1d" else (OUTPUTS, CHANNELS)
    return [(*batch, CHANNELS, length), (first, per_group // groups, width), (OUTPUTS,) if bias else None]


def agree(name, options, *, dtype="float32", method="auto", extra=None, **sizes):
    """Check one call of the function `name`, with PyTorch's arguments `options`, in both libraries."""
    theirs, ours = getattr(functional, name), getattr(jconv, name)
    check(
        lambda x, k, b: ours(x, k, b, **options, layout="NCL", method=method),
        lambda x, k, b: theirs(x, k, b, **options),
        shapes_of(name, options.get("groups", 1), **sizes),
        dtype,
        extra,
    )


def grid(**arguments):
    """All combinations of the arguments' values, each with a dtype; these take turns, evenly over every value."""
    cases = []
    for indices in itertools.product(*(range(len(values)) for values in arguments.values())):
        options = {name: values[i] for (name, values), i in zip(arguments.items(), indices, strict=True)}
        dtype = DTYPES[sum(indices) % 2]
        name = ",".join([*(f"{key}={value}" for key, value in options.items()), dtype])
        cases.append(pytest.param(options, dtype, id=name))
    return cases


@pytest.mark.parametrize(
    ("options", "dtype"), grid(stride=(1, 2, 3), padding=(1, 5), dilation=(1, 2), groups=(1, 2, CHANNELS))
)
def test_conv1d(options, dtype):
    agree("conv1d", options, dtype=dtype)


def possible(options):
    """Whether PyTorch takes the `output_padding`."""
    return options["output_padding"] < max(options["stride"], options["dilation"])


@pytest.mark.parametrize(
    ("options", "dtype"),
    [
        case
        for case in grid(stride=(1, 3), padding=(0, 2), output_padding=(0, 1, 2), dilation=(1, 2), groups=(1, 2))
        if possible(case.values[0])
    ],
)
def test_conv_transpose1d(options, dtype):
    agree("conv_transpose1d", options, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_depthwise_transposed(dtype):
    agree("conv_transpose1d", {"stride": 2, "padding": 1, "groups": CHANNELS}, dtype=dtype)


@BOTH
def test_cropping_more_than_the_window_adds(name):
    if name == "conv_transpose1d":
        agree(name, {"padding": 4})
    else:
        agree(name, {"padding": 9, "stride": 2})


@BOTH
def test_no_bias(name):
    agree(name, {"stride": 2}, bias=False)


@BOTH
@pytest.mark.parametrize("groups", [1, 2])
def test_unbatched(name, groups):
    agree(name, {"padding": 1, "groups": groups}, batch=())


@BOTH
def test_width_one_with_stride(name):
    agree(name, {"stride": 2}, width=1)


@BOTH
def test_kernel_as_long_as_the_signal(name):
    agree(name, {}, width=LENGTH)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths and odd dilation:UserWarning")
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("width", [3, 4])
def test_padding_same_puts_the_odd_one_on_the_right(width, dilation):
    agree("conv1d", {"padding": "same", "dilation": dilation}, width=width)


def test_padding_valid():
    agree("conv1d", {"padding": "valid", "stride": 2})


@pytest.mark.parametrize("padding", [(1, 1), (3, 2), ("same", 1)], ids=str)
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_mode(mode, padding):
    amount, stride = padding
    options = {"stride": stride, "padding": amount, "dilation": 2, "groups": 2, "padding_mode": mode}
    module = torch.nn.Conv1d(CHANNELS, OUTPUTS, 4, **options)
    check(
        lambda x, k, b: jconv.conv1d(x, k, b, **options, layout="NCL"),
        lambda x, k, b: torch.func.functional_call(module, {"weight": k, "bias": b}, x),
        shapes_of("conv1d", 2, width=4),
        "float64" if mode == "reflect" else "float32",
    )


@BOTH
@pytest.mark.parametrize("method", jconv.METHODS)
@pytest.mark.parametrize("options", [{"padding": 1}, {"stride": 2, "padding": 3, "dilation": 2, "groups": 2}], ids=str)
def test_each_method(name, method, options):
    convolve, groups = getattr(functional, name), options.get("groups", 1)
    extras = {"fft": fourier_extra(convolve, groups, 4 * LENGTH), "winograd": tile_extra(convolve, groups, width=3)}
    agree(name, options, method=method, extra=extras.get(method))


@pytest.mark.parametrize("output_padding", [-1, 2, 5])
def test_refused_by_both(output_padding):
    options = {"stride": 2, "output_padding": output_padding}
    x, kernel = torch.ones(1, 1, 4), torch.ones(1, 1, 3)
    with pytest.raises(RuntimeError):
        functional.conv_transpose1d(x, kernel, **options)
    with pytest.raises(ValueError, match="`output_padding`"):
        jconv.conv_transpose1d(jnp.ones((1, 1, 4)), jnp.ones((1, 1, 3)), **options, layout="NCL")
