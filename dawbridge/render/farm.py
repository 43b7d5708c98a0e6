"""The worker farm: strips rendered in processes of their own, in the order asked, however many they are.

A worker that dies, hangs or gives unusable samples is replaced; its strip is tried once more in a new one,
device by device, so that either the strip comes through or the plugin at fault is named (PluginError) and
quarantined: no later session starts it until someone says so.
"""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from queue import LifoQueue

from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.render.job import StripJob, StripResult
from dawbridge.render.quarantine import quarantine, quarantined
from dawbridge.render.worker_process import WorkerFailed, WorkerNotStarted, WorkerProcess

RENDER_LIMIT_S = 60.0


class Farm:
    """`workers` processes that render strips. Use as a context manager: leaving it ends them all.

    They start with the first jobs, or at once with `starts_now`: while they do, the caller can prepare the jobs.
    A strip that takes longer than `limit_s`, and 4 s per device and second of audio on top, counts as hung.
    """

    def __init__(self, workers: int = 2, limit_s: float = RENDER_LIMIT_S, starts_now: bool = False):
        self.workers = max(1, workers)
        self.limit_s = limit_s
        self.rendered_strips = 0
        self.rendered_s = 0.0
        self.failures: list[str] = []
        self._idle: LifoQueue[WorkerProcess | None] = LifoQueue()  # the last one has the likelier strips
        self._alive: set[WorkerProcess] = set()
        self._ended_cpu_s = 0.0
        self._is_closed = False
        self._lock = threading.Lock()  # over the two above: a worker is never started behind close()'s back
        # One more than workers: while it fetches a result, its worker has the next job.
        self._threads = ThreadPoolExecutor(self.workers + 1, thread_name_prefix="farm")
        for _ in range(self.workers):
            self._idle.put(self._start_early() if starts_now else None)

    def __enter__(self) -> "Farm":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once: no job is finished, and what waits for one gets CancelledError."""
        with self._lock:
            self._is_closed = True
            workers = list(self._alive)
        for worker in workers:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in workers:
            self._discard(worker)

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers alive now."""
        with self._lock:
            return [worker.pid for worker in self._alive]

    @property
    def cpu_s(self) -> float:
        """Processor seconds that all workers have spent, those that ended included."""
        with self._lock:
            return self._ended_cpu_s + sum(worker.cpu_s for worker in self._alive)

    def submit(self, job: StripJob) -> "Future[StripResult]":
        """The strip's result to come. It counts as one strip render."""
        self.rendered_strips += 1
        self.rendered_s += job.length_s
        return self._threads.submit(self._render, job)

    def render(self, jobs: Iterable[StripJob]) -> Iterator[StripResult]:
        """The results in the order of the jobs. Raises PluginError for the first strip that fails twice."""
        futures = [self.submit(job) for job in jobs]
        try:
            for place, future in enumerate(futures):
                futures[place] = None  # so that a result is freed as soon as the caller lets it go
                yield future.result()
        finally:
            for future in filter(None, futures):
                future.cancel()

    def _render(self, job: StripJob) -> StripResult:
        try:
            return self._attempt(job, isolates=False)
        except WorkerFailed as first:
            self.failures.append(f"{' → '.join(d.label for d in job.devices) or 'strip'}: {first.reason}")
        try:
            return self._attempt(job, isolates=True)
        except WorkerNotStarted as second:
            reason = f"{second.reason}, twice; free memory or use fewer workers"
            raise DawbridgeError(f"a render process did not start: {reason}") from None
        except WorkerFailed as second:
            name = second.plugin or ", ".join(job.plugins) or "built-in devices"
            _keep_away(job, second)
            raise PluginError(name, f"{second.reason}, twice") from None

    def _attempt(self, job: StripJob, isolates: bool) -> StripResult:
        worker = self._idle.get()
        try:
            _refuse_quarantined(job)
            if worker is None:
                worker = self._start()
            finished = worker.render(job, isolates, self.limit_s)
        except PluginError:  # refused: the worker is well
            raise
        except BaseException:
            if worker is not None:
                self._discard(worker)
            worker = None
            if self._is_closed:
                raise CancelledError from None
            raise
        finally:
            self._idle.put(worker)
        return finished()

    def _start(self) -> WorkerProcess:
        with self._lock:
            if self._is_closed:
                raise CancelledError
            worker = WorkerProcess()
            self._alive.add(worker)
            return worker

    def _start_early(self) -> WorkerProcess | None:
        """A worker that did not start is tried again with its first job, which then tells why."""
        try:
            return self._start()
        except WorkerNotStarted:
            return None

    def _discard(self, worker: WorkerProcess) -> None:
        with self._lock:
            if worker in self._alive:
                self._ended_cpu_s += worker.cpu_s
            self._alive.discard(worker)
        worker.close()


def _refuse_quarantined(job: StripJob) -> None:
    """PluginError where one of its plugins has failed while the job waited: it may take a minute to fail again."""
    for device in job.devices:
        if device.is_hosted and (reason := quarantined(device.path)):
            raise PluginError(device.label, f"{reason}, twice")


def _keep_away(job: StripJob, failure: WorkerFailed) -> None:
    """The plugin that is named goes into quarantine."""
    for device in job.devices:
        if device.is_hosted and device.label == failure.plugin:
            quarantine(device.path, device.label, failure.reason)
