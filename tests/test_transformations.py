"""Every JAX transformation gives the numbers that the plain call gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import AUTO_AND_METHODS, check_faces, close, convolution, faces
from jax.test_util import check_grads
from problems import Case, case_named

import jconv

CASE = Case("", length=17, inputs=4, outputs=6, taps=3, stride=2, dilation=2, padding=(3, 1), groups=2)


def arrays(case=CASE):
    return tuple(jnp.asarray(a) for a in case.arrays(np.float64))


def forward(method, case=CASE):
    return convolution(method, case)


def along_itself(method, case=CASE):
    """The value, and the gradients along it."""
    every_face = faces(method, case)
    return lambda x, k: every_face(x, k, convolution(method, case)(x, k))


@pytest.mark.parametrize(  # the rules are the primitive's, whatever computes its faces
    ("method", "padding"), [("auto", (3, 1)), ("xla", (-4, 2))], ids=["padded", "cropped"]
)
def test_second_order_derivatives_forward_and_reverse(method, padding):
    small = Case("", batch=1, length=9, inputs=2, outputs=2, taps=2, stride=2, padding=padding, groups=2)
    x, k, _ = arrays(small)
    check_grads(jax.jit(lambda x, k: jnp.sin(forward(method, small)(x, k))), (x, k), order=2, modes=("fwd", "rev"))


def test_third_order_of_the_transposed_convolution():
    y, k = jnp.asarray(np.random.default_rng(0).normal(size=(1, 2, 1))), jnp.ones((2, 1, 1))
    run = jax.jit(lambda y, k: jnp.sin(jconv.conv_transpose1d(y, k, stride=2, output_padding=1)))
    check_grads(run, (y, k), order=3, modes=("rev",))


@pytest.mark.parametrize(
    ("mapped", "method"),
    [((0, None), "auto"), ((None, 2), "auto"), *(((1, 3), method) for method in AUTO_AND_METHODS)],
    ids=str,
)
def test_vmap_over_each_subset_of_operands(mapped, method):
    x, k, _ = arrays()
    if mapped[0] is not None:
        x = jnp.stack([x, 2 * x, x - 1], axis=mapped[0])
    if mapped[1] is not None:
        k = jnp.stack([k, k + 1, -k], axis=mapped[1])
    pulled = jax.jit(along_itself(method))
    mapped_result = jax.jit(jax.vmap(pulled, in_axes=mapped))(x, k)
    one_by_one = [
        pulled(
            x if mapped[0] is None else jnp.take(x, i, axis=mapped[0]),
            k if mapped[1] is None else jnp.take(k, i, axis=mapped[1]),
        )
        for i in range(3)
    ]
    close(mapped_result, jax.tree.map(lambda *parts: jnp.stack(parts), *one_by_one))


@pytest.mark.parametrize("method", AUTO_AND_METHODS)
def test_vmap_of_many_kernels_is_each_by_itself(method):
    examples = 12
    case = Case("", batch=1, length=9, inputs=4, outputs=4, taps=3, stride=2, padding=(2, 1), groups=2)
    rng = np.random.default_rng(examples)
    x, k = (jnp.asarray(rng.normal(size=(examples, *a.shape))) for a in arrays(case)[:2])
    one = jax.jit(along_itself(method, case))
    together = jax.jit(jax.vmap(one))(x, k)
    close(together, jax.tree.map(lambda *a: jnp.stack(a), *[one(x[i], k[i]) for i in range(examples)]))


@pytest.mark.parametrize("method", ["auto", "xla"])
def test_vmap_of_vmap_folds_twice(method):
    x, k, _ = arrays()
    xs, ks = jnp.stack([x, 2 * x]), jnp.stack([k, k + 1, -k])
    every_pair = jax.jit(jax.vmap(jax.vmap(forward(method), (None, 0)), (0, None)))(xs, ks)
    close(every_pair, jnp.stack([jnp.stack([forward(method)(x, k) for k in ks]) for x in xs]))


@pytest.mark.parametrize("method", ["auto", "xla"])
def test_linear_maps_jvp_linearize_hessian_checkpoint(method):
    x, k, y = arrays()
    run = forward(method)
    value, tangent = jax.jvp(run, (x, k), (2 * x, k + 1))
    close(value, run(x, k))
    close(tangent, run(2 * x, k) + run(x, k + 1))
    value, linear = jax.linearize(lambda x: run(x, k), x)
    close(linear(3 * x), 3 * value)
    half_square = lambda k: 0.5 * jnp.sum(run(x, k) ** 2)  # noqa: E731
    hessian = jax.jit(jax.hessian(half_square))(k)
    direction = jnp.ones_like(k)
    close(jnp.einsum("jcoJCO,JCO->jco", hessian, direction), jax.grad(half_square)(direction), size=100.0)
    remade = jax.grad(jax.checkpoint(lambda k: jnp.sum(run(x, k) * y)))(k)
    close(remade, jax.grad(lambda k: jnp.sum(run(x, k) * y))(k))


@pytest.mark.parametrize("method", jconv.METHODS)
def test_inside_scan_and_map(method):
    x, k, y = arrays()
    loss = lambda k, x: jnp.sum((forward(method)(x, k) - y) ** 2)  # noqa: E731
    xs = jnp.stack([x, 2 * x, x - 1])

    def step(k, x):
        return k - 0.01 * jax.grad(loss)(k, x), loss(k, x)

    scanned = jax.jit(lambda k, xs: jax.lax.scan(step, k, xs))(k, xs)
    losses = []
    for one in xs:
        k, value = step(k, one)
        losses.append(value)
    close(scanned, (k, jnp.stack(losses)))
    close(jax.lax.map(lambda x: forward(method)(x, k), xs), jnp.stack([forward(method)(x, k) for x in xs]))


def test_eval_shape_needs_no_arrays():
    result = jax.eval_shape(
        lambda x, k: jconv.conv1d(x, k, stride=2, padding="same"),
        jax.ShapeDtypeStruct((7, 10, 3), jnp.bfloat16),
        jax.ShapeDtypeStruct((3, 3, 5), jnp.bfloat16),
    )
    assert result.shape == (7, 5, 5)
    assert result.dtype == jnp.bfloat16


@pytest.mark.parametrize("method", AUTO_AND_METHODS)
def test_export_round_trip_and_lowering_for_accelerators(method):
    """Every face is lowered for cuda and tpu as well; the copy that is read back runs here."""
    x, k, y = (a.astype(jnp.float32) for a in arrays())
    every_face = jax.jit(faces(method, CASE))
    exported = jax.export.export(every_face, platforms=["cpu", "cuda", "tpu"])(x, k, y)
    again = jax.export.deserialize(exported.serialize())
    for got, expected in zip(again.call(x, k, y), every_face(x, k, y), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_chosen_method_is_the_one_that_runs(monkeypatch):
    """With every other method made to raise, the chosen one still works: nothing falls back."""
    from jconv.methods import REGISTRY, Method

    def broken(*_):
        raise AssertionError("another method ran")

    case = case_named("stride beyond the span")
    x, k, y = arrays(case)
    for name in jconv.METHODS:
        with monkeypatch.context() as patch:
            for other in jconv.METHODS:
                if other != name:
                    patch.setitem(REGISTRY, other, Method(other, broken, broken, broken))
            jax.clear_caches()
            results = jax.jit(faces(name, case))(x, k, y)
        check_faces(case, x, k, y, results, name)
    jax.clear_caches()


def test_precision_reaches_the_products():
    x, k, _ = arrays(Case("", inputs=40, outputs=40, groups=2))
    for method in ("xla", "taps", "gemm", "vmap"):
        run = jax.jit(
            lambda x, k, p, method=method: jconv.conv1d(x, k, method=method, precision=p, groups=2), static_argnums=2
        )
        assert "HIGHEST" in run.lower(x, k, "highest").as_text()
        assert "HIGHEST" not in run.lower(x, k, None).as_text()
