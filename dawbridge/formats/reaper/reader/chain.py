"""Reads a chain of effects as entries, before devices are made of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dawbridge.formats.loss import Losses
from dawbridge.formats.reaper.foreign import is_foreign
from dawbridge.formats.reaper.reader.context import is_line
from dawbridge.formats.reaper.text import Block, number, tokens


@dataclass
class Entry:
    """An effect: its block, whether it is bypassed, and its envelopes and comment."""

    block: Block
    is_bypassed: bool
    envelopes: list[Block] = field(default_factory=list)
    comment: Block | None = None


def read_entries(chain: Block, is_off: bool, losses: Losses, where: str) -> list[Entry]:
    """The effects of a chain in series, including those inside containers. What is not read of them is a Loss."""
    return list(_entries(chain, is_off, losses, where))


def _entries(chain: Block, is_off: bool, losses: Losses, where: str) -> Iterator[Entry]:
    bypassed = is_off
    entry: Entry | None = None
    for child in chain.children:
        if isinstance(child, Block):
            if child.name == "CONTAINER":
                losses.add("foreign.container", where, "that effects are in a container; they are in series")
                yield from _entries(child, bypassed, losses, where)
                entry = None
            elif child.name == "VST" or is_foreign(child):
                entry = Entry(child, bypassed)
                yield entry
            elif entry is not None:
                _attach(entry, child, losses, f"{where} effect {entry.block.tokens[1:2]}")
        elif is_line(child, "BYPASS"):
            row = tokens(child)[1:]
            bypassed = is_off or any(number(row, index, 0, f"{where} BYPASS") != 0 for index in (0, 1))
        elif entry is not None:
            _add_line_losses(child, losses, f"{where} effect {entry.block.tokens[1:2]}")


def _attach(entry: Entry, block: Block, losses: Losses, where: str) -> None:
    if block.name == "PARMENV":
        entry.envelopes.append(block)
    elif block.name == "COMMENT":
        entry.comment = block
    elif block.name == "PROGRAMENV":
        losses.add("foreign.modulation", where, f"the modulation of its parameter {block.tokens[1:2]}")


def _add_line_losses(line: str, losses: Losses, where: str) -> None:
    row = tokens(line)
    if row[0] == "WET" and number(row, 1, 1.0, where) != 1.0:
        losses.add("foreign.wet", where, f"that only {number(row, 1, 1.0, where):g} of it is mixed in")
    if row[0] == "PARALLEL" and row[1:2] != ["0"]:
        losses.add("foreign.parallel", where, "that the next effect runs beside it")
