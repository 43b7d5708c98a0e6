"""Reads a DAWproject's archive as a session."""

import math
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.reader.audio import AudioStore, audio_store, path_of
from dawbridge.formats.dawproject.reader.channels import ChannelReader, Channels, Sound
from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.formats.dawproject.reader.structure import Mixer, read_structure
from dawbridge.formats.dawproject.reader.tempo import read_tempo
from dawbridge.formats.dawproject.reader.time_base import BEATS, Frame, TimeMap
from dawbridge.formats.dawproject.reader.timeline import lay_out
from dawbridge.formats.dawproject.reader.unknown_content import add_unknown_losses
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.formats.safe_archive import SafeArchive, open_archive
from dawbridge.formats.safe_xml import parse_xml
from dawbridge.session import Session, TempoMap
from dawbridge.session.model import LONGEST_SAMPLES, MASTER
from dawbridge.session.validation import check_session

_DEFAULT_RATE = 48000
_FACTS = ("sample_rate", "length_samples", "pre_roll_samples", "tail_s", "name")


def read_project(path: Path, media: Media, losses: Losses) -> Session:
    """The session in the archive, with its audio in `media`. Raises InputError, in one line, for any fault."""
    try:
        session = _read(path, media, losses)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])[:200]
        raise InputError(f"{path}: {name}: {fault['msg']}; correct the project") from None
    check_session(session, str(path))
    return session


def _read(path: Path, media: Media, losses: Losses) -> Session:
    with open_archive(path) as archive:
        document = Document(parse_xml(archive.read("project.xml"), f"{path}: project.xml"), path, losses)
        if document.root.tag != "Project":
            raise InputError(f"{path}: project.xml begins with {document.root.tag!r}, not 'Project'; no DAWproject")
        tempo = read_tempo(document)
        project = Project(document, archive, lay_out(document, Frame(TimeMap(tempo), BEATS)))
        with audio_store(document, archive, media) as store:
            session = _session(project, tempo, store, media)
        add_unknown_losses(document)
        project.add_unread_lane_losses()
    return session


def _session(project: Project, tempo: TempoMap, store: AudioStore, media: Media) -> Session:
    document, mixer = project.document, read_structure(project.document)
    facts = document.facts(document.root.find("Arrangement"))
    sounds = _sounds(project, mixer, store)
    rate = facts.get("sample_rate", _rate(sounds))
    if not isinstance(rate, int) or not 1 <= rate <= 10**6:
        raise InputError(f"{document.path}: sample rate {str(rate)[:40]} in project.xml is none; save it again")
    project.rate = rate
    channels = ChannelReader(project, mixer, sounds, rate, media).read()
    found: dict[str, Any] = {"name": _title(project.archive, document), "sample_rate": rate}
    found["length_samples"] = _length(channels, sounds, tempo, rate)
    rows = {"tracks": tuple(channels.tracks), "buses": tuple(channels.buses), "master": channels.master}
    stated = {name: facts[name] for name in _FACTS if name in facts}
    return Session(**found | stated, **rows, tempo=tempo)


def _sounds(project: Project, mixer: Mixer, store: AudioStore) -> dict[str, Sound]:
    """What each entry plays, by its name. Audio that cannot be read is a Loss."""
    losses = project.document.losses
    sounds: dict[str, Sound] = {}
    for identity, pieces in project.arrangement.pieces.items():
        entry = mixer.by_id(identity)
        if entry is None:
            losses.add("foreign.trackless", "the arrangement", f"{len(pieces)} audio clips that no track plays")
            continue
        sound = sounds.setdefault(MASTER if entry is mixer.master else entry.name, Sound())
        for piece in pieces:
            file = store.get(piece.audio)
            if file is None:
                name = path_of(piece.audio)
                losses.add("foreign.missing_audio", f"track {entry.name!r}", f"{name!r}: {store.faults[name]}")
            else:
                sound.pieces.append((piece, file))
    for identity, notes in project.arrangement.notes.items():
        entry = mixer.by_id(identity)
        if entry is not None:
            sounds.setdefault(MASTER if entry is mixer.master else entry.name, Sound()).notes += notes
        elif notes:
            losses.add("foreign.trackless", "the arrangement", f"{len(notes)} notes that no track plays")
    return sounds


def _rate(sounds: dict[str, Sound]) -> int:
    """The sample rate that most clips have."""
    rates = [file.sample_rate for sound in sounds.values() for _, file in sound.pieces]
    return max(sorted(set(rates)), key=rates.count) if rates else _DEFAULT_RATE


def _length(channels: Channels, sounds: dict[str, Sound], tempo: TempoMap, rate: int) -> int:
    """The session's length in samples: to the end of the last clip or note."""
    times, ends = TimeMap(tempo), [1]
    for sound in sounds.values():
        for piece, file in sound.pieces:
            ends.append(math.ceil(min(piece.end_s, piece.file_start_s + file.length_s) * rate - 1e-3))
        ends += [math.ceil(times.seconds(note.start_beats + note.length_beats) * rate) for note in sound.notes]
    return min(max(ends), LONGEST_SAMPLES)


def _title(archive: SafeArchive, document: Document) -> str:
    """The title in metadata.xml, else the file's name."""
    stem = document.path.stem.encode("utf-8", "replace").decode()
    if "metadata.xml" not in archive:
        return stem
    title = parse_xml(archive.read("metadata.xml"), f"{document.path}: metadata.xml").findtext("Title")
    return title or stem
