"""Writes the Arrangement: clips, notes, automation, tempo.

Times of audio and automation are in seconds, those of notes and tempo in beats.
"""

from lxml import etree

from dawbridge.formats.dawproject.clip_gain import ClipGain, gain_points
from dawbridge.formats.dawproject.writer.context import Export, Lane
from dawbridge.formats.dawproject.writer.elements import Value, set_facts, sub, xml_text
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.midi_notes import other_events, read_notes
from dawbridge.session import Clip, MidiClip, Session, TempoMap, Track
from dawbridge.session.model import MASTER


def write_transport(project: etree._Element, tempo: TempoMap, export: Export) -> tuple[str, str]:
    """Append the first tempo and time signature; return the ids of the two."""
    transport, ids = sub(project, "Transport"), (export.ids.next(), export.ids.next())
    sub(transport, "Tempo", unit="bpm", value=tempo.tempos[0].bpm, name="Tempo", id=ids[0])
    first = tempo.signatures[0]
    row = {"numerator": first.numerator, "denominator": first.denominator}
    sub(transport, "TimeSignature", **row, name="Time Signature", id=ids[1])
    return ids


def write_arrangement(project: etree._Element, tempo_ids: tuple[str, str], export: Export) -> None:
    """Append all clips, notes and automation."""
    session = export.session
    arrangement = sub(project, "Arrangement", id=export.ids.next())
    set_facts(arrangement, _session_facts(session))
    lanes = sub(arrangement, "Lanes", timeUnit="seconds", id=export.ids.next())
    for channel in (*session.channels, None):
        name = MASTER if channel is None else channel.name
        row = sub(lanes, "Lanes", track=export.track_id(name), id=export.ids.next())
        if isinstance(channel, Track):
            _write_track(row, channel, export)
        for lane in export.lanes.get(name, ()):
            _write_lane(row, lane, export)
    _write_tempo(arrangement, session.tempo, tempo_ids, export)


def _session_facts(session: Session) -> dict:
    names = ("sample_rate", "length_samples", "pre_roll_samples", "tail_s")
    facts = {name: getattr(session, name) for name in names}
    return facts | ({"name": session.name} if xml_text(session.name) != session.name else {})


def _write_track(row: etree._Element, track: Track, export: Export) -> None:
    where = f"track {track.name!r}"
    if track.instrument is not None:
        clips = sub(row, "Clips", timeUnit="beats", id=export.ids.next())
        for midi_clip in track.midi_clips:
            _write_notes(clips, midi_clip, where, export)
        return
    clips = sub(row, "Clips", id=export.ids.next())
    for number, clip in enumerate(track.all_clips, start=1):
        _write_clip(clips, clip, f"{where} clip {number}", export)


def _write_notes(clips: etree._Element, clip: MidiClip, where: str, export: Export) -> None:
    path = export.sources / clip.midi
    rows = read_notes(path, clip.channel)
    if others := other_events(path, clip.channel):
        export.losses.add("track.midi_events", where, f"{', '.join(others)} of {clip.midi!r}")
    end = max((row.start_beats + row.length_beats for row in rows), default=0.0)
    element = sub(clips, "Clip", time=clip.start_beats, duration=end, contentTimeUnit="beats", playStart=0.0)
    notes = sub(element, "Notes", id=export.ids.next())
    for row in rows:
        what = {"channel": row.channel - 1, "key": row.pitch, "vel": row.velocity / 127}
        sub(notes, "Note", time=row.start_beats, duration=row.length_beats, **what)


