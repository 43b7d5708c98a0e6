"""A channel as REAPER's `<TRACK`: levels, routing, chain, items."""

from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.points import envelope_block
from dawbridge.formats.reaper.text import Block, line
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.formats.reaper.writer.fx import chain_block
from dawbridge.formats.reaper.writer.items import item_blocks
from dawbridge.formats.reaper.writer.layout import Row
from dawbridge.formats.reaper.writer.levels import Levels, make_levels
from dawbridge.session import Send, Track
from dawbridge.session.model import MASTER, Channel
from dawbridge.units import db_to_gain

POST_FADER, PRE_FADER = 0, 3
# Field 12 of a receive, the automation mode, tells an output (-1: as its track) from a send (0: trim and read) alike.
OUTPUT_MODE, SEND_MODE = -1, 0


def track_block(export: Export, row: Row) -> Block:
    """The track of a channel."""
    channel, name = row.channel, row.channel.name
    levels = channel_levels(export, channel)
    stands_in_folder = _parent_of(export, row) == channel.output
    block = Block(f"TRACK {guid('track', name)}", [line("NAME", export.names[name])])
    block.children += ["PEAKCOL 16576", "BEAT -1", "AUTOMODE 0", line("VOLPAN", levels.gain, levels.pan, -1, -1, 1)]
    block.children.append(line("MUTESOLO", channel.is_muted, 2 if channel.is_soloed else 0, 0))
    block.children.append(line("IPHASE", channel.is_inverted and not _has_instrument(channel)))
    block.children += ["PLAYOFFS 0 1", _folder_line(row), "BUSCOMP 0 0 0 0 0", "SHOWINMIX 1 0.6667 0.5 1 0.5 0 0 0"]
    block.children += ["SEL 0", "REC 0 0 1 0 0 0 0 0", "VU 2", "TRACKHEIGHT 0 0 0 0 0 0", "INQ 0 0 0 0.5 100 0 0 100"]
    block.children += [line("NCHAN", export.sidechains.channel_count(name)), "FX 1", f"TRACKID {guid('track', name)}"]
    block.children += ["PERF 0", *_receives(export, name), "MIDIOUT -1", line("MAINSEND", stands_in_folder, 0)]
    if channel.trim_db and not _has_instrument(channel):
        trim = [(0.0, db_to_gain(channel.trim_db))]
        block.children.append(envelope_block("VOLENV", trim, "track", name))
    block.children += level_blocks(levels, "VOLENV2", "PANENV2", "track", name)
    chain = chain_block(export, name, channel, "FXCHAIN")
    block.children += [chain] if chain is not None else []
    block.children += item_blocks(export, channel) if isinstance(channel, Track) else []
    return block


def channel_levels(export: Export, channel: Channel) -> Levels:
    """The fader and pan of a channel."""
    is_audio = isinstance(channel, Track) and channel.instrument is None  # an instrument's channel is stereo
    channels = channel.channels if is_audio else 2
    moves = channel.automation
    return make_levels(channel.fader_db, channel.pan_lr, moves, "fader_db", channels, export.session.tempo)


def level_blocks(levels: Levels, gain_name: str, pan_name: str, *place: str) -> list[Block]:
    """The envelopes of levels that move."""
    rows = ((gain_name, levels.gains), (pan_name, levels.pans))
    return [envelope_block(name, points, *place) for name, points in rows if points]


def _has_instrument(channel: Channel) -> bool:
    return getattr(channel, "instrument", None) is not None


def told_channels(export: Export) -> dict[str, int]:
    """GUID → channels of each track of audio whose files would make a reader take it for another."""
    audio = [track for track in export.session.tracks if track.instrument is None]
    rows = ((track, [export.audio.get(clip.audio).channels for clip in track.all_clips]) for track in audio)
    return {guid("track", row.name): row.channels for row, found in rows if max(found, default=2) != row.channels}


def _folder_line(row: Row) -> str:
    if row.is_folder:
        return line("ISBUS", 1, 1)
    return line("ISBUS", 2, -row.ends) if row.ends else line("ISBUS", 0, 0)


def _parent_of(export: Export, row: Row) -> str:
    """The folder in which the channel stands; the master where in none."""
    open_folders: list[str] = []
    for other in export.rows:
        if other is row:
            break
        open_folders += [other.channel.name] if other.is_folder else []
        del open_folders[len(open_folders) - other.ends :]
    return open_folders[-1] if open_folders else MASTER


def _receives(export: Export, name: str) -> list[Block | str]:
    """What comes in besides the folder's members: outputs, sends, and what steers the devices."""
    rows: list[Block | str] = []
    for place, row in enumerate(export.rows):
        channel = row.channel
        if channel.output == name and _parent_of(export, row) != name:
            rows.append(_receive(place, POST_FADER, Levels(1.0, 0.0), False, 0, OUTPUT_MODE))
        for number, send in enumerate(channel.sends):
            rows += _sent(export, place, send, (channel.name, number)) if send.to == name else []
    for side, first in export.sidechains.receives.get(name, ()):
        mode = PRE_FADER if side.is_pre_fader else POST_FADER
        place = export.places[side.source]
        rows.append(_receive(place, mode, Levels(db_to_gain(side.gain_db), 0.0), False, first, SEND_MODE))
    return rows


def _sent(export: Export, place: int, send: Send, key: tuple) -> list[Block | str]:
    levels = make_levels(send.gain_db, send.pan_lr, send.automation, "gain_db", 2, export.session.tempo)
    mode = PRE_FADER if send.is_pre_fader else POST_FADER
    row = _receive(place, mode, levels, send.is_muted, 0, SEND_MODE)
    return [row, *level_blocks(levels, "AUXVOLENV", "AUXPANENV", "send", *key)]


def _receive(place: int, mode: int, levels: Levels, is_muted: bool, first: int, automation: int) -> str:
    """Fields: source, mode, volume, pan, mute, mono, inverted, from channel, to channel, pan law, MIDI, automation."""
    return line("AUXRECV", place, mode, levels.gain, levels.pan, is_muted, 0, 0, 0, first) + f" -1:U 31 {automation}"
