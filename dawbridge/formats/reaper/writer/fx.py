"""Writes chains of effects: for each `BYPASS`, the effect's block, its id and its envelopes."""

import re
from collections.abc import Sequence

from dawbridge.files import write_text
from dawbridge.formats.envelope import EnvelopePoint, envelope
from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.parameters import has_envelope, parameter_head, parameter_scale
from dawbridge.formats.reaper.points import envelope_block
from dawbridge.formats.reaper.text import Block, children_text, line
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.formats.reaper.writer.devices import (
    Effect,
    foreign_effects,
    jsfx_effect,
    plain_effects,
)
from dawbridge.session import Device, Track, spec_of
from dawbridge.session.model import Fader
from dawbridge.session.rendered import INSTRUMENT

_HEAD = ["WNDRECT 0 0 0 0", "SHOW 0", "LASTSEL 0", "DOCKED 0"]
_FOREIGN_HEAD = re.compile(r"\d{1,9}(:\S+)?( -?[0-9.e+-]+){3}")


def chain_block(export: Export, name: str, fader: Fader, block_name: str) -> Block | None:
    """The chain of a channel, which is also written as an .RfxChain file; None if it is empty."""
    children: list[Block | str] = []
    if isinstance(fader, Track) and fader.instrument is not None:
        children += _device_lines(export, name, INSTRUMENT, fader.instrument)
        if (fader.trim_db, fader.is_inverted) != (0.0, False):
            children += _trim(export, name, fader)
    for position, device in enumerate(fader.devices):
        children += _device_lines(export, name, position, device)
    if not children:
        return None
    write_text(export.path / f"{export.file_names[name]}.RfxChain", children_text(_without_envelopes(children)))
    return Block(block_name, [*_HEAD, *children])


def _without_envelopes(children: Sequence[Block | str]) -> list[Block | str]:
    return [child for child in children if isinstance(child, str) or child.name != "PARMENV"]


def _trim(export: Export, name: str, track: Track) -> list[Block | str]:
    """The trim and polarity of a track with an instrument, as an effect right after it."""
    values = {"trim_db": track.trim_db, "inverted": float(track.is_inverted)}
    export.jsfx.add("trim")
    return _effect_lines(jsfx_effect("trim", tuple(values.values())), False, (name, "trim"), [])


def _device_lines(export: Export, name: str, position: int, device: Device) -> list[Block | str]:
    """The lines of a device: one effect, or two for a mono plugin, for left and right."""
    number = "instrument" if position == INSTRUMENT else f"device {position + 1}"
    where = f"{export.where(name)} {number} ({device.device})"
    make = foreign_effects if device.plugin is not None else plain_effects
    effects = make(export, name, position, device, where)
    moves = _envelopes(export, effects[0], device, where)
    rows: list[Block | str] = []
    for copy, effect in enumerate(effects):
        rows += _effect_lines(effect, device.is_bypassed, (name, number, copy), moves)
    return rows


def _envelopes(export: Export, effect: Effect, device: Device, where: str) -> list[tuple[str, list[EnvelopePoint]]]:
    """(head of the envelope's block, points) of each automated parameter."""
    rows: list[tuple[str, list[EnvelopePoint]]] = []
    tempo = export.session.tempo
    for name, automation in device.automation.items():
        if device.plugin is not None:
            if not _FOREIGN_HEAD.fullmatch(name):
                why = "its name is another program's, not a parameter's number in REAPER"
                export.losses.add("device.automation", where, f"the automation of {name!r}", why)
                continue
            rows.append((f"PARMENV {name}", envelope(automation, tempo, lambda values: values)))
            continue
        spec = spec_of(device)
        if not has_envelope(spec, name):
            export.losses.add("device.automation", where, f"the automation of {name}")
            continue
        to_reaper = parameter_scale(spec, name)[0]
        rows.append((parameter_head(spec, name), envelope(automation, tempo, to_reaper)))
    return rows


def _effect_lines(
    effect: Effect, is_bypassed: bool, key: tuple[str | int, ...], moves: list[tuple[str, list[EnvelopePoint]]]
) -> list[Block | str]:
    rows: list[Block | str] = [line("BYPASS", is_bypassed, 0, 0), effect.block, "FLOATPOS 0 0 0 0"]
    rows.append(line("FXID", guid("effect", *key)))
    rows += [envelope_block(head, points, *key) for head, points in moves]
    return [*rows, "WAK 0 0", *([effect.comment] if effect.comment else [])]