def _write_clip(clips: etree._Element, clip: Clip, where: str, export: Export) -> None:
    file = export.audio.get(clip.audio)
    cut, clip = max(-clip.start_samples, 0), _from_zero(clip, file.length_samples, where, export)
    length = _length(clip, file.length_samples)
    if length <= 0:
        return export.losses.add("track.clips", where, "a clip that begins after its file's end or before the timeline")
    rate = export.session.sample_rate
    fades, moves = _fades(clip, cut, length, where, export)
    row: dict[str, Value] = {"time": clip.start_samples / rate, "duration": length / rate, "contentTimeUnit": "seconds"}
    element = sub(clips, "Clip", **row, playStart=clip.offset_samples / rate, **fades)
    holder = sub(element, "Lanes", timeUnit="seconds", id=export.ids.next()) if moves else element
    what: dict[str, Value] = {
        "channels": file.channels,
        "sampleRate": rate,
        "duration": file.length_samples / rate,
        "algorithm": "raw",
    }
    sub(sub(holder, "Audio", **what, id=export.ids.next()), "File", path=f"audio/{file.name}")
    if moves:
        points = [(clip.offset_samples / rate + time, value) for time, value in gain_points(moves, (length - 1) / rate)]
        _write_points(holder, "linear", points, export, expression="gain")


def _fades(clip: Clip, cut: int, length: int, where: str, export: Export) -> tuple[dict[str, Value], ClipGain | None]:
    """(the clip's fade attributes, the gain to be written as automation or None).

    The first `cut` samples of the fade-in lie before the clip. No attribute can say that, nor a fade's shape; gain
    automation can.
    """
    rate, fade_in = export.session.sample_rate, max(clip.fade_in_samples - cut, 0)
    if (clip.fade_shape == "equal_power" or (cut and fade_in)) and (fade_in or clip.fade_out_samples):
        if fade_in + clip.fade_out_samples <= length:
            fade_in_s, fade_out_s = clip.fade_in_samples / rate, clip.fade_out_samples / rate
            return {}, ClipGain(clip.gain_db, fade_in_s, fade_out_s, clip.fade_shape, cut / rate)
        export.losses.add("clip.fade_shape", where, "the curve of its fades, which overlap; they are linear")
    fades: dict[str, Value] = {"fadeTimeUnit": "seconds", "fadeInTime": fade_in / rate}
    fades |= {"fadeOutTime": clip.fade_out_samples / rate}
    return fades, ClipGain(clip.gain_db) if clip.gain_db else None


def _from_zero(clip: Clip, file_length: int, where: str, export: Export) -> Clip:
    """The clip without its part before the timeline's start."""
    early = -clip.start_samples
    if early <= 0:
        return clip
    also = ("clip.fade_in_samples",) if clip.fade_in_samples else ()
    export.losses.add("clip.start_samples", where, f"its {early} samples before the timeline's start", also=also)
    length = max(_length(clip, file_length) - early, 0)
    offset = clip.offset_samples + early
    moved = {"start_samples": 0, "offset_samples": offset, "length_samples": length}
    return clip.model_copy(update=moved)


def _length(clip: Clip, file_length: int) -> int:
    return max(file_length - clip.offset_samples, 0) if clip.length_samples is None else clip.length_samples


def _write_lane(row: etree._Element, lane: Lane, export: Export) -> None:
    _write_points(row, lane.unit, lane.points, export, parameter=lane.parameter)


def _write_points(
    parent: etree._Element, unit: str, points: list[EnvelopePoint], export: Export, **target: str
) -> None:
    element = sub(parent, "Points", unit=unit, timeUnit="seconds", id=export.ids.next())
    sub(element, "Target", **target)
    for time, value in points:
        sub(element, "RealPoint", time=time, value=value, interpolation="linear")


def _write_tempo(arrangement: etree._Element, tempo: TempoMap, ids: tuple[str, str], export: Export) -> None:
    if len(tempo.tempos) > 1:
        element = sub(arrangement, "TempoAutomation", unit="bpm", timeUnit="beats", id=export.ids.next())
        sub(element, "Target", parameter=ids[0])
        for row in tempo.tempos:
            sub(element, "RealPoint", time=row.beat, value=row.bpm, interpolation=row.shape)
    if len(tempo.signatures) > 1:
        element = sub(arrangement, "TimeSignatureAutomation", timeUnit="beats", id=export.ids.next())
        sub(element, "Target", parameter=ids[1])
        for sign in tempo.signatures:
            fraction = {"numerator": sign.numerator, "denominator": sign.denominator}
            sub(element, "TimeSignaturePoint", time=sign.beat, **fraction)
