"""The same as dawdreamer_session.py, strip after strip on one engine, summed by numpy. SESSION.json OUT.wav"""

import json
import sys
from pathlib import Path

import dawdreamer
import numpy as np
import soundfile

BUILTIN = Path(__file__).resolve().parents[2] / "dawbridge/devices/builtin"
BLOCK_SIZE = 4096


def strip(rate, names):
    engine = dawdreamer.RenderEngine(rate, BLOCK_SIZE)
    graph = [(engine.make_playback_processor("in", np.zeros((2, 1), np.float32)), [])]
    for before, name in zip(("in", *names), names):
        device = engine.make_faust_processor(name)
        device.set_dsp_string((BUILTIN / f"{name}.dsp").read_text())
        device.compile()
        graph.append((device, [before]))
    engine.load_graph(graph)
    return engine, [processor for processor, _ in graph]


def render(engine, processors, rate, samples, rows):
    processors[0].set_data(samples)
    for device, row in zip(processors[1:], rows):
        for name, value in row["values"].items():
            device.set_parameter(f"/dawdreamer/{name}", value)
    engine.render((samples.shape[1] + 0.5) / rate)
    return engine.get_audio()[:, : samples.shape[1]]


def read(path):
    frames = soundfile.read(path, dtype="int16")[0]
    return np.multiply(frames.T, np.float32(1 / 32768), out=np.empty(frames.T.shape, np.float32))


def main(path, out):
    session = json.loads(path.read_text())
    rate, tracks, (bus,) = session["sample_rate"], session["tracks"], session["buses"]
    one = strip(rate, [device["device"] for device in tracks[0]["devices"]])  # one engine serves every track
    mix, sent = (np.zeros((2, session["length_samples"]), np.float32) for _ in range(2))
    for track in tracks:
        wet = render(*one, rate, read(path.parent / track["audio"]), track["devices"])
        wet *= np.float32(10 ** (track["fader_db"] / 20))
        mix += wet
        wet *= np.float32(10 ** (track["sends"][0]["gain_db"] / 20))
        sent += wet
    mix += render(*strip(rate, [device["device"] for device in bus["devices"]]), rate, sent, bus["devices"])
    soundfile.write(out, mix.T, rate, subtype="FLOAT")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
