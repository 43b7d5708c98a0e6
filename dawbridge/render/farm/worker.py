"""A worker process, which renders the strips that its parent sends, until the parent ends.

`python -m dawbridge.render.farm.worker PARENT` reads jobs from standard input and answers on standard output (see
`wire`). PARENT is the parent's process id. When a job is tried a second time, the worker sends the name of each device
before it hosts it, so that the parent can name the plugin at fault. Whatever plugins print is dropped.
"""

import base64
import os
import signal
import sys
import time
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from dawbridge.errors import DawbridgeError
from dawbridge.paths import PACKAGE
from dawbridge.render.farm.job import BLOCK_SIZE, LONG_SAMPLES, JobDevice, StripFailed, StripJob
from dawbridge.render.farm.job_codec import decode_job
from dawbridge.render.farm.processes import die_with_parent
from dawbridge.render.farm.shared_buffer import SharedBufferWriter
from dawbridge.render.farm.wire import receive, send
from dawbridge.render.graph.sources import Notes, Sum
from dawbridge.render.hosts.chain_parts import PartKeeper, cut
from dawbridge.render.store.strip_file import write_strip

if TYPE_CHECKING:
    from dawbridge.render.hosts.dawdreamer_strip import Strip


class Worker:
    """Answers jobs. It keeps audio and strips between them."""

    def __init__(self, source: BufferedReader, sink: IO[bytes]):
        self.source, self.sink = source, sink
        self.audio: dict[str, np.ndarray] = {}
        self.parts = PartKeeper()
        self.buffer = SharedBufferWriter()

    def serve(self) -> None:
        """Answer jobs until the parent closes the pipe."""
        while True:
            try:
                row, samples = receive(self.source)
            except EOFError:
                return
            for key in row.pop("drop"):
                self.audio.pop(key, None)
            if samples is not None:
                self.audio[row["audio_key"]] = samples
            try:
                self._answer(row)
            except StripFailed as failure:
                send(self.sink, {"failed": str(failure)})
            except DawbridgeError as error:  # no plugin is at fault: a file cannot be read or written
                send(self.sink, {"refused": str(error), "exit_code": error.exit_code})
            except Exception as error:  # whatever the host raises, the parent gets it and goes on
                words = " ".join(f"{error}".split()) or type(error).__name__
                send(self.sink, {"failed": f"cannot be hosted ({words})"})

    def _answer(self, row: dict) -> None:
        isolates, buffer = row.pop("isolates"), row.pop("buffer")
        job = decode_job(row, self.audio.get(row["audio_key"]))
        samples, meta = self._render(job, isolates)
        if job.result_path is not None:
            write_strip(Path(job.result_path), samples, meta)
        if buffer is not None:
            self.buffer.write(buffer, samples)
        is_sent = job.result_path is None and buffer is None
        send(self.sink, meta | {"cpu_s": time.process_time()}, samples if is_sent else None)

    def _render(self, job: StripJob, isolates: bool) -> tuple[np.ndarray, dict]:
        """Render the chain part by part: samples [2, n], and the strip's metadata."""
        if isinstance(job.audio, Notes):
            samples = np.zeros((2, job.length_samples), np.float32)
        else:
            samples = job.audio if isinstance(job.audio, np.ndarray) else job.audio.read()
        sums = [part for part in (job.audio, *(d.sidechain for d in job.devices)) if isinstance(part, Sum)]
        notes = dict.fromkeys(note for part in sums for note in part.notes())
        meta: dict[str, Any] = {"states": {}, "latency_samples": 0, "notes": list(notes)}
        for first, devices in cut(job.devices, isolates):
            if isolates:
                send(self.sink, {"doing": devices[0].label})
            samples = self._render_part(samples, first, devices, job, meta)
        return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples, meta

    def _render_part(
        self, samples: np.ndarray, first: int, devices: tuple[JobDevice, ...], job: StripJob, meta: dict[str, Any]
    ) -> np.ndarray:
        """`samples` through consecutive devices, which begin at position `first` of the chain. Adds to `meta`."""
        if devices[0].kind == "neural":
            stereo = np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
            return _finite(self.parts.render_network(stereo, devices[0], job.sample_rate))
        strip = self.parts.strip(devices, job)
        sidechains = {position: d.sidechain.read() for position, d in enumerate(devices) if d.sidechain is not None}
        notes = job.audio.notes if isinstance(job.audio, Notes) else ()
        result = _finite(strip.render(samples, devices, sidechains, notes, job.bpm))
        meta["latency_samples"] += strip.latency_samples
        if strip.ignores_reset:
            names = ", ".join(device.label for device in devices if device.is_hosted)
            meta["notes"].append(f"{names}: sounds on after a reset, so each render gets a fresh instance")
        if job.wants_states:
            meta["states"] |= _states(strip, first, devices)
        if samples.shape[1] >= LONG_SAMPLES:
            strip.forget()
        return result


def _finite(samples: np.ndarray) -> np.ndarray:
    """`samples` unchanged. Raises StripFailed where they hold NaN or Inf."""
    flat = np.ravel(samples)
    if np.isfinite(np.dot(flat, flat)):  # one sum over all is quick, and finite in almost every case
        return samples
    bad = np.flatnonzero(~np.isfinite(samples).all(axis=0))
    if len(bad):
        raise StripFailed(f"gave NaN or Inf in the block at sample {bad[0] // BLOCK_SIZE * BLOCK_SIZE}")
    return samples


def _states(strip: "Strip", first: int, devices: tuple[JobDevice, ...]) -> dict[str, str]:
    """Device position in the chain, as JSON keys are → preset file in base64."""
    presets = {first + p: strip.preset(p, device) for p, device in enumerate(devices) if device.is_hosted}
    return {str(p): base64.b64encode(preset).decode() for p, preset in presets.items() if preset is not None}


def main(parent: int) -> None:
    """Serve on standard input and output, neither of which plugins can use."""
    die_with_parent(parent)
    os.chdir(PACKAGE)  # Faust's compiler crashes in a folder that is gone, as the caller's may be by then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    import dawbridge.render.hosts.dawdreamer_strip  # noqa: F401 - now, while the parent is still reading its session

    send(sink, {"ready": os.getpid()})
    Worker(source, sink).serve()
    os._exit(0)  # at once, without unloading plugins


if __name__ == "__main__":
    main(int(sys.argv[1]))
