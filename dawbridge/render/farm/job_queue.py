"""The queue of jobs that wait for a worker, in the order in which they were submitted."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue

from dawbridge.render.farm.job import StripJob, StripResult


@dataclass(eq=False)
class QueuedJob:
    """A job, the future of its result, and whether it has failed once."""

    job: StripJob
    future: Future[StripResult] = field(default_factory=Future)
    has_failed: bool = False


class JobQueue:
    """A queue for several threads. A job goes to the one that came last: its worker likely has the right strips."""

    def __init__(self) -> None:
        self._jobs: deque[QueuedJob] = deque()
        self._takers: list[SimpleQueue[QueuedJob | None]] = []
        self._lock = threading.Lock()
        self.is_closed = False

    def put(self, queued: QueuedJob) -> None:
        """Give the job to a thread that waits, or put it at the end. In a closed queue it is cancelled."""
        with self._lock:
            if self.is_closed:
                queued.future.cancel()
            elif self._takers:
                self._takers.pop().put(queued)
            else:
                self._jobs.append(queued)

    def take(self) -> QueuedJob | None:
        """The next job. Waits for one. None once the queue is closed."""
        with self._lock:
            if self.is_closed:
                return None
            if self._jobs:
                return self._jobs.popleft()
            taker: SimpleQueue[QueuedJob | None] = SimpleQueue()
            self._takers.append(taker)
        return taker.get()

    def take_if(self, fits: Callable[[StripJob], bool]) -> QueuedJob | None:
        """The next job if there is one and it fits, else None. Does not wait."""
        with self._lock:
            return self._jobs.popleft() if self._jobs and fits(self._jobs[0].job) else None

    def close(self) -> None:
        """Cancel all jobs in the queue, and end all waiting."""
        with self._lock:
            self.is_closed = True
            remaining, self._jobs = self._jobs, deque()
            takers, self._takers = self._takers, []
        for queued in remaining:
            queued.future.cancel()
        for taker in takers:
            taker.put(None)
