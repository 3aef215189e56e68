"""One of two processes of `jax.distributed`, each with two devices: `python sharded_hosts.py PORT PROCESS`."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P
from oracle import Form

import jconv

FORM = Form(length=64, taps=9, outputs=64, stride=1, dilation=5, low=20, groups=1)  # 20 positions of shards of 16
rng = np.random.default_rng(0)
x, k, y = (rng.normal(size=shape) for shape in ((2, 64, 3), (9, 3, 4), (2, 64, 4)))


def faces(x, k, y, mesh):
    """The three faces of the convolution, and those of the transposed one of y."""
    settings = {"mesh": mesh, "axis": "time", "padding": "same", "dilation": 5}
    value, pullback = jax.vjp(lambda x, k: jconv.sharded.conv1d(x, k, **settings), x, k)
    return value, *pullback(y), jconv.sharded.conv_transpose1d(y, k, **settings)


def main(port, process):
    """Compare the parts that this process holds with the formula."""
    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_enable_x64", True)
    jax.distributed.initialize(f"localhost:{port}", num_processes=2, process_id=process)
    assert (jax.process_count(), jax.device_count(), jax.local_device_count()) == (2, 4, 2)
    for kind in (jax.sharding.AxisType.Auto, jax.sharding.AxisType.Explicit):
        mesh = jax.make_mesh((4,), ("time",), axis_types=(kind,))
        with jax.set_mesh(mesh):
            split, whole = NamedSharding(mesh, P(None, "time", None)), NamedSharding(mesh, P())
            arrays = [
                jax.make_array_from_callback(a.shape, sharding, lambda index, a=a: a[index])
                for a, sharding in ((x, split), (k, whole), (y, split))
            ]
            got = jax.jit(faces, static_argnames="mesh")(*arrays, mesh=mesh)
        exact = FORM.output(x, k), FORM.input(y, k), FORM.kernel(x, y), FORM.input(y, k)
        for mine, theirs in zip(got, exact, strict=True):
            assert len(mine.addressable_shards) == 2
            for shard in mine.addressable_shards:
                assert shard.data.shape[1] == (16 if mine.shape[1] == 64 else 3), "each holds its own part alone"
                error = np.abs(np.asarray(shard.data) - theirs[shard.index]).max()
                assert error <= 200 * np.finfo(float).eps * np.abs(theirs).max(), error
        assert jnp.issubdtype(got[0].dtype, jnp.float64)
    print("all right")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
