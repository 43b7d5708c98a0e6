"""Writes the project: its sample rate, length and tempo, its master and its tracks."""

from dawbridge.formats.reaper.notes import notes_block
from dawbridge.formats.reaper.text import Block, line, token_text
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.formats.reaper.writer.fx import chain_block
from dawbridge.formats.reaper.writer.levels import fader_levels
from dawbridge.formats.reaper.writer.tempo import tempo_lines
from dawbridge.formats.reaper.writer.track import level_blocks, stated_channels, track_block
from dawbridge.session.model import MASTER

VERSION = '0.1 "7.0/dawbridge" 0'
AUTO_TAIL_S = 10.0
PAN_BALANCE = 3
_CUSTOM_RANGE = 0
_TAIL_OF_CUSTOM_RANGE = 1


def project_block(export: Export) -> Block:
    """The whole project."""
    session = export.session
    title = token_text(session.name)
    if title != session.name:
        export.losses.add("session.name", "session", f"the name {session.name!r}; it is {title!r}")
    notes = notes_block(session, stated_channels(export))
    root = Block(f"REAPER_PROJECT {VERSION}", [notes, "RIPPLE 0", "GROUPOVERRIDE 0 0 0", "AUTOXFADE 0"])
    root.children += ["ENVATTACH 3", "MIXERUIFLAGS 11 48", "FEEDBACK 0", "PANLAW 1", "PROJOFFS 0 0 0"]
    root.children += ["MAXPROJLEN 0 0", "TIMEMODE 1 5 -1 30 0 0 -1", line("PANMODE", PAN_BALANCE), "PANLAWFLAGS 3"]
    root.children += ["LOOP 0", 'RECORD_PATH "" ""', 'RENDER_FILE ""', _render_range(export), "RENDER_ADDTOPROJ 0"]
    root.children += ["TIMELOCKMODE 0", "TEMPOENVLOCKMODE 0", "ITEMMIX 1", "DEFPITCHMODE 589824 0", "TAKELANE 1"]
    root.children += [line("SAMPLERATE", session.sample_rate, 1, 0), "LOCK 1", line("TITLE", title)]
    root.children += [*tempo_lines(session.tempo), "PLAYRATE 1 0 0.25 4", *_master(export)]
    root.children += [track_block(export, row) for row in export.rows]
    return root


def _render_range(export: Export) -> str:
    """The line RENDER_RANGE: kind of bounds (0: custom), begin, end, which kinds have a tail, its milliseconds."""
    session = export.session
    tail_s = session.tail_s
    if tail_s == "auto":
        tail_s = AUTO_TAIL_S
        export.losses.add("session.tail_s", "session", f"a tail until all is silent; REAPER renders {tail_s:g} s")
    if session.pre_roll_samples:
        export.losses.add("session.pre_roll_samples", "session", f"a pre-roll of {session.pre_roll_samples} samples")
    end_s = session.length_samples / session.sample_rate
    has_tail = _TAIL_OF_CUSTOM_RANGE if tail_s else 0
    return line("RENDER_RANGE", _CUSTOM_RANGE, 0, end_s, has_tail, round(tail_s * 1000.0))


def _master(export: Export) -> list[Block | str]:
    master = export.session.master
    levels = fader_levels(master, 2, export.session.tempo)
    rows: list[Block | str] = ["MASTERAUTOMODE 0", "MASTERMUTESOLO 0", "MASTER_NCH 2 2"]
    rows += [line("MASTER_VOLUME", levels.gain, levels.pan, -1, -1, 1), line("MASTER_PANMODE", PAN_BALANCE)]
    rows += ["MASTER_PANLAWFLAGS 3", "MASTER_FX 1", "MASTER_SEL 0"]
    chain = chain_block(export, MASTER, master, "MASTERFXLIST")
    rows += [chain] if chain is not None else []
    return [*rows, *level_blocks(levels, "MASTERVOLENV2", "MASTERPANENV2", MASTER)]
