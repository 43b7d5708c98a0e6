"""The search loop's strip render: jobs made and rendered one after the other by a farm of one. JOB.json → JSON

The job is engine_strip.py's. All is timed that a search does: values to device, device to job, the job to the worker,
the samples back. Starting the worker, and its first render, is not.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dawbridge.audio import Audio, read_audio, write_audio  # noqa: E402
from dawbridge.render import Farm  # noqa: E402
from dawbridge.render.farm.job import StripJob, audio_key  # noqa: E402
from dawbridge.render.graph.resolve import resolve_device  # noqa: E402
from dawbridge.session import Device  # noqa: E402

NAMES = ("eq", "compressor")


def main() -> None:
    """Print the seconds a job took, of the wall and of all processors."""
    job = json.loads(Path(sys.argv[1]).read_text())
    audio = read_audio(Path(job["audio"]))
    key = audio_key(audio.samples)

    def strip_job(row: list[dict]) -> StripJob:
        devices = (resolve_device(Device(device=name, values=values), "bench") for name, values in zip(NAMES, row))
        return StripJob(audio.samples, key, audio.sample_rate, tuple(devices))

    with Farm(1) as farm:
        list(farm.render([strip_job(job["rows"][-1])]))
        wall_s, cpu_s = time.perf_counter(), time.process_time() + farm.cpu_s
        for result in farm.render(strip_job(row) for row in job["rows"]):
            last = result.samples
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() + farm.cpu_s - cpu_s
    write_audio(Path(job["out"]), Audio(last, audio.sample_rate))
    count = len(job["rows"])
    print(json.dumps({"wall_s": wall_s / count, "cpu_s": cpu_s / count}))


if __name__ == "__main__":
    main()
