"""A thread of the farm, which talks to one worker process at a time.

While the worker renders one short strip, the next already lies in its pipe, so that it never waits for the parent.
A worker that dies, hangs or gives unusable samples is replaced; its strip is tried once more in a new one, device by
device, so that either the strip comes through or the plugin at fault is named (PluginError) and quarantined. What lay
behind it in the pipe is asked again, without blame.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.render.farm.job import StripJob, StripResult
from dawbridge.render.farm.job_queue import JobQueue, QueuedJob
from dawbridge.render.farm.quarantine import quarantine, quarantined
from dawbridge.render.farm.watchdog import Watchdog
from dawbridge.render.farm.worker_process import WorkerFailed, WorkerNotStarted, WorkerProcess

IN_FLIGHT = 2  # jobs that a worker has: one that it renders, one in its pipe


class WorkerThread:
    """Takes jobs from `queue` until that is closed. `limit_s` as in Farm; `failures` gets a line for each first one."""

    def __init__(self, queue: JobQueue, watchdog: Watchdog, limit_s: float, failures: list[str], starts_now: bool):
        self._queue, self._watchdog, self._limit_s, self._failures = queue, watchdog, limit_s, failures
        self._starts_now = starts_now
        self._worker: WorkerProcess | None = None
        self._ended_cpu_s = 0.0
        self._lock = threading.Lock()  # over the two above, and no worker starts behind close()'s back
        self._again: deque[QueuedJob] = deque()  # to be posted before any other
        self._flight: deque[QueuedJob] = deque()
        # A daemon: who leaves without close() must not wait for jobs for ever.
        self._thread = threading.Thread(target=self._run, name="farm worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the worker alive now."""
        with self._lock:
            return None if self._worker is None else self._worker.pid

    @property
    def cpu_s(self) -> float:
        """Processor seconds that its workers have spent."""
        with self._lock:
            return self._ended_cpu_s + (0.0 if self._worker is None else self._worker.cpu_s)

    def stop(self) -> None:
        """What is under way fails at once. The queue is closed before."""
        with self._lock:
            if self._worker is not None:
                self._worker.kill()

    def join(self) -> None:
        """Wait until the thread and its worker are gone."""
        self._thread.join()

    def _run(self) -> None:
        if self._starts_now:
            self._start_early()
        while self._again or self._flight or self._take():
            try:
                self._step()
            except BaseException as error:  # a fault of ours: nobody must wait for ever
                self._abandon(error)
        self._discard()

    def _step(self) -> None:
        if not self._flight:
            self._post(self._again.popleft())
        if self._flight:
            self._settle()

    def _abandon(self, error: BaseException) -> None:
        self._discard()
        remaining = [*self._flight, *self._again]
        self._flight.clear()
        self._again.clear()
        for queued in remaining:
            queued.future.set_exception(error)

    def _take(self) -> bool:
        """Wait for another job, which is posted next. False once the queue is closed."""
        queued = self._queue.take()
        if queued is not None and queued.future.set_running_or_notify_cancel():
            self._again.append(queued)
        return queued is not None

    def _start_early(self) -> None:
        """Start the worker before its first job. If that fails, the first job starts it again and gets the error."""
        try:
            self._start()
        except (WorkerNotStarted, CancelledError):
            pass

    def _start(self) -> WorkerProcess:
        with self._lock:
            if self._queue.is_closed:
                raise CancelledError
            if self._worker is None:
                self._worker = WorkerProcess(self._watchdog)
            return self._worker

    def _discard(self) -> None:
        with self._lock:
            worker, self._worker = self._worker, None
            if worker is not None:
                self._ended_cpu_s += worker.cpu_s
        if worker is not None:
            worker.close()

    def _post(self, queued: QueuedJob) -> None:
        try:
            _refuse_quarantined(queued.job)
            worker = self._start()
            worker.post(queued.job, queued.has_failed)
        except WorkerFailed as failure:
            self._fail(queued, failure)
        except BaseException as error:  # refused, closed, or a fault of ours: nobody must wait for ever
            queued.future.set_exception(error)
        else:
            self._flight.append(queued)

    def _post_next(self) -> None:
        """Post the next short job while the worker is still busy.

        Long jobs, such as a session's strips, are left to other workers.
        """
        while len(self._flight) < IN_FLIGHT and not self._again and self._worker is not None:
            queued = self._queue.take_if(self._worker.can_queue)
            if queued is None:
                return
            if queued.future.set_running_or_notify_cancel():
                self._post(queued)

    def _settle(self) -> None:
        """Wait for the answer to the first job in flight, and set its result or error."""
        queued = self._flight[0]
        if not queued.has_failed:
            self._post_next()
        try:
            finished = self._working().answer(queued.job, self._limit_s)
        except WorkerFailed as failure:
            self._lose_flight(failure)
        except DawbridgeError as refusal:
            self._flight.popleft()
            queued.future.set_exception(refusal)
        else:
            self._flight.popleft()
            self._post_next()
            _resolve(queued.future, finished)

    def _working(self) -> WorkerProcess:
        """The worker that has jobs in flight. Only this thread replaces it."""
        if self._worker is None:
            raise WorkerFailed("has ended")
        return self._worker

    def _lose_flight(self, failure: WorkerFailed) -> None:
        """The first job in flight has failed. The others are tried again, without blame."""
        self._discard()
        first, *others = self._flight
        self._flight.clear()
        self._fail(first, failure)
        self._again.extend(others)

    def _fail(self, queued: QueuedJob, failure: WorkerFailed) -> None:
        """Try the job once more. After its second failure, set its error."""
        self._discard()
        if self._queue.is_closed:
            queued.future.set_exception(CancelledError())
        elif queued.has_failed:
            queued.future.set_exception(_blame(queued.job, failure))
        else:
            queued.has_failed = True
            names = " → ".join(device.label for device in queued.job.devices) or "strip"
            self._failures.append(f"{names}: {failure.reason}")
            self._again.append(queued)


def _resolve(future: Future, make: Callable[[], StripResult]) -> None:
    try:
        future.set_result(make())
    except BaseException as error:  # no memory for the samples
        future.set_exception(error)


def _blame(job: StripJob, failure: WorkerFailed) -> DawbridgeError:
    """The error for a job that failed twice. The plugin that it names is quarantined."""
    if isinstance(failure, WorkerNotStarted):
        reason = f"{failure.reason}, twice; free memory or use fewer workers"
        return DawbridgeError(f"a render process did not start: {reason}")
    for device in job.devices:
        if device.is_hosted and device.label == failure.plugin:
            quarantine(device.path, device.label, failure.reason)
    name = failure.plugin or ", ".join(job.plugins) or "built-in devices"
    return PluginError(name, f"{failure.reason}, twice")


def _refuse_quarantined(job: StripJob) -> None:
    """Raise PluginError if one of its plugins failed while the job waited, since another try may take a minute."""
    for device in job.devices:
        if device.is_hosted and (reason := quarantined(device.path)):
            raise PluginError(device.label, f"{reason}, twice")
