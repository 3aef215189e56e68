"""The modules against flax.nnx's own: parameters, values, gradients, checkpoints, and Flax's transformations."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from bounds import ROUNDOFF, check
from flax import nnx
from helpers import AUTO_AND_METHODS
from problems import Case

from jconv.nnx import Conv1D, ConvTranspose1D

LENGTH, INPUTS, OUTPUTS, TAPS = 11, 4, 6, 4
WIDE = {"bias_init": nnx.initializers.normal(), "param_dtype": jnp.float64}  # a bias that would be missed
MASK = (np.arange(TAPS * INPUTS * OUTPUTS).reshape(TAPS, INPUTS, OUTPUTS) % 3 > 0).astype(np.float64)

SHARED = {
    "as they come": {},
    "valid": {"padding": "VALID"},
    "circular": {"padding": "CIRCULAR"},
    "no padding": {"padding": 0},
    "an int": {"padding": 2},
    "a pair": {"padding": [(3, 1)]},
    "a long pair": {"padding": [(0, 6)]},
    "strided": {"strides": 2},
    "strided, valid": {"strides": (3,), "padding": "VALID"},
    "strided, circular": {"strides": 3, "padding": "CIRCULAR"},
    "strided beyond the taps": {"strides": 6},
    "strided beyond the taps, valid": {"strides": 6, "padding": "VALID"},
    "dilated": {"kernel_dilation": 2},
    "dilated, valid": {"kernel_dilation": (2,), "padding": "VALID"},
    "dilated, circular": {"kernel_dilation": 2, "padding": "CIRCULAR"},
    "strided and dilated": {"strides": 2, "kernel_dilation": 2},
    "no bias": {"use_bias": False},
    "one tap": {"kernel_size": 1, "strides": 2},
}
CONV = {
    **SHARED,
    # forms that both modules read by the same lines
    "an int in a sequence": {"padding": (2,)},
    "strided by None": {"strides": None},
    "dilated by None": {"kernel_dilation": None},
    "two taps in a sequence": {"kernel_size": (2,), "padding": "CIRCULAR"},
    "precision": {"precision": "highest"},
    "its own start": {"kernel_init": nnx.initializers.ones_init(), "bias_init": nnx.initializers.ones_init()},
    # what the other has not, or has in another way
    "same, larger half first": {"padding": "SAME_LOWER", "strides": 2},
    "reflect": {"padding": "REFLECT"},
    "reflect, strided and dilated": {"padding": "REFLECT", "strides": 2, "kernel_dilation": 2},
    "masked": {"mask": MASK},
    "grouped": {"feature_group_count": 2},
    "grouped, strided and dilated": {"feature_group_count": 2, "strides": 2, "kernel_dilation": 2},
    "depthwise": {"feature_group_count": 4, "out_features": 8, "padding": "CAUSAL"},
    "causal": {"padding": "CAUSAL"},
    "strided, causal": {"strides": 2, "padding": "CAUSAL"},
    "dilated, causal": {"kernel_dilation": 3, "padding": "CAUSAL"},
    "input dilated by None": {"input_dilation": None},
    "input dilated": {"input_dilation": 2, "padding": [(1, 2)]},
    "input dilated and strided": {"input_dilation": (3,), "strides": 2, "padding": 3},
}
TRANSPOSE = {
    **SHARED,
    "an int, cropping": {"padding": 1, "strides": 2},
    "masked": {"mask": MASK},
    "transposed": {"transpose_kernel": True},
    "transposed, strided": {"transpose_kernel": True, "strides": 3},
    "transposed, strided, valid": {"transpose_kernel": True, "strides": 2, "padding": "VALID"},
    "transposed, strided, circular": {"transpose_kernel": True, "strides": 2, "padding": "CIRCULAR"},
    "transposed, dilated": {"transpose_kernel": True, "kernel_dilation": 2, "padding": [(2, 3)]},
    "transposed, masked": {"transpose_kernel": True, "mask": MASK.swapaxes(1, 2)},
}
PAIRS = [
    *(pytest.param(Conv1D, nnx.Conv, changes, id=f"Conv-{name}") for name, changes in CONV.items()),
    *(pytest.param(ConvTranspose1D, nnx.ConvTranspose, c, id=f"ConvTranspose-{name}") for name, c in TRANSPOSE.items()),
]
BOTH = pytest.mark.parametrize(
    ("ours", "flax"), [(Conv1D, nnx.Conv), (ConvTranspose1D, nnx.ConvTranspose)], ids=["Conv", "ConvTranspose"]
)


def built(module, changes=None, seed=0):
    sizes = {"in_features": INPUTS, "out_features": OUTPUTS, "kernel_size": TAPS, "rngs": nnx.Rngs(seed)}
    return module(**{**sizes, **WIDE, **(changes or {})})


def inputs(*batch) -> Any:
    return np.random.default_rng(1).normal(size=(*batch, LENGTH, INPUTS))


def of_magnitudes(layer):
    """A copy whose parameters are their absolute values: on absolute inputs it gives the size of each sum."""
    graph, state = nnx.split(layer)
    return nnx.merge(graph, jax.tree.map(jnp.abs, state))


def agree(a, b, size, terms):
    """Two results of the same sum of `terms` products, each in an order of its own, each rounded to its dtype."""
    a, b, size = (np.asarray(v).astype(np.float64) for v in (a, b, size))
    assert a.shape == b.shape
    assert np.all(np.abs(a - b) <= 2 * (terms + 2) * ROUNDOFF[np.dtype(np.float64)] * size)


def same_parameters(a, b):
    flat = [dict(nnx.to_flat_state(nnx.state(layer))) for layer in (a, b)]
    assert flat[0].keys() == flat[1].keys()
    for path, parameter in flat[0].items():
        other = flat[1][path]
        assert parameter[...].dtype == other[...].dtype
        np.testing.assert_array_equal(parameter[...], other[...])


@pytest.mark.parametrize(("ours", "flax", "changes"), PAIRS)
def test_parameters_and_values_are_those_of_flax(ours, flax, changes):
    mine, theirs = built(ours, changes), built(flax, changes)
    same_parameters(mine, theirs)
    magnitudes = of_magnitudes(theirs)
    results = jax.jit(lambda x: (mine(x), theirs(x), magnitudes(jnp.abs(x))))(inputs(2))
    value, value2, size = results
    agree(value, value2, size, TAPS * INPUTS * 2)  # a circular wrap adds a few periods of them


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"strides": 2, "kernel_dilation": 2, "padding": "VALID"},
        {"padding": "CIRCULAR", "strides": 2, "mask": MASK},
        {"padding": [(3, 1)], "use_bias": False},
    ],
    ids=["as they come", "strided and dilated", "circular and masked", "padded, no bias"],
)
def test_gradients_are_those_of_flax(ours, flax, changes):
    mine, theirs = built(ours, changes), built(flax, changes)
    magnitudes = of_magnitudes(theirs)
    x = inputs(2)

    @jax.jit
    def run(x, graph_states):
        results = []
        for (graph, state), signal in zip(graph_states, (x, x, jnp.abs(x)), strict=True):
            value, pullback = jax.vjp(lambda state, x, graph=graph: nnx.merge(graph, state)(x), state, signal)
            results.append((value, *pullback(jnp.ones_like(value))))
        return results

    (value, of_state, of_x), (value2, of_state2, of_x2), (size, size_of_state, size_of_x) = run(
        x, [nnx.split(layer) for layer in (mine, theirs, magnitudes)]
    )
    agree(value, value2, size, TAPS * INPUTS * 2)
    agree(of_x, of_x2, size_of_x, TAPS * OUTPUTS * 2)
    leaves = [jax.tree.leaves(tree) for tree in (of_state, of_state2, size_of_state)]
    for gradient, gradient2, gradient_size in zip(*leaves, strict=True):
        agree(gradient, gradient2, gradient_size, 2 * value.shape[0] * (value.shape[1] + LENGTH))


def test_a_pair_and_a_replicated_border_which_flax_lacks():
    pair = built(Conv1D, {"padding": (3, 1)})
    np.testing.assert_array_equal(pair(inputs(2)), built(Conv1D, {"padding": [(3, 1)]})(inputs(2)))
    x = inputs(2)
    edges = jnp.pad(x, ((0, 0), (1, 2), (0, 0)), mode="edge")
    np.testing.assert_array_equal(
        built(Conv1D, {"padding": "REPLICATE"})(x), built(Conv1D, {"padding": "VALID"})(edges)
    )


@pytest.mark.parametrize("padding", ["SAME", "SAME_LOWER", "VALID", "CAUSAL", "CIRCULAR", "REFLECT"])
def test_words_beside_an_input_dilation_which_flax_refuses(padding):
    """They mean what they mean for the input with its positions put apart."""
    x = inputs(2)
    apart: Any = np.zeros((2, 2 * LENGTH - 1, INPUTS))
    apart[:, ::2] = x
    layer, plain = (built(Conv1D, {"padding": padding, "input_dilation": d, "strides": 3}) for d in (2, 1))
    np.testing.assert_array_equal(layer(x), plain(apart))


@pytest.mark.parametrize("transpose_kernel", [False, True])
@pytest.mark.parametrize("changes", [{}, {"strides": 2}, {"strides": 5}, {"kernel_dilation": 3, "strides": 2}], ids=str)
def test_a_causal_transpose_which_flax_lacks(changes, transpose_kernel):
    """It is what "VALID" gives, as far as `length * strides`, so that no position depends on a later input."""
    layer, valid = (
        built(ConvTranspose1D, {**changes, "padding": padding, "transpose_kernel": transpose_kernel})
        for padding in ("CAUSAL", "VALID")
    )
    x, stride = inputs(2), changes.get("strides", 1)
    result = layer(x)
    assert result.shape == (2, LENGTH * stride, OUTPUTS)
    np.testing.assert_array_equal(result, valid(x)[:, : LENGTH * stride])
    x[:, 6:] = np.nan
    assert np.isfinite(layer(x)[:, : 6 * stride]).all()


@BOTH
@pytest.mark.parametrize("batch", [(), (0,), (2, 3)])
def test_any_number_of_batch_axes(ours, flax, batch):
    x = inputs(*batch)
    mine, theirs = built(ours), built(flax)
    agree(mine(x), theirs(x), of_magnitudes(theirs)(np.abs(x)), TAPS * INPUTS)


@BOTH
@pytest.mark.parametrize("word", ["Same", "valid", "ciRCULAR"])
def test_words_in_any_case(ours, flax, word):
    x = inputs(1)
    np.testing.assert_array_equal(built(ours, {"padding": word})(x), built(ours, {"padding": word.upper()})(x))


@BOTH
@pytest.mark.parametrize(
    ("dtype", "param_dtype", "given", "preferred"),
    [
        (None, "float32", "float32", None),
        (None, "float32", "bfloat16", None),
        (None, "bfloat16", "bfloat16", None),
        (None, "float32", "int32", None),
        ("bfloat16", "float32", "float32", None),
        ("float16", "float32", "float32", "float32"),
        ("float64", "float32", "float32", None),
        (None, "float32", "float32", "float64"),
        (None, "complex64", "complex64", None),
    ],
)
def test_dtypes(ours, flax, dtype, param_dtype, given, preferred):
    settings = {"dtype": dtype, "param_dtype": param_dtype, "preferred_element_type": preferred}
    settings = {name: None if value is None else jnp.dtype(value) for name, value in settings.items()}
    mine, theirs = built(ours, settings), built(flax, settings)
    same_parameters(mine, theirs)
    x = (3 * inputs(2)).astype(jnp.dtype(given))
    with jax.numpy_dtype_promotion("standard"):  # Flax's promote_dtype relies on it, and adds a narrow bias to a sum
        value, value2 = jax.jit(lambda x: (mine(x), theirs(x)))(x)
    assert value.dtype == value2.dtype
    state = nnx.state(theirs)
    magnitude = lambda a: np.abs(np.asarray(a).astype(np.complex128))  # noqa: E731
    exact_sized = {"dtype": jnp.float64, "param_dtype": jnp.float64}
    sizes = built(flax, exact_sized)
    nnx.update(sizes, jax.tree.map(magnitude, state))
    roundings = [d for d in (dtype, param_dtype, given) if d not in (None, "int32")]
    u = max(ROUNDOFF[jnp.dtype(d)] for d in roundings)
    wide = [np.asarray(v).astype(np.complex128) for v in (value, value2)]
    factor = np.sqrt(8) if param_dtype == "complex64" else 1
    bound = 2 * (TAPS * INPUTS + 4) * u * factor * np.asarray(sizes(magnitude(x)))
    assert np.all(np.abs(wide[0] - wide[1]) <= bound)


@BOTH
def test_a_checkpoint_moves_both_ways(ours, flax):
    x = inputs(2)
    for source, target in ((built(ours, seed=3), built(flax, seed=4)), (built(flax, seed=5), built(ours, seed=6))):
        nnx.update(target, nnx.state(source))
        same_parameters(source, target)
        flaxen = source if isinstance(source, flax) else target
        agree(source(x), target(x), of_magnitudes(flaxen)(np.abs(x)), TAPS * INPUTS)


@pytest.mark.parametrize("padding", ["SAME", "VALID", "CIRCULAR", [(3, 0)]], ids=str)
@pytest.mark.parametrize("transpose_kernel", [False, True])
def test_a_grouped_transpose_is_one_flax_module_a_group(transpose_kernel, padding):
    settings = {"transpose_kernel": transpose_kernel, "strides": 2, "kernel_dilation": 2, "padding": padding}
    layer = built(ConvTranspose1D, {**settings, "feature_group_count": 2})
    channels = (OUTPUTS, INPUTS) if transpose_kernel else (INPUTS, OUTPUTS)
    assert layer.kernel.shape == (TAPS, channels[0] // 2, channels[1])
    x = inputs(2)
    parts = []
    for group, kernel in enumerate(jnp.split(layer.kernel[...], 2, axis=2)):
        part: Any = built(nnx.ConvTranspose, {**settings, "in_features": INPUTS // 2, "out_features": OUTPUTS // 2})
        part.kernel[...] = kernel
        part.bias[...] = jnp.split(layer.bias[...], 2)[group]
        signal = np.split(x, 2, axis=2)[group]
        parts.append((part(signal), of_magnitudes(part)(np.abs(signal))))
    expected, size = (jnp.concatenate(side, axis=2) for side in zip(*parts, strict=True))
    agree(layer(x), expected, size, TAPS * INPUTS)


def test_a_transposed_module_shares_the_kernel_it_is_the_adjoint_of():
    forward = built(Conv1D, {"strides": 2, "padding": "VALID", "use_bias": False})
    back = built(
        ConvTranspose1D,
        {
            "in_features": OUTPUTS,
            "out_features": INPUTS,
            "strides": 2,
            "padding": "VALID",
            "use_bias": False,
            "transpose_kernel": True,
        },
    )
    back.kernel = forward.kernel
    x = inputs(2)[:, :10]
    value, pullback = jax.vjp(forward, jnp.asarray(x))
    np.testing.assert_array_equal(back(value), pullback(value)[0])


CASE = Case("", length=LENGTH, inputs=INPUTS, outputs=OUTPUTS, taps=3, dilation=2, padding=(2, 2), groups=2)


@pytest.mark.parametrize("method", AUTO_AND_METHODS)
def test_every_method_through_the_modules(method):
    settings = {
        "kernel_size": CASE.taps,
        "kernel_dilation": CASE.dilation,
        "feature_group_count": CASE.groups,
        "use_bias": False,
        "method": method,
    }
    forward = built(Conv1D, settings)
    back = built(
        ConvTranspose1D, {**settings, "in_features": OUTPUTS, "out_features": INPUTS, "transpose_kernel": True}
    )
    x, k, y = (jnp.asarray(a) for a in CASE.arrays(np.float64))
    forward.kernel[...] = back.kernel[...] = k
    value, transposed = jax.jit(lambda x, y: (forward(x), back(y)))(x, y)
    check(value, CASE.form, "output", x, k, method=method)
    check(transposed, CASE.form, "input", y, k, method=method)
    text = str(jax.make_jaxpr(lambda x, y: (forward(x), back(y)))(x, y))
    assert text.count(f"method={method}") == 2


@BOTH
def test_split_and_merge_and_nnx_jit(ours, flax):
    layer, x = built(ours, {"strides": 2}), inputs(2)
    graph, state = nnx.split(layer)
    plain = jax.jit(lambda state, x: nnx.merge(graph, state)(x))(state, x)  # the parameters are arguments in both
    np.testing.assert_array_equal(nnx.jit(lambda layer, x: layer(x))(nnx.merge(graph, state), x), plain)
    assert set(dict(nnx.to_flat_state(state))) == {("kernel",), ("bias",)}


@BOTH
def test_nnx_grad_trains(ours, flax):
    """A step down the gradient that nnx.grad gives lowers the loss as Flax's module's does."""
    x = inputs(2)
    after = []
    for module in (ours, flax):
        layer = built(module)

        @nnx.jit
        def step(layer):
            loss = lambda layer: jnp.mean((layer(x) - 1.0) ** 2)  # noqa: E731
            value, gradients = nnx.value_and_grad(loss)(layer)
            parameters = nnx.state(layer, nnx.Param)
            nnx.update(layer, jax.tree.map(lambda p, g: p - 0.1 * g, parameters, gradients))
            return value, loss(layer)

        after.append(step(layer))
        assert after[-1][1] < after[-1][0]
    same_sums = 2 * (TAPS * INPUTS + x.size * OUTPUTS) * ROUNDOFF[np.dtype(np.float64)]  # of positive losses
    np.testing.assert_allclose(after[0], after[1], rtol=10 * same_sums)


@BOTH
def test_an_ensemble_by_nnx_vmap(ours, flax):
    x = inputs(2)

    @nnx.split_rngs(splits=3)
    @nnx.vmap
    def members(rngs):
        return built(ours, {"rngs": rngs, "strides": 2})

    ensemble = members(nnx.Rngs(0))
    assert ensemble.kernel.shape == (3, TAPS, INPUTS, OUTPUTS)
    together = nnx.jit(nnx.vmap(lambda layer, x: layer(x), in_axes=(0, None)))(ensemble, x)
    graph, state = nnx.split(ensemble)
    for i in range(3):
        member = nnx.merge(graph, jax.tree.map(lambda p, i=i: p[i], state))
        size = of_magnitudes(member)(np.abs(x))
        agree(together[i], member(x), size, TAPS * INPUTS)
    assert not np.array_equal(together[0], together[1])
