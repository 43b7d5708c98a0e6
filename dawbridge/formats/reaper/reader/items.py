"""Reads REAPER's items as clips."""

import math
from dataclasses import dataclass, replace

import numpy as np

from dawbridge.errors import InputError
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.formats.reaper.points import is_active, read_points
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.levels import gain_db
from dawbridge.formats.reaper.reader.sources import AudioSource, Changes, Sources
from dawbridge.formats.reaper.text import Block, number, tokens
from dawbridge.session import Clip
from dawbridge.session.model import FadeShape

_LONGEST_S = 1e6
_MOST_REPEATS = 2000
_STRAIGHT, _PARABOLIC = 0, 1
_FADE_TOLERANCE = 1e-3


Span = tuple[float, float, float]  # seconds after the item's start, seconds into the file, length in seconds


@dataclass(frozen=True)
class Fades:
    """The fades of an item in seconds, 0 for none, and a gain that applies to all of it."""

    in_s: float = 0.0
    out_s: float = 0.0
    shape: FadeShape = "linear"
    gain: float = 1.0


def takes_of(item: Block) -> list[Block]:
    """The takes that play: the active one, or all. The first contains the item's own lines."""
    parts: list[list[Block | str]] = [[]]
    active = 0
    for child in item.children:
        if isinstance(child, str) and (child == "TAKE" or child.startswith("TAKE ")):
            parts.append([])
            active = len(parts) - 1 if "SEL" in tokens(child) else active
        else:
            parts[-1].append(child)
    plays_all = (item.first("ALLTAKES") or ["0"])[0] != "0"
    chosen = range(len(parts)) if plays_all else [active]
    return [Block("TAKE" if index else "ITEM", parts[index]) for index in chosen]


def span_of(item: Block, where: str) -> tuple[float, float]:
    """(position, length) of an item in seconds."""
    position, length = (number(item.first(key), 0, 0.0, f"{where} {key}") for key in ("POSITION", "LENGTH"))
    if not 0.0 <= length <= _LONGEST_S or abs(position) > _LONGEST_S:
        text = f"{where}: {length:g} s at {position:g} s; items last up to {_LONGEST_S:g} s; correct it in REAPER"
        raise InputError(text)
    return position, length


def add_item_losses(item: Block, context: ImportContext, where: str) -> None:
    """A Loss for each property of an item that changes its sound and that no clip has."""
    losses = context.losses
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
    """The clips of a take: one, or one per round if the source is looped."""
    context = sources.context
    position_s, length_s = span_of(item, where)
    block = take.first_block("SOURCE")
    source = None if block is None else sources.read(block, where)
    if source is None:
        return []
    gain, pan = _levels(item, take, where)
    _rate_losses(take, context, where)
    mode = int(number(take.first("CHANMODE"), 0, 0, f"{where} CHANMODE"))
    if mode > 4:
        context.losses.add("foreign.channel_mode", where, f"channel mode {mode}")
    changes = replace(source.changes, channel_mode=mode, pan=max(-1.0, min(pan, 1.0)), is_inverted=gain < 0)
    source = replace(source, changes=_needed(changes, source))
    fades = _fades(item, take, length_s, context, where)
    offset_s = number(take.first("SOFFS"), 0, 0.0, f"{where} SOFFS")
    is_looped = (item.first("LOOP") or ["0"])[0] != "0"
    spans = _spans(source, offset_s, length_s, is_looped, context, where)
    clip = Clip(
        audio=sources.add(source),
        gain_db=gain_db(abs(gain) * fades.gain, where, context.losses),
        fade_shape=fades.shape,
    )
    return _clips(context, clip, source, spans, position_s, fades, where)


def _needed(changes: Changes, source: AudioSource) -> Changes:
    """The changes that have an effect on this file."""
    return changes if source.channels == 2 else replace(changes, channel_mode=0)


def _levels(item: Block, take: Block, where: str) -> tuple[float, float]:
    """(gain, pan) of item and take together; a negative gain inverts the polarity."""
    row = item.first("VOLPAN")
    trim = number(row, 0, 1.0, f"{where} VOLPAN")
    own = take.first("TAKEVOLPAN") if take.name == "TAKE" else row[1:]
    return trim * number(own, 1, 1.0, f"{where} VOLPAN"), number(own, 0, 0.0, f"{where} VOLPAN")


def _rate_losses(take: Block, context: ImportContext, where: str) -> None:
    row = take.first("PLAYRATE")
    rate, pitch = number(row, 0, 1.0, f"{where} PLAYRATE"), number(row, 2, 0.0, f"{where} PLAYRATE")
    if abs(rate - 1.0) > 1e-9:
        context.losses.add("foreign.play_rate", where, f"that it plays {rate:g} times as fast")
    if abs(pitch) > 1e-9:
        context.losses.add("foreign.pitch", where, f"that it sounds {pitch:g} semitones higher")


