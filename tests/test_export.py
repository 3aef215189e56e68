"""`jax.export` with a symbolic batch or length: values, gradients, modules, and what is refused."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from bounds import check
from flax import nnx
from helpers import check_faces, each_case, faces
from jax import export
from problems import CASES, Case

import jconv
from jconv.choose import choose
from jconv.explaining import problem_of_call
from jconv.methods import FACES, REGISTRY
from jconv.methods.problem import USUAL_SIZE
from jconv.nnx import Conv1D, ConvTranspose1D

FEW = (
    Case("plain", length=40),
    Case("strided and padded", length=41, stride=2, padding=(3, 1)),
    Case("dilated", length=43, dilation=3, taps=4, padding=(2, 5)),
    Case("cropped", length=40, padding=(-4, -2), stride=3),
    Case("grouped", length=40, inputs=6, outputs=4, groups=2, taps=5, padding=(2, 2)),
    Case("depthwise", length=64, inputs=5, outputs=5, groups=5, taps=4, padding=(3, 0)),
    Case("depthwise, taps in a loop", length=99, inputs=3, outputs=3, groups=3, taps=35, stride=2, padding=(9, 0)),
    Case("wide", length=64, inputs=64, outputs=64, taps=5, padding=(2, 2)),
)
CHOSEN = ("grouped", "wide")  # by "auto" and "direct": any other choice is that of a usual batch, a test below
LENGTHS = [name for name, method in REGISTRY.items() if method.any_length]
OF_BATCH = {  # what is cut or ordered by the batch, and by which methods
    "grouped": jconv.METHODS,
    "depthwise, taps in a loop": ("dense", "taps", "gemm"),
    "wide": ("dense", "taps", "gemm", "winograd"),
}
OF_LENGTH = dict.fromkeys(("dilated", "cropped", "grouped", "depthwise, taps in a loop", "wide"), LENGTHS)


def pairs(table):
    """Cases by the methods that a table gives for each, and what chooses among them on some."""
    cases = [case for case in FEW if case.name in table]
    by_methods = [(case, method) for case in cases for method in table[case.name]]
    some = [(case, choice) for case in cases if case.name in CHOSEN for choice in ("auto", "direct")]
    return [pytest.param(case, method, id=f"{method}-{case.name}") for case, method in [*by_methods, *some]]


def exported(function, *shapes, dtype: Any = np.float32):
    """`function` through export, serialised and read again."""
    made = export.export(jax.jit(function))(*(jax.ShapeDtypeStruct(shape, dtype) for shape in shapes))
    return export.deserialize(made.serialize()).call


@pytest.mark.parametrize(("case", "method"), pairs(OF_BATCH))
def test_an_unknown_batch(case, method):
    x, k, y = case.arrays()
    (batch,) = export.symbolic_shape("b")
    run = exported(faces(method, case), (batch, *x.shape[1:]), k.shape, (batch, *y.shape[1:]))
    check_faces(case, x, k, y, run(x, k, y), method)


@pytest.mark.parametrize(("case", "method"), pairs(OF_LENGTH))
def test_an_unknown_batch_and_length(case, method):
    x, k, y = case.arrays()
    batch, length = export.symbolic_shape("b, n", constraints=["n >= 36"])
    outputs = jax.eval_shape(
        lambda x: jconv.conv1d(x, k, **case.options), jax.ShapeDtypeStruct((batch, length, x.shape[2]), x.dtype)
    )
    run = exported(faces(method, case), (batch, length, x.shape[2]), k.shape, outputs.shape)
    check_faces(case, x, k, y, run(x, k, y), method)


@pytest.mark.parametrize("method", ["gemm", "winograd", "fft"])
def test_methods_that_need_the_length_say_what_does_not(method):
    (length,) = export.symbolic_shape("n", constraints=["n >= 8"])
    x, kernel = jax.ShapeDtypeStruct((2, length, 3), np.float32), np.ones((3, 3, 4), np.float32)
    with pytest.raises(NotImplementedError, match=rf"`method` \(='{method}'\).*length n is not known; 'auto'"):
        jax.eval_shape(lambda x: jconv.conv1d(x, kernel, method=method), x)
    assert not REGISTRY[method].any_length


def test_a_length_that_may_be_too_short_names_the_constraint_that_tells():
    for constraints in ([], ["n >= 5"]):
        (length,) = export.symbolic_shape("n", constraints=constraints)
        x, kernel = jax.ShapeDtypeStruct((2, length, 3), np.float32), np.ones((5, 3, 4), np.float32)
        for function in (
            partial(jconv.conv1d, kernel=kernel),
            Conv1D(3, 4, 5, padding="VALID", rngs=nnx.Rngs(0)),
        ):
            if constraints:
                assert jax.eval_shape(function, x).shape == (2, length - 4, 4)
            else:
                with pytest.raises(ValueError, match="constraint 'n >= 5'"):
                    jax.eval_shape(function, x)


def test_only_batch_and_length_may_be_unknown():
    channels, width = export.symbolic_shape("c, w")
    x, kernel = jax.ShapeDtypeStruct((2, 9, channels), np.float32), jax.ShapeDtypeStruct((width, 3, 4), np.float32)
    for signal, weights in ((x, np.ones((3, 3, 4), np.float32)), (np.ones((2, 9, 3), np.float32), kernel)):
        with pytest.raises(ValueError, match="only the batch axes and the length of `x` may be symbolic"):
            jax.eval_shape(jconv.conv1d, signal, weights)


@each_case([*FEW, *CASES])
def test_an_unknown_batch_gets_the_method_of_a_usual_one(case):
    x, k, _ = case.arrays()
    (batch,) = export.symbolic_shape("b")
    problem = problem_of_call(x, k, **case.options)
    for face in FACES:
        usual = choose(face, replace(problem, batch=USUAL_SIZE))
        assert choose(face, replace(problem, batch=batch)) == usual


MODULES = {
    "strided": (Conv1D, {"strides": 2}),
    "causal": (Conv1D, {"padding": "CAUSAL", "kernel_dilation": 2}),
    "reflect": (Conv1D, {"padding": "REFLECT"}),
    "circular": (Conv1D, {"padding": "CIRCULAR"}),
    "replicate": (Conv1D, {"padding": "REPLICATE"}),
    "input dilated": (Conv1D, {"input_dilation": 2, "padding": 2}),
    "transposed": (ConvTranspose1D, {"strides": 2}),
    "transposed circular": (ConvTranspose1D, {"strides": 2, "padding": "CIRCULAR"}),
    "transposed kernel": (ConvTranspose1D, {"strides": 3, "padding": "VALID", "transpose_kernel": True}),
}


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("strided", "b"), ("transposed circular", "b")]
    + [(name, "b, n") for name in MODULES if name != "transposed circular"],
)
def test_modules_and_the_gradients_of_a_loss(name, unknown):
    """Exported, they give what the same function gives when every size is known."""
    module, options = MODULES[name]
    graph, state = nnx.split(module(3, 4, 4, **options, rngs=nnx.Rngs(0)))
    parameters = nnx.to_pure_dict(state)

    def loss_and_gradients(x, parameters):
        def loss(x, parameters):
            nnx.replace_by_pure_dict(state, parameters)
            return jnp.sum(nnx.merge(graph, state)(x) ** 2)

        return jax.value_and_grad(loss, (0, 1))(x, parameters)

    x = np.random.default_rng(0).normal(size=(5, 12, 3)).astype(np.float32)
    batch, *length = export.symbolic_shape(unknown, constraints=["n >= 7"] * ("n" in unknown))
    shape = jax.ShapeDtypeStruct((batch, *(length or [12]), 3), np.float32)
    call = export.export(jax.jit(loss_and_gradients))(shape, parameters).call
    expected = jax.tree.leaves(jax.jit(loss_and_gradients)(x, parameters))
    for got, want in zip(jax.tree.leaves(call(x, parameters)), expected, strict=True):
        terms = 5 * 12 * 3 * 4  # each a product of a few sums, all below 10 times the largest result
        assert np.abs(got - want).max() <= terms * np.finfo(np.float32).eps * max(1, np.abs(want).max())


def test_amounts_of_an_unknown_length_are_asked_for():
    (length,) = export.symbolic_shape("n", constraints=["n >= 9"])
    x, kernel = jax.ShapeDtypeStruct((2, length, 3), np.float32), np.ones((4, 3, 4), np.float32)
    for mode in ("reflect", "replicate", "circular"):
        with pytest.raises(ValueError, match=r"^`padding` \(='same'\) must be a pair"):
            jax.eval_shape(partial(jconv.conv1d, kernel=kernel, padding="same", stride=2, padding_mode=mode), x)


def test_the_choice_for_an_unknown_length_is_explained():
    batch, length = export.symbolic_shape("b, n", constraints=["n >= 9"])
    kernel = np.ones((4, 3, 4), np.float32)
    unknown = jax.ShapeDtypeStruct((2, length, 3), np.float32)
    assert set(jconv.choose_method(unknown, kernel).values()) == {"xla"}
    assert "the length n is not known" in jconv.explain(unknown, kernel)
    some, usual = (jax.ShapeDtypeStruct((size, 90, 3), np.float32) for size in (batch, USUAL_SIZE))
    assert jconv.explain(some, kernel) == jconv.explain(usual, kernel)
    with pytest.raises(ValueError, match=r"^`measure`=True needs sizes that are known"):
        jconv.choose_method(some, kernel, measure=True)


def test_periods_of_an_unknown_length_cannot_be_counted():
    module, options = MODULES["transposed circular"]
    (length,) = export.symbolic_shape("n")
    with pytest.raises(ValueError, match=r"`padding` \(='circular'\) needs a length that is known; .* \(2, n, 3\)"):
        jax.eval_shape(module(3, 4, 4, **options, rngs=nnx.Rngs(0)), jax.ShapeDtypeStruct((2, length, 3), np.float32))


def test_transposed_convolutions_of_an_unknown_batch_and_length():
    batch, length = export.symbolic_shape("b, n")
    case = Case("transposed", length=23, stride=3, taps=4, padding=(1, 0))
    _, k, y = case.arrays()
    for method in ("auto", *LENGTHS):
        options = {**case.options, "method": method, "output_padding": 2}
        call = exported(lambda y, k: jconv.conv_transpose1d(y, k, **options), (batch, length, y.shape[2]), k.shape)  # noqa: B023
        check(call(y, k), case.form, "input", y, k, method=method)


@pytest.mark.parametrize(
    "axes", [(0, None), (None, 0), (0, 0)], ids=["of signals", "of kernels", "of signals and kernels"]
)
def test_vmap_over_an_unknown_axis(axes):
    (count,) = export.symbolic_shape("b")
    x, k = np.random.default_rng(0).normal(size=(3, 9, 2)), np.random.default_rng(1).normal(size=(3, 3, 2, 4))
    arrays = [a if axis == 0 else a[0] for a, axis in zip((x, k), axes, strict=True)]
    shapes = [(count, *a.shape[1:]) if axis == 0 else a.shape for a, axis in zip(arrays, axes, strict=True)]
    form = Case("vmapped", batch=1, length=9, inputs=2).form
    for method in ("auto", *jconv.METHODS):
        call = exported(
            jax.vmap(lambda x, k: jconv.conv1d(x, k, method=method), axes),  # noqa: B023
            *shapes,
            dtype=np.float64,
        )
        got = call(*arrays)
        for i in range(3):
            signal, kernel = (a[i] if axis == 0 else a for a, axis in zip(arrays, axes, strict=True))
            check(got[i][None], form, "output", signal[None], kernel, method=method)
