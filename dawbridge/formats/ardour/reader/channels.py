"""Strands → channels of a session: names, outputs, sends, mutes, and what steers devices."""

from dataclasses import dataclass, field

from dawbridge.formats.ardour.reader.channel_strips import Stage, Strand, Tap
from dawbridge.formats.ardour.reader.outputs import Output
from dawbridge.formats.ardour.reader.ports import Ports
from dawbridge.formats.ardour.reader.stereo_gains import Sides, fixed_sides, greatest, place_of
from dawbridge.formats.balance import to_db
from dawbridge.formats.loss import Losses
from dawbridge.names import unique_name
from dawbridge.session import Bus, Device, Master, Send, Sidechain, Track, spec_of
from dawbridge.session.model import MASTER
from dawbridge.units import db_to_gain

_MOST_GAIN = db_to_gain(24.0)
_DEVICE_DB = 24.0


@dataclass
class Names:
    """Unique names for channels. Raises nothing: what is taken gets a number."""

    taken: set[str] = field(default_factory=lambda: {MASTER})

    def free(self, wanted: str) -> str:
        """`wanted` where it is free and says something."""
        name = unique_name(wanted or "unnamed", self.taken)
        self.taken.add(name)
        return name


@dataclass(frozen=True)
class Content:
    """What a track plays: the fields of a Track; `channels` 1 or 2. Empty for a bus."""

    fields: dict
    channels: int = 2


