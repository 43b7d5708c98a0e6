"""Jobs that wait for a worker, in the order submitted."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue

from dawbridge.render.farm.job import StripJob


@dataclass(eq=False)
class QueuedJob:
    """A job, what it will give, and whether it has failed before."""

    job: StripJob
    future: Future = field(default_factory=Future)
    has_failed: bool = False


class JobQueue:
    """For several takers. A job goes to the one that came last: it has the likelier strips."""

    def __init__(self):
        self._jobs: deque[QueuedJob] = deque()
        self._takers: list[SimpleQueue] = []
        self._lock = threading.Lock()
        self.is_closed = False

    def put(self, queued: QueuedJob) -> None:
        """To whoever waits, or to the end."""
        with self._lock:
            if self.is_closed:
                queued.future.cancel()
            elif self._takers:
                self._takers.pop().put(queued)
            else:
                self._jobs.append(queued)

    def take(self) -> QueuedJob | None:
        """The next job, waited for; None once the queue is closed."""
        with self._lock:
            if self.is_closed:
                return None
            if self._jobs:
                return self._jobs.popleft()
            taker = SimpleQueue()
            self._takers.append(taker)
        return taker.get()

    def take_if(self, fits: Callable[[StripJob], bool]) -> QueuedJob | None:
        """The next job where there is one and it fits."""
        with self._lock:
            return self._jobs.popleft() if self._jobs and fits(self._jobs[0].job) else None

    def close(self) -> None:
        """All that waits is cancelled, and nobody gets any more."""
        with self._lock:
            self.is_closed = True
            left, self._jobs = self._jobs, deque()
            takers, self._takers = self._takers, []
        for queued in left:
            queued.future.cancel()
        for taker in takers:
            taker.put(None)
