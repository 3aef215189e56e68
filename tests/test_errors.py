"""Bad input: each kind has its error type and a text with the argument, its value and what it disagrees with.

Nothing has been traced by then: the primitive is out of reach here, so a check that is missing shows as another error.
"""

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from flax import nnx

import jconv
from jconv.nnx import Conv1D, ConvTranspose1D

FUNCTIONS = {"conv1d": "x", "conv_transpose1d": "y"}
MODULES = {"Conv1D": Conv1D, "ConvTranspose1D": ConvTranspose1D}


@pytest.fixture(autouse=True)
def nothing_is_computed(monkeypatch):
    def reached(*_, **__):
        raise AssertionError("bad input reached the primitive")

    monkeypatch.setattr("jconv.call.convolve", reached)


def zeros(*shape, dtype: Any = np.float32) -> Any:
    return np.zeros(shape, dtype)


def arguments(function):
    """Good ones: 4 channels to 6 by 3 taps over 8 positions. `signal` stands for x or y."""
    return {"signal": zeros(1, 8, 4), "kernel": zeros(3, 4, 6) if function == "conv1d" else zeros(3, 6, 4)}


def said(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def holds(text, parts):
    """All parts are in the text, in this order."""
    place = 0
    for part in parts:
        assert part in text[place:], f"{part!r} is not (in its place) in: {text}"
        place = text.index(part, place) + len(part)


def check_function(function, error, parts, changes):
    given = {**arguments(function), **changes}
    signal, kernel = given.pop("signal"), given.pop("kernel")
    call = getattr(jconv, function)
    text = said(error, lambda: call(signal, kernel, **given))
    holds(text, [part.replace("{x}", FUNCTIONS[function]) for part in parts])

    arrays = {"signal": signal, "kernel": kernel, "bias": given.pop("bias", None)}
    traced = {name: a for name, a in arrays.items() if isinstance(a, np.ndarray) and a.dtype.kind not in "OUM"}
    traced = {name: a for name, a in traced.items() if a.dtype != np.longdouble and type(a) is np.ndarray}

    def run(traced):
        every = {**arrays, **traced}
        return call(every["signal"], every["kernel"], every["bias"], **given)

    assert said(error, lambda: jax.jit(run)(traced)) == text


INTEGERS = {
    "zero": (0, ValueError, "(=0) must be at least 1"),
    "negative": (-2, ValueError, "(=-2) must be at least 1"),
    "bool": (True, TypeError, "(=True, a bool) must be a concrete integer"),
    "NumPy bool": (np.bool_(True), TypeError, "must be a concrete integer"),
    "float": (2.0, TypeError, "(=2.0, a float) must be a concrete integer"),
    "word": ("2", TypeError, "(='2', a str) must be a concrete integer"),
    "None": (None, TypeError, "(=None, a NoneType) must be a concrete integer"),
    "array": (np.array([2]), TypeError, "(=array([2]), a ndarray) must be a concrete integer"),
}


@pytest.mark.parametrize("value", INTEGERS)
@pytest.mark.parametrize("name", ["stride", "dilation", "groups"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_steps_are_whole_numbers_of_at_least_one(function, name, value):
    bad, error, text = INTEGERS[value]
    check_function(function, error, [f"`{name}`", text], {name: bad})


@pytest.mark.parametrize("name", ["stride", "dilation", "groups", "padding", "output_padding"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_traced_number_is_refused(function, name):
    if name == "output_padding" and function == "conv1d":
        pytest.skip("conv1d has none")
    signal, kernel = arguments(function).values()
    call = getattr(jconv, function)
    text = said(TypeError, lambda: jax.jit(lambda n: call(signal, kernel, **{name: n}))(1))
    holds(text, [f"`{name}` (=", "Tracer", "integer"])
    pair = jax.jit(lambda n: call(signal, kernel, padding=(0, n)))
    holds(said(TypeError, lambda: pair(1)), ["`padding[1]` (=", "Tracer", "must be a concrete integer"])


SHAPES = "{x} has shape (1, 8, 4), kernel "
BOTH = {
    "one axis": ({"signal": zeros(4)}, ValueError, ["`{x}` must have at least 2 axes", "length", "it has 1", "(4,)"]),
    "no axis": ({"signal": zeros()}, ValueError, ["`{x}` must have at least 2 axes", "it has 0", "shape ()"]),
    "kernel of two axes": (
        {"kernel": zeros(3, 4)},
        ValueError,
        ["`kernel` must have 3 axes, (width, per group, channels); it has 2", SHAPES + "(3, 4)"],
    ),
    "kernel of two axes, channels first": (
        {"kernel": zeros(4, 3), "layout": "NCL"},
        ValueError,
        ["`kernel` must have 3 axes, (channels, per group, width); it has 2", SHAPES + "(4, 3)", "`layout`='NCL'"],
    ),
    "groups and signal": (
        {"groups": 3},
        ValueError,
        ["`groups` (=3) must divide the channels of `{x}` (=4)", SHAPES, "`layout`='NLC'"],
    ),
    "groups and signal, channels first": (
        {"groups": 3, "layout": "NCL"},
        ValueError,
        ["`groups` (=3) must divide the channels of `{x}` (=8)", SHAPES, "`layout`='NCL'"],
    ),
    "groups and kernel": (
        {"groups": 2, "kernel": zeros(3, 2, 5)},
        ValueError,
        ["`groups` (=2) must divide the channels of `kernel` (=5)", SHAPES + "(3, 2, 5)"],
    ),
    "no channels": (
        {"signal": zeros(1, 8, 0)},
        ValueError,
        ["`groups` (=1) must not exceed the channels of `{x}` (=0)", "(1, 8, 0)"],
    ),
    "zero width": (
        {"kernel": zeros(0, 4, 6)},
        ValueError,
        ["`kernel` must have a width of at least 1", SHAPES + "(0, 4, 6)"],
    ),
    "padding word": (
        {"padding": "sane"},
        ValueError,
        ["`padding` (='sane') must be one of 'valid', 'same', 'same_lower', 'causal'; did you mean 'same'?"],
    ),
    "padding far from any word": ({"padding": "zzz"}, ValueError, ["`padding` (='zzz') must be one of", "'causal'"]),
    "padding of one": ({"padding": (1,)}, ValueError, ["`padding` (=(1,)) must be", "pair", "it has 1 entries"]),
    "padding of three": ({"padding": [1, 2, 3]}, ValueError, ["`padding` (=[1, 2, 3]) must be", "it has 3 entries"]),
    "float padding": (
        {"padding": 1.5},
        TypeError,
        ["`padding` (=1.5, a float) must be a word, a concrete integer or a pair of them (low, high)"],
    ),
    "bool padding": ({"padding": True}, TypeError, ["`padding` (=True, a bool) must be", "concrete integer"]),
    "no padding": ({"padding": None}, TypeError, ["`padding` (=None, a NoneType) must be a word"]),
    "array padding": ({"padding": np.array([1, 2])}, TypeError, ["`padding` (=array([1, 2]), a ndarray) must be"]),
    "half float padding": ({"padding": (1, 2.0)}, TypeError, ["`padding[1]` (=2.0, a float) must be a concrete int"]),
    "half bool padding": ({"padding": (True, 1)}, TypeError, ["`padding[0]` (=True, a bool) must be a concrete int"]),
    "layout": ({"layout": "NWC"}, ValueError, ["`layout` (='NWC') must be one of 'NLC', 'NCL'; did you mean 'NLC'?"]),
    "layout number": ({"layout": 3}, TypeError, ["`layout` (=3, a int) must be one of 'NLC', 'NCL'"]),
    "method": (
        {"method": "ftt"},
        ValueError,
        ["`method` (='ftt') must be one of 'auto', 'direct', 'vmap'", "mean 'fft'?"],
    ),
    "method None": (
        {"method": None},
        TypeError,
        ["`method` (=None, a NoneType) must be one of 'auto', 'direct', 'vmap'"],
    ),
    "signal list": (
        {"signal": [[0.0] * 4] * 8},
        TypeError,
        ["`{x}` (=[[0.0", "..., a list) must be a JAX or NumPy arr"],
    ),
    "signal number": ({"signal": 1.0}, TypeError, ["`{x}` (=1.0, a float) must be a JAX or NumPy array"]),
    "kernel None": ({"kernel": None}, TypeError, ["`kernel` (=None, a NoneType) must be a JAX or NumPy array"]),
    "masked signal": (
        {"signal": np.ma.masked_array(zeros(1, 8, 4))},
        TypeError,
        ["`{x}` (=masked_array(", "a MaskedArray) must be a JAX or NumPy array"],
    ),
    "bias list": ({"bias": [0.0] * 6}, TypeError, ["`bias` (=[0.0", "a list) must be a JAX or NumPy array"]),
    "kernel of another dtype": (
        {"kernel": zeros(3, 4, 6, dtype=np.float64)},
        TypeError,
        ["`kernel` (of float64) must have the dtype of `{x}` (float32)"],
    ),
    "signal of another dtype": (
        {"signal": zeros(1, 8, 4, dtype=ml_dtypes.bfloat16)},
        TypeError,
        ["`kernel` (of float32) must have the dtype of `{x}` (bfloat16)"],
    ),
    "bias of another dtype": (
        {"bias": zeros(6, dtype=np.float64)},
        TypeError,
        ["`bias` (of float64) must have the dtype of `{x}` (float32) or that of the result (float32)"],
    ),
    "bias of neither dtype": (
        {"bias": zeros(6, dtype=np.int32), "preferred_element_type": np.float64},
        TypeError,
        ["`bias` (of int32) must have the dtype of `{x}` (float32) or that of the result (float64)"],
    ),
    "short bias": (
        {"bias": zeros(1)},
        ValueError,
        ["`bias` (of shape (1,)) must have shape (6,), one entry an output channel", SHAPES],
    ),
    "bias of two axes": ({"bias": zeros(1, 6)}, ValueError, ["`bias` (of shape (1, 6)) must have shape (6,)", SHAPES]),
    "scalar bias": ({"bias": zeros()}, ValueError, ["`bias` (of shape ()) must have shape (6,)", SHAPES]),
    "precision": (
        {"precision": "hihg"},
        ValueError,
        ["`precision` (='hihg', a str) must be None, a `jax.lax.Precision`, its name, or a pair of these"],
    ),
    "precision of one": ({"precision": ("high",)}, ValueError, ["`precision` (=('high',), a tuple) must be None"]),
    "precision half": ({"precision": ("high", "x")}, ValueError, ["`precision` (='x', a str) must be None"]),
    "precision dict": ({"precision": {}}, ValueError, ["`precision` (={}, a dict) must be None"]),
    "result dtype": (
        {"preferred_element_type": "flaot32"},
        TypeError,
        ["`preferred_element_type` (='flaot32', a str) must be a dtype"],
    ),
    "integer result": (
        {"preferred_element_type": np.int32},
        TypeError,
        ["`preferred_element_type` (=int32) cannot hold the result: `{x}` is of float32"],
    ),
    "bool result": (
        {"preferred_element_type": bool},
        TypeError,
        ["`preferred_element_type` (=bool) cannot hold the result: `{x}` is of float32"],
    ),
}


@pytest.mark.parametrize("case", BOTH)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_arguments(function, case):
    changes, error, parts = BOTH[case]
    check_function(function, error, parts, changes)


DTYPES = {
    "bool": bool,
    "object": object,
    "str": "U1",
    "datetime64[s]": "datetime64[s]",
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "long double": np.longdouble,
}


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("argument", ["signal", "kernel", "bias"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_dtypes_that_are_not_computed_with(function, argument, name):
    good = {**arguments(function), "bias": zeros(6)}
    bad = {argument: np.zeros(good[argument].shape, DTYPES[name])}
    what = FUNCTIONS[function] if argument == "signal" else argument
    parts = [f"`{what}` (of {bad[argument].dtype}) must have an integer, floating (16 to 64 bits) or complex dtype"]
    check_function(function, TypeError, parts, bad)


def test_random_keys_are_no_numbers():
    keys = jax.random.split(jax.random.key(0), (8, 4))
    holds(said(TypeError, lambda: jconv.conv1d(keys, zeros(3, 4, 6))), ["`x` (of key<", "must have an integer"])


def test_complex_operands_need_a_complex_result():
    signal, kernel = zeros(1, 8, 4, dtype=np.complex64), zeros(3, 4, 6, dtype=np.complex64)
    changes = {"signal": signal, "kernel": kernel, "preferred_element_type": np.float32}
    check_function("conv1d", TypeError, ["`preferred_element_type` (=float32)", "`x` is of complex64"], changes)


ONE = {
    "channels": (
        "conv1d",
        {"kernel": zeros(3, 5, 6)},
        ValueError,
        ["`kernel` must have in/groups input channels (=4/1=4); it has 5; x has shape (1, 8, 4), kernel (3, 5, 6)"],
    ),
    "channels of a group": (
        "conv1d",
        {"groups": 2},
        ValueError,
        ["`kernel` must have in/groups input channels (=4/2=2); it has 4; x has shape (1, 8, 4), kernel (3, 4, 6)"],
    ),
    "channels, transposed": (
        "conv_transpose1d",
        {"kernel": zeros(3, 6, 5)},
        ValueError,
        ["`kernel` must have the input channels of `y` (=4); it has 5; y has shape (1, 8, 4), kernel (3, 6, 5)"],
    ),
    "padding mode": (
        "conv1d",
        {"padding_mode": "reflet"},
        ValueError,
        ["`padding_mode` (='reflet') must be one of 'zeros', 'reflect', 'replicate', 'circular'", "mean 'reflect'?"],
    ),
    "padding mode None": ("conv1d", {"padding_mode": None}, TypeError, ["`padding_mode` (=None, a NoneType) must be"]),
    "too short": (
        "conv1d",
        {"signal": zeros(1, 2, 4)},
        ValueError,
        ["the output would be empty: length 2 with `padding`='valid' is 2 positions", "covers 3", "kernel size 3"],
    ),
    "too short for the dilation": (
        "conv1d",
        {"dilation": 4},
        ValueError,
        ["the output would be empty: length 8 with `padding`='valid'", "covers 9 (kernel size 3, dilation 4)"],
    ),
    "cropped to nothing": (
        "conv1d",
        {"padding": (-9, 2)},
        ValueError,
        ["the output would be empty: length 8 with `padding`=(-9, 2) is 1 positions"],
    ),
    "cropped to less than nothing, with a mode": (
        "conv1d",
        {"padding": (-9, 0), "padding_mode": "replicate"},
        ValueError,
        ["the output would be empty: length 8 with `padding`=(-9, 0) is -1 positions"],
    ),
    "nothing to replicate": (
        "conv1d",
        {"signal": zeros(1, 0, 4), "padding": 3, "padding_mode": "replicate"},
        ValueError,
        ["`padding_mode` (='replicate') needs a signal of at least one position to pad by (3, 3)", "it has none"],
    ),
    "output padding of the stride": (
        "conv_transpose1d",
        {"stride": 2, "output_padding": 2},
        ValueError,
        ["`output_padding` (=2) must be at least 0 and less than `stride` (=2) or `dilation` (=1)"],
    ),
    "negative output padding": (
        "conv_transpose1d",
        {"stride": 2, "output_padding": -1},
        ValueError,
        ["`output_padding` (=-1) must be at least 0 and less than `stride` (=2)"],
    ),
    "output padding with a longest result": (
        "conv_transpose1d",
        {"stride": 3, "output_padding": 1, "padding": "SAME"},
        ValueError,
        ["`output_padding` (=1) must be in -2..0 with `padding`='SAME' and `stride`=3"],
    ),
    "float output padding": (
        "conv_transpose1d",
        {"output_padding": 1.0},
        TypeError,
        ["`output_padding` (=1.0, a float) must be a concrete integer"],
    ),
    "bool output padding": (
        "conv_transpose1d",
        {"output_padding": False},
        TypeError,
        ["`output_padding` (=False, a bool) must be a concrete integer"],
    ),
    "nothing left, transposed": (
        "conv_transpose1d",
        {"padding": 5},
        ValueError,
        ["the output would be empty: 8 positions with kernel size 3, `stride`=1", "`padding`=5", "give length 0"],
    ),
    "nothing given, transposed": (
        "conv_transpose1d",
        {"signal": zeros(1, 0, 4)},
        ValueError,
        ["there is nothing to transpose: a length of 0"],
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_bad_arguments_of_one_function(case):
    function, changes, error, parts = ONE[case]
    check_function(function, error, parts, changes)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8])
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("method", ["fft", "winograd"])
def test_what_is_not_exact_on_integers_is_refused_by_name(method, function, dtype):
    changes = {name: a.astype(dtype) for name, a in arguments(function).items()}
    parts = [f"`method` (={method!r}) cannot do this", "not exact on integers", np.dtype(dtype).name]
    check_function(function, NotImplementedError, parts, {**changes, "method": method})


def test_lengths_and_fields_refuse_what_the_functions_refuse():
    length: Any = 8.0
    holds(said(TypeError, lambda: jconv.output_length(length, 3)), ["`length` (=8.0, a float) must be a concrete int"])
    holds(said(ValueError, lambda: jconv.output_length(8, 0)), ["`kernel_size` (=0) must be at least 1"])
    holds(said(ValueError, lambda: jconv.output_length(2, 3)), ["the output would be empty: length 2"])
    holds(
        said(ValueError, lambda: jconv.receptive_field([3, 3], stride=[1])), ["one entry a layer", "kernel_size", "2"]
    )
    holds(said(TypeError, lambda: jconv.receptive_field(3, dilation=True)), ["`dilation` (=True, a bool) must be"])


def built(module, **changes):
    return module(**{"in_features": 4, "out_features": 6, "kernel_size": 3, "rngs": nnx.Rngs(0), **changes})


def check_built(module, error, parts, changes):
    text = said(error, lambda: built(module, **changes))
    holds(text, parts)
    assert said(error, lambda: jax.jit(lambda: built(module, **changes)(zeros(1, 8, 4)))()) == text


@pytest.mark.parametrize("value", INTEGERS)
@pytest.mark.parametrize(
    "name",
    [
        "in_features",
        "out_features",
        "kernel_size",
        "strides",
        "kernel_dilation",
        "input_dilation",
        "feature_group_count",
    ],
)
@pytest.mark.parametrize("module", MODULES)
def test_modules_take_whole_numbers_of_at_least_one(module, name, value):
    bad, error, text = INTEGERS[value]
    if name == "input_dilation" and module == "ConvTranspose1D":
        pytest.skip("it has none")
    if bad is None and name in ("strides", "kernel_dilation", "input_dilation"):
        pytest.skip("Flax's None is 1")
    check_built(MODULES[module], error, [f"`{name}`", text], {name: bad})


BUILT = {
    "groups and inputs": ({"feature_group_count": 3}, ValueError, ["`feature_group_count` (=3)", "`in_features` (=4)"]),
    "groups and outputs": (
        {"feature_group_count": 4},
        ValueError,
        ["`feature_group_count` (=4) must divide `out_features` (=6)"],
    ),
    "two dimensions": (
        {"kernel_size": (3, 3)},
        ValueError,
        ["`kernel_size` (=(3, 3)) must be an int or a sequence of one; it has 2 entries"],
    ),
    "two strides": ({"strides": (1, 2)}, ValueError, ["`strides` (=(1, 2)) must be an int or a sequence of one"]),
    "padding word": ({"padding": "CASUAL"}, ValueError, ["`padding` (='CASUAL') must be one of", "mean 'causal'?"]),
    "float padding": ({"padding": 1.5}, TypeError, ["`padding` (=1.5, a float) must be a word, a concrete integer"]),
    "no padding": ({"padding": None}, TypeError, ["`padding` (=None, a NoneType) must be a word"]),
    "padding of three": ({"padding": (1, 2, 3)}, ValueError, ["`padding` (=(1, 2, 3)) must be", "it has 3 entries"]),
    "padding of two dimensions": (
        {"padding": [(1, 2), (3, 4)]},
        TypeError,
        ["`padding[0]` (=(1, 2), a tuple) must be a concrete integer"],
    ),
    "mask": ({"mask": zeros(3, 4)}, ValueError, ["`mask` (of shape (3, 4)) must have the kernel's shape (3, 4, 6)"]),
    "method": ({"method": "tap"}, ValueError, ["`method` (='tap') must be one of 'auto'", "did you mean 'taps'?"]),
    "precision": ({"precision": "hihg"}, ValueError, ["`precision` (='hihg', a str) must be None, a `jax.lax.Precis"]),
    "dtype": ({"dtype": "flaot32"}, TypeError, ["`dtype` (='flaot32', a str) must be a dtype"]),
    "param_dtype": ({"param_dtype": "flaot32"}, TypeError, ["`param_dtype` (='flaot32', a str) must be a dtype"]),
    "result dtype": (
        {"preferred_element_type": "flaot32"},
        TypeError,
        ["`preferred_element_type` (='flaot32', a str) must be a dtype"],
    ),
    "integer result": (
        {"preferred_element_type": np.int32},
        TypeError,
        ["`preferred_element_type` (=int32) cannot hold the result, which is computed in float32"],
    ),
    "real result of complex": (
        {"preferred_element_type": np.float32, "dtype": np.complex64},
        TypeError,
        ["`preferred_element_type` (=float32) cannot hold the result, which is computed in complex64"],
    ),
}


@pytest.mark.parametrize("case", BUILT)
@pytest.mark.parametrize("module", MODULES)
def test_modules_are_checked_when_built(module, case):
    changes, error, parts = BUILT[case]
    check_built(MODULES[module], error, parts, changes)


@pytest.mark.parametrize("word", ["same_lower", "reflect", "replicate"])
def test_words_that_only_the_forward_module_knows(word):
    parts = [f"`padding` (='{word}') must be one of 'same', 'valid', 'causal', 'circular'"]
    check_built(ConvTranspose1D, ValueError, parts, {"padding": word})


INPUTS = "`inputs` "
CALLED = {
    "channels": ({}, zeros(1, 8, 3), ValueError, [INPUTS + "(of shape (1, 8, 3)) must have", "in_features=4)"]),
    "one axis": ({}, zeros(4), ValueError, [INPUTS + "(of shape (4,)) must have shape (*batch, length, in_feat"]),
    "a list": ({}, [[0.0] * 4] * 8, TypeError, [INPUTS + "(=[[0.0", "a list) must be a JAX or NumPy array"]),
    "objects": ({}, zeros(1, 8, 4, dtype=object), TypeError, [INPUTS + "(of object) must have an integer, floating"]),
}


def check_called(module, changes, inputs, error, parts):
    layer = built(module, **changes)
    text = said(error, lambda: layer(inputs))
    holds(text, parts)
    if isinstance(inputs, np.ndarray) and inputs.dtype != object:
        assert said(error, lambda: jax.jit(lambda inputs: layer(inputs))(inputs)) == text
    assert said(error, lambda: nnx.jit(lambda layer: layer(inputs))(layer)) == text


@pytest.mark.parametrize("case", CALLED)
@pytest.mark.parametrize("module", MODULES)
def test_modules_check_their_inputs(module, case):
    check_called(MODULES[module], *CALLED[case])


CALLED_ONE = {
    word: (
        Conv1D,
        {"padding": word},
        zeros(1, 0, 4),
        ValueError,
        [f"`padding_mode` (={word.lower()!r}) needs a signal of at least one position to pad by (1, 1)", "it has none"],
    )
    for word in ("REFLECT", "CIRCULAR", "REPLICATE")
}


@pytest.mark.parametrize("case", CALLED_ONE)
def test_modules_refuse_to_pad_with_what_is_not_there(case):
    module, *rest = CALLED_ONE[case]
    check_called(module, *rest)


def test_modules_refuse_a_sum_of_the_wrong_kind():
    """What the constructor cannot know: the inputs' dtype."""
    layer = built(Conv1D, preferred_element_type=jnp.float32)
    with jax.numpy_dtype_promotion("standard"):
        text = said(TypeError, lambda: layer(zeros(1, 8, 4, dtype=np.complex64)))
    holds(text, ["`preferred_element_type` (=float32) cannot hold the result", "complex64"])
