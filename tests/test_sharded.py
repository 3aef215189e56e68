"""Convolutions split over the length axis equal the formula, in values and gradients; each device holds its part."""

import itertools
import re
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import close, with_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P
from oracle import Form, pad_with_mode

import jconv
from jconv.sharded.plan import planned
from jconv.window import Window, forward_window, resolve_padding, transposed_window


@dataclass(frozen=True)
class Split:
    """A convolution of `length` positions over some devices."""

    devices: int
    length: int = 64
    taps: int = 5
    stride: int = 1
    dilation: int = 1
    padding: str | tuple[int, int] = "same"
    mode: str = "zeros"
    groups: int = 2
    transposed: bool = False

    @property
    def options(self):
        """Keyword arguments of both functions."""
        names = ("stride", "dilation", "padding", "groups")
        return {name: getattr(self, name) for name in names} | ({} if self.transposed else {"padding_mode": self.mode})

    def function(self, mesh=None):
        """The sharded function, or the plain one."""
        name = "conv_transpose1d" if self.transposed else "conv1d"
        if mesh is None:
            return partial(getattr(jconv, name), **self.options)
        return partial(getattr(jconv.sharded, name), mesh=mesh, axis="time", **self.options)

    @property
    def arrays(self):
        """Signal, kernel, bias and a cotangent."""
        rng = np.random.default_rng(0)
        channels = (6, 4) if self.transposed else (4, 6)
        arrays = [rng.normal(size=shape) for shape in ((2, self.length, channels[0]), (self.taps, 2, 6), channels[1])]
        result = jax.eval_shape(self.function(), *map(jnp.asarray, arrays))
        return [jnp.asarray(a) for a in (*arrays, rng.normal(size=result.shape))]

    def exact(self, signal, kernel, bias, cotangent):
        """Value and the gradients for signal, kernel and bias, by the formula."""
        steps = self.taps, self.stride, self.dilation
        if self.transposed:
            window = transposed_window(self.length, self.taps, self.stride, self.padding, self.dilation)
            form = Form(
                window.input_length, self.taps, self.length, self.stride, self.dilation, window.low, self.groups
            )
            value, of_signal = form.input(signal, kernel), form.output(cotangent, kernel)
            return value + bias, of_signal, form.kernel(cotangent, signal), np.sum(cotangent, axis=(0, 1))
        low, high = resolve_padding(self.padding, self.length, *steps)
        index = np.arange(self.length)
        if self.mode != "zeros":
            index = pad_with_mode(index[None, :, None], low, high, self.mode)[0, :, 0]
            low = high = 0
        outputs = (len(index) + low + high - (self.taps - 1) * self.dilation - 1) // self.stride + 1
        form = Form(len(index), self.taps, outputs, self.stride, self.dilation, low, self.groups)
        padded, of_signal = signal[:, index], np.zeros_like(signal)
        for position, share in zip(index, np.moveaxis(form.input(cotangent, kernel), 1, 0), strict=True):
            of_signal[:, position] += share
        kernel_gradient = form.kernel(padded, cotangent)
        return form.output(padded, kernel) + bias, of_signal, kernel_gradient, np.sum(cotangent, axis=(0, 1))


def mesh_of(devices, kind=AxisType.Auto):
    return jax.make_mesh((devices,), ("time",), axis_types=(kind,), devices=jax.devices()[:devices])


def check(case):
    """Assert that values and gradients are those of the formula."""
    signal, kernel, bias, cotangent = case.arrays
    sharded = case.function(mesh_of(case.devices))

    @jax.jit
    def run(*arrays):
        value, pullback = jax.vjp(sharded, *arrays)
        return value, *pullback(cotangent)

    got = run(signal, kernel, bias)
    close(got, case.exact(*map(np.asarray, (signal, kernel, bias, cotangent))))
    return got[0]


