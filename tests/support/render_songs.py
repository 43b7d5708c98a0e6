"""What renders are made of and how their output is read back."""

import json

import numpy as np
import soundfile

from dawbridge.session.automation import Automation, Point
from strip_jobs import RATE

LENGTH = RATE // 2
FADE = Automation(points=(Point(time=0.0, value=-20.0), Point(time=0.5, value=0.0)))


def rows_of(answer) -> list[dict]:
    """The JSON lines."""
    return [json.loads(line) for line in answer.out.splitlines()]


def audio(path) -> np.ndarray:
    """[n, 2]"""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def folders(out) -> list[str]:
    return sorted(path.name for path in out.iterdir())
