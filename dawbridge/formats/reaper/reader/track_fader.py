"""Reads a track's fader, pan and volume before its effects, and reports what else on the track changes its sound."""

from collections.abc import Sequence

from dawbridge.formats.reaper.points import is_active
from dawbridge.formats.reaper.reader.context import BALANCE, CLASSIC, ImportContext
from dawbridge.formats.reaper.reader.levels import TRIM_READ, ReadLevels, gain_db, join_levels, read_envelope
from dawbridge.formats.reaper.text import Block, number

_OTHER_ENVELOPES = (
    ("PANENV", "WIDTHENV", "WIDTHENV2", "DUALPANENVL", "DUALPANENV", "DUALPANENVL2", "DUALPANENV2")
    + ("MUTEENV", "VOLENV3")
)  # fmt: skip
_DUAL_PAN = 5


def read_fader(block: Block, channels: int, context: ImportContext, where: str) -> ReadLevels:
    """The level and pan of a track. `channels`: 1 for the pan law of mono files, else 2."""
    row = block.first("VOLPAN")
    gain, pan, own_law = (number(row, index, default, where) for index, default in enumerate((1.0, 0.0, -1.0)))
    pan_law = context.pan_law if own_law < 0 else own_law
    gain_db(gain, where, context.losses)
    _check_pan(block, row, pan, pan_law, context, where)
    gains, pans = (read_envelope(block.first_block(name), where, context) for name in ("VOLENV2", "PANENV2"))
    is_trim = number(block.first("AUTOMODE"), 0, TRIM_READ, where) == TRIM_READ
    return join_levels((abs(gain), pan), gains, pans, channels, is_trim, min(pan_law, 1.0))


def _check_pan(
    block: Block, row: Sequence[str], pan: float, pan_law: float, context: ImportContext, where: str
) -> None:
    """A Loss for a pan law or pan mode that a session does not have, where it changes the sound."""
    is_panned = any(is_active(envelope) for envelope in block.blocks("PANENV2")) or pan != 0.0
    if pan_law != 1.0 and is_panned:
        context.losses.add("foreign.pan_law", where, f"the pan law {pan_law:g} away from the centre; it is a balance")
    mode = int(number(block.first("PANMODE"), 0, context.pan_mode, where))
    left, right = number(row, 3, -1.0, where), number(row, 4, 1.0, where)
    is_neutral = not is_panned and right == 1.0 and (mode == _DUAL_PAN or left == -1.0)
    if mode not in (BALANCE, CLASSIC) and not is_neutral:
        context.losses.add("foreign.pan_mode", where, f"pan mode {mode} with {(left, right)}; it is a balance")


def read_pre_fx_db(block: Block, context: ImportContext, where: str) -> float:
    """The volume before the effects, in decibels. Its automation, and other envelopes of the track, are a Loss."""
    for name in _OTHER_ENVELOPES:
        if any(is_active(envelope) for envelope in block.blocks(name)):
            context.losses.add("foreign.envelope", where, f"its envelope {name}")
    points = read_envelope(block.first_block("VOLENV"), where, context)
    if not points:
        return 0.0
    if len({value for _, value in points}) > 1:
        context.losses.add("foreign.envelope", where, "that its volume before the effects moves")
    return gain_db(abs(points[0][1]), where, context.losses)


def add_track_losses(block: Block, context: ImportContext, where: str) -> None:
    """A Loss for each property of a track that changes its sound and that no session has."""
    for name, kind, what in (
        ("FREEZE", "foreign.freeze", "what was frozen; the frozen audio plays"),
        ("HWOUT", "foreign.hardware_output", "its hardware output"),
        ("GROUP_FLAGS", "foreign.group", "that it is in a group"),
        ("LANESOLO", "foreign.lanes", "that only some of its lanes play"),
    ):
        if block.blocks(name) or block.all(name):
            context.losses.add(kind, where, what)
    if number(block.first("PLAYOFFS"), 0, 0.0, where) != 0.0:
        context.losses.add("foreign.play_offset", where, "that its items play earlier or later")
    if number(block.first("MAINSEND"), 1, 0.0, where) != 0.0:
        context.losses.add("foreign.main_send", where, "that its main send goes to other channels")
