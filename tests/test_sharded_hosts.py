"""Two real processes that share one signal by `jax.distributed`, with the CPU's collectives over the local network."""

import socket
import subprocess
import sys
from pathlib import Path

SECONDS = 120  # 10 are enough on two cores that do nothing else


def test_two_processes_give_what_one_gives():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    program = Path(__file__).with_name("sharded_hosts.py")
    commands = [[sys.executable, str(program), str(port), str(process)] for process in range(2)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for command in commands
    ]
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    for process, text in zip(running, said, strict=True):
        assert process.returncode == 0, f"a process ended with {process.returncode} and said:\n{text[-4000:]}"
        assert "all right" in text