class ChannelMaker:
    """Makes the channels of one session; `contents`: route id → what it plays."""

    def __init__(self, strands: list[Strand], contents: dict[str, Content], ports: Ports, rate: int, losses: Losses):
        self.losses, self.names, self.contents, self.rate = losses, Names(), contents, rate
        self.stage_names: dict[tuple[str, int], str] = {}
        self.silence = ""  # a muted bus for what goes nowhere but still sends
        for strand in strands:
            self._name(strand, losses)
        self.main = self.stage_names.get((self._master_id(strands), 0), MASTER)
        self.steering = self._steering(strands, ports)

    def _master_id(self, strands: list[Strand]) -> str:
        return next((strand.route.id for strand in strands if strand.route.kind == "master"), "")

    def _name(self, strand: Strand, losses: Losses) -> None:
        """Names for the strand's stages; the last of the master is the session's master."""
        route, count = strand.route, len(strand.stages)
        for place in range(count):
            if route.kind == "master" and place == count - 1:
                self.stage_names[route.id, place] = MASTER
                continue
            wanted = route.name if place == 0 and route.kind != "master" else f"{route.name}, part {place + 1}"
            name = self.names.free(wanted)
            self.stage_names[route.id, place] = name
            if name != wanted:
                losses.add("channel.name", route.place, "its name", f"it is taken, or none; it is {name!r} here")

    def _steering(self, strands: list[Strand], ports: Ports) -> dict[str, list[Sidechain]]:
        """Plugin processor → what steers it."""
        found: dict[str, list[Sidechain]] = {}
        for strand in strands:
            last = self.stage_names[strand.route.id, len(strand.stages) - 1]
            for port in strand.route.outputs:
                for link in ports.targets(port):
                    if link.side_of:
                        _add_once(found, link.side_of, Sidechain(source=last, is_pre_fader=False))
            for place, stage in enumerate(strand.stages):
                name = self.stage_names[strand.route.id, place]
                for is_before, taps in ((True, stage.before), (False, stage.after)):
                    for tap in taps:
                        self._add_side_tap(tap, name, is_before, strand, ports, found)
        return found

    def _add_side_tap(self, tap: Tap, name: str, is_before: bool, strand: Strand, ports: Ports, found) -> None:
        if tap.target or not tap.is_active:
            return
        links = [link for port in tap.ports for link in ports.targets(port)]
        for link in links:
            if link.side_of:
                level = float(to_db(max(tap.sides.fixed())))
                _add_once(found, link.side_of, Sidechain(source=name, is_pre_fader=is_before, gain_db=level))
        if any(not link.side_of for link in links):
            self.losses.add("foreign.external", strand.route.place, "a send that leaves for other ports")

    def channels(self, strand: Strand, outputs: list[Output]) -> list[Track | Bus]:
        """The channels of a track or bus, the first of which takes its input."""
        content = self.contents.get(strand.route.id, Content({}))
        made = []
        for place, stage in enumerate(strand.stages):
            channels = content.channels if place == 0 else 2
            fields = self._common(strand, stage, place, channels, outputs)
            if place == 0:
                fields |= {"trim_db": self._trim(strand), "is_inverted": strand.is_inverted}
            is_track = place == 0 and bool(content.fields)
            made.append(Track(**fields, **content.fields, channels=channels) if is_track else Bus(**fields))
        return made

    def master(self, strand: Strand | None) -> tuple[Master, list[Bus]]:
        """The master, and the buses before it that do what comes too early for it."""
        if strand is None:
            return Master(), []
        *early, final = strand.stages
        devices = self._input_devices(strand)
        if strand.is_muted:
            self.losses.add("foreign.master_mute", "master", "its mute")
        buses = []
        for place, stage in enumerate(early):
            name = self.stage_names[strand.route.id, place]
            then = self.stage_names[strand.route.id, place + 1]
            sides, own = place_of(self._bounded(stage.fader, "master"), 2, self.rate), devices if place == 0 else ()
            rows = (*own, *self._devices(stage, "master"))
            buses.append(Bus(name=name, output=then, devices=rows, **_fader_fields(sides)))
        for stage in strand.stages:
            if any(tap.target for tap in (*stage.before, *stage.after)):
                self.losses.add("foreign.master_send", "master", "its sends")
        sides = final.fader * strand.pan * fixed_sides(*(0.0 if strand.is_muted else 1.0 for _ in range(2)))
        rows = (*(() if early else devices), *self._devices(final, "master"))
        return Master(devices=rows, **_fader_fields(place_of(self._bounded(sides, "master"), 2, self.rate))), buses

    def silent_bus(self) -> list[Bus]:
        """The bus of what goes nowhere, where something does."""
        return [Bus(name=self.silence, is_muted=True)] if self.silence else []

    def _input_devices(self, strand: Strand) -> tuple[Device, ...]:
        """The master's trim and polarity as devices: a session's master has neither."""
        level = self._trim(strand)
        gain = (Device(device="gain", values={"gain_db": min(max(level, -_DEVICE_DB), _DEVICE_DB)}),) if level else ()
        return (*gain, *((Device(device="polarity", values={"inverted": 1.0}),) if strand.is_inverted else ()))

    def _trim(self, strand: Strand) -> float:
        level = float(to_db(abs(strand.trim)))
        return 0.0 if abs(level) < 1e-9 else level

    def _common(self, strand: Strand, stage: Stage, place: int, channels: int, outputs: list[Output]) -> dict:
        """What a track and a bus have, of one stage."""
        where, is_last = strand.route.place, place == len(strand.stages) - 1
        pan = outputs[0].sides if is_last and outputs else fixed_sides(1.0, 1.0)
        sends = self._sends(strand, stage, pan, outputs[1:] if is_last else [])
        output, is_muted = self._output(strand, place, outputs, sends)
        fader = place_of(self._bounded(stage.fader * pan, where), channels, self.rate)
        return {
            "name": self.stage_names[strand.route.id, place],
            "devices": self._devices(stage, where),
            "output": output,
            "is_muted": is_muted,
            "is_soloed": strand.is_soloed,
            "sends": tuple(send for send, _ in sends) if is_muted else self._told_apart(sends, where),
            **_fader_fields(fader),
        }

    def _told_apart(self, sends: list[tuple[Send, bool]], where: str) -> tuple[Send, ...]:
        """The sends of a channel that is not muted itself: those that its mute silenced are."""
        if any(is_dead and not send.is_muted for send, is_dead in sends):
            told = "that its mute silences some of its sends; they are muted themselves"
            self.losses.add("send.is_muted", where, told)
        return tuple(_silenced(send) if is_dead else send for send, is_dead in sends)

    def _output(self, strand: Strand, place: int, outputs: list[Output], sends) -> tuple[str, bool]:
        """(where it goes, whether it is muted). What sends on while its output is dead goes to a muted bus."""
        if place < len(strand.stages) - 1:
            return self.stage_names[strand.route.id, place + 1], False
        target = outputs[0].target if outputs else MASTER
        name = self.main if target == MASTER else self.stage_names.get((target, 0), self.main)
        if outputs and not strand.is_muted:
            return name, False
        if any(not is_dead and not send.is_muted for send, is_dead in sends):
            return self._nowhere(strand), False
        return name, True

    def _nowhere(self, strand: Strand) -> str:
        """A muted bus: a mute here silences sends as well."""
        if not self.silence:
            self.silence = self.names.free("nowhere")
            self.losses.add("session.buses", "session", f"a muted bus {self.silence!r} for what is heard by sends")
        self.losses.add("channel.output", strand.route.place, f"its output; it goes to the muted bus {self.silence!r}")
        return self.silence

    def _sends(self, strand: Strand, stage: Stage, pan: Sides, more: list[Output]) -> list[tuple[Send, bool]]:
        """(send, whether the mute silences it), those before the fader first."""
        dead, where = set(strand.mute_points) if strand.is_muted else set(), strand.route.place
        rows = [(self._send(tap, pan, True, where), "PreFader" in dead) for tap in stage.before]
        rows += [(self._send(tap, pan, False, where), "PostFader" in dead) for tap in stage.after]
        rows += [(self._more(output, pan), strand.is_muted) for output in more]
        return [(send, is_dead) for send, is_dead in rows if send is not None]

    def _send(self, tap: Tap, pan: Sides, is_pre: bool, where: str) -> Send | None:
        if not tap.target:
            return None
        name = self.stage_names.get((tap.target, 0), MASTER)
        if name == MASTER or name == self.main:
            self.losses.add("foreign.send", where, "a send to what is no bus")
            return None
        sides = self._bounded(tap.sides if is_pre else tap.sides / pan, where)
        level = place_of(sides, 2, self.rate)
        moves = {"gain_db": level.level, "pan_lr": level.pan}
        return Send(
            to=name,
            gain_db=level.level_db,
            pan_lr=level.pan_lr,
            is_pre_fader=is_pre,
            is_muted=not tap.is_active,
            automation={key: row for key, row in moves.items() if row is not None},
        )

    def _more(self, output: Output, pan: Sides) -> Send | None:
        """A further output: a copy of what leaves."""
        name = self.stage_names.get((output.target, 0))
        if name is None:
            return None
        level = place_of(output.sides / pan, 2, self.rate)
        return Send(to=name, gain_db=level.level_db, pan_lr=level.pan_lr)

    def _bounded(self, sides: Sides, where: str) -> Sides:
        if greatest(sides) > _MOST_GAIN * (1.0 + 1e-9):
            self.losses.add("foreign.level_range", where, f"a gain of {greatest(sides):g}")
        return sides

    def _devices(self, stage: Stage, where: str) -> tuple[Device, ...]:
        return tuple(self.steered(plugin, device, where) for plugin, device in stage.devices)

    def steered(self, plugin: str, device: Device, where: str) -> Device:
        """The device with what steers it."""
        found = self.steering.get(plugin, [])
        if not found:
            return device
        if device.plugin is not None or not spec_of(device).sidechain_channels:
            self.losses.add("foreign.sidechain", where, f"what steers {device.device!r}")
            return device
        if len(found) > 1:
            self.losses.add("foreign.sidechain", where, f"what steers {device.device!r}, but for {found[0].source!r}")
        return device.model_copy(update={"sidechain": found[0]})


def _add_once(found: dict[str, list[Sidechain]], plugin: str, row: Sidechain) -> None:
    if row not in found.setdefault(plugin, []):
        found[plugin].append(row)


def _silenced(send: Send) -> Send:
    return send.model_copy(update={"is_muted": True})


def _fader_fields(place) -> dict:
    moves = {"fader_db": place.level, "pan_lr": place.pan}
    automation = {key: row for key, row in moves.items() if row is not None}
    return {"fader_db": place.level_db, "pan_lr": place.pan_lr, "automation": automation}
