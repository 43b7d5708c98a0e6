"""The worker farm: renders strips in several processes, and gives the results in the order of the jobs."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from threading import Lock

from dawbridge.render.farm.job import StripJob, StripResult
from dawbridge.render.farm.job_queue import JobQueue, QueuedJob
from dawbridge.render.farm.watchdog import Watchdog
from dawbridge.render.farm.worker_thread import WorkerThread

RENDER_LIMIT_S = 60.0


class Farm:
    """`workers` processes that render strips. Use as a context manager: leaving it ends them all.

    They start with the first jobs, or at once with `starts_now`, so that the caller can prepare the jobs meanwhile.
    A strip hangs if it takes longer than `limit_s`, plus 4 s per device and second of audio. A strip whose worker fails
    is tried once more; `failures` gives the reason of each first failure.
    """

    def __init__(self, workers: int = 2, limit_s: float = RENDER_LIMIT_S, starts_now: bool = False):
        self.workers = max(1, workers)
        self.rendered_strips = 0
        self.rendered_s = 0.0
        self.failures: list[str] = []
        self._queue, self._watchdog = JobQueue(), Watchdog()
        self._counting = Lock()
        parts = self._queue, self._watchdog, limit_s, self.failures, starts_now
        self._threads = [WorkerThread(*parts) for _ in range(self.workers)]

    def __enter__(self) -> "Farm":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once. Running jobs are not finished; whoever waits for a result gets CancelledError."""
        self._queue.close()
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.join()
        self._watchdog.close()

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers alive now."""
        return [pid for thread in self._threads if (pid := thread.pid) is not None]

    @property
    def cpu_s(self) -> float:
        """Processor seconds of all workers, those included that have ended."""
        return sum(thread.cpu_s for thread in self._threads)

    def submit(self, job: StripJob) -> "Future[StripResult]":
        """The future of the strip's result. The job counts as one strip render."""
        with self._counting:
            self.rendered_strips += 1
            self.rendered_s += job.length_s
        queued = QueuedJob(job)
        self._queue.put(queued)
        return queued.future

    def render(self, jobs: Iterable[StripJob]) -> Iterator[StripResult]:
        """The results in the order of the jobs. Raises PluginError for the first strip that fails twice."""
        futures = deque(self.submit(job) for job in jobs)
        try:
            while futures:
                yield futures.popleft().result()  # not kept here, so that the caller decides when it is freed
        finally:
            for future in futures:
                future.cancel()
