"""MIDI files made of a few notes."""

import mido

TPB = 480


def write_midi(path, *notes, type=1):
    """A file of (pitch, velocity, first beat, last beat, channel from 1)."""
    events = []
    for pitch, velocity, begin, end, *channel in notes:
        row = {"note": pitch, "channel": (*channel, 1)[0] - 1}
        events.append((round(begin * TPB), 1, mido.Message("note_on", velocity=velocity, **row)))
        events.append((round(end * TPB), 2 if end == begin else 0, mido.Message("note_off", **row)))
    song, track, now = mido.MidiFile(ticks_per_beat=TPB, type=type), mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    song.tracks.append(track)
    song.save(path)
