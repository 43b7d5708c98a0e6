"""Time limits for calls that may block: one thread watches them all, and acts when one is exceeded."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    """Watches the limits of several threads. Its own thread starts with the first limit; `close` ends it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._limits: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes_at = float("inf")
        self._is_closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, seconds: float, act: Callable[[], None]) -> Iterator[None]:
        """If the `with` block takes longer, `act` is called once, from another thread, and never after the block."""
        key, due = object(), time.monotonic() + seconds
        with self._condition:
            self._limits[key] = due, act
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            if due < self._wakes_at:
                self._condition.notify()
        try:
            yield
        finally:
            with self._condition:
                self._limits.pop(key, None)

    def close(self) -> None:
        """End the thread. No `act` is called any more."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with self._condition:
            while not self._is_closed:
                now = time.monotonic()
                for key in [key for key, (due, _) in self._limits.items() if due <= now]:
                    self._limits.pop(key)[1]()
                self._wakes_at = min((due for due, _ in self._limits.values()), default=float("inf"))
                self._condition.wait(None if self._wakes_at == float("inf") else self._wakes_at - now)
