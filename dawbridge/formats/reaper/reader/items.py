"""REAPER's items as clips."""

import math
from dataclasses import replace

import numpy as np

from dawbridge.errors import InputError
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.formats.reaper.points import is_active, read_points
from dawbridge.formats.reaper.reader.context import Import
from dawbridge.formats.reaper.reader.levels import gain_db
from dawbridge.formats.reaper.reader.sources import AudioSource, Sources
from dawbridge.formats.reaper.text import Block, number, tokens
from dawbridge.session import Clip

_LONGEST_S = 1e6
_MOST_REPEATS = 2000
_STRAIGHT, _PARABOLIC = 0, 1
_FADE_SLACK = 1e-3


def takes_of(item: Block) -> list[Block]:
    """The takes that play: the active one, or all of them. What an item says for all stands in the first."""
    parts: list[list] = [[]]
    active = 0
    for child in item.children:
        if isinstance(child, str) and (child == "TAKE" or child.startswith("TAKE ")):
            parts.append([])
            active = len(parts) - 1 if "SEL" in tokens(child) else active
        else:
            parts[-1].append(child)
    plays_all = (item.first("ALLTAKES") or ["0"])[0] != "0"
    chosen = range(len(parts)) if plays_all else [active]
    return [Block("TAKE" if place else "ITEM", parts[place]) for place in chosen]


def span_of(item: Block, where: str) -> tuple[float, float]:
    """(position, length) of an item in seconds."""
    position, length = (number(item.first(key), 0, 0.0, f"{where} {key}") for key in ("POSITION", "LENGTH"))
    if not 0.0 <= length <= _LONGEST_S or abs(position) > _LONGEST_S:
        text = f"{where}: {length:g} s at {position:g} s; items last up to {_LONGEST_S:g} s; correct it in REAPER"
        raise InputError(text)
    return position, length


def item_losses(item: Block, imported: Import, where: str) -> None:
    """What of an item changes its sound and no clip has."""
    losses = imported.losses
    if item.all("TAKE") and (item.first("ALLTAKES") or ["0"])[0] == "0":
        losses.add("foreign.takes", where, "its other takes")
    if item.blocks("TAKEFX") and any(block.blocks() for block in item.blocks("TAKEFX")):
        losses.add("foreign.take_fx", where, "its own effects")
    if item.all("SM"):
        losses.add("foreign.stretch_markers", where, "its stretch markers")
    for block in item.blocks("PANENV", "PITCHENV", "MUTEENV"):
        if is_active(block):
            losses.add("foreign.take_envelope", where, f"its envelope {block.name}")


def audio_clips(item: Block, take: Block, sources: Sources, where: str) -> list[Clip]:
    """The clips of a take: more than one where the source is looped."""
    imported = sources.imported
    position_s, length_s = span_of(item, where)
    block = next(iter(take.blocks("SOURCE")), None)
    source = None if block is None else sources.read(block, where)
    if source is None:
        return []
    gain, pan = _levels(item, take, where)
    _rate_losses(take, imported, where)
    mode = int(number(take.first("CHANMODE"), 0, 0, f"{where} CHANMODE"))
    if mode > 4:
        imported.losses.add("foreign.channel_mode", where, f"channel mode {mode}")
    changes = replace(source.changes, channel_mode=mode, pan=max(-1.0, min(pan, 1.0)), is_inverted=gain < 0)
    source = replace(source, changes=_needed(changes, source))
    fades, shape, factor = _fades(item, take, length_s, imported, where)
    offset_s = number(take.first("SOFFS"), 0, 0.0, f"{where} SOFFS")
    is_looped = (item.first("LOOP") or ["0"])[0] != "0"
    spans = _spans(source, offset_s, length_s, is_looped, imported, where)
    name = sources.placed(source)
    level_db = gain_db(abs(gain) * factor, where, imported.losses)
    return _placed(imported, name, source, spans, position_s, level_db, fades, shape, where)


def _needed(changes, source: AudioSource):
    """The changes that change this file."""
    return changes if source.channels == 2 else replace(changes, channel_mode=0)


def _levels(item: Block, take: Block, where: str) -> tuple[float, float]:
    """(gain, pan) of item and take together; a gain below 0 turns the polarity."""
    row = item.first("VOLPAN")
    trim = number(row, 0, 1.0, f"{where} VOLPAN")
    own = take.first("TAKEVOLPAN") if take.name == "TAKE" else row[1:]
    return trim * number(own, 1, 1.0, f"{where} VOLPAN"), number(own, 0, 0.0, f"{where} VOLPAN")


def _rate_losses(take: Block, imported: Import, where: str) -> None:
    row = take.first("PLAYRATE")
    rate, pitch = number(row, 0, 1.0, f"{where} PLAYRATE"), number(row, 2, 0.0, f"{where} PLAYRATE")
    if abs(rate - 1.0) > 1e-9:
        imported.losses.add("foreign.play_rate", where, f"that it plays {rate:g} times as fast")
    if abs(pitch) > 1e-9:
        imported.losses.add("foreign.pitch", where, f"that it sounds {pitch:g} semitones higher")


