"""A session's mix by DawDreamer alone: per track EQ and compressor, a reverb fed by sends. SESSION.json OUT.wav"""

import json
import sys
from pathlib import Path

import dawdreamer
import numpy as np
import soundfile

BUILTIN = Path(__file__).resolve().parents[2] / "dawbridge/devices/builtin"
BLOCK_SIZE = 2048


def faust(engine, name):
    processor = engine.make_faust_processor(name)
    processor.set_dsp_string((BUILTIN / f"{name}.dsp").read_text())
    processor.compile()
    return processor


def strip(rate, names):
    engine = dawdreamer.RenderEngine(rate, BLOCK_SIZE)
    playback = engine.make_playback_processor("in", np.zeros((2, 1), np.float32))
    devices = [faust(engine, name) for name in names]
    engine.load_graph([(playback, []), *zip(devices, [[name] for name in ("in", *names)])])
    return engine, playback, devices


def render(engine, playback, devices, samples, rows):
    for device, row in zip(devices, rows):
        for name, value in row["values"].items():
            device.set_parameter(f"/dawdreamer/{name}", value)
    playback.set_data(samples)
    engine.render((samples.shape[1] + 0.5) / engine_rate)
    return engine.get_audio()[:, : samples.shape[1]]


path = Path(sys.argv[1])
session = json.loads(path.read_text())
engine_rate = session["sample_rate"]
tracks, (bus,) = session["tracks"], session["buses"]
one = strip(engine_rate, [device["device"] for device in tracks[0]["devices"]])  # one engine serves every track
mix, sent = (np.zeros((2, session["length_samples"]), np.float32) for _ in range(2))
for track in tracks:
    audio = np.ascontiguousarray(soundfile.read(path.parent / track["audio"], dtype="float32")[0].T)
    wet = render(*one, audio, track["devices"])
    wet *= np.float32(10 ** (track["fader_db"] / 20))
    mix += wet
    sent += wet * np.float32(10 ** (track["sends"][0]["gain_db"] / 20))
mix += render(*strip(engine_rate, [device["device"] for device in bus["devices"]]), sent, bus["devices"])
soundfile.write(sys.argv[2], mix.T, engine_rate, subtype="FLOAT")
