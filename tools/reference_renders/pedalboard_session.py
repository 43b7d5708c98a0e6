"""A session's mix by pedalboard alone: ZamEQ2, ZamCompX2 per track. SESSION.json OUT.wav ZamEQ2.vst3 ZamCompX2.vst3

Tried: blocks of 512 to 32768, of which 2048 are the fastest. pedalboard's own reader scales 16 bits otherwise than
everybody else (the mixes null at -96 dB), so it is not used.
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from pedalboard import load_plugin

BUFFER_SIZE = 2048


def read(path):
    frames = soundfile.read(path, dtype="int16")[0]
    return np.multiply(frames.T, np.float32(1 / 32768), out=np.empty(frames.T.shape, np.float32))


def set_values(plugin, values):
    for name, value in values.items():
        low, high, _ = plugin.parameters[name].range
        plugin.parameters[name].raw_value = (value - low) / (high - low)


def render(plugin, samples):
    return plugin(samples, rate, buffer_size=BUFFER_SIZE, reset=True)


path = Path(sys.argv[1])
session = json.loads(path.read_text())
rate = session["sample_rate"]
eq, compressor = (load_plugin(file) for file in sys.argv[3:])  # one of each serves every track
mix = np.zeros((2, session["length_samples"]), np.float32)
for track in session["tracks"]:
    audio = read(path.parent / track["audio"])
    for plugin, device in zip((eq, compressor), track["devices"]):
        set_values(plugin, device["values"])
    wet = render(compressor, np.concatenate([render(eq, audio[:1]), render(eq, audio[1:])]))  # ZamEQ2 is mono
    wet *= np.float32(10 ** (track["fader_db"] / 20))
    mix += wet
soundfile.write(sys.argv[2], mix.T, rate, subtype="FLOAT")