def _spans(source: AudioSource, offset_s: float, length_s: float, is_looped: bool, imported: Import, where: str):
    """(seconds after the item's start, seconds into the file, seconds) of each round; one where it is not looped."""
    begin, whole = max(-offset_s, 0.0), source.rest_s
    offset_s = max(offset_s, 0.0)
    if not is_looped or whole <= 0.0:
        return [(begin, source.first_s + offset_s, max(length_s - begin, 0.0))]
    if length_s / whole > _MOST_REPEATS:
        imported.losses.add("foreign.loop", where, f"all rounds of its loop after the first {_MOST_REPEATS}")
    spans, inside = [], math.fmod(offset_s, whole)
    while begin < length_s - 1e-9 and len(spans) < _MOST_REPEATS:
        piece = min(whole - inside, length_s - begin)
        spans.append((begin, source.first_s + inside, piece))
        begin, inside = begin + piece, 0.0
    return spans or [(0.0, source.first_s, length_s)]


def _placed(imported, name, source, spans, position_s, level_db, fades, shape, where: str) -> list[Clip]:
    clips = []
    for place, (after_s, first_s, length_s) in enumerate(spans):
        start, offset = imported.samples(position_s + after_s), imported.samples(first_s)
        length = max(imported.samples(length_s), 1)
        if offset >= imported.samples(source.length_s):
            continue  # after the file's end: silence
        if source.section_s:
            length = max(min(length, imported.samples(source.first_s + source.section_s) - offset), 1)
        ends = fades[0] if place == 0 else 0.0, fades[1] if place == len(spans) - 1 else 0.0
        fade_in, fade_out = (imported.samples(fade_s) for fade_s in ends)
        if fade_in + fade_out > length + 2:
            imported.losses.add("foreign.fade", where, "its fades where they overlap")
        fade_in = min(fade_in, length)
        fade_out = min(fade_out, length - fade_in)
        ends = {"fade_in_samples": fade_in, "fade_out_samples": fade_out, "fade_shape": shape}
        span = {"start_samples": start, "offset_samples": offset, "length_samples": length}
        clips.append(Clip(audio=name, gain_db=level_db, **span, **ends))
    return clips


def _fades(item: Block, take: Block, length_s: float, imported: Import, where: str):
    """((fade in, fade out) in seconds, shape, gain of the take's envelope)."""
    fades, shapes = [], []
    for key in ("FADEIN", "FADEOUT"):
        row = item.first(key)
        by_hand, by_crossfade = (number(row, place, 0.0, f"{where} {key}") for place in (1, 2))
        fades.append(max(by_crossfade if by_crossfade > 0 else by_hand, 0.0))
        shapes.append(int(number(row, 0, 0, f"{where} {key}")) if fades[-1] > 0 else _STRAIGHT)
    envelope = next((b for b in take.blocks("VOLENV") if is_active(b)), None)
    factor, drawn = (1.0, None) if envelope is None else _drawn(read_points(envelope, where), length_s)
    if envelope is not None and drawn is None and factor is None:
        imported.losses.add("foreign.take_envelope", where, "its envelope VOLENV")
    if drawn is not None and not any(fades):
        return drawn, "equal_power", 1.0
    curved = [shape for shape in shapes if shape != _STRAIGHT]
    if curved:
        told = "of equal power" if _PARABOLIC in curved else "straight"
        text = f"the shape {curved[0]} of its fades; they are {told}"
        imported.losses.add("foreign.fade_shape", where, text)
    return tuple(fades), "equal_power" if _PARABOLIC in curved else "linear", 1.0 if factor is None else factor


def _drawn(points: list[EnvelopePoint], length_s: float):
    """(gain, None) of a level envelope; (1, fades) of one that draws fades of equal power; else (None, None)."""
    values = [value for _, value in points]
    if max(values) - min(values) < 1e-9:
        return values[0], None
    times, gains = np.array([time for time, _ in points]), np.array(values)
    tops = times[gains > 1.0 - 1e-9]
    if not len(tops):
        return None, None
    fade_in = tops[0] if gains[0] < 0.5 else 0.0
    fade_out = length_s - tops[-1] if gains[-1] < 0.5 else 0.0
    rising = np.clip(times / fade_in, 0.0, 1.0) if fade_in > 0 else np.ones_like(times)
    falling = np.clip((length_s - times) / fade_out, 0.0, 1.0) if fade_out > 0 else np.ones_like(times)
    wanted = np.sin(rising * (math.pi / 2)) * np.sin(falling * (math.pi / 2))
    if np.max(np.abs(wanted - gains)) > _FADE_SLACK:
        return None, None
    return 1.0, (float(fade_in), float(fade_out))
