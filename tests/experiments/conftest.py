"""Processes that the tests of the command line start, and end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A home of its own, where compiled programs are kept for all tests of the session."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def no_signal_is_ignored():
    """What the tests start would ignore it too, as under `nohup` or in the background of a script."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def start_in(home):
    """Start a module in a folder; what still runs at the end of the session is killed."""
    processes = []

    def start(folder: Path, module: str, *arguments: str, before: str = "", **variables: str) -> subprocess.Popen:
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "80", **variables}
        code = f"{before}\nimport runpy\nrunpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
        command = [sys.executable, "-c", code] if before else [sys.executable, "-m", module]
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def start(start_in, tmp_path):
    """Start a module in `tmp_path`; what still runs at the end of the test is killed."""
    processes = []

    def start(module: str, *arguments: str, **more: str) -> subprocess.Popen:
        processes.append(start_in(tmp_path, module, *arguments, **more))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()
