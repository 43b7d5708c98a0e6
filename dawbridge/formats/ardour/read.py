"""Reads an Ardour session: version 7 (and 6, where times are samples) → a Session with the same sound.

What sounds is carried as it is, though it may be told otherwise: Ardour's panners become our fader and pan; a plugin
after the fader stands on a bus of its own behind it; regions that hide others cut them. Of Ardour 6 audio is read, not
MIDI. A range that does not begin at 0 becomes the session's start, as in an export of it.
"""

from pathlib import Path

from lxml import etree
from pydantic import ValidationError

from dawbridge.errors import InputError
from dawbridge.files import check_is_file
from dawbridge.formats.ardour.read_extras import option, own_frame, session_range, tell_of_extras
from dawbridge.formats.ardour.read_mix import MixReader
from dawbridge.formats.ardour.read_regions import region_place
from dawbridge.formats.ardour.read_tempo import read_tempo, tempo_from
from dawbridge.formats.ardour.read_time import Clock
from dawbridge.formats.ardour.read_values import whole
from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND
from dawbridge.formats.loss import Loss, Losses
from dawbridge.formats.media import Media
from dawbridge.formats.safe_xml import LARGEST_BYTES, parse_xml
from dawbridge.session import Session
from dawbridge.session.check import check_session
from dawbridge.session.model import LONGEST_SAMPLES, SAMPLE_RATES

_VERSIONS = (6000, 7999)


def read(path: Path, media: Media) -> tuple[Session, list[Loss]]:
    """The session of an .ardour file, whose folder holds its audio, and what of it a Session cannot hold.

    Raises InputError that names the file and the place for all that is no session of Ardour 6 or 7.
    """
    losses = Losses("ardour")
    root = _root(path)
    try:
        session = _session(root, path, media, losses)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {place}: {first['msg']}; change it in Ardour and save again") from None
    check_session(session, str(path))
    return session, list(losses)


def _root(path: Path) -> etree._Element:
    check_is_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    root = parse_xml(data, str(path))
    if root.tag != "Session":
        raise InputError(f"{path}: begins with <{root.tag}>, not <Session>; this is no session of Ardour")
    version = whole(root.get("version", ""), f"{path}: version")
    if not _VERSIONS[0] <= version <= _VERSIONS[1]:
        raise InputError(f"{path}: version {version}; 6000 to 7999 are read: open it in Ardour 7 and save it")
    if missing := [tag for tag in ("Sources", "Routes", "Playlists") if root.find(tag) is None]:
        raise InputError(f"{path}: has no {missing[0]}; it is cut off, or no session of Ardour")
    return root


def _session(root: etree._Element, path: Path, media: Media, losses: Losses) -> Session:
    where = str(path)
    rate = whole(root.get("sample-rate", ""), f"{where}: sample-rate")
    if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise InputError(f"{where}: sample-rate={rate}; it can be {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}")
    clock = _clock(root, rate, losses, where)
    length = _length(root, clock, where)
    mix = MixReader(root, path, media, clock, option(root, "use-region-fades", "1") == "1", losses).mix()
    tell_of_extras(root, losses)
    frame = {"name": root.get("name") or path.stem, "length_samples": length}
    frame |= own_frame(root, length + clock.start_samples, f"{where}: our own notes")
    return mix(sample_rate=rate, tempo=tempo_from(clock.tempo, clock.start_s), **frame)


def _clock(root: etree._Element, rate: int, losses: Losses, where: str) -> Clock:
    tempo_map = root.find("TempoMap")
    text = None if tempo_map is None else tempo_map.get("superclocks-per-second")
    superclocks = SUPERCLOCKS_PER_SECOND if text is None else whole(text, f"{where}: superclocks-per-second")
    if superclocks < rate:
        raise InputError(f"{where}: superclocks-per-second={superclocks} is below the sample rate; save it again")
    clock = Clock(rate, superclocks, read_tempo(tempo_map, losses, f"{where}: tempo map"))
    place = session_range(root)
    start = 0 if place is None else clock.samples(place.get("start", "0"), f"{where}: session start")
    return Clock(rate, superclocks, clock.tempo, start)


def _length(root: etree._Element, clock: Clock, where: str) -> int:
    """Of the session's range; where there is none, to the end of the last region."""
    place = session_range(root)
    if place is None:
        ends = [_end(row, clock, where) for row in root.iterfind("Playlists/Playlist/Region")]
        return max([*ends, 1])
    length = clock.samples(place.get("end"), f"{where}: session end") - clock.start_samples
    if not 1 <= length <= LONGEST_SAMPLES:
        raise InputError(f"{where}: the session range is {length} samples long; 1 to {LONGEST_SAMPLES} are legal")
    return length


def _end(row: etree._Element, clock: Clock, where: str) -> int:
    length, position = region_place(row)
    return clock.samples(position, f"{where}: region") + clock.samples(length, f"{where}: region")
