"""Where REAPER's tracks send: folders, main sends, receives."""

from dataclasses import dataclass, field

from dawbridge.errors import InputError
from dawbridge.formats.reaper.reader.context import Import, is_line
from dawbridge.formats.reaper.text import Block, number, tokens

POST_FADER, PRE_FX, PRE_FADER = 0, 1, 3
_DEEPEST = 1000


@dataclass(frozen=True)
class Receive:
    """A line AUXRECV of track `target`, with the envelopes that follow it. `first`: the channel it comes in on."""

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
        """Whether it carries the track's whole sound, as an output does."""
        level = (self.mode, self.gain, self.pan, self.is_muted, self.is_inverted, self.first)
        return level == (POST_FADER, 1.0, 0.0, False, False, 0) and self.is_plain and not self.envelopes


@dataclass
class Routes:
    """parents: of each track its folder, or None. mains: whether it goes there. receives: all, in order."""

    parents: list[int | None]
    mains: list[bool]
    receives: list[Receive] = field(default_factory=list)

    def into(self, target: int) -> list[Receive]:
        return [row for row in self.receives if row.target == target]

    def out_of(self, source: int) -> list[Receive]:
        return [row for row in self.receives if row.source == source]

    def has_inputs(self, place: int) -> bool:
        """Whether other tracks sound in this one."""
        is_folder = any(parent == place and main for parent, main in zip(self.parents, self.mains))
        return is_folder or any(row.target == place and row.first == 0 for row in self.receives)

    def output_of(self, place: int) -> Receive | None:
        """The receive that is the output of a track whose main send is off, the writer's own before others."""
        found = [row for row in self.out_of(place) if row.may_be_output]
        return min(found, key=lambda row: row.automation != -1, default=None)


def read_routes(tracks: list[Block], imported: Import) -> Routes:
    """The routes among the tracks."""
    routes = Routes(_parents(tracks, imported), [_has_main(track) for track in tracks])
    for place, track in enumerate(tracks):
        routes.receives += _receives(track, place, len(tracks), imported)
    return routes


def _parents(tracks: list[Block], imported: Import) -> list[int | None]:
    open_folders: list[int] = []
    parents: list[int | None] = []
    for place, track in enumerate(tracks):
        parents.append(open_folders[-1] if open_folders else None)
        row = track.first("ISBUS")
        kind, step = (number(row, spot, 0, f"{imported.where}: track {place + 1} ISBUS") for spot in (0, 1))
        if kind == 1 and step > 0:
            open_folders.append(place)
        elif step < 0:
            del open_folders[max(len(open_folders) + int(max(step, -_DEEPEST)), 0) :]
        if len(open_folders) > _DEEPEST:
            raise InputError(f"{imported.where}: folders {_DEEPEST} deep; correct the project in REAPER")
    return parents


def _has_main(track: Block) -> bool:
    return (track.first("MAINSEND") or ["1"])[0] != "0"


def _receives(track: Block, target: int, count: int, imported: Import) -> list[Receive]:
    rows: list[tuple[list[str], list[Block]]] = []
    for child in track.children:
        if isinstance(child, str):
            if is_line(child, "AUXRECV"):
                rows.append((tokens(child)[1:], []))
        elif rows and child.name.startswith("AUX"):
            rows[-1][1].append(child)
    found = []
    for place, (row, envelopes) in enumerate(rows, start=1):
        where = f"{imported.where}: track {target + 1} receive {place}"
        values = [number(row, spot, default, where) for spot, default in enumerate((0, 0, 1, 0, 0, 0, 0, 0, 0))]
        source, mode, gain, pan, muted, mono, inverted, first_out, first_in = values
        if not 0 <= source < count or source != int(source) or int(source) == target:
            raise InputError(f"{where}: from track {source:g}, there are {count} (from 0); save the project again")
        automation = int(number(row, 11, -1, where))
        if first_out < 0:
            continue  # MIDI alone
        is_plain = not mono and first_out == 0 and first_in % 2 == 0 and first_in < 64
        found.append(Receive(int(source), target, int(mode), gain, pan, bool(muted), bool(inverted), int(first_in),
                             is_plain, automation, tuple(envelopes)))  # fmt: skip
    return found
