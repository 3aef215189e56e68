"""A new method is one file, and its name in the registry: tried on a copy of the library."""

import shutil
import subprocess
import sys
from pathlib import Path

import jconv

TOY = '''"""Every face by one sum over taps, written in three lines."""

import jax
import jax.numpy as jnp

from jconv.accelerators import Work
from jconv.methods.arrays import padded_input, tap
from jconv.methods.problem import Method


def output(x, k, problem):
    window = problem.window
    read = [tap(padded_input(x, window), j * window.dilation, window) for j in range(window.kernel_size)]
    return sum(jnp.einsum("bntgc,bcgo->bntgo", r, k[:, j]) for j, r in enumerate(read))


def input_face(y, k, problem):
    empty = jax.ShapeDtypeStruct(problem.x_shape, problem.accumulate)
    return jax.linear_transpose(lambda x: output(x, k, problem), empty)(y)[0]


def kernel_face(x, y, problem):
    empty = jax.ShapeDtypeStruct(problem.k_shape, problem.accumulate)
    return jax.linear_transpose(lambda k: output(x, k, problem), empty)(y)[0]


METHOD = Method(
    "toy",
    output,
    input_face,
    kernel_face,
    refuses=lambda problem: "its kernels have 3 taps" if problem.window.kernel_size != 3 else None,
    counts=lambda face, problem: {"mac": problem.multiplications},
    work=lambda face, problem: Work(0, 0),
    workspace=lambda face, problem: 1e9 if problem.groups > 1 else 0.0,
    unlisted="a toy",
)
'''
PROGRAM = """
import jax, numpy as np, jconv
from jconv.nanoseconds import NANOSECONDS

assert jconv.__file__.startswith({folder!r}), jconv.__file__
assert "toy" in jconv.METHODS
rng = np.random.default_rng(0)
x, kernel = rng.normal(size=(2, 30, 4)).astype("f"), rng.normal(size=(3, 4, 5)).astype("f")

def faces(method):
    y, pull_back = jax.vjp(lambda x, k: jconv.conv1d(x, k, stride=2, padding="same", method=method), x, kernel)
    return y, *pull_back(y)

for toy, other in zip(faces("toy"), faces("vmap")):
    np.testing.assert_allclose(toy, other, rtol=1e-4, atol=1e-4)
assert set(jconv.choose_method(x, kernel, platform="cuda").values()) == {{"toy"}}
assert "toy" not in jconv.choose_method(x, kernel, platform="cpu").values()  # nothing is fitted yet
assert "toy (a toy)" in jconv.explain(x, kernel, platform="cpu")
NANOSECONDS["toy"] = {{face: {{"mac": 1e-6}} for face in ("output", "input", "kernel")}}
assert set(jconv.choose_method(x, kernel, platform="cpu").values()) == {{"toy"}}
wide = kernel[:, :2, :4]
assert "toy" not in jconv.choose_method(x, wide, groups=2, platform="cpu").values()
assert "would hold" in jconv.explain(x, wide, groups=2, platform="cpu")
try:
    jconv.conv1d(x, kernel[:2], method="toy")
except NotImplementedError as error:
    assert "its kernels have 3 taps" in str(error)
else:
    raise AssertionError("a kernel of two taps was taken")
"""


def test_a_method_is_one_file_and_its_name_in_the_registry(tmp_path):
    library = tmp_path / "jconv"
    shutil.copytree(Path(jconv.__file__).parent, library, ignore=shutil.ignore_patterns("__pycache__"))
    (library / "methods" / "toy.py").write_text(TOY)
    registry = library / "methods" / "__init__.py"
    named = registry.read_text()
    for there, wanted in ((", vmap, ", ", toy, vmap, "), ("(vmap, xla", "(toy, vmap, xla")):
        assert named.count(there) == 1
        named = named.replace(there, wanted)
    registry.write_text(named)
    (tmp_path / "program.py").write_text(PROGRAM.format(folder=str(tmp_path)))
    run = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
