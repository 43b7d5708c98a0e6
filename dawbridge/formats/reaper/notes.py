"""Lines in the project's notes, in which dawbridge keeps what a session has and REAPER does not.

Each begins with `dawbridge`: `tail auto`, `pre-roll 480`, or `channels {GUID of a track} 2`. The last is the track's
number of channels, which selects its pan law, if a reader would guess it wrong from the audio files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dawbridge.formats.reaper.text import Block, number, tokens
from dawbridge.session import Session

_MARK = "|dawbridge"
_WHERE = "the project's notes"


@dataclass(frozen=True)
class Notes:
    """What the lines say.

    tail_s:           as a session has it; None if the render range gives it
    pre_roll_samples: as a session has it
    channels:         a track's GUID → 1 or 2
    """

    tail_s: float | Literal["auto"] | None = None
    pre_roll_samples: int = 0
    channels: Mapping[str, int] = field(default_factory=dict)


def notes_block(session: Session, channels: Mapping[str, int]) -> Block:
    """The project's notes. `channels`: as in `Notes`."""
    rows: list[Block | str] = []
    if session.tail_s == "auto":
        rows.append(f"{_MARK} tail auto")
    elif session.tail_s * 1000.0 != round(session.tail_s * 1000.0):
        rows.append(f"{_MARK} tail {session.tail_s!r}")
    if session.pre_roll_samples:
        rows.append(f"{_MARK} pre-roll {session.pre_roll_samples}")
    rows += [f"{_MARK} channels {guid} {count}" for guid, count in channels.items()]
    return Block("NOTES 0 2", rows)


def read_notes(project: Block) -> Notes:
    """What dawbridge wrote into a project's notes. Raises InputError for a malformed number."""
    tail_s: float | Literal["auto"] | None = None
    pre_roll, channels = 0, {}
    for line in (line for block in project.blocks("NOTES") for line in block.lines):
        match tokens(line):
            case [mark, "tail", "auto"] if mark == _MARK:
                tail_s = "auto"
            case [mark, "tail", text] if mark == _MARK:
                tail_s = number([text], 0, 0.0, _WHERE)
            case [mark, "pre-roll", text] if mark == _MARK:
                pre_roll = int(number([text], 0, 0, _WHERE))
            case [mark, "channels", guid, ("1" | "2") as count] if mark == _MARK:
                channels[guid] = int(count)
    return Notes(tail_s, pre_roll, channels)


def foreign_notes(project: Block) -> list[str]:
    """The lines of the notes that dawbridge did not write."""
    lines = (line for block in project.blocks("NOTES") for line in block.lines)
    return [line for line in lines if not line.startswith(f"{_MARK} ") and line.strip("| ")]
