"""Values of polynomials: how problems are cut, that pieces change nothing, and how large errors get."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import check_faces, faces
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P
from problems import CASES, Case

from jconv import cpu
from jconv.choose import MOST_ERROR, choose
from jconv.explaining import problem_of_call
from jconv.methods import FACES, REGISTRY
from jconv.methods.winograd_tiles import Pieces, Tiles, error_ratio
from jconv.primitive import OPERANDS
from jconv.window import Window

SMALL = 1500  # bytes, so that even small problems are done in pieces
PIECES = [
    Case("entries of the batch", batch=6, length=16, taps=4, padding=(2, 1)),
    Case("frames of each entry", batch=2, length=70, taps=3, padding=(-2, 5)),
    Case("frames of one entry, dilated", batch=1, length=90, taps=5, dilation=3, padding=(6, 0)),
    Case("frames and parts of the kernel", batch=1, length=120, taps=17, padding=(3, 9)),
    Case("frames of groups", batch=1, length=60, inputs=4, groups=2, padding=(1, 1)),
    Case("frames, folded", batch=1, length=99, taps=7, stride=3),
]
WIDE = {"x": (8, 1024, 256), "kernel": (3, 256, 256)}


def shape(*sizes):
    return jax.ShapeDtypeStruct(sizes, jnp.float32)


@pytest.fixture
def small_pieces(monkeypatch, compiled_anew):
    """Pieces of a few entries."""
    monkeypatch.setattr(cpu, "PIECE_BYTES", SMALL)


def pieces_of(case):
    x, k, _ = case.arrays()
    problem = problem_of_call(x, k, **case.options)
    return Tiles.of(problem.window).pieces(problem)


@pytest.mark.parametrize("case", PIECES, ids=lambda case: case.name)
def test_pieces_change_nothing(case, small_pieces):
    pieces = pieces_of(case)
    assert pieces.count > 1
    assert (pieces.frames > 1) == case.name.startswith("frames")
    x, k, y = case.arrays()
    check_faces(case, x, k, y, jax.jit(faces("winograd", case))(x, k, y), "winograd")


@pytest.mark.parametrize("case", PIECES[:2], ids=lambda case: case.name)
def test_pieces_inside_shard_map(case, small_pieces):
    """What their loops begin with must vary over the devices as the operands do."""
    arrays = [jnp.asarray(a) for a in case.arrays()]
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
    specs = (P("data"), P(), P("data"))
    run = jax.shard_map(faces("winograd", case), mesh=mesh, in_specs=specs, out_specs=(P("data"), P("data"), P()))
    for got, whole in zip(jax.jit(run)(*arrays), jax.jit(faces("winograd", case))(*arrays), strict=True):
        np.testing.assert_allclose(got, whole, rtol=0, atol=1e-5 * np.abs(whole).max())


def test_small_problems_are_done_at_once():
    for case in CASES:
        assert pieces_of(case).count == 1


@pytest.mark.parametrize("wanted", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("batch", [1, 6, 7])
def test_there_are_as_many_pieces_as_are_wanted_or_can_be(batch, wanted):
    problem = problem_of_call(shape(batch, 62, 3), shape(3, 3, 4))
    pieces = Pieces.of(problem, wanted, 6)
    assert pieces.count >= min(wanted, 10 * batch)  # 60 positions are ten steps
    assert pieces.count * pieces.problem.batch == batch * pieces.frames
    assert pieces.frames * pieces.problem.window.output_length >= 60


@pytest.mark.parametrize("taps", range(1, 60))
def test_multiplications_are_fewer_than_those_of_the_direct_sum(taps):
    cut = Tiles.of(Window(100, taps, 101 - taps))
    assert cut.taps * cut.parts >= taps
    assert cut.multiplications <= 0.65 * taps or taps == 1


@pytest.mark.parametrize("taps", [2, 3, 4, 5, 6, 7, 9, 16])
def test_the_identity_holds(taps):
    """A form of one tile and one part, all three of its faces, in float64."""
    cut = Tiles.of(Window(100, taps, 101 - taps))
    signal, kernel, result = cut.matrices()
    form = np.einsum("vx,vk,vy->xky", signal, kernel, result)
    places = np.indices(form.shape)
    np.testing.assert_allclose(form, places[0] == places[1] + places[2], rtol=0, atol=1e-13)


@pytest.mark.parametrize("taps", [2, 3, 4, 5, 6, 7, 9, 16, 40])
def test_errors_of_noise_are_within_the_ratio_of_the_bound(taps):
    """The largest of some thousand, against the bound of a direct sum times the ratio, of all three faces."""
    case = Case("", batch=3, length=150, inputs=16, outputs=16, taps=taps, padding=(taps // 2, taps // 2))
    x, k, y = case.arrays()
    operands = dict(zip("xky", (x, k, y), strict=True))
    for face, got in zip(FACES, jax.jit(faces("winograd", case))(x, k, y), strict=True):
        ratio = error_ratio(face, problem_of_call(x, k, **case.options))
        assert 1 < ratio < MOST_ERROR / 2
        first, second = (operands[name] for name in OPERANDS[face][:2])
        exact = getattr(case.form, face)(first, second)
        products = {"output": 16 * taps, "input": 16 * taps, "kernel": case.batch * case.form.outputs}[face]
        direct = 4 * np.finfo(np.float32).eps * 2 / np.pi * products
        assert np.abs(np.asarray(got, np.float64) - exact).max() <= ratio * direct


def test_direct_never_takes_what_spreads_errors():
    problem = problem_of_call(shape(*WIDE["x"]), shape(*WIDE["kernel"]))
    assert choose("kernel", problem) == "winograd"
    for face in FACES:
        assert choose(face, problem, "direct") != "winograd"
        assert REGISTRY["winograd"].spreads(face, problem)


def test_what_a_wide_problem_holds_is_bounded():
    """Its temporary memory: less than 32 MiB, where the signals alone are 32 MiB."""
    x, kernel = shape(*WIDE["x"]), shape(*WIDE["kernel"])
    y = shape(8, 1022, 256)
    program = jax.jit(faces("winograd", Case(""))).lower(x, kernel, y).compile()
    analysis = program.memory_analysis()
    assert analysis is not None
    assert analysis.temp_size_in_bytes < 32 * 2**20