def _spans(
    source: AudioSource, offset_s: float, length_s: float, is_looped: bool, context: ImportContext, where: str
) -> list[Span]:
    """The spans of the file that play: one, or one per round if it is looped."""
    begin, whole = max(-offset_s, 0.0), source.remaining_s
    offset_s = max(offset_s, 0.0)
    if not is_looped or whole <= 0.0:
        return [(begin, source.first_s + offset_s, max(length_s - begin, 0.0))]
    if length_s / whole > _MOST_REPEATS:
        context.losses.add("foreign.loop", where, f"all rounds of its loop after the first {_MOST_REPEATS}")
    spans: list[Span] = []
    inside = math.fmod(offset_s, whole)
    while begin < length_s - 1e-9 and len(spans) < _MOST_REPEATS:
        piece = min(whole - inside, length_s - begin)
        spans.append((begin, source.first_s + inside, piece))
        begin, inside = begin + piece, 0.0
    return spans or [(0.0, source.first_s, length_s)]


def _clips(
    context: ImportContext,
    clip: Clip,
    source: AudioSource,
    spans: list[Span],
    position_s: float,
    fades: Fades,
    where: str,
) -> list[Clip]:
    """A copy of `clip` for each span that lies inside the file."""
    clips = []
    for index, (after_s, first_s, length_s) in enumerate(spans):
        start, offset = context.samples(position_s + after_s), context.samples(first_s)
        length = max(context.samples(length_s), 1)
        if offset >= context.samples(source.length_s):
            continue  # after the file's end: silence
        if source.section_s:
            length = max(min(length, context.samples(source.first_s + source.section_s) - offset), 1)
        fade_in = context.samples(fades.in_s) if index == 0 else 0
        fade_out = context.samples(fades.out_s) if index == len(spans) - 1 else 0
        if fade_in + fade_out > length + 2:
            context.losses.add("foreign.fade", where, "its fades where they overlap")
        fade_in = min(fade_in, length)
        fade_out = min(fade_out, length - fade_in)
        clips.append(
            Clip(
                audio=clip.audio,
                start_samples=start,
                offset_samples=offset,
                length_samples=length,
                gain_db=clip.gain_db,
                fade_in_samples=fade_in,
                fade_out_samples=fade_out,
                fade_shape=clip.fade_shape,
            )
        )
    return clips


def _fades(item: Block, take: Block, length_s: float, context: ImportContext, where: str) -> Fades:
    """The item's fades, which may also be drawn as an envelope of the take's volume."""
    lengths, shapes = [], []
    for key in ("FADEIN", "FADEOUT"):
        row = item.first(key)
        by_hand, by_crossfade = (number(row, index, 0.0, f"{where} {key}") for index in (1, 2))
        lengths.append(max(by_crossfade if by_crossfade > 0 else by_hand, 0.0))
        shapes.append(int(number(row, 0, 0, f"{where} {key}")) if lengths[-1] > 0 else _STRAIGHT)
    envelope = next((b for b in take.blocks("VOLENV") if is_active(b)), None)
    drawn = Fades() if envelope is None else _drawn(read_points(envelope, where), length_s)
    if drawn is None:
        context.losses.add("foreign.take_envelope", where, "its envelope VOLENV")
    elif drawn.shape == "equal_power" and not any(lengths):
        return drawn
    curved = [shape for shape in shapes if shape != _STRAIGHT]
    if curved:
        kept = "of equal power" if _PARABOLIC in curved else "straight"
        what = f"the shape {curved[0]} of its fades; they are {kept}"
        context.losses.add("foreign.fade_shape", where, what)
    shape: FadeShape = "equal_power" if _PARABOLIC in curved else "linear"
    return Fades(lengths[0], lengths[1], shape, 1.0 if drawn is None else drawn.gain)


def _drawn(points: list[EnvelopePoint], length_s: float) -> Fades | None:
    """The gain of an envelope that does not move, or the equal-power fades that it draws; None for any other."""
    values = [value for _, value in points]
    if max(values) - min(values) < 1e-9:
        return Fades(gain=values[0])
    times, gains = np.array([time for time, _ in points]), np.array(values)
    tops = times[gains > 1.0 - 1e-9]
    if not len(tops):
        return None
    fade_in = tops[0] if gains[0] < 0.5 else 0.0
    fade_out = length_s - tops[-1] if gains[-1] < 0.5 else 0.0
    rising = np.clip(times / fade_in, 0.0, 1.0) if fade_in > 0 else np.ones_like(times)
    falling = np.clip((length_s - times) / fade_out, 0.0, 1.0) if fade_out > 0 else np.ones_like(times)
    wanted = np.sin(rising * (math.pi / 2)) * np.sin(falling * (math.pi / 2))
    if np.max(np.abs(wanted - gains)) > _FADE_TOLERANCE:
        return None
    return Fades(float(fade_in), float(fade_out), "equal_power")
