"""Writes a track's items: pieces of audio files, and MIDI."""

import math

import numpy as np

from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.points import envelope_block
from dawbridge.formats.reaper.text import Block, line, token_text
from dawbridge.formats.reaper.writer.context import AUDIO, Export
from dawbridge.midi_notes import BeatNote, other_events, read_notes
from dawbridge.session import Clip, MidiClip, Track
from dawbridge.session.model import FadeShape
from dawbridge.units import db_to_gain

TICKS = 960
FADE_PIECES = 256


def item_blocks(export: Export, track: Track) -> list[Block]:
    """The items of the track."""
    where = export.where(track.name)
    if track.instrument is not None:
        return [midi_item(export, track, clip, index, where) for index, clip in enumerate(track.midi_clips)]
    items = (audio_item(export, track, clip, index, where) for index, clip in enumerate(track.all_clips))
    return [item for item in items if item is not None]


def audio_item(export: Export, track: Track, clip: Clip, index: int, where: str) -> Block | None:
    """The item of a clip; None, and a Loss, if all of it is before the timeline.

    An equal-power fade, or one that begins before the timeline, is written as an envelope of the item's volume, which
    says it exactly.
    """
    rate, file, where = export.session.sample_rate, export.audio.get(clip.audio), f"{where} clip {index + 1}"
    remaining = max(file.length_samples - clip.offset_samples, 1)
    cut = max(-clip.start_samples, 0)
    length = (remaining if clip.length_samples is None else clip.length_samples) - cut
    if length <= 0:
        export.losses.add("track.clips", where, "the clip, which is before the timeline", "no item begins there")
        return None
    if cut:
        _add_cut_loss(export, clip, cut, where)
    fades = clip.fade_in_samples, clip.fade_out_samples
    is_drawn = any(fades) and (clip.fade_shape != "linear" or 0 < cut < clip.fade_in_samples)
    shown = [0.0, 0.0] if is_drawn else [(fades[0] if not cut else 0) / rate, fades[1] / rate]
    block = _item(token_text(file.name), max(clip.start_samples, 0) / rate, length / rate, shown)
    block.children += [
        line("VOLPAN", db_to_gain(clip.gain_db), 0, 1, -1),
        line("SOFFS", (clip.offset_samples + cut) / rate),
        "PLAYRATE 1 1 0 -1 0 0.0025",
        "CHANMODE 0",
        line("GUID", guid("take", track.name, index)),
        Block("SOURCE WAVE", [line("FILE", f"{AUDIO}/{file.name}")]),
    ]
    if is_drawn:
        points = fade_points(clip.fade_shape, *(row / rate for row in (*fades, length, cut)))
        block.children.append(envelope_block("VOLENV", points, track.name, index))
    return block


def _add_cut_loss(export: Export, clip: Clip, cut: int, where: str) -> None:
    also: tuple[str, ...] = ("clip.offset_samples", "clip.length_samples", "clip.audio")
    also += ("clip.fade_in_samples",) if clip.fade_in_samples else ()
    what = f"its first {cut} samples, which are before the timeline begins"
    export.losses.add("clip.start_samples", where, what, also=also)


def fade_points(
    shape: FadeShape, fade_in_s: float, fade_out_s: float, length_s: float, cut_s: float = 0.0
) -> list[tuple[float, float]]:
    """(seconds from the item's start, gain) of fades; the fade-in begins `cut_s` before the item."""
    gain = (lambda share: np.sin(share * (math.pi / 2.0))) if shape == "equal_power" else np.asarray
    points = [(0.0, 1.0)]
    if fade_in_s > cut_s:
        shares = np.linspace(cut_s / fade_in_s, 1.0, FADE_PIECES + 1)
        points = list(zip((shares * fade_in_s - cut_s).tolist(), gain(shares).tolist()))
    if fade_out_s:
        shares = np.linspace(0.0, 1.0, FADE_PIECES + 1)
        points += zip((length_s - fade_out_s + shares * fade_out_s).tolist(), gain(shares)[::-1].tolist())
    return points


def midi_item(export: Export, track: Track, clip: MidiClip, index: int, where: str) -> Block:
    """The item of a MIDI clip: its notes in ticks from the clip's start."""
    path, tempo = export.sources / clip.midi, export.session.tempo
    notes = read_notes(path, clip.channel)
    if others := other_events(path, clip.channel):
        export.losses.add("track.midi_events", f"{where} MIDI clip {index + 1}", ", ".join(others))
    events = midi_lines(notes)
    beats = max([1.0, *(note.start_beats + note.length_beats for note in notes)])
    begin, end = tempo.seconds([clip.start_beats, clip.start_beats + beats]).tolist()
    block = _item(token_text(clip.midi), begin, end - begin, [0.0, 0.0])
    block.children += ["VOLPAN 1 0 1 -1", "SOFFS 0", "PLAYRATE 1 1 0 -1 0 0.0025", "CHANMODE 0"]
    block.children.append(line("GUID", guid("take", track.name, index)))
    head = [f"HASDATA 1 {TICKS} QN", "CCINTERP 32"]
    block.children.append(Block("SOURCE MIDI", [*head, *events, "IGNTEMPO 0 120 4 4"]))
    return block


def midi_lines(notes: list[BeatNote]) -> list[str]:
    """`E delta status data data` lines: notes on and off, and at the end the message `all notes off`."""
    rows = []  # (tick, 0 for off and 1 for on, message): a note ends before the next of its pitch begins
    for note in notes:
        first, last = (round(beat * TICKS) for beat in (note.start_beats, note.start_beats + note.length_beats))
        status = f"{note.channel - 1:x} {note.pitch:02x}"
        rows.append((first, 1, f"9{status} {note.velocity:02x}"))
        rows.append((max(last, first + 1), 0, f"8{status} 00"))
    rows.sort(key=lambda row: row[:2])
    rows.append((max([TICKS, *(tick for tick, _, _ in rows)]), 2, "b0 7b 00"))
    ticks = [tick for tick, _, _ in rows]
    return [f"E {tick - before} {text}" for tick, before, (_, _, text) in zip(ticks, [0, *ticks], rows)]


def _item(name: str, position_s: float, length_s: float, fades_s: list[float]) -> Block:
    rows = [line("POSITION", position_s), "SNAPOFFS 0", line("LENGTH", length_s), "LOOP 0", "ALLTAKES 0"]
    rows += [line(key, 0, fade_s, 0, 0, 0, 0, 0) for key, fade_s in zip(("FADEIN", "FADEOUT"), fades_s)]
    return Block("ITEM", [*rows, "MUTE 0 0", "SEL 0", line("NAME", name)])
