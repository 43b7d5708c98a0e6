"""Sessions to render, and `dawbridge render` in this process."""

import pytest
import soundfile

from command_line import call
from dawbridge.session import Bus, Device, Send, Session, Track, write_session
from render_songs import FADE, LENGTH
from strip_jobs import RATE, noise


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of the test's own, and globs start in its folder."""
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments of render → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, "render", "--workers", 2, "--quiet", *arguments)


@pytest.fixture
def song(tmp_path):
    """A session with all that can be set: automation, a send to a bus, an instrument, two devices of a kind."""
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", noise(LENGTH, seed=number).T, RATE, subtype="FLOAT")
    gains = (Device(device="gain", automation={"gain_db": FADE}), Device(device="gain", values={"gain_db": 2.0}))
    tracks = (
        Track(name="Vox", audio="0.wav", devices=gains, automation={"fader_db": FADE}, sends=(Send(to="Verb"),)),
        Track(name="a/b=c", audio="1.wav", devices=(Device(device="eq"),), output="Verb"),
        Track(name="Keys", instrument=Device(device="synth")),
    )
    reverb = Device(device="reverb", values={"wet_0to1": 0.5})
    session = Session(
        sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=(Bus(name="Verb", devices=(reverb,)),)
    )
    write_session(session, tmp_path / "session.json")
    return tmp_path / "session.json"


@pytest.fixture
def simple(tmp_path):
    """A function (path in the test's folder, gain in dB) → the path of a session of one track."""

    def write(name: str, gain_db: float = 0.0, device: str = "gain"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.parent / "noise.wav").exists():
            soundfile.write(path.parent / "noise.wav", noise(4800).T, RATE, subtype="FLOAT")
        values = {"gain_db": gain_db} if device == "gain" else {}
        track = Track(name="only", audio="noise.wav", devices=(Device(device=device, values=values),))
        write_session(Session(name=path.stem, sample_rate=RATE, length_samples=4800, tracks=(track,)), path)
        return path

    return write
