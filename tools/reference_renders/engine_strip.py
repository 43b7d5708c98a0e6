"""Bare `engine.render` of EQ and compressor, every parameter set anew before each. JOB.json → JSON {wall_s, cpu_s}

The job: `audio` and `out` (files), `rows`: per render the values of each device. Setting them is not timed.
Tried: blocks of 512 to 16384; up to 4096 they differ by less than runs do.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import dawdreamer
import numpy as np
import soundfile

BUILTIN = Path(__file__).resolve().parents[2] / "dawbridge/devices/builtin"
BLOCK_SIZE = 512

job = json.loads(Path(sys.argv[1]).read_text())
samples, rate = soundfile.read(job["audio"], dtype="float32")
engine = dawdreamer.RenderEngine(rate, BLOCK_SIZE)
graph = [(engine.make_playback_processor("in", np.ascontiguousarray(samples.T)), [])]
for before, name in (("in", "eq"), ("eq", "compressor")):
    device = engine.make_faust_processor(name)
    device.set_dsp_string((BUILTIN / f"{name}.dsp").read_text())
    device.compile()
    graph.append((device, [before]))
engine.load_graph(graph)
walls_s, cpus_s = [], []
for row in job["rows"]:
    for (device, _), values in zip(graph[1:], row):
        for name, value in values.items():
            device.set_parameter(f"/dawdreamer/{name}", value)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    engine.render((len(samples) + 0.5) / rate)
    walls_s.append(time.perf_counter() - wall_s)
    cpus_s.append(time.process_time() - cpu_s)
soundfile.write(job["out"], engine.get_audio()[:, : len(samples)].T, rate, subtype="FLOAT")
print(json.dumps({"wall_s": statistics.median(walls_s), "cpu_s": statistics.median(cpus_s)}))
