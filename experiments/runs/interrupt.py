"""Ctrl-C, SIGTERM and a closed terminal as requests to end well; the second one aborts at once. No JAX here."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAMES = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "a closed terminal"}  # no SIGHUP on Windows
SIGNALS = {getattr(signal, name): words for name, words in NAMES.items() if hasattr(signal, name)}
SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it


class Stopped(KeyboardInterrupt):
    """A run that ended because it was asked to. The message says what it left."""


class Requests:
    """What was asked of this process, and of the sweep that it belongs to.

    Attributes:
        number: the first signal that came, or None.
        flag_file: a file that all processes of a sweep share; it is there once one of them was asked to stop.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.flag_file: Path | None = None
        self.heard = False

    def stop(self) -> bool:
        """Whether to end at the next occasion."""
        return self.number is not None or (self.flag_file is not None and self.flag_file.exists())

    def by(self) -> str:
        """Who asked, in words."""
        return SIGNALS.get(self.number, "request")

    def exit_code(self) -> int:
        """128 + the signal, as shells have it."""
        return 128 + (self.number or signal.SIGINT)

    def note(self, number: int) -> None:
        """Answer a signal: the first sets the flag, the second ends the process."""
        if self.number is not None:
            say(f"Aborted by {SIGNALS[number]}; what was saved before is whole.", SHOW_CURSOR)
            os._exit(128 + number)
        self.number = number
        say(f"{self.by()}: ending well and saving what was learnt; once more aborts at once.")
        if self.flag_file is not None:
            with suppress(OSError):  # then the other processes hear only signals of their own
                self.flag_file.touch()


requests = Requests()


def say(line: str, escape: str = "") -> None:
    """A line on stderr, past all buffers and locks."""
    with suppress(OSError, ValueError):  # nobody may listen
        os.write(2, f"\n{escape if sys.stderr.isatty() else ''}{line}\n".encode())


def listen() -> None:
    """From now on answer signals, in this process and until it ends."""
    if requests.heard or threading.current_thread() is not threading.main_thread():
        return  # elsewhere signals do not come
    requests.heard = True
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # a handler in Python waits for the main thread, which may compile or run a long call; a byte in a pipe does not
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=answer, args=(reader,), daemon=True).start()
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # `nohup` keeps its meaning
            signal.signal(number, lambda *_: None)


def answer(reader: int) -> None:
    """Note each signal whose byte comes through the pipe; a byte 0 ends it."""
    while (number := os.read(reader, 1)) != b"\0":
        if number[0] in SIGNALS:
            requests.note(number[0])
    os.close(reader)


@contextmanager
def listening() -> Iterator[Requests]:
    """As `listen`, until the end of the block; where signals are heard already, nothing changes."""
    if requests.heard or threading.current_thread() is not threading.main_thread():
        yield requests
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    listen()
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        writer = signal.set_wakeup_fd(-1)
        os.write(writer, b"\0")
        os.close(writer)
        requests.heard, requests.number = False, None
