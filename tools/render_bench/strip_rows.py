"""A strip in the search loop against the bare engine's render of the same."""

import json
from pathlib import Path

import numpy as np

from dawbridge.devices import get_device
from render_bench.agreement import check_same
from render_bench.bench import REFERENCES, Bench
from render_bench.processes import Run, python, run
from render_bench.sounds import RATE, write_sounds
from render_bench.table import Row

CHAIN = ("eq", "compressor")


def strip_rows(bench: Bench) -> list[Row]:
    """Wall and processor time of one render."""
    scripts = {"engine": REFERENCES / "engine_strip.py", "farm": Path(__file__).with_name("farm_strip.py")}
    jobs = {name: _write_job(bench, name) for name in scripts}
    took = bench.race({name: lambda _, name=name: _timed(scripts[name], jobs[name]) for name in scripts})
    check_same(bench.mix("farm"), bench.mix("engine"), "strip of the farm against the engine's")
    settings = sum(len(get_device(name).parameters) for name in CHAIN)
    what = f"of a strip in the search loop ({bench.strip_s:g} s, {settings} parameters set) against bare engine.render"
    farm, engine = took["farm"], took["engine"]
    return [
        Row(f"wall time {what}", 1000 * farm.wall_s, 1000 * engine.wall_s, 1.10, "ms"),
        Row("CPU time of the same", 1000 * farm.cpu_s, 1000 * engine.cpu_s, unit="ms"),
    ]


def _timed(script: Path, job: Path) -> Run:
    """What the script measured of itself."""
    figures = json.loads(run(python(script, job)).printed)
    return Run(figures["wall_s"], figures["cpu_s"])


def _write_job(bench: Bench, name: str) -> Path:
    """A file that both contestants read; the values are the same for both."""
    folder = bench.mix(name).parent
    folder.mkdir(exist_ok=True)
    (audio,) = write_sounds(folder, 1, round(RATE * bench.strip_s))
    generator = np.random.default_rng(1)
    rows = [[_values(device, generator) for device in CHAIN] for _ in range(bench.strip_renders)]
    path = folder / "job.json"
    path.write_text(json.dumps({"audio": str(folder / audio), "out": str(bench.mix(name)), "rows": rows}))
    return path


def _values(name: str, generator: np.random.Generator) -> dict[str, float]:
    parameters = get_device(name).parameters
    return {parameter.name: float(parameter.from_0to1(generator.uniform(0.1, 0.9))) for parameter in parameters}
