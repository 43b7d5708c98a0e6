"""The Arrangement: clips, notes, automation, tempo. Audio and automation lie in seconds, notes and tempo in beats."""

from lxml import etree

from dawbridge.formats.dawproject.clip_gain import ClipGain, gain_points
from dawbridge.formats.dawproject.writer.context import Draft, Lane
from dawbridge.formats.dawproject.writer.elements import set_facts, sub, xml_text
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.midi_notes import other_events, read_notes
from dawbridge.session import Clip, MidiClip, Session, TempoMap, Track
from dawbridge.session.model import MASTER


def write_transport(project: etree._Element, tempo: TempoMap, draft: Draft) -> tuple[str, str]:
    """Append the first tempo and time signature; their identities."""
    transport, ids = sub(project, "Transport"), (draft.ids.next(), draft.ids.next())
    sub(transport, "Tempo", unit="bpm", value=tempo.tempos[0].bpm, name="Tempo", id=ids[0])
    first = tempo.signatures[0]
    row = {"numerator": first.numerator, "denominator": first.denominator}
    sub(transport, "TimeSignature", **row, name="Time Signature", id=ids[1])
    return ids


def write_arrangement(project: etree._Element, tempo_ids: tuple[str, str], draft: Draft) -> None:
    """Append all that lies on the timeline."""
    session = draft.session
    arrangement = sub(project, "Arrangement", id=draft.ids.next())
    set_facts(arrangement, _session_facts(session))
    lanes = sub(arrangement, "Lanes", timeUnit="seconds", id=draft.ids.next())
    for channel in (*session.channels, None):
        name = MASTER if channel is None else channel.name
        row = sub(lanes, "Lanes", track=draft.track_id(name), id=draft.ids.next())
        if isinstance(channel, Track):
            _write_track(row, channel, draft)
        for lane in draft.lanes.get(name, ()):
            _write_lane(row, lane, draft)
    _write_tempo(arrangement, session.tempo, tempo_ids, draft)


def _session_facts(session: Session) -> dict:
    names = ("sample_rate", "length_samples", "pre_roll_samples", "tail_s")
    facts = {name: getattr(session, name) for name in names}
    return facts | ({"name": session.name} if xml_text(session.name) != session.name else {})


def _write_track(row: etree._Element, track: Track, draft: Draft) -> None:
    where = f"track {track.name!r}"
    if track.instrument is not None:
        clips = sub(row, "Clips", timeUnit="beats", id=draft.ids.next())
        for clip in track.midi_clips:
            _write_notes(clips, clip, where, draft)
        return
    clips = sub(row, "Clips", id=draft.ids.next())
    for number, clip in enumerate(track.all_clips, start=1):
        _write_clip(clips, clip, f"{where} clip {number}", draft)


def _write_notes(clips: etree._Element, clip: MidiClip, where: str, draft: Draft) -> None:
    path = draft.sources / clip.midi
    rows = read_notes(path, clip.channel)
    if others := other_events(path, clip.channel):
        draft.losses.add("track.midi_events", where, f"{', '.join(others)} of {clip.midi!r}")
    end = max((row.start_beats + row.length_beats for row in rows), default=0.0)
    element = sub(clips, "Clip", time=clip.start_beats, duration=end, contentTimeUnit="beats", playStart=0.0)
    notes = sub(element, "Notes", id=draft.ids.next())
    for row in rows:
        what = {"channel": row.channel - 1, "key": row.pitch, "vel": row.velocity / 127}
        sub(notes, "Note", time=row.start_beats, duration=row.length_beats, **what)