CASES = {
    "one device": Split(1, padding=(3, 9), mode="circular"),
    "two devices, gaps between windows": Split(2, length=29, stride=7, padding=(1, 0)),
    "no length divides": Split(4, length=61, stride=3, dilation=2, padding=(5, 7)),
    "the shares of input and output drift apart": Split(8, dilation=3, padding="valid"),
    "halo wider than two shards": Split(8, dilation=5, padding="same"),
    "cropped": Split(4, padding=(-9, -6), stride=2),
    "more padding than signal": Split(8, length=16, padding=(30, 40)),
    "fewer positions than devices": Split(8, length=5, padding="same"),
    "reflect": Split(4, stride=2, dilation=5, padding=(12, 9), mode="reflect"),
    "reflect, cropped behind and wider than a shard": Split(8, padding=(20, -5), mode="reflect"),
    "reflect, wider than a shard behind": Split(8, padding=(3, 20), mode="reflect"),
    "reflect, beyond the signal": Split(8, length=16, padding=(20, 0), mode="reflect"),
    "replicate, wider than a shard": Split(8, dilation=3, padding=(20, 9), mode="replicate"),
    "circular, causal": Split(8, dilation=2, padding="causal", mode="circular"),
    "circular, wider than a shard, strided": Split(4, stride=3, padding=(-5, 20), mode="circular"),
    "circular, not divided": Split(8, length=61, padding=(6, 6), mode="circular"),
    "transposed, upsampling": Split(4, length=16, stride=4, taps=9, transposed=True),
    "transposed, gaps between windows": Split(2, length=10, stride=7, padding="valid", transposed=True),
    "transposed, halo wider than a shard": Split(8, length=32, stride=2, dilation=9, padding="valid", transposed=True),
    "transposed, no length divides": Split(4, length=29, stride=3, padding=(2, 5), dilation=2, transposed=True),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    check(CASES[name])


@st.composite
def splits(draw):
    def number(low, high):
        return draw(st.integers(low, high))

    case: dict = {
        "devices": draw(st.sampled_from([1, 2, 4, 8])),
        "length": number(1, 48),
        "taps": number(1, 5),
        "stride": number(1, 4),
        "dilation": number(1, 6),
        "transposed": draw(st.booleans()),
        "padding": (number(-3, 24), number(-3, 24)),
    }
    if not case["transposed"]:
        case["mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    return Split(**case)


@settings(max_examples=max(3, settings().max_examples // 13))  # each compiles a program
@given(splits())
def test_any_problem(case):
    try:
        case.arrays  # noqa: B018
    except ValueError:  # an empty result, which both refuse
        signal, kernel = jnp.ones((2, case.length, 6 if case.transposed else 4)), jnp.ones((case.taps, 2, 6))
        with pytest.raises(ValueError, match=r"empty|nothing"):
            case.function(mesh_of(case.devices))(signal, kernel)
        return
    check(case)


@given(
    *(st.integers(1, most) for most in (2000, 40, 9, 9, 70)), st.integers(-20, 60), st.integers(-20, 60), st.booleans()
)
def test_a_plan_covers_all_that_is_read(length, taps, stride, dilation, devices, low, high, transposed):
    """Without JAX: every position that a share of the result depends on is among what its device reads."""
    try:
        if transposed:
            window = transposed_window(length, taps, stride, (low, high), dilation)
        else:
            window = forward_window(length, taps, stride, (low, high), dilation)
    except ValueError:
        return
    face = "input" if transposed else "output"
    plan = planned(face, window, devices)
    size = window.input_length if transposed else window.output_length
    assert plan.held * devices >= length
    assert plan.share * devices >= size
    assert plan.share * (devices - 1) < size + devices
    for device in range(devices):
        assert 0 <= plan.offsets[device] <= plan.left + plan.held + plan.right - plan.reads
        first = device * plan.held - plan.left + plan.offsets[device]
        for t in range(device * plan.share, min((device + 1) * plan.share, size)):
            if transposed:
                read = [(t + low - j * dilation) for j in range(taps)]
                read = [p // stride for p in read if p % stride == 0 and 0 <= p // stride < length]
            else:
                read = [t * stride - low, t * stride - low + (taps - 1) * dilation]
            assert all(first <= p < first + plan.reads for p in read)
            assert transposed or all(p < first + plan.needed[device] for p in read)


def test_the_halo_is_that_of_the_window():
    """Where the shares of input and output do not drift apart, a device fetches the halo and nothing else."""
    for window in (Window(4096, 31, 4096, low=15), Window(4096, 16, 1024, 4, 3, low=20)):
        plan = planned("output", window, 64)
        assert plan.left + plan.right == window.halo
        assert plan.reads == plan.left + plan.held + plan.right


def test_positions_beyond_32_bits():
    """Ten billion samples on 1,024 devices: what each device counts fits into 32 bits."""
    window = forward_window(10 * 1024**3, 1001, 1, "same", 1)
    plan = planned("output", window, 1024)
    assert (plan.left, plan.right, plan.held) == (500, 500, 10 * 1024**2)
    drifting = planned("output", forward_window(10 * 1024**3, 1001, 1, "valid", 1), 1024)
    assert max(drifting.offsets) < 2**31
    assert drifting.left + drifting.right <= 2 * 1001
    reflected = planned("output", window, 1024, reflected=(500, 500))
    assert (reflected.left, reflected.right) == (500, 500)


X, K, BIAS = (
    jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32) for shape in ((4, 64, 4), (5, 4, 6), 6)
)


def faces(function, x, k, bias):
    """Value and gradients along the sine of the value."""
    value, pullback = jax.vjp(function, x, k, bias)
    return value, *pullback(jnp.sin(value))


LAYOUTS = {"batch": (P("data", "time"), P(), P()), "channels": (P(None, "time"), P(None, None, "data"), P("data"))}


@pytest.mark.parametrize(
    ("layout", "kinds"),
    [("channels", ("Auto", "Auto")), ("batch", ("Explicit", "Auto")), ("channels", ("Explicit", "Explicit"))],
    ids=str,
)
def test_batch_or_channels_split_too(layout, kinds):
    mesh = jax.make_mesh((2, 4), ("data", "time"), axis_types=tuple(AxisType[kind] for kind in kinds))
    arrays = [a.astype(jnp.float64) for a in (X, K, BIAS)]
    options = {"padding": "same", "padding_mode": "reflect", "method": "taps"}
    expected = faces(partial(jconv.conv1d, **options), *arrays)
    with jax.set_mesh(mesh):
        specs = LAYOUTS[layout]
        if "Auto" in kinds:  # whose names the types of arrays do not have
            specs = [P(*(None if kinds[1] == "Auto" and each == "time" else each for each in spec)) for spec in specs]
        placed = [jax.device_put(a, NamedSharding(mesh, spec)) for a, spec in zip(arrays, specs, strict=True)]
        got = jax.jit(partial(faces, partial(jconv.sharded.conv1d, mesh=mesh, axis="time", **options)))(*placed)
    close([np.asarray(a) for a in got], expected)
    parts = {"batch": (2, 16, 6), "channels": (4, 16, 3)}[layout]
    assert got[0].addressable_shards[0].data.shape == parts


def test_explicit_meshes_take_plain_arrays():
    mesh = mesh_of(8, AxisType.Explicit)
    value = jconv.sharded.conv1d(np.asarray(X), np.asarray(K), mesh=mesh, axis="time", padding="same")
    assert jax.typeof(value).sharding.spec == P(None, "time", None)
    np.testing.assert_allclose(value, jconv.conv1d(X, K, padding="same"), rtol=1e-4, atol=1e-4)


def test_channels_first_and_complex_numbers_eagerly():
    x, k = (jax.lax.complex(a, jnp.cos(a)).astype(jnp.complex128) for a in (X, K))
    first = jconv.sharded.conv1d(
        jnp.swapaxes(x, 1, 2), k.T, mesh=mesh_of(8), axis="time", padding=3, padding_mode="replicate", layout="NCL"
    )
    close(jnp.swapaxes(first, 1, 2), jconv.conv1d(x, k, padding=3, padding_mode="replicate"))
    y = jconv.sharded.conv_transpose1d(
        jnp.swapaxes(x, 1, 2), jnp.transpose(k, (1, 2, 0)), mesh=mesh_of(8), axis="time", stride=2, layout="NCL"
    )
    close(jnp.swapaxes(y, 1, 2), jconv.conv_transpose1d(x, jnp.transpose(k, (0, 2, 1)), stride=2))


@pytest.mark.parametrize(("dtype", "preferred"), [("int32", None), ("bfloat16", "float32"), ("complex64", None)])
def test_whole_numbers_are_exact_in_every_dtype(dtype, preferred):
    rng = np.random.default_rng(0)
    x, k = (jnp.asarray(rng.integers(-3, 4, shape)).astype(dtype) for shape in ((2, 40, 4), (5, 4, 6)))
    options = {"padding": "same", "padding_mode": "reflect", "preferred_element_type": preferred, "method": "taps"}
    got, whole = jconv.sharded.conv1d(x, k, mesh=mesh_of(4), axis="time", **options), jconv.conv1d(x, k, **options)
    assert got.dtype == whole.dtype == (preferred or dtype)
    np.testing.assert_array_equal(got, whole)


def test_jvp_and_vmap():
    x, k = X.astype(jnp.float64), K.astype(jnp.float64)
    split = partial(jconv.sharded.conv1d, mesh=mesh_of(4), axis="time", padding=(4, 0), padding_mode="circular")
    plain = partial(jconv.conv1d, padding=(4, 0), padding_mode="circular")
    close(jax.jvp(split, (x, k), (x, k)), jax.jvp(plain, (x, k), (x, k)))
    close(jax.vmap(split, (0, None))(x, k), plain(x, k))


def test_sums_of_sixteen_bits_are_taken_in_thirty_two():
    """An end that is repeated 300 times has a gradient of 301, and not the 256 at which bfloat16 stops growing."""
    x, k = jnp.ones((1, 2400, 1), jnp.bfloat16), jnp.ones((1, 1, 1), jnp.bfloat16)
    split = partial(jconv.sharded.conv1d, mesh=mesh_of(8), axis="time", padding=(300, 0), padding_mode="replicate")
    value, of_x, of_k = jax.jit(with_gradients(split))(x, k, jnp.ones((1, 2700, 1), jnp.bfloat16))
    assert value.dtype == of_x.dtype == of_k.dtype == jnp.bfloat16
    assert float(of_x[0, 0, 0]) == float(jnp.bfloat16(301))
    assert float(of_k[0, 0, 0]) == float(jnp.bfloat16(2700))


def test_a_sample_that_no_output_reads_spreads_no_nan():
    x = X.at[:, 63].set(jnp.nan)  # 31 outputs on 8 devices: the surplus one would read it
    split = partial(jconv.sharded.conv1d, mesh=mesh_of(8), axis="time", stride=2, padding=(0, -1))
    of_kernel = jax.grad(lambda k: split(x, k[:3]).sum())(K)
    assert bool(jnp.isfinite(of_kernel).all())


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("method", ["taps", "dense"])
def test_no_bit_moves(method):
    """With one method whose sums are the same for every output; with "auto" each device may take another."""
    whole = jconv.conv1d(X, K, padding="same", method=method)
    for devices in (2, 8):
        got = jconv.sharded.conv1d(X, K, mesh=mesh_of(devices), axis="time", padding="same", method=method)
        np.testing.assert_array_equal(got, whole)


@pytest.fixture(scope="module")
def compiled():
    """On 2, 4 and 8 devices, a loss and its gradients of 65,536 positions of 4 channels through 9 taps."""

    def compile_on(devices):
        mesh = mesh_of(devices)
        run = partial(jconv.sharded.conv1d, mesh=mesh, axis="time", padding="same", method="taps")
        x = jax.ShapeDtypeStruct((1, 65536, 4), jnp.float32, sharding=NamedSharding(mesh, P(None, "time", None)))
        k = jax.ShapeDtypeStruct((9, 1, 4), jnp.float32, sharding=NamedSharding(mesh, P()))

        def loss(x, k):
            return jnp.sum(jax.lax.square(run(x, k, groups=4)))

        return jax.jit(jax.value_and_grad(loss, (0, 1))).lower(x, k).compile()

    return {devices: compile_on(devices) for devices in (2, 4, 8)}


def test_memory_of_a_device_falls_as_devices_are_added(compiled):
    temporary = [compiled[devices].memory_analysis().temp_size_in_bytes for devices in (2, 4, 8)]
    for more, fewer in itertools.pairwise(temporary):
        assert fewer <= 0.6 * more, temporary
    assert temporary[-1] <= 8 * 65536 * 4 * 4 / 8, "a few copies of a device's share"


def test_only_halos_are_sent(compiled):
    """Four positions to either side, forward and back, and the sum of the kernel's gradient and the loss."""
    for program in compiled.values():
        lines = [
            line for line in program.as_text().splitlines() if re.search(r"= \S+ (all-|collective-|reduce-)", line)
        ]
        sent = [line for line in lines if " collective-permute(" in line]
        assert {line.split("f32[")[1].split("]")[0] for line in sent} == {"1,1,4,4,1"}
        assert len(sent) == 4
        assert all(" all-reduce(" in line for line in lines if line not in sent)


MESH = mesh_of(8)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"axis": "tme"}, ValueError, r"^`axis` \(='tme'\) must be an axis of `mesh`: 'time'; did you mean 'time'\?$"),
        ({"axis": 0}, TypeError, r"^`axis` \(=0, a int\) must be the name of an axis of `mesh`: 'time'$"),
        ({"mesh": None}, TypeError, r"^`mesh` \(=None, a NoneType\) must be a `jax.sharding.Mesh`, as `jax.make_mesh`"),
        ({"mesh": 8}, TypeError, r"^`mesh` \(=8, a int\) must be"),
        ({"padding": "some"}, ValueError, r"^`padding` \(='some'\) must be one of"),
        ({"stride": 0}, ValueError, r"^`stride` \(=0\) must be at least 1$"),
        ({"groups": 3}, ValueError, r"^`groups` \(=3\) must divide the channels of `[xy]`"),
        ({"method": "fast"}, ValueError, r"^`method` \(='fast'\) must be one of"),
    ],
)
@pytest.mark.parametrize("name", ["conv1d", "conv_transpose1d"])
def test_wrong_arguments_are_named_in_one_line(name, arguments, error, text):
    function = getattr(jconv.sharded, name)
    kernel = K if name == "conv1d" else jnp.ones((5, 6, 4), jnp.float32)
    with pytest.raises(error, match=text) as raised:
        function(X, kernel, **({"mesh": MESH, "axis": "time"} | arguments))
    assert "\n" not in str(raised.value)


def test_a_wrong_padding_mode_and_a_symbolic_length():
    with pytest.raises(ValueError, match=r"^`padding_mode` \(='mirror'\) must be one of"):
        jconv.sharded.conv1d(X, K, mesh=MESH, axis="time", padding_mode="mirror")
    (length,) = jax.export.symbolic_shape("n", constraints=["n >= 5"])
    x = jax.ShapeDtypeStruct((1, length, 4), jnp.float32)
    with pytest.raises(ValueError, match=r"^`x` \(of length n\) must have a length that is known, to be split(\n|$)"):
        jax.export.export(jax.jit(lambda x: jconv.sharded.conv1d(x, K, mesh=MESH, axis="time")))(x)
