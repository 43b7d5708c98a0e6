"""A worker process: renders strips it is sent, until its parent is gone.

`python -m dawbridge.render.worker PARENT` reads jobs on standard input and answers on standard output (see
`wire`); PARENT is the parent's process id. After a failure it says, before each device, which one it is about
to host, so that the parent can name the plugin. Whatever plugins print is dropped.
"""

import base64
import os
import signal
import sys
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np

from dawbridge.render.job import BLOCK_SIZE, JobDevice, StripFailed
from dawbridge.render.processes import die_with_parent
from dawbridge.render.wire import receive, send

MAX_STRIPS = 6


class Worker:
    """Keeps audio and strips between jobs, since loading and compiling cost more than a short render."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.audio: dict[str, np.ndarray] = {}
        self.strips: OrderedDict[tuple, object] = OrderedDict()

    def serve(self) -> None:
        """Answer jobs until the parent closes the pipe."""
        while True:
            try:
                job, samples = receive(self.source)
            except EOFError:
                return
            for key in job["drop"]:
                self.audio.pop(key, None)
            if samples is not None:
                self.audio[job["audio_key"]] = samples
            try:
                self._answer(job)
            except StripFailed as failure:
                send(self.sink, {"failed": str(failure)})
            except Exception as error:  # whatever the host raises, the parent hears of it and goes on
                words = " ".join(f"{error}".split()) or type(error).__name__
                send(self.sink, {"failed": f"cannot be hosted ({words})"})

    def _answer(self, job: dict) -> None:
        devices = tuple(_decode_device(row) for row in job["devices"])
        samples = self.audio[job["audio_key"]]
        if job["isolates"]:
            result, states, latency = self._one_by_one(samples, devices, job)
        else:
            result, states, latency = self._together(samples, devices, job)
        send(self.sink, {"states": states, "latency_samples": latency, "cpu_s": time.process_time()}, result)

    def _together(self, samples, devices, job):
        strip = self._strip(devices, job["sample_rate"])
        result = strip.render(samples, devices)
        bad = np.flatnonzero(~np.isfinite(result).all(axis=0))
        if len(bad):
            raise StripFailed(f"gave NaN or Inf in the block at sample {bad[0] // BLOCK_SIZE * BLOCK_SIZE}")
        states = _states(strip, devices) if job["wants_states"] else {}
        return result, states, strip.latency_samples

    def _one_by_one(self, samples, devices, job):
        """Each device on an engine of its own, after a failure: to find the one at fault or get through."""
        if not devices:
            return self._together(samples, devices, job)
        states, latency = {}, 0
        for position, device in enumerate(devices):
            send(self.sink, {"doing": device.label})
            samples, captured, own_latency = self._together(samples, (device,), job)
            states |= {str(position): state for state in captured.values()}
            latency += own_latency
        return samples, states, latency

    def _strip(self, devices, sample_rate: int):
        from dawbridge.render.dawdreamer_strip import Strip

        if any(device.state is not None for device in devices):
            return Strip(devices, sample_rate)
        files = ((device.path, Path(device.path).stat().st_mtime_ns, device.channels) for device in devices)
        key = (sample_rate, *files)
        if key in self.strips:
            self.strips.move_to_end(key)
            return self.strips[key]
        self.strips[key] = strip = Strip(devices, sample_rate)
        if len(self.strips) > MAX_STRIPS:
            self.strips.popitem(last=False)
        return strip


def _decode_device(row: dict) -> JobDevice:
    return JobDevice(**row | {"settings": tuple(tuple(setting) for setting in row["settings"])})


def _states(strip, devices) -> dict[str, str]:
    hosted = [(position, device) for position, device in enumerate(devices) if device.is_hosted]
    return {str(p): base64.b64encode(strip.preset(p, device)).decode() for p, device in hosted}


def main(parent: int) -> None:
    """Serve on standard input and output, with both kept from the plugins."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    send(sink, {"ready": os.getpid()})
    Worker(source, sink).serve()
    os._exit(0)  # what plugins do while they are unloaded holds nobody up


if __name__ == "__main__":
    main(int(sys.argv[1]))
