"""Reads where REAPER's tracks send their signal: folders, main sends, receives."""

from dataclasses import dataclass, field

from dawbridge.errors import InputError
from dawbridge.formats.reaper.reader.context import ImportContext, is_line
from dawbridge.formats.reaper.text import Block, number, tokens

POST_FADER, PRE_FX, PRE_FADER = 0, 1, 3
_DEEPEST = 1000


@dataclass(frozen=True)
class Receive:
    """A line AUXRECV of the track with index `target`, and the envelopes that follow it.

    first:    the first of the target's two channels on which it comes in
    is_plain: whether it takes the source's first two channels, in stereo
    """

    source: int
    target: int
    mode: int
    gain: float
    pan: float
    is_muted: bool
    is_inverted: bool
    first: int
    is_plain: bool
    automation: int
    envelopes: tuple[Block, ...] = ()

    @property
    def may_be_output(self) -> bool:
        """Whether it carries the source's whole signal unchanged, as an output does."""
        level = (self.mode, self.gain, self.pan, self.is_muted, self.is_inverted, self.first)
        return level == (POST_FADER, 1.0, 0.0, False, False, 0) and self.is_plain and not self.envelopes


@dataclass
class Routes:
    """parents: for each track the index of its folder, or None
    has_main: for each track whether it sends to its folder, or to the master outside of folders
    receives: all, in order
    """

    parents: list[int | None]
    has_main: list[bool]
    receives: list[Receive] = field(default_factory=list)

    def into(self, target: int) -> list[Receive]:
        """The receives of a track."""
        return [row for row in self.receives if row.target == target]

    def out_of(self, source: int) -> list[Receive]:
        """The receives from a track."""
        return [row for row in self.receives if row.source == source]

    def has_inputs(self, index: int) -> bool:
        """Whether other tracks are mixed into the track."""
        is_folder = any(parent == index and main for parent, main in zip(self.parents, self.has_main))
        return is_folder or any(row.target == index and row.first == 0 for row in self.receives)

    def output_of(self, index: int) -> Receive | None:
        """The receive that serves as the output of a track without a main send; preferably one that dawbridge wrote."""
        found = [row for row in self.out_of(index) if row.may_be_output]
        return min(found, key=lambda row: row.automation != -1, default=None)


def read_routes(tracks: list[Block], context: ImportContext) -> Routes:
    """The routes among the tracks."""
    routes = Routes(_parents(tracks, context), [_has_main(track) for track in tracks])
    for index, track in enumerate(tracks):
        routes.receives += _receives(track, index, len(tracks), context)
    return routes


def _parents(tracks: list[Block], context: ImportContext) -> list[int | None]:
    open_folders: list[int] = []
    parents: list[int | None] = []
    for index, track in enumerate(tracks):
        parents.append(open_folders[-1] if open_folders else None)
        row = track.first("ISBUS")
        kind, step = (number(row, field, 0, f"{context.where}: track {index + 1} ISBUS") for field in (0, 1))
        if kind == 1 and step > 0:
            open_folders.append(index)
        elif step < 0:
            del open_folders[max(len(open_folders) + int(max(step, -_DEEPEST)), 0) :]
        if len(open_folders) > _DEEPEST:
            raise InputError(f"{context.where}: folders {_DEEPEST} deep; correct the project in REAPER")
    return parents


def _has_main(track: Block) -> bool:
    return (track.first("MAINSEND") or ["1"])[0] != "0"


def _receives(track: Block, target: int, track_count: int, context: ImportContext) -> list[Receive]:
    rows: list[tuple[list[str], list[Block]]] = []
    for child in track.children:
        if isinstance(child, str):
            if is_line(child, "AUXRECV"):
                rows.append((tokens(child)[1:], []))
        elif rows and child.name.startswith("AUX"):
            rows[-1][1].append(child)
    found = []
    for receive, (row, envelopes) in enumerate(rows, start=1):
        where = f"{context.where}: track {target + 1} receive {receive}"
        values = [number(row, index, default, where) for index, default in enumerate((0, 0, 1, 0, 0, 0, 0, 0, 0))]
        source, mode, gain, pan, muted, mono, inverted, first_out, first_in = values
        if not 0 <= source < track_count or source != int(source) or int(source) == target:
            raise InputError(
                f"{where}: from track {source:g}, there are {track_count} (from 0); save the project again"
            )
        automation = int(number(row, 11, -1, where))
        if first_out < 0:
            continue  # MIDI alone
        is_plain = not mono and first_out == 0 and first_in % 2 == 0 and first_in < 64
        found.append(Receive(int(source), target, int(mode), gain, pan, bool(muted), bool(inverted), int(first_in),
                             is_plain, automation, tuple(envelopes)))  # fmt: skip
    return found
