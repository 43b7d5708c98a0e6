"""Reads a project of REAPER as a session."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from dawbridge.errors import InputError
from dawbridge.files import check_is_file
from dawbridge.formats.loss import Loss, Losses
from dawbridge.formats.media import Media
from dawbridge.formats.reaper.notes import foreign_notes, read_notes
from dawbridge.formats.reaper.points import is_active
from dawbridge.formats.reaper.reader.chain import read_entries
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.devices import Devices
from dawbridge.formats.reaper.reader.levels import TRIM_READ, gain_db, join_levels, read_envelope
from dawbridge.formats.reaper.reader.midi import is_midi
from dawbridge.formats.reaper.reader.tempo import read_tempo
from dawbridge.formats.reaper.reader.tracks import Tracks
from dawbridge.formats.reaper.text import LARGEST_BYTES, Block, number, parse
from dawbridge.session import Master, Session, Track
from dawbridge.session.model import LONGEST_SAMPLES, LONGEST_TAIL_S, MASTER, SAMPLE_RATES
from dawbridge.session.validation import check_session

_CUSTOM_RANGE = "0"
_DEFAULT_RATE = 44100


def read(path: Path, media: Media) -> tuple[Session, list[Loss]]:
    """The session of a .rpp file, with its audio in `media`, and the losses.

    Raises InputError, in one line, for a broken file.
    """
    losses, where = Losses("reaper"), str(path)
    project = parse(_data(path), where)
    if project.name != "REAPER_PROJECT":
        raise InputError(f"{where}: begins with <{project.name[:40]}, a project of REAPER with <REAPER_PROJECT")
    try:
        session = _session(project, path, media, losses)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(where) else f"{where}: {text}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InputError(f"{where}: {name}: {first['msg']}; correct it in REAPER") from None
    check_session(session, where)
    return session, list(losses)


def _data(path: Path) -> bytes:
    check_is_file(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path}: larger than {LARGEST_BYTES} bytes; take parts of it out")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _session(project: Block, path: Path, media: Media, losses: Losses) -> Session:
    where = str(path)
    rate = int(number(project.first("SAMPLERATE"), 0, _DEFAULT_RATE, f"{where}: SAMPLERATE"))
    if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise InputError(f"{where}: sample rate {rate}, legal are {SAMPLE_RATES[0]}…{SAMPLE_RATES[1]}")
    tempo, notes = read_tempo(project, losses, where), read_notes(project)
    context = ImportContext(project, path, media, losses, where, rate, tempo, notes)
    _add_project_losses(context)
    tracks, buses = Tracks(context).read()
    length, tail_s, pre_roll = _length(context, tracks)
    return Session(
        name=(project.first("TITLE") or [""])[0] or path.stem or "session",
        sample_rate=rate,
        length_samples=length,
        pre_roll_samples=pre_roll,
        tail_s=tail_s,
        tempo=context.tempo,
        tracks=tuple(tracks),
        buses=tuple(buses),
        master=_master(context),
    )


def _length(context: ImportContext, tracks: list[Track]) -> tuple[int, float | Literal["auto"], int]:
    """(length in samples, tail in seconds, pre-roll in samples).

    The length is that of the render range, else it ends with the last item.
    """
    row, where = context.project.first("RENDER_RANGE"), f"{context.where}: RENDER_RANGE"
    begin_s, end_s = number(row, 1, 0.0, where), number(row, 2, 0.0, where)
    has_range = row[:1] == [_CUSTOM_RANGE] and end_s > 0
    clips = [clip for track in tracks for clip in track.clips]
    ends = [clip.start_samples + (clip.length_samples or 0) for clip in clips]
    ends += _midi_ends(context)
    length = context.samples(end_s) if has_range else max(ends, default=1)
    if not 1 <= length <= LONGEST_SAMPLES:
        raise InputError(f"{where}: {length} samples; a session has 1…{LONGEST_SAMPLES}; set a render range in REAPER")
    if has_range and begin_s > 0:
        context.losses.add("foreign.render_range", "session", f"that a render begins at {begin_s:g} s")
    flags = int(number(row, 3, 0, where))
    tail_s = number(row, 4, 0.0, where) / 1000.0 if has_range and flags & 1 else 0.0
    notes = context.notes
    tail = max(0.0, min(tail_s, LONGEST_TAIL_S)) if notes.tail_s is None else notes.tail_s
    return length, tail, notes.pre_roll_samples


def _midi_ends(context: ImportContext) -> list[int]:
    """The ends of all MIDI items, in samples."""
    ends = []
    for track in context.project.blocks("TRACK"):
        for item in track.blocks("ITEM"):
            if any(is_midi(source) for source in item.blocks("SOURCE")):
                position, length = (number(item.first(key), 0, 0.0, context.where) for key in ("POSITION", "LENGTH"))
                ends.append(context.samples(position + length))
    return ends


def _master(context: ImportContext) -> Master:
    project, losses = context.project, context.losses
    row = project.first("MASTER_VOLUME")
    gain, pan = (number(row, index, default, f"{context.where}: master") for index, default in ((0, 1.0), (1, 0.0)))
    gain_db(abs(gain), MASTER, losses)
    chain = project.first_block("MASTERFXLIST")
    is_off = (project.first("MASTER_FX") or ["1"])[0] == "0"
    entries = [] if chain is None else read_entries(chain, is_off, losses, MASTER)
    devices = []
    for effect in Devices(context, lambda channel: None).read(entries, MASTER):
        if effect.device is None or effect.is_instrument:
            losses.add("foreign.instrument", MASTER, "an instrument among its effects")
        else:
            devices.append(effect.device)
    names = ("MASTERVOLENV2", "MASTERPANENV2")
    gains, pans = (read_envelope(project.first_block(name), MASTER, context) for name in names)
    is_trim = number(project.first("MASTERAUTOMODE"), 0, TRIM_READ, context.where) == TRIM_READ
    levels = join_levels((abs(gain), pan), gains, pans, 2, is_trim, min(context.pan_law, 1.0) if pan or pans else 1.0)
    return Master(
        devices=tuple(devices),
        fader_db=levels.level_db,
        pan_lr=levels.pan_lr,
        automation=levels.automation("fader_db"),
    )


def _add_project_losses(context: ImportContext) -> None:
    """A Loss for each property of the project that no session has."""
    project, losses = context.project, context.losses
    if number(project.first("PLAYRATE"), 0, 1.0, context.where) != 1.0:
        losses.add("foreign.play_rate", "session", "that the project plays faster or slower")
    if number(project.first("MASTERMUTESOLO"), 0, 0, context.where):
        losses.add("foreign.master_mute", MASTER, "that it is muted, mono or soloed")
    if project.all("MARKER"):
        losses.add("foreign.markers", "session", f"{len(project.all('MARKER'))} markers")
    for name in ("MASTERPLAYSPEEDENV", "MASTERVOLENV", "MASTERPANENV", "MASTERVOLENV3", "MASTERWIDTHENV2"):
        if any(is_active(block) for block in project.blocks(name)):
            losses.add("foreign.envelope", MASTER, f"its envelope {name}")
    if foreign_notes(project):
        losses.add("foreign.notes", "session", "the project's notes")
