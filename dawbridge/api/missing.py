"""A session without the files that are not there, by leave of the caller."""

import os
from pathlib import Path

from dawbridge.formats import Loss
from dawbridge.session import Bus, Session, Track

MISSING_AUDIO = "foreign.missing_audio"
_EMPTY_TRACK = "foreign.empty_track"


def without_missing(session: Session, folder: Path) -> tuple[Session, tuple[Loss, ...]]:
    """The session without clips whose audio or MIDI file is not there, and a loss for each file of each track.

    A track that had no other audio stands as a bus, as the readers of DAWs' files have it: it may send, and steer
    devices, but is silent. A file that is there and cannot be read is left to the render, which says why.
    """
    rows = [_without(track, folder) for track in session.tracks]
    tracks = tuple(channel for channel, _ in rows if isinstance(channel, Track))
    silent = tuple(channel for channel, _ in rows if isinstance(channel, Bus))
    losses = tuple(loss for _, found in rows for loss in found)
    return session.model_copy(update={"tracks": tracks, "buses": (*session.buses, *silent)}), losses


def _without(track: Track, folder: Path) -> tuple[Track | Bus, list[Loss]]:
    where = f"track {track.name!r}"
    names = [clip.audio for clip in track.all_clips] + [clip.midi for clip in track.midi_clips]
    gone = {name: None for name in names if not os.path.exists(folder / name)}
    if not gone:
        return track, []
    losses = [Loss(where, f"{name!r} is not there", "its clips are left out", MISSING_AUDIO) for name in gone]
    clips = tuple(clip for clip in track.all_clips if clip.audio not in gone)
    notes = tuple(clip for clip in track.midi_clips if clip.midi not in gone)
    if clips or track.instrument is not None:
        return track.model_copy(update={"clips": clips, "midi_clips": notes}), losses
    fields = {name: getattr(track, name) for name in Bus.model_fields}
    return Bus(**fields), [
        *losses,
        Loss(where, "that it is a track", "it plays nothing, and stands as a bus", _EMPTY_TRACK),
    ]
