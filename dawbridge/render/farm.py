"""The worker farm: strips rendered in processes of their own, in the order asked, whatever the number of workers.

A worker that dies, hangs or gives unusable samples is replaced; its strip is tried once more in a new process,
device by device, so that either the strip comes through or the plugin at fault is named (PluginError).
"""

import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from queue import SimpleQueue

import numpy as np

from dawbridge.errors import PluginError
from dawbridge.places import PACKAGE
from dawbridge.render.job import StripJob
from dawbridge.render.wire import receive, send

START_LIMIT_S = 60.0
RENDER_LIMIT_S = 60.0
LIMIT_PER_SECOND_OF_AUDIO = 4.0
HELD_AUDIO_BYTES = 256 * 2**20


@dataclass(frozen=True)
class StripResult:
    """`samples` [2, n]; `states`: device position → preset file in base64; what the plugins report as latency."""

    samples: np.ndarray
    states: dict[int, str]
    latency_samples: int


class WorkerFailed(Exception):
    """One worker's failure. `plugin`: the device it was busy with, where that is known."""

    def __init__(self, reason: str, plugin: str | None = None):
        self.reason, self.plugin = reason, plugin
        super().__init__(reason)


class WorkerProcess:
    """One worker and its pipe."""

    def __init__(self):
        code = [sys.executable, "-m", "dawbridge.render.worker"]
        paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self.held: OrderedDict[str, int] = OrderedDict()
        self.doing: str | None = None
        self._timed(self._receive, START_LIMIT_S)

    @property
    def pid(self) -> int:
        return self.process.pid

    def render(self, job: StripJob, isolates: bool) -> StripResult:
        """The strip, or WorkerFailed. After a failure this worker is of no more use."""
        limit_s = RENDER_LIMIT_S + LIMIT_PER_SECOND_OF_AUDIO * job.length_s * max(1, len(job.devices))
        return self._timed(lambda: self._ask(job, isolates), limit_s)

    def _ask(self, job: StripJob, isolates: bool) -> StripResult:
        is_new, dropped = self._hold(job)
        header = {
            "audio_key": job.audio_key,
            "drop": dropped,
            "sample_rate": job.sample_rate,
            "devices": [asdict(device) for device in job.devices],
            "wants_states": job.wants_states,
            "isolates": isolates,
        }
        send(self.process.stdin, header, job.audio if is_new else None)
        answer, samples = self._receive()
        if "failed" in answer:
            raise WorkerFailed(answer["failed"], self.doing)
        states = {int(position): state for position, state in answer["states"].items()}
        return StripResult(samples, states, answer["latency_samples"])

    def _hold(self, job: StripJob) -> tuple[bool, list[str]]:
        """Whether the worker still needs the job's audio, and which audio it may forget."""
        is_new = job.audio_key not in self.held
        self.held[job.audio_key] = job.audio.nbytes
        self.held.move_to_end(job.audio_key)
        dropped = []
        while sum(self.held.values()) > HELD_AUDIO_BYTES and len(self.held) > 1:
            dropped.append(self.held.popitem(last=False)[0])
        return is_new, dropped

    def _receive(self):
        answer, samples = receive(self.process.stdout)
        while "doing" in answer:
            self.doing = answer["doing"]
            answer, samples = receive(self.process.stdout)
        return answer, samples

    def _timed(self, action, limit_s: float):
        self.doing = None
        timed_out = threading.Event()

        def stop():
            timed_out.set()
            self.process.kill()

        timer = threading.Timer(limit_s, stop)
        timer.start()
        try:
            return action()
        except (EOFError, OSError, ValueError):
            self.process.kill()
            code = self.process.wait()
            reason = f"gave no answer within {limit_s:.0f} s" if timed_out.is_set() else f"crashed (exit code {code})"
            raise WorkerFailed(reason, self.doing) from None
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the process; what it was doing is lost."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()


class Farm:
    """`workers` processes that render strips. Use as a context manager: leaving it ends them all."""

    def __init__(self, workers: int = 2):
        self.workers = max(1, workers)
        self.rendered_strips = 0
        self.rendered_s = 0.0
        self.failures: list[str] = []
        self._idle: SimpleQueue[WorkerProcess | None] = SimpleQueue()
        for _ in range(self.workers):
            self._idle.put(None)
        self._alive: set[WorkerProcess] = set()
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="farm")

    def __enter__(self) -> "Farm":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once: no job is finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._alive):
            worker.close()
        self._threads.shutdown(wait=True)

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers alive now."""
        return [worker.pid for worker in self._alive]

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
        except WorkerFailed as second:
            name = second.plugin or ", ".join(job.plugins) or "built-in devices"
            raise PluginError(name, f"{second.reason}, twice") from None

    def _attempt(self, job: StripJob, isolates: bool) -> StripResult:
        worker = self._idle.get()
        try:
            if worker is None:
                worker = WorkerProcess()
                self._alive.add(worker)
            return worker.render(job, isolates)
        except BaseException:
            if worker is not None:
                self._alive.discard(worker)
                worker.close()
            worker = None
            raise
        finally:
            self._idle.put(worker)
