"""What an audio file lacks is told: where its header promises more, and where a clip asks for more."""

import json
import os
import struct

import numpy as np
import pytest
import soundfile

from command_line import call
from dawbridge.audio import read_length
from dawbridge.session import Clip, Session, Track, write_session

RATE, LENGTH = 22050, 4410
KINDS = [("WAV", "FLOAT"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("AIFF", "PCM_16"), ("AIFF", "FLOAT")]


def write(path, kind="WAV", subtype="FLOAT", rate=RATE):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (LENGTH, 2))
    soundfile.write(path, samples, rate, format=kind, subtype=subtype)
    return path


@pytest.mark.parametrize(("kind", "subtype"), KINDS)
def test_the_header_is_taken_at_its_word(kind, subtype, tmp_path):
    path = write(tmp_path / "a", kind, subtype)
    whole = read_length(path)
    assert (whole.length_samples, whole.promised_samples, whole.note) == (LENGTH, LENGTH, "")
    os.truncate(path, os.path.getsize(path) // 2)
    cut = read_length(path)
    assert cut.length_samples < LENGTH * 0.55 and cut.promised_samples == pytest.approx(LENGTH, abs=2)
    assert cut.note.startswith("cut short: its header promises 0.200 s, 0.100 s are there")


def test_a_header_written_before_the_end_was_known_promises_nothing(tmp_path):
    path = write(tmp_path / "stream.wav")
    data = bytearray(path.read_bytes())
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert read_length(path).note == ""


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEdata", b"no audio"])
def test_what_is_no_audio_has_no_length(content, tmp_path):
    (tmp_path / "a.wav").write_bytes(content)
    assert read_length(tmp_path / "a.wav") is None and read_length(tmp_path / "none.wav") is None


def test_a_render_tells_of_short_files_and_clips_past_their_end(capsys, monkeypatch, tmp_path):
    write(tmp_path / "whole.wav")
    os.truncate(write(tmp_path / "cut.wav"), 20000)
    past = {"start_samples": 0, "offset_samples": 441}
    clips = (
        Clip(audio="whole.wav", length_samples=LENGTH, **past),
        Clip(audio="whole.wav", length_samples=LENGTH - 330, **past),
        Clip(audio="whole.wav", length_samples=LENGTH - 440, **past),
    )
    tracks = (Track(name="a", clips=clips), Track(name="b", audio="cut.wav"), Track(name="c", audio="whole.wav"))
    write_session(Session(sample_rate=RATE, length_samples=LENGTH, tracks=tracks), tmp_path / "session.json")
    notes = [
        "track 'a': 2 clips reach up to 0.020 s past the end of 'whole.wav'; that part is silent",
        "track 'b': 'cut.wav' is cut short: its header promises 0.200 s, 0.113 s are there; the rest is silent",
    ]
    for out in ("one", "two"):  # from the cache too
        answer = call(capsys, monkeypatch, "render", tmp_path / "session.json", "--out", tmp_path / out, "--quiet")
        assert json.loads((tmp_path / out / "metrics.json").read_text())["notes"] == notes
        assert answer.code == 0 and all(note in answer.out for note in notes)
    arguments = "export", tmp_path / "session.json", "--format", "reaper", "--out", tmp_path / "daw"
    answer = call(capsys, monkeypatch, *arguments)
    assert answer.code == 0 and all(f"note: {note}" in answer.err for note in notes)
