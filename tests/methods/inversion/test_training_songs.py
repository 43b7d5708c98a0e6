"""Songs to train on: a MIDI file's messages in seconds, channel by channel, no matter how its tracks are cut."""

import mido
import pytest

from midi_bank.playing import timed_events


def test_messages_stand_at_their_seconds_across_tracks_and_tempos():
    tempo = mido.MidiTrack([
        mido.MetaMessage("set_tempo", tempo=500_000, time=0),
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
    ])  # fmt: skip
    bass = mido.MidiTrack([
        mido.Message("program_change", channel=1, program=33, time=0),
        mido.Message("note_on", channel=1, note=40, velocity=90, time=960),
    ])  # fmt: skip
    drums = mido.MidiTrack([mido.Message("note_on", channel=9, note=36, velocity=90, time=240)])
    midi = mido.MidiFile(type=1, ticks_per_beat=480, tracks=[tempo, bass, drums])
    events = [(second, message.type, message.channel) for second, message in timed_events(midi, 10.0)]
    assert events == [
        (0.0, "program_change", 1),
        (pytest.approx(0.25), "note_on", 9),
        (pytest.approx(1.5), "note_on", 1),
    ]
    assert len(timed_events(midi, 1.0)) == 2
