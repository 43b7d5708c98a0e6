"""A session of Ardour as it is read, for tests."""

import shutil
from pathlib import Path

import numpy as np

from ardour_fixture_texts import FOLDER
from dawbridge.audio import read_audio
from dawbridge.formats import Media, ardour
from dawbridge.pan import pan_gains
from dawbridge.units import db_to_gain


class Read:
    """A fixture as it is read: its session, losses and folder."""

    def __init__(self, path: Path, folder: Path):
        self.folder = folder
        self.session, self.losses = ardour.read(path, Media(folder))
        self.kinds = {kind for loss in self.losses for kind in loss.kinds}
        self.channels = {channel.name: channel for channel in self.session.channels}

    def __getitem__(self, name: str):
        return self.channels[name]

    def sound(self, name: str, number: int = 0) -> np.ndarray:
        """The file of one of its clips."""
        return read_audio(self.folder / self[name].all_clips[number].audio).samples


def with_files(folder: Path, text: str) -> Path:
    """A session file, with the sounds of the fixtures."""
    home = folder / "home"
    shutil.copytree(FOLDER / "interchange", home / "interchange")
    path = home / "song.ardour"
    path.write_text(text, encoding="utf-8")
    return path


def original(name: str) -> np.ndarray:
    return read_audio(FOLDER / "interchange" / "song" / "audiofiles" / name).samples


def gains(channel) -> tuple[float, float]:
    """Left and right of fader and pan."""
    left, right = pan_gains(channel.pan_lr, getattr(channel, "channels", 2))
    return tuple(np.multiply(db_to_gain(channel.fader_db), (left, right)))


def send_gains(channel, number: int = 0) -> tuple[float, float]:
    """Left and right of what reaches the bus by a send."""
    send = channel.sends[number]
    own = np.multiply(db_to_gain(send.gain_db), pan_gains(send.pan_lr, 2))
    return tuple(own if send.is_pre_fader else own * gains(channel))
