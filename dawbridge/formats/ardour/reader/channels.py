"""Strands → channels of a session: names, outputs, sends, mutes, and what steers devices."""

from dataclasses import dataclass, field
from typing import Any

from dawbridge.formats.ardour.reader.channel_strips import ChannelStrip, Stage, Tap
from dawbridge.formats.ardour.reader.outputs import Output
from dawbridge.formats.ardour.reader.ports import Ports
from dawbridge.formats.ardour.reader.stereo_gains import LevelAndPan, StereoGains, fixed_gains, greatest, level_and_pan
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

    def __init__(
        self, strips: list[ChannelStrip], contents: dict[str, Content], ports: Ports, rate: int, losses: Losses
    ):
        self.losses, self.names, self.contents, self.rate = losses, Names(), contents, rate
        self.stage_names: dict[tuple[str, int], str] = {}
        self.silence = ""  # a muted bus for what goes nowhere but still sends
        for strip in strips:
            self._name(strip, losses)
        self.main = self.stage_names.get((self._master_id(strips), 0), MASTER)
        self.steering = self._steering(strips, ports)

    def _master_id(self, strips: list[ChannelStrip]) -> str:
        return next((strip.route.id for strip in strips if strip.route.kind == "master"), "")

    def _name(self, strip: ChannelStrip, losses: Losses) -> None:
        """Names for the strand's stages; the last of the master is the session's master."""
        route, count = strip.route, len(strip.stages)
        for place in range(count):
            if route.kind == "master" and place == count - 1:
                self.stage_names[route.id, place] = MASTER
                continue
            wanted = route.name if place == 0 and route.kind != "master" else f"{route.name}, part {place + 1}"
            name = self.names.free(wanted)
            self.stage_names[route.id, place] = name
            if name != wanted:
                losses.add("channel.name", route.place, "its name", f"it is taken, or none; it is {name!r} here")

    def _steering(self, strips: list[ChannelStrip], ports: Ports) -> dict[str, list[Sidechain]]:
        """Plugin processor → what steers it."""
        found: dict[str, list[Sidechain]] = {}
        for strip in strips:
            last = self.stage_names[strip.route.id, len(strip.stages) - 1]
            for port in strip.route.outputs:
                for link in ports.targets(port):
                    if link.side_of:
                        _add_once(found, link.side_of, Sidechain(source=last, is_pre_fader=False))
            for place, stage in enumerate(strip.stages):
                name = self.stage_names[strip.route.id, place]
                for is_before, taps in ((True, stage.before), (False, stage.after)):
                    for tap in taps:
                        self._add_side_tap(tap, name, is_before, strip, ports, found)
        return found

    def _add_side_tap(
        self, tap: Tap, name: str, is_before: bool, strip: ChannelStrip, ports: Ports, found: dict[str, list[Sidechain]]
    ) -> None:
        if tap.target or not tap.is_active:
            return
        links = [link for port in tap.ports for link in ports.targets(port)]
        for link in links:
            if link.side_of:
                level = float(to_db(max(tap.sides.fixed())))
                _add_once(found, link.side_of, Sidechain(source=name, is_pre_fader=is_before, gain_db=level))
        if any(not link.side_of for link in links):
            self.losses.add("foreign.external", strip.route.place, "a send that leaves for other ports")

    def channels(self, strip: ChannelStrip, outputs: list[Output]) -> list[Track | Bus]:
        """The channels of a track or bus, the first of which takes its input."""
        content = self.contents.get(strip.route.id, Content({}))
        made = []
        for place, stage in enumerate(strip.stages):
            channels = content.channels if place == 0 else 2
            fields = self._common(strip, stage, place, channels, outputs)
            if place == 0:
                fields |= {"trim_db": self._trim(strip), "is_inverted": strip.is_inverted}
            is_track = place == 0 and bool(content.fields)
            made.append(Track(**fields, **content.fields, channels=channels) if is_track else Bus(**fields))
        return made

    def master(self, strip: ChannelStrip | None) -> tuple[Master, list[Bus]]:
        """The master, and the buses before it that do what comes too early for it."""
        if strip is None:
            return Master(), []
        *early, final = strip.stages
        devices = self._input_devices(strip)
        if strip.is_muted:
            self.losses.add("foreign.master_mute", "master", "its mute")
        buses = []
        for place, stage in enumerate(early):
            name = self.stage_names[strip.route.id, place]
            then = self.stage_names[strip.route.id, place + 1]
            level = level_and_pan(self._bounded(stage.fader, "master"), 2, self.rate)
            own = devices if place == 0 else ()
            rows = (*own, *self._devices(stage, "master"))
            buses.append(Bus(name=name, output=then, devices=rows, **_fader_fields(level)))
        for stage in strip.stages:
            if any(tap.target for tap in (*stage.before, *stage.after)):
                self.losses.add("foreign.master_send", "master", "its sends")
        gains = final.fader * strip.pan * fixed_gains(*(0.0 if strip.is_muted else 1.0 for _ in range(2)))
        rows = (*(() if early else devices), *self._devices(final, "master"))
        return Master(devices=rows, **_fader_fields(level_and_pan(self._bounded(gains, "master"), 2, self.rate))), buses

    def silent_bus(self) -> list[Bus]:
        """The bus of what goes nowhere, where something does."""
        return [Bus(name=self.silence, is_muted=True)] if self.silence else []

    def _input_devices(self, strip: ChannelStrip) -> tuple[Device, ...]:
        """The master's trim and polarity as devices: a session's master has neither."""
        level = self._trim(strip)
        gain = (Device(device="gain", values={"gain_db": min(max(level, -_DEVICE_DB), _DEVICE_DB)}),) if level else ()
        return (*gain, *((Device(device="polarity", values={"inverted": 1.0}),) if strip.is_inverted else ()))

    def _trim(self, strip: ChannelStrip) -> float:
        level = float(to_db(abs(strip.trim)))
        return 0.0 if abs(level) < 1e-9 else level

    def _common(self, strip: ChannelStrip, stage: Stage, place: int, channels: int, outputs: list[Output]) -> dict:
        """What a track and a bus have, of one stage."""
        where, is_last = strip.route.place, place == len(strip.stages) - 1
        pan = outputs[0].sides if is_last and outputs else fixed_gains(1.0, 1.0)
        sends = self._sends(strip, stage, pan, outputs[1:] if is_last else [])
        output, is_muted = self._output(strip, place, outputs, sends)
        fader = level_and_pan(self._bounded(stage.fader * pan, where), channels, self.rate)
        return {
            "name": self.stage_names[strip.route.id, place],
            "devices": self._devices(stage, where),
            "output": output,
            "is_muted": is_muted,
            "is_soloed": strip.is_soloed,
            "sends": tuple(send for send, _ in sends) if is_muted else self._told_apart(sends, where),
            **_fader_fields(fader),
        }

    def _told_apart(self, sends: list[tuple[Send, bool]], where: str) -> tuple[Send, ...]:
        """The sends of a channel that is not muted itself: those that its mute silenced are."""
        if any(is_dead and not send.is_muted for send, is_dead in sends):
            told = "that its mute silences some of its sends; they are muted themselves"
            self.losses.add("send.is_muted", where, told)
        return tuple(_silenced(send) if is_dead else send for send, is_dead in sends)

    def _output(
        self, strip: ChannelStrip, place: int, outputs: list[Output], sends: list[tuple[Send, bool]]
    ) -> tuple[str, bool]:
        """(where it goes, whether it is muted). What sends on while its output is dead goes to a muted bus."""
        if place < len(strip.stages) - 1:
            return self.stage_names[strip.route.id, place + 1], False
        target = outputs[0].target if outputs else MASTER
        name = self.main if target == MASTER else self.stage_names.get((target, 0), self.main)
        if outputs and not strip.is_muted:
            return name, False
        if any(not is_dead and not send.is_muted for send, is_dead in sends):
            return self._nowhere(strip), False
        return name, True

    def _nowhere(self, strip: ChannelStrip) -> str:
        """A muted bus: a mute here silences sends as well."""
        if not self.silence:
            self.silence = self.names.free("nowhere")
            self.losses.add("session.buses", "session", f"a muted bus {self.silence!r} for what is heard by sends")
        self.losses.add("channel.output", strip.route.place, f"its output; it goes to the muted bus {self.silence!r}")
        return self.silence

    def _sends(
        self, strip: ChannelStrip, stage: Stage, pan: StereoGains, more: list[Output]
    ) -> list[tuple[Send, bool]]:
        """(send, whether the mute silences it), those before the fader first."""
        dead, where = set(strip.mute_points) if strip.is_muted else set(), strip.route.place
        rows = [(self._send(tap, pan, True, where), "PreFader" in dead) for tap in stage.before]
        rows += [(self._send(tap, pan, False, where), "PostFader" in dead) for tap in stage.after]
        rows += [(self._more(output, pan), strip.is_muted) for output in more]
        return [(send, is_dead) for send, is_dead in rows if send is not None]

    def _send(self, tap: Tap, pan: StereoGains, is_pre: bool, where: str) -> Send | None:
        if not tap.target:
            return None
        name = self.stage_names.get((tap.target, 0), MASTER)
        if name == MASTER or name == self.main:
            self.losses.add("foreign.send", where, "a send to what is no bus")
            return None
        sides = self._bounded(tap.sides if is_pre else tap.sides / pan, where)
        level = level_and_pan(sides, 2, self.rate)
        moves = {"gain_db": level.level, "pan_lr": level.pan}
        return Send(
            to=name,
            gain_db=level.level_db,
            pan_lr=level.pan_lr,
            is_pre_fader=is_pre,
            is_muted=not tap.is_active,
            automation={key: row for key, row in moves.items() if row is not None},
        )

    def _more(self, output: Output, pan: StereoGains) -> Send | None:
        """A further output: a copy of what leaves."""
        name = self.stage_names.get((output.target, 0))
        if name is None:
            return None
        level = level_and_pan(output.sides / pan, 2, self.rate)
        return Send(to=name, gain_db=level.level_db, pan_lr=level.pan_lr)

    def _bounded(self, sides: StereoGains, where: str) -> StereoGains:
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


def _fader_fields(place: LevelAndPan) -> dict[str, Any]:
    moves = {"fader_db": place.level, "pan_lr": place.pan}
    automation = {key: row for key, row in moves.items() if row is not None}
    return {"fader_db": place.level_db, "pan_lr": place.pan_lr, "automation": automation}
