"""MIDI files as notes in seconds; and what is no MIDI file, or damaged."""

import mido
import numpy as np
import pytest

from dawbridge.errors import InputError
from dawbridge.render import make_plan
from dawbridge.render.graph.midi import clip_notes, on_samples
from dawbridge.session import Device, MidiClip, Session, TempoMap, Track
from midi_files import TPB, write_midi


def played(midi: str) -> Session:
    track = Track(name="keys", instrument=Device(device="synth"), midi_clips=(MidiClip(midi=midi),))
    return Session(sample_rate=48000, length_samples=1000, tracks=(track,))


def test_a_clip_takes_its_channel_alone(tmp_path):
    write_midi(tmp_path / "song.mid", (60, 100, 0, 1, 1), (62, 90, 0, 1, 10), (60, 80, 0.5, 2, 10))
    pitches = {
        channel: [note[:2] for note in clip_notes(MidiClip(midi="song.mid", channel=channel), tmp_path, TempoMap())]
        for channel in (None, 1, 10, 2)
    }
    assert pitches == {None: [(60, 100), (62, 90), (60, 80)], 1: [(60, 100)], 10: [(62, 90), (60, 80)], 2: []}


def test_the_files_own_tempo_does_not_count(tmp_path):
    song, track = mido.MidiFile(ticks_per_beat=96), mido.MidiTrack()
    track += [mido.MetaMessage("set_tempo", tempo=250_000), mido.Message("note_on", note=60, velocity=1, time=96)]
    track += [mido.Message("note_off", note=60, time=48)]
    song.tracks.append(track)
    song.save(tmp_path / "song.mid")
    assert clip_notes(MidiClip(midi="song.mid"), tmp_path, TempoMap()) == [(60, 1, 0.5, 0.25)]


def test_a_note_that_never_ends_sounds_to_its_tracks_end(tmp_path):
    song, track = mido.MidiFile(ticks_per_beat=TPB), mido.MidiTrack()
    track += [mido.Message("note_on", note=60, velocity=9), mido.Message("note_on", note=62, velocity=8, time=TPB)]
    track += [mido.Message("note_on", note=60, velocity=7, time=TPB), mido.MetaMessage("end_of_track", time=2 * TPB)]
    song.tracks.append(track)
    song.save(tmp_path / "song.mid")
    rows = clip_notes(MidiClip(midi="song.mid"), tmp_path, TempoMap())
    assert rows == [(60, 9, 0.0, 1.0), (62, 8, 0.5, 1.5), (60, 7, 1.0, 1.0)]


def test_notes_lie_on_samples_inside_the_render():
    notes = [(60, 1, 0.0, 0.1), (60, 1, 0.1, 0.0), (61, 1, 0.5, 1e6), (62, 1, 1.0, 1.0), (63, 1, 1e9, 1.0)]
    rows = [(pitch, start * 1000, length * 1000) for pitch, _, start, length in on_samples(notes, 1000, 7, 1000)]
    wanted = [(60, 7.25, 100.0), (60, 107.25, 1.0), (61, 507.25, 493.0)]
    assert [row[0] for row in rows] == [60, 60, 61]
    for row, right in zip(rows, wanted, strict=True):
        assert row == pytest.approx(right)


# Bad files


@pytest.mark.parametrize("content", [b"", b"MThd", b"RIFF" * 100, b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\xff\0\x90"])
def test_what_is_no_midi_file_is_named(tmp_path, content):
    (tmp_path / "song.mid").write_bytes(content)
    with pytest.raises(InputError, match=r"song.mid: no readable MIDI file \(.+\); export it again"):
        make_plan(played("song.mid"), tmp_path)
    with pytest.raises(InputError, match=r"gone.mid: cannot be read \(No such file or directory\); check the path"):
        make_plan(played("gone.mid"), tmp_path)


def test_film_frames_are_no_beats(tmp_path):
    write_midi(tmp_path / "song.mid", (60, 100, 0, 1))
    data = bytearray((tmp_path / "song.mid").read_bytes())
    data[12:14] = (0xE7, 0x28)  # 25 frames a second, 40 ticks each
    (tmp_path / "song.mid").write_bytes(data)
    with pytest.raises(InputError, match="song.mid: counts film frames, not beats"):
        make_plan(played("song.mid"), tmp_path)


def test_damaged_files_are_refused_or_read_and_nothing_else(tmp_path):
    write_midi(tmp_path / "whole.mid", *((60 + n, 100, n, n + 1) for n in range(6)))
    song = mido.MidiFile(tmp_path / "whole.mid")
    song.tracks[0].insert(0, mido.MetaMessage("key_signature", key="C"))
    song.save(tmp_path / "whole.mid")
    whole, rng = (tmp_path / "whole.mid").read_bytes(), np.random.default_rng(3)
    for _ in range(500):
        data, at = bytearray(whole), int(rng.integers(0, len(whole)))
        data[at : at + int(rng.integers(0, 3))] = bytes(rng.integers(0, 256, rng.integers(0, 4)).tolist())
        (tmp_path / "song.mid").write_bytes(data)
        try:
            clip_notes(MidiClip(midi="song.mid"), tmp_path, TempoMap())
        except InputError as error:
            assert "song.mid" in str(error) and "\n" not in str(error)


def test_a_note_sounds_with_the_sample_in_which_it_begins():
    """As Ardour plays it, at tempos whose beats lie between samples."""
    beat_s = 60.0 / 113.0
    (row,) = on_samples([(60, 100, 2 * beat_s, beat_s)], 44100, 0, 10**6)
    assert int(row[2] * 44100) == int(2 * beat_s * 44100) == 46831
    (exact,) = on_samples([(60, 100, 0.1 + 0.2, 0.1)], 1000, 0, 1000)
    assert int(exact[2] * 1000) == 300 and int(exact[3] * 1000 + 0.5) == 100
