"""The parent's side of one worker process: its pipe, its time limits, and the reason where it fails."""

import json
import os
import subprocess
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import BufferedReader
from typing import IO, TypeVar, cast

import numpy as np

from dawbridge.errors import DawbridgeError, InputError
from dawbridge.paths import PACKAGE
from dawbridge.render.farm.job import LONG_SAMPLES, StripJob, StripResult
from dawbridge.render.farm.job_codec import encode_job
from dawbridge.render.farm.processes import end_process, exit_words
from dawbridge.render.farm.shared_buffer import SharedBuffer
from dawbridge.render.farm.watchdog import Watchdog
from dawbridge.render.farm.wire import receive, send

Result = TypeVar("Result")

START_LIMIT_S = 60.0
LIMIT_PER_SECOND_OF_AUDIO = 4.0
HELD_AUDIO_BYTES = 256 * 2**20
QUEUED_BYTES = 2**14  # a pipe holds 64 KiB before its writer has to wait
# Settings of glibc's allocator. A render allocates and frees the same few large arrays again and again. By default
# glibc returns them to the system each time, and the system clears them: a quarter of a strip's time.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**31)}


class WorkerFailed(Exception):
    """A worker failed. `plugin` is the label of the device it was busy with, if that is known."""

    def __init__(self, reason: str, plugin: str | None = None):
        self.reason, self.plugin = reason, plugin
        super().__init__(reason)


class WorkerNotStarted(WorkerFailed):
    """The process did not start. No plugin is at fault."""


class WorkerProcess:
    """One worker process. Jobs are posted to it and answered in the same order. After a failure it cannot be used.

    Only one thread may post and wait for answers. Any thread may kill it.
    """

    def __init__(self, watchdog: Watchdog):
        paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dawbridge.render.farm.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"} | _MEMORY,
                start_new_session=True,  # Ctrl-C is the parent's; plugins' helpers end as a group
            )
        except OSError as error:
            raise WorkerNotStarted(str(error)) from None
        self._to_worker = cast(IO[bytes], self.process.stdin)
        self._from_worker = cast(BufferedReader, self.process.stdout)
        self.watchdog = watchdog
        self.held: OrderedDict[str, int] = OrderedDict()
        # The parent reads one, the worker fills one, and the next job has been given one.
        self.buffers = deque((SharedBuffer(), SharedBuffer(), SharedBuffer()))
        self.promised: deque[SharedBuffer | None] = deque()  # of the jobs that are posted and not yet answered
        self.is_ready = False
        self.doing: str | None = None
        self.cpu_s = 0.0  # processor seconds spent, as of the last answer

    @property
    def pid(self) -> int:
        return self.process.pid

    def can_queue(self, job: StripJob) -> bool:
        """Whether the job is short, and the pipe takes it at once, even while the worker is busy."""
        has_audio = not isinstance(job.audio, np.ndarray) or job.audio_key in self.held
        if job.result_path is not None or job.length_samples >= LONG_SAMPLES or not has_audio:
            return False
        return len(json.dumps(encode_job(job))) <= QUEUED_BYTES

    def post(self, job: StripJob, isolates: bool) -> None:
        """Send the job; those posted before come first. Raises WorkerFailed where the worker did not start or hangs."""
        if not self.is_ready:
            try:
                self._timed(self._receive, START_LIMIT_S)
            except WorkerFailed as failure:
                raise WorkerNotStarted(failure.reason) from None
            self.is_ready = True
        is_new, dropped = self._hold(job)
        self.buffers.rotate()
        buffer = self.buffers[0]
        path = buffer.path_for(8 * job.length_samples) if job.result_path is None else None
        self.promised.append(None if path is None else buffer)
        header = encode_job(job) | {"drop": dropped, "isolates": isolates, "buffer": path}
        samples = job.audio if is_new and isinstance(job.audio, np.ndarray) else None
        with suppress(WorkerFailed):  # waiting for the answer will fail too, and then tell whose fault it is
            self._timed(lambda: send(self._to_worker, header, samples), START_LIMIT_S)

    def answer(self, job: StripJob, limit_s: float) -> Callable[[], StripResult]:
        """Wait for the first job that is not yet answered. The function that is returned copies its strip.

        The answer may take `limit_s`, plus a time in proportion to devices and length. Raises WorkerFailed, and
        DawbridgeError where the worker refuses the job.
        """
        length_limit_s = LIMIT_PER_SECOND_OF_AUDIO * job.length_s * max(1, len(job.devices))
        return self._timed(lambda: self._take_answer(job), limit_s + length_limit_s)

    def _take_answer(self, job: StripJob) -> Callable[[], StripResult]:
        buffer = self.promised.popleft()
        answer, samples = self._receive()
        if "refused" in answer:
            raise _refusal(answer)
        if "failed" in answer:
            raise WorkerFailed(answer["failed"], self.doing)
        shape = 2, job.length_samples
        if (samples is None) != (job.result_path is not None or buffer is not None):
            raise ValueError("no samples, or too many")
        if samples is not None and samples.shape != shape:
            raise ValueError(f"samples {samples.shape}")
        self.cpu_s = answer["cpu_s"]
        states = {int(position): state for position, state in answer["states"].items()}
        result = StripResult(samples, states, answer["latency_samples"], tuple(answer["notes"]))
        return lambda: result if buffer is None else replace(result, samples=buffer.read(shape))

    def _hold(self, job: StripJob) -> tuple[bool, list[str]]:
        """Whether the worker still needs the job's audio, and the keys of the audio that it may forget."""
        if not isinstance(job.audio, np.ndarray):
            return False, []
        is_new = job.audio_key not in self.held
        self.held[job.audio_key] = job.audio.nbytes
        self.held.move_to_end(job.audio_key)
        dropped = []
        while sum(self.held.values()) > HELD_AUDIO_BYTES and len(self.held) > 1:
            dropped.append(self.held.popitem(last=False)[0])
        return is_new, dropped

    def _receive(self) -> tuple[dict, np.ndarray | None]:
        answer, samples = receive(self._from_worker)
        while "doing" in answer:
            self.doing = answer["doing"]
            answer, samples = receive(self._from_worker)
        return answer, samples

    def _timed(self, action: Callable[[], Result], limit_s: float) -> Result:
        """What `action` returns. Raises WorkerFailed where the worker ends, hangs or sends garbage meanwhile."""
        self.doing, has_timed_out = None, False

        def stop() -> None:
            nonlocal has_timed_out
            has_timed_out = True
            end_process(self.process)

        try:
            with self.watchdog.limit(limit_s, stop):
                return action()
        except (EOFError, OSError):
            end_process(self.process)
            crashed = f"crashed ({exit_words(self.process.returncode)})"
            reason = f"gave no answer within {limit_s:.0f} s" if has_timed_out else crashed
            raise WorkerFailed(reason, self.doing) from None
        except (ValueError, TypeError, KeyError, AttributeError, MemoryError):
            raise WorkerFailed("gave an answer that makes no sense", self.doing) from None

    def kill(self) -> None:
        """End the process. Its present job is lost."""
        end_process(self.process)

    def close(self) -> None:
        """End the process, and free its buffers and pipes."""
        self.kill()
        for buffer in self.buffers:
            buffer.close()
        for pipe in (self._to_worker, self._from_worker):
            with suppress(OSError, ValueError):
                pipe.close()


def _refusal(answer: dict) -> DawbridgeError:
    """The error that a worker reports where no plugin is at fault."""
    kind = InputError if answer["exit_code"] == InputError.exit_code else DawbridgeError
    return kind(answer["refused"])
