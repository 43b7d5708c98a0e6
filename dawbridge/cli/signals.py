"""Requests to end, other than Ctrl-C, answered as Ctrl-C is: by cleaning up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def signals_interrupt() -> Iterator[list[int]]:
    """Within, SIGTERM and SIGHUP raise KeyboardInterrupt; the list then holds the signal's number.

    The first one counts: the others are ignored while it is answered. One that was ignored before, as under nohup,
    still is.
    """
    received: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        if not received:
            received.append(number)
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()  # no other thread may set handlers
    heeded = [number for number in numbers if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
