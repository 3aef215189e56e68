"""The order of the house: floors, imports, sizes, the cost of importing, and the public names."""

import ast
import inspect
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import jax
import pytest
from flax import nnx

import jconv
import jconv.nnx

LIBRARY = Path(jconv.__file__).parent
MOST_LINES = 400
ALLOWED = {"jax", "numpy", "jconv"}
ALLOWED_BELOW = {"nnx": {"flax"}, "plot": {"matplotlib", "PIL"}, "interop": {"safetensors"}}


def name_of(path):
    """The dotted name of a file."""
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def imports(name):
    """The dotted names of the modules that a file imports, at its head or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {member if member in FILES else str(node.module) for member in members}
    return found


def imports_of_jconv(name):
    return {imported for imported in imports(name) if imported.split(".")[0] == "jconv"}


def read_map(text):
    """From the package's docstring: the floor of each file or folder right under jconv/."""
    floors = {}
    for floor, names in re.findall(r"^    (\d)  (\S+(?:, \S+)*)  ", text, re.MULTILINE):
        for name in names.split(", "):
            assert name.rstrip("/") not in floors
            assert name.endswith("/") == (LIBRARY / name.rstrip("/")).is_dir(), f"{name} is not what the map says"
            floors[name.rstrip("/")] = int(floor)
    return floors


FLOORS = read_map(jconv.__doc__)


def floor_of(name):
    """A file's floor; the package itself gathers the names and stands above all."""
    parts = name.split(".")
    if len(parts) == 1:
        return 1 + max(FLOORS.values())
    return FLOORS.get(parts[1], -1)  # one that the map lacks is a failure of its own, above


def test_the_map_names_every_file_and_no_other():
    assert set(FLOORS) == {name.split(".")[1] for name in FILES if name != "jconv"}
    assert set(FLOORS.values()) == set(range(6))


@pytest.mark.parametrize("name", FILES)
def test_no_file_imports_a_higher_floor(name):
    higher = [imported for imported in imports_of_jconv(name) if floor_of(imported) > floor_of(name)]
    assert not higher, f"{name} (floor {floor_of(name)}) imports {higher}"


def test_no_import_cycle():
    order = TopologicalSorter({name: imports_of_jconv(name) for name in FILES}).static_order()
    assert set(order) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_only_allowed_packages_are_imported(name):
    """Flax in jconv/nnx only, matplotlib (with its Pillow) in jconv/plot only, nowhere PyTorch, Hydra, experiments."""
    inside = (*name.split("."), "")[1]
    tops = {imported.split(".")[0] for imported in imports(name)} - sys.stdlib_module_names
    assert tops <= ALLOWED | ALLOWED_BELOW.get(inside, set())


@pytest.mark.parametrize("name", [name for name in FILES if name != "jconv" and floor_of(name) == 0])
def test_the_ground_floor_needs_no_jax(name):
    assert not {imported for imported in imports(name) if imported.split(".")[0] in ("jax", "numpy")}


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_too_long(name):
    assert len(FILES[name].read_text().splitlines()) <= MOST_LINES


def test_importing_adds_to_jax_little_but_the_library_itself():
    """No extra, no package but JAX's own, and of JAX's own fewer modules than the library has."""
    code = "import sys, jax; before = set(sys.modules); import jconv; print(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    added = set(run.stdout.split())
    own = {name for name in added if name.split(".")[0] == "jconv"}
    assert own <= set(FILES)
    others = added - own
    assert {name.split(".")[0] for name in others} <= {"jax", "jaxlib", "numpy"} | sys.stdlib_module_names
    assert len(others) < len(own), sorted(others)


SIGNATURES = {
    "conv1d": """(x, kernel, bias=None, *, stride=1, padding='valid', padding_mode='zeros', dilation=1, groups=1,
        layout='NLC', method='auto', precision=None, preferred_element_type=None)""",
    "conv_transpose1d": """(y, kernel, bias=None, *, stride=1, padding='valid', output_padding=0, dilation=1, groups=1,
        layout='NLC', method='auto', precision=None, preferred_element_type=None)""",
    "output_length": "(length, kernel_size, *, stride=1, padding='valid', dilation=1)",
    "receptive_field": "(kernel_size, *, stride=1, dilation=1)",
}


def bare(signature):
    """Names, kinds and defaults without annotations."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return inspect.Signature(parameters)


@pytest.mark.parametrize("name", SIGNATURES)
def test_public_functions_have_their_promised_signatures(name):
    assert str(bare(inspect.signature(getattr(jconv, name)))) == " ".join(SIGNATURES[name].split())


def test_public_names():
    assert {*SIGNATURES, "METHODS"} <= set(jconv.__all__)
    assert all(hasattr(jconv, name) for name in jconv.__all__)
    assert {"vmap", "xla", "taps", "gemm", "winograd", "fft"} <= set(jconv.METHODS)
    assert "auto" not in jconv.METHODS
    assert set(jconv.nnx.__all__) == {"Conv1D", "ConvTranspose1D"}


@pytest.mark.parametrize(
    ("ours", "flax", "added", "dropped"),
    [
        (jconv.nnx.Conv1D, nnx.Conv, {"method"}, {"conv_general_dilated"}),
        (jconv.nnx.ConvTranspose1D, nnx.ConvTranspose, {"method", "feature_group_count"}, set()),
    ],
)
def test_modules_take_flax_arguments_by_flax_names(ours, flax, added, dropped):
    mine, theirs = (bare(inspect.signature(module.__init__)).parameters for module in (ours, flax))
    assert set(mine) - set(theirs) == added
    assert set(theirs) - set(mine) == dropped
    assert [name for name in mine if name in theirs] == [name for name in theirs if name in mine]
    for name in set(mine) & set(theirs):
        assert mine[name].kind == theirs[name].kind
        if name.endswith("_init"):  # a function made anew: compared by what it draws
            draws = [side[name].default(jax.random.key(0), (3, 2, 4)) for side in (mine, theirs)]
            assert (draws[0] == draws[1]).all()
        else:
            assert mine[name].default == theirs[name].default
