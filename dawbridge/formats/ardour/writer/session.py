"""Writes a Session as the folder of an Ardour session: the document, its audio, MIDI and LV2 bundles."""

from pathlib import Path

from lxml import etree
from lxml.builder import E

from dawbridge.files import write_bytes
from dawbridge.formats.ardour.terms import EXTRA, MASTER_NAME, PROGRAM, VERSION, audio_time
from dawbridge.formats.ardour.writer.bundles import Bundles
from dawbridge.formats.ardour.writer.can_host import reason_against
from dawbridge.formats.ardour.writer.context import ExportContext
from dawbridge.formats.ardour.writer.elements import Ids
from dawbridge.formats.ardour.writer.envelopes import Envelopes
from dawbridge.formats.ardour.writer.midi import MidiRegions
from dawbridge.formats.ardour.writer.mute_solo import MuteSoloState, mute_solo_states
from dawbridge.formats.ardour.writer.names import free_name
from dawbridge.formats.ardour.writer.regions import Regions
from dawbridge.formats.ardour.writer.routes import add_sidechain_sends, channel_route, is_midi_track, master_route
from dawbridge.formats.ardour.writer.tempo import tempo_map
from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.bounce import Playable, make_playable
from dawbridge.formats.loss import Loss, Losses
from dawbridge.names import safe_file_name
from dawbridge.session import Rendered, Session, Track
from dawbridge.session.model import MASTER, Channel

# Without the file format, Ardour refuses to load: "Cannot get samplerate from session".
_OPTIONS = {
    "native-file-data-format": "FormatFloat",
    "native-file-header-format": "WAVE",
    "use-region-fades": "1",
    "use-transport-fades": "0",
}
_LONGEST_STEM = 100


def write_session(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` and return what Ardour cannot carry. `sources`: the folder that audio paths start from.

    Raises InputError for audio or MIDI that cannot be read.
    """
    losses, bundles = Losses("ardour"), Bundles(path / "lv2")
    playable = make_playable(session, rendered, lambda device: reason_against(device, bundles), losses)
    name = safe_file_name(session.name or "session")[:_LONGEST_STEM].rstrip(" .")
    context = _export_context(playable, rendered, losses)
    inside = path / "interchange" / name
    files = AudioFiles(sources, inside / "audiofiles", session.sample_rate, playable.bounces)
    regions = Regions(session.sample_rate, context.ids, losses)
    midi = MidiRegions(inside / "midifiles", sources, regions.sources, regions.regions, context.ids)
    routes, playlists = _routes(context, regions, midi, files)
    end = _end(session, rendered)
    root = E.Session({"version": VERSION, "name": name, "sample-rate": str(session.sample_rate)})
    root.set("session-range-is-free", "0")
    root.extend(_head(session))
    root.extend([regions.sources, regions.regions, E.Locations(_range(end, context)), routes, playlists])
    root.extend([E.RouteGroups(), tempo_map(session.tempo), _extra(session, end)])
    root.attrib.update({"id-counter": context.ids(), "name-counter": "1", "event-counter": "0", "vca-counter": "1"})
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    write_bytes(path / f"{name}.ardour", data)
    if session.pre_roll_samples:
        losses.add("session.pre_roll_samples", "session", f"{session.pre_roll_samples} samples of pre-roll")
    return list(losses)


def _export_context(playable: Playable, rendered: Rendered, losses: Losses) -> ExportContext:
    session, ids, names = playable.session, Ids(), {MASTER: MASTER_NAME}
    taken: set[str] = set()
    mute_solo = mute_solo_states(session)
    for channel in session.channels:
        names[channel.name] = free_name(channel.name, taken)
        where = f"{'track' if isinstance(channel, Track) else 'bus'} {channel.name!r}"
        if names[channel.name] != channel.name:
            why = f"Ardour does not accept it, or another track has it; there it is {names[channel.name]!r}"
            losses.add("channel.name", where, "its name", why)
        _add_mute_solo_losses(channel, mute_solo[channel.name], where, losses)
    return ExportContext(
        session=session,
        names=names,
        route_ids={name: ids() for name in names},
        mute_solo=mute_solo,
        states=playable.states,
        losses=losses,
        ids=ids,
        envelopes=Envelopes(session.tempo, session.sample_rate),
        missing=rendered.bypassed,
    )


def _add_mute_solo_losses(channel: Channel, state: MuteSoloState, where: str, losses: Losses) -> None:
    """A loss for each mute and solo that is written in another way than the session has it."""
    muted_sends = frozenset(number for number, send in enumerate(channel.sends) if send.is_muted)
    if state.silent_sends != muted_sends:
        losses.add("send.is_muted", where, "sends that were not muted themselves")
    if state.is_muted != channel.is_muted:
        losses.add("channel.is_muted", where, "its mute")
    if state.is_soloed != channel.is_soloed:
        losses.add("channel.is_soloed", where, "its solo")


def _routes(
    context: ExportContext, regions: Regions, midi: MidiRegions, files: AudioFiles
) -> tuple[etree._Element, etree._Element]:
    """(Routes, Playlists)"""
    routes, playlists = [master_route(context)], E.Playlists()
    for order, channel in enumerate(context.session.channels, start=1):
        playlist_id = context.ids()
        routes.append(channel_route(channel, order, playlist_id, context))
        if isinstance(channel, Track):
            is_midi = is_midi_track(channel)
            rows = midi.track_regions(channel) if is_midi else regions.track_regions(channel, files.get)
            playlists.append(_playlist(channel, playlist_id, is_midi, rows, context))
    add_sidechain_sends(routes, context)
    return E.Routes(*routes), playlists


def _playlist(
    track: Track, playlist_id: str, is_midi: bool, rows: list[etree._Element], context: ExportContext
) -> etree._Element:
    attributes = {
        "id": playlist_id, "name": context.names[track.name], "type": "midi" if is_midi else "audio",
        "orig-track-id": context.route_ids[track.name], "frozen": "0", "combine-ops": "0",
    }  # fmt: skip
    return E.Playlist(attributes, *rows)


def _head(session: Session) -> list[etree._Element]:
    made = {"created-with": PROGRAM, "modified-with": PROGRAM}
    config = E.Config(*[E.Option({"name": name, "value": value}) for name, value in _OPTIONS.items()])
    return [E.Metadata(), E.Bundles(), E.ProgramVersion(made), config]


def _end(session: Session, rendered: Rendered) -> int:
    """The end of the mix, in samples."""
    if session.tail_s == "auto":
        return max(rendered.mix.length_samples, session.length_samples)
    return session.length_samples + round(session.tail_s * session.sample_rate)


def _range(end: int, context: ExportContext) -> etree._Element:
    return E.Location({
        "id": context.ids(), "name": "session", "start": "a0", "end": audio_time(end, context.sample_rate),
        "flags": "IsSessionRange", "locked": "0", "timestamp": "0", "cue": "0", "domain": "AudioTime",
    })  # fmt: skip


def _extra(session: Session, end: int) -> etree._Element:
    """The fields of a Session that Ardour does not have.

    The reader uses them only while the session's range still ends at `end`: otherwise somebody edited it in Ardour.
    """
    return E.Extra(etree.Element(EXTRA, {
        "end-samples": str(end), "length-samples": str(session.length_samples), "tail-s": str(session.tail_s),
        "pre-roll-samples": str(session.pre_roll_samples), "name-utf8": session.name.encode("utf-8").hex(),
    }))  # fmt: skip