def _write_clip(clips: etree._Element, clip: Clip, where: str, draft: Draft) -> None:
    file = draft.audio.get(clip.audio)
    cut, clip = max(-clip.start_samples, 0), _from_zero(clip, file.length_samples, where, draft)
    length = _length(clip, file.length_samples)
    if length <= 0:
        return draft.losses.add("track.clips", where, "a clip that begins after its file's end or before the timeline")
    rate = draft.session.sample_rate
    fades, moves = _fades(clip, cut, length, where, draft)
    row = {"time": clip.start_samples / rate, "duration": length / rate, "contentTimeUnit": "seconds"}
    element = sub(clips, "Clip", **row, playStart=clip.offset_samples / rate, **fades)
    holder = sub(element, "Lanes", timeUnit="seconds", id=draft.ids.next()) if moves else element
    what = {"channels": file.channels, "sampleRate": rate, "duration": file.length_samples / rate, "algorithm": "raw"}
    sub(sub(holder, "Audio", **what, id=draft.ids.next()), "File", path=f"audio/{file.name}")
    if moves:
        points = [(clip.offset_samples / rate + time, value) for time, value in gain_points(moves, (length - 1) / rate)]
        _write_points(holder, "linear", points, draft, expression="gain")


def _fades(clip: Clip, cut: int, length: int, where: str, draft: Draft) -> tuple[dict, ClipGain | None]:
    """(the clip's fade attributes, what moves its gain). Of its fade-in the first `cut` samples lie before it: no
    attribute tells that, nor a shape.
    """
    rate, fade_in = draft.session.sample_rate, max(clip.fade_in_samples - cut, 0)
    if (clip.fade_shape == "equal_power" or (cut and fade_in)) and (fade_in or clip.fade_out_samples):
        if fade_in + clip.fade_out_samples <= length:
            seconds = [count / rate for count in (clip.fade_in_samples, clip.fade_out_samples)]
            return {}, ClipGain(clip.gain_db, *seconds, clip.fade_shape, cut / rate)
        draft.losses.add("clip.fade_shape", where, "the curve of its fades, which overlap; they are linear")
    seconds = [count / rate for count in (fade_in, clip.fade_out_samples)]
    fades = {"fadeTimeUnit": "seconds", "fadeInTime": seconds[0], "fadeOutTime": seconds[1]}
    return fades, ClipGain(clip.gain_db) if clip.gain_db else None


def _from_zero(clip: Clip, file_length: int, where: str, draft: Draft) -> Clip:
    """The clip without what lies before the timeline's start."""
    early = -clip.start_samples
    if early <= 0:
        return clip
    also = ("clip.fade_in_samples",) if clip.fade_in_samples else ()
    draft.losses.add("clip.start_samples", where, f"its {early} samples before the timeline's start", also=also)
    length = max(_length(clip, file_length) - early, 0)
    offset = clip.offset_samples + early
    moved = {"start_samples": 0, "offset_samples": offset, "length_samples": length}
    return clip.model_copy(update=moved)


def _length(clip: Clip, file_length: int) -> int:
    return max(file_length - clip.offset_samples, 0) if clip.length_samples is None else clip.length_samples


def _write_lane(row: etree._Element, lane: Lane, draft: Draft) -> None:
    _write_points(row, lane.unit, lane.points, draft, parameter=lane.parameter)


def _write_points(parent, unit: str, points: list[EnvelopePoint], draft: Draft, **target) -> None:
    element = sub(parent, "Points", unit=unit, timeUnit="seconds", id=draft.ids.next())
    sub(element, "Target", **target)
    for time, value in points:
        sub(element, "RealPoint", time=time, value=value, interpolation="linear")


def _write_tempo(arrangement: etree._Element, tempo: TempoMap, ids: tuple[str, str], draft: Draft) -> None:
    if len(tempo.tempos) > 1:
        element = sub(arrangement, "TempoAutomation", unit="bpm", timeUnit="beats", id=draft.ids.next())
        sub(element, "Target", parameter=ids[0])
        for row in tempo.tempos:
            sub(element, "RealPoint", time=row.beat, value=row.bpm, interpolation=row.shape)
    if len(tempo.signatures) > 1:
        element = sub(arrangement, "TimeSignatureAutomation", timeUnit="beats", id=draft.ids.next())
        sub(element, "Target", parameter=ids[1])
        for row in tempo.signatures:
            sub(element, "TimeSignaturePoint", time=row.beat, numerator=row.numerator, denominator=row.denominator)
