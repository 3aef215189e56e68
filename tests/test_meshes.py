"""Arrays sharded over eight devices give the numbers of one device: under `jit` and inside `shard_map`."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import close, faces
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P
from problems import CASES, Case, case_named

import jconv

CASE = Case("", batch=8, length=12, inputs=4, outputs=8, taps=3, padding=(1, 1))
BATCH, CHANNELS = P("data", None, None), P(None, None, "model")


LOOPED = [case for case in CASES if case.name.endswith("in a loop")]
ONE_LOOP = case_named("depthwise, taps in a loop")


@functools.cache
def on_one_device(method, case):
    """The case's arrays, and its faces by `method`."""
    arrays = [jnp.asarray(a) for a in case.arrays(np.float64)]
    return arrays, jax.jit(faces(method, case))(*arrays)


@pytest.fixture
def expected():
    return on_one_device("taps", CASE)


@pytest.mark.parametrize(("method", "check_vma"), [*((method, True) for method in jconv.METHODS), ("auto", False)])
def test_shard_map_over_the_batch(method, check_vma, expected):
    arrays, (value, of_x, of_k) = expected
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))

    def local(x, k, y):
        value, of_x, of_k = faces(method, CASE)(x, k, y)
        if not check_vma:  # without tracking, the sum over devices is the caller's
            of_k = jax.lax.psum(of_k, "data")
        return value, of_x, of_k

    specs = (P("data"), P(), P("data"))
    run = jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=(P("data"), P("data"), P()), check_vma=check_vma)
    close(jax.jit(run)(*arrays), (value, of_x, of_k))


@pytest.mark.parametrize(
    ("case", "method"),
    [(case, "taps") for case in LOOPED] + [(ONE_LOOP, method) for method in jconv.METHODS if method != "taps"],
    ids=lambda value: getattr(value, "name", value),
)
def test_shard_map_where_methods_loop(case, method):
    """What a loop begins with must vary over the devices as its operands do."""
    arrays, whole = on_one_device("dense", case)
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
    specs = (P("data"), P(), P("data"))
    run = jax.shard_map(faces(method, case), mesh=mesh, in_specs=specs, out_specs=(P("data"), P("data"), P()))
    close(jax.jit(run)(*arrays), whole)


def test_gradient_through_shard_map(expected):
    (x, k, y), (_, of_x, of_k) = expected
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
    run = jax.shard_map(
        lambda x, k: jconv.conv1d(x, k, **CASE.options), mesh=mesh, in_specs=(P("data"), P()), out_specs=P("data")
    )
    close(jax.jit(jax.grad(lambda x, k: jnp.sum(run(x, k) * y), (0, 1)))(x, k), (of_x, of_k))


LAYOUTS = {"batch": (BATCH, P()), "channels": (P(), CHANNELS), "both": (BATCH, CHANNELS)}
KINDS = {"auto": AxisType.Auto, "explicit": AxisType.Explicit}
SHARDED = [("auto", *pair) for pair in itertools.product(LAYOUTS, KINDS)]
SHARDED += [(method, "both", "explicit") for method in jconv.METHODS]  # whose insides are laid out as if "auto"


@pytest.mark.parametrize(("method", "layout", "kind"), SHARDED)
def test_jit_with_sharded_inputs(method, layout, kind, expected):
    (x, k, y), results = expected
    layout, kind = LAYOUTS[layout], KINDS[kind]
    mesh = jax.make_mesh((4, 2), ("data", "model"), axis_types=(kind, kind))
    with jax.set_mesh(mesh):
        of_y = P(layout[0][0] if layout[0] else None, None, "model" if layout[1] else None)
        x, k, y = (
            jax.device_put(a, NamedSharding(mesh, spec)) for a, spec in zip((x, k, y), (*layout, of_y), strict=True)
        )
        got = jax.jit(faces(method, CASE))(x, k, y)
        close([np.asarray(a) for a in got], results)
        if kind is AxisType.Explicit:
            assert jax.typeof(got[0]).sharding.spec == of_y
            assert jax.typeof(got[1]).sharding == jax.typeof(x).sharding
            assert jax.typeof(got[2]).sharding == jax.typeof(k).sharding
