"""WAV files as arrays, read and written by soundfile alone."""

import soundfile

from tiny_song import RATE


def write(path, samples, rate=RATE, subtype="FLOAT"):
    soundfile.write(path, samples, rate, subtype=subtype)


def read(path):
    return soundfile.read(path, always_2d=True)
