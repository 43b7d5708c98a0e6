"""Built-in devices and strips as DawDreamer's own compiler plays them.

`play_all` hands its jobs to a process of its own: `python tests/support/faust_reference.py JOBS.npz OUT.npz`.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Play:
    """`samples` [inputs, n] through a device or strip at `values` (absent: defaults)."""

    spec: object
    samples: np.ndarray
    sample_rate: int
    values: dict[str, float]


def play_all(plays: list[Play], folder: Path) -> list[np.ndarray]:
    """What each gives: [2, n]."""
    from dawbridge.devices.faust import faust_code

    defaults = [{p.name: p.default for p in play.spec.parameters} for play in plays]
    jobs = [(faust_code(play.spec), play.sample_rate, before | play.values) for play, before in zip(plays, defaults)]
    arrays = {f"in{place}": play.samples for place, play in enumerate(plays)}
    np.savez(folder / "jobs.npz", jobs=np.array(json.dumps(jobs)), **arrays)
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, __file__, folder / "jobs.npz", folder / "made.npz"]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.DEVNULL)
    with np.load(folder / "made.npz") as made:
        return [made[f"out{place}"] for place in range(len(plays))]


def open_engine(code: str, sample_rate: int):
    """(engine, what plays into it, the device)."""
    import dawdreamer

    engine = dawdreamer.RenderEngine(sample_rate, 512)
    device = engine.make_faust_processor("device")
    device.set_dsp_string(code)
    assert device.compile()
    playback = engine.make_playback_processor("in", np.zeros((device.get_num_input_channels(), 1), np.float32))
    engine.load_graph([(playback, []), (device, ["in"])])
    return engine, playback, device


def main() -> None:
    """All are compiled first: the compiler ends its process where denormals are flushed."""
    from dawbridge.render.hosts.denormals import flush_denormals

    with np.load(sys.argv[1]) as given:
        jobs, samples = json.loads(str(given["jobs"])), dict(given)
    opened = {}
    for code, sample_rate, _ in jobs:
        if (code, sample_rate) not in opened:
            opened[code, sample_rate] = open_engine(code, sample_rate)
    flush_denormals()
    made = {}
    for place, (code, sample_rate, values) in enumerate(jobs):
        engine, playback, device = opened[code, sample_rate]
        for row in device.get_parameters_description():
            device.set_parameter(row["index"], values[row["label"]])
        playback.set_data(samples[f"in{place}"].astype(np.float32))
        length = samples[f"in{place}"].shape[1]
        engine.render((length + 0.5) / sample_rate)
        made[f"out{place}"] = engine.get_audio()[:, :length]
    np.savez(sys.argv[2], **made)


if __name__ == "__main__":
    main()
