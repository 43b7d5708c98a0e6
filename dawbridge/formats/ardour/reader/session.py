"""Reads an Ardour session, of version 7 or 6, as a Session with the same sound.

Some things are expressed in another way: a panner becomes fader and pan; a plugin after the fader goes onto a bus of
its own; a region that covers another one cuts it. Ardour 6 counts time in samples; its audio is read, but not its MIDI.
The start of Ardour's session range becomes the start of the Session, as in an export.
"""

from pathlib import Path

from lxml import etree
from pydantic import ValidationError

from dawbridge.errors import InputError, OutputError
from dawbridge.files import check_is_file
from dawbridge.formats.ardour.reader.extras import add_extra_losses, option, session_range, written_fields
from dawbridge.formats.ardour.reader.mixer import MixReader
from dawbridge.formats.ardour.reader.numbers import parse_integer
from dawbridge.formats.ardour.reader.regions import length_and_position
from dawbridge.formats.ardour.reader.tempo import read_tempo, tempo_from
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.terms import EXTRA, SUPERCLOCKS_PER_SECOND
from dawbridge.formats.loss import Loss, Losses
from dawbridge.formats.media import Media
from dawbridge.formats.safe_xml import LARGEST_BYTES, parse_xml
from dawbridge.session import Session
from dawbridge.session.model import LONGEST_SAMPLES, SAMPLE_RATES
from dawbridge.session.validation import check_session

_VERSIONS = (6000, 7999)


def read(path: Path, media: Media) -> tuple[Session, list[Loss]]:
    """The session of an .ardour file, and what of it a Session cannot hold. Its audio goes into `media`.

    Raises InputError, which names the file and the element, if it is not a session of Ardour 6 or 7.
    """
    losses = Losses("ardour")
    data = _bytes(path)
    try:
        session = _session(_root(data), path, media, losses)
        check_session(session, "session")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg']}; change it in Ardour and save again") from None
    except OutputError:
        raise
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return session, list(losses)


def _bytes(path: Path) -> bytes:
    check_is_file(path)
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _root(data: bytes) -> etree._Element:
    root = parse_xml(data, "document")
    if root.tag != "Session":
        raise InputError(f"begins with <{root.tag!s}>, not <Session>; this is not an Ardour session")
    version = parse_integer(root.get("version", ""), "version")
    if not _VERSIONS[0] <= version <= _VERSIONS[1]:
        raise InputError(f"version {version}; 6000 to 7999 are read: open it in Ardour 7 and save it")
    if missing := [tag for tag in ("Sources", "Routes", "Playlists") if root.find(tag) is None]:
        raise InputError(f"has no {missing[0]}; it is cut off, or not an Ardour session")
    return root


def _session(root: etree._Element, path: Path, media: Media, losses: Losses) -> Session:
    rate = parse_integer(root.get("sample-rate", ""), "sample-rate")
    if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise InputError(f"sample-rate={rate}; it can be {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}")
    clock = _clock(root, rate, losses)
    length = _length(root, clock)
    mix = MixReader(root, path, media, clock, option(root, "use-region-fades", "1") == "1", losses).mix()
    add_extra_losses(root, losses)
    fields = {"name": root.get("name") or path.stem, "length_samples": length}
    fields |= written_fields(root, length + clock.start_samples, f"Extra/{EXTRA}")
    return mix(sample_rate=rate, tempo=tempo_from(clock.tempo, clock.start_s), **fields)


def _clock(root: etree._Element, rate: int, losses: Losses) -> Clock:
    tempo_map = root.find("TempoMap")
    text = None if tempo_map is None else tempo_map.get("superclocks-per-second")
    superclocks = SUPERCLOCKS_PER_SECOND if text is None else parse_integer(text, "superclocks-per-second")
    if superclocks < rate:
        raise InputError(f"superclocks-per-second={superclocks} is below the sample rate; save it again")
    clock = Clock(rate, superclocks, read_tempo(tempo_map, losses, "tempo map"))
    row = session_range(root)
    start = 0 if row is None else clock.samples(row.get("start", "0"), "session start")
    return Clock(rate, superclocks, clock.tempo, start)


def _length(root: etree._Element, clock: Clock) -> int:
    """The length of the session's range in samples; without a range, up to the end of the last region."""
    row = session_range(root)
    if row is None:
        ends = [_end(region, clock) for region in root.iterfind("Playlists/Playlist/Region")]
        return max([*ends, 1])
    length = clock.samples(row.get("end"), "session end") - clock.start_samples
    if not 1 <= length <= LONGEST_SAMPLES:
        raise InputError(f"the session range is {length} samples long; 1 to {LONGEST_SAMPLES} are legal")
    return length


def _end(row: etree._Element, clock: Clock) -> int:
    length, position = length_and_position(row)
    return clock.samples(position, "region") + clock.samples(length, "region")
