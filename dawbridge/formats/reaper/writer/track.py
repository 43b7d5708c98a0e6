"""Writes a channel as a `<TRACK`: levels, routing, chain, items."""

from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.points import envelope_block
from dawbridge.formats.reaper.text import Block, line
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.formats.reaper.writer.fx import chain_block
from dawbridge.formats.reaper.writer.items import item_blocks
from dawbridge.formats.reaper.writer.layout import Row
from dawbridge.formats.reaper.writer.levels import Levels, fader_levels, send_levels
from dawbridge.session import Send, Track
from dawbridge.session.model import MASTER, Channel
from dawbridge.units import db_to_gain

POST_FADER, PRE_FADER = 0, 3
# Field 12 of a receive, its automation mode, lets the reader tell an output (-1: the track's mode) from an equal send
# (0: trim and read).
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
    """The fader and pan of a channel. A track with an instrument is stereo."""
    channels = channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
    return fader_levels(channel, channels, export.session.tempo)


def level_blocks(levels: Levels, gain_name: str, pan_name: str, *owner: str | int) -> list[Block]:
    """The envelopes of automated levels. `owner`: what they belong to, as for `envelope_block`."""
    rows = ((gain_name, levels.gains), (pan_name, levels.pans))
    return [envelope_block(name, points, *owner) for name, points in rows if points]


def _has_instrument(channel: Channel) -> bool:
    return getattr(channel, "instrument", None) is not None


def stated_channels(export: Export) -> dict[str, int]:
    """GUID → channels of each audio track whose channels a reader would guess wrong from its files."""
    audio = [track for track in export.session.tracks if track.instrument is None]
    rows = ((track, [export.audio.get(clip.audio).channels for clip in track.all_clips]) for track in audio)
    return {guid("track", row.name): row.channels for row, found in rows if max(found, default=2) != row.channels}


def _folder_line(row: Row) -> str:
    if row.is_folder:
        return line("ISBUS", 1, 1)
    return line("ISBUS", 2, -row.ends) if row.ends else line("ISBUS", 0, 0)


def _parent_of(export: Export, row: Row) -> str:
    """The folder around the channel; the master if there is none."""
    open_folders: list[str] = []
    for other in export.rows:
        if other is row:
            break
        open_folders += [other.channel.name] if other.is_folder else []
        del open_folders[len(open_folders) - other.ends :]
    return open_folders[-1] if open_folders else MASTER


def _receives(export: Export, name: str) -> list[Block | str]:
    """What the track receives besides its folder's members: outputs, sends and sidechains."""
    rows: list[Block | str] = []
    for index, row in enumerate(export.rows):
        channel = row.channel
        if channel.output == name and _parent_of(export, row) != name:
            rows.append(_receive(index, POST_FADER, Levels(1.0, 0.0), False, 0, OUTPUT_MODE))
        for number, send in enumerate(channel.sends):
            rows += _sent(export, index, send, (channel.name, number)) if send.to == name else []
    for sidechain, first in export.sidechains.receives.get(name, ()):
        mode = PRE_FADER if sidechain.is_pre_fader else POST_FADER
        levels = Levels(db_to_gain(sidechain.gain_db), 0.0)
        rows.append(_receive(export.track_indices[sidechain.source], mode, levels, False, first, SEND_MODE))
    return rows


def _sent(export: Export, source: int, send: Send, key: tuple[str, int]) -> list[Block | str]:
    levels = send_levels(send, export.session.tempo)
    mode = PRE_FADER if send.is_pre_fader else POST_FADER
    row = _receive(source, mode, levels, send.is_muted, 0, SEND_MODE)
    return [row, *level_blocks(levels, "AUXVOLENV", "AUXPANENV", "send", *key)]


def _receive(source: int, mode: int, levels: Levels, is_muted: bool, first: int, automation: int) -> str:
    """The line AUXRECV.

    Fields: source, mode, volume, pan, mute, mono, inverted, from channel, to channel, pan law, MIDI, automation.
    """
    return line("AUXRECV", source, mode, levels.gain, levels.pan, is_muted, 0, 0, 0, first) + f" -1:U 31 {automation}"
