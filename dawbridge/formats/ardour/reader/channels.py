"""Channel strips as tracks and buses of a session."""

from dataclasses import dataclass
from typing import Any

from dawbridge.formats.ardour.reader.channel_sends import ChannelSend, SendMaker
from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip, Stage
from dawbridge.formats.ardour.reader.level_and_pan import check_level_range, level_and_pan
from dawbridge.formats.ardour.reader.outputs import Output
from dawbridge.formats.ardour.reader.sidechains import Sidechains
from dawbridge.formats.ardour.reader.stage_names import StageNames
from dawbridge.formats.ardour.reader.stereo_gains import constant_gains
from dawbridge.formats.balance import to_db
from dawbridge.formats.loss import Losses
from dawbridge.session import Bus, Device, Send, Track
from dawbridge.session.model import MASTER


@dataclass(frozen=True)
class Content:
    """What a track plays: fields of a Track, and the channels (1 or 2) of its audio. Empty fields make a bus."""

    fields: dict[str, Any]
    channels: int = 2


class ChannelMaker:
    """Makes the tracks and buses of one session; `contents`: route id → what it plays."""

    def __init__(
        self, names: StageNames, sidechains: Sidechains, contents: dict[str, Content], rate: int, losses: Losses
    ) -> None:
        self._names, self._sidechains, self._contents = names, sidechains, contents
        self._rate, self._losses = rate, losses
        self._sends = SendMaker(names, rate, losses)
        self._silent_bus = ""  # name of the muted bus for channels whose output goes nowhere while their sends sound

    def channels(self, strip: ChannelStrip, outputs: list[Output]) -> list[Track | Bus]:
        """The channels of a track or bus, one per stage; the first takes its input.

        outputs: what it feeds; the first becomes the channel's output, the others become sends
        """
        content = self._contents.get(strip.route.id, Content({}))
        made: list[Track | Bus] = []
        for number in range(len(strip.stages)):
            channels = content.channels if number == 0 else 2
            fields = self._fields(strip, number, channels, outputs)
            if number == 0:
                fields |= {"trim_db": trim_db(strip), "is_inverted": strip.is_inverted}
            is_track = number == 0 and bool(content.fields)
            made.append(Track(**fields, **content.fields, channels=channels) if is_track else Bus(**fields))
        return made

    def silent_bus(self) -> list[Bus]:
        """The muted bus for what goes nowhere, if a channel needs it."""
        return [Bus(name=self._silent_bus, is_muted=True)] if self._silent_bus else []

    def _fields(self, strip: ChannelStrip, number: int, channels: int, outputs: list[Output]) -> dict[str, Any]:
        """The fields of a stage that tracks and buses share."""
        where, stage, is_last = strip.route.label, strip.stages[number], number == len(strip.stages) - 1
        pan = outputs[0].gains if is_last and outputs else constant_gains(1.0, 1.0)
        sends = self._sends.sends(strip, stage, pan, outputs[1:] if is_last else [])
        output, is_muted = self._output(strip, number, outputs, sends)
        gains = check_level_range(stage.fader * pan, self._losses, where)
        return {
            "name": self._names.name(strip, number),
            "devices": stage_devices(stage, self._sidechains, where),
            "output": output,
            "is_muted": is_muted,
            "is_soloed": strip.is_soloed,
            "sends": tuple(row.send for row in sends) if is_muted else self._with_mutes(sends, where),
            **level_and_pan(gains, channels, self._rate).fields("fader_db"),
        }

    def _with_mutes(self, sends: list[ChannelSend], where: str) -> tuple[Send, ...]:
        """The sends of a channel that is not muted here; those that its mute silences in Ardour are muted."""
        if any(row.is_silenced and not row.send.is_muted for row in sends):
            what = "that its mute silences some of its sends; they are muted themselves"
            self._losses.add("send.is_muted", where, what)
        return tuple(row.send.model_copy(update={"is_muted": True}) if row.is_silenced else row.send for row in sends)

    def _output(
        self, strip: ChannelStrip, number: int, outputs: list[Output], sends: list[ChannelSend]
    ) -> tuple[str, bool]:
        """(name of the output, whether the channel is muted).

        A mute in a session silences all sends. So a channel whose output is silent while its sends sound goes to a
        muted bus instead.
        """
        if number < len(strip.stages) - 1:
            return self._names.name(strip, number + 1), False
        target = outputs[0].target if outputs else MASTER
        name = self._names.main if target == MASTER else self._names.first(target) or self._names.main
        if outputs and not strip.is_muted:
            return name, False
        if any(not row.is_silenced and not row.send.is_muted for row in sends):
            return self._nowhere(strip), False
        return name, True

    def _nowhere(self, strip: ChannelStrip) -> str:
        """The name of the muted bus."""
        if not self._silent_bus:
            self._silent_bus = self._names.add("nowhere")
            what = f"a muted bus {self._silent_bus!r} for channels of which only sends are heard"
            self._losses.add("session.buses", "session", what)
        what = f"its output; it goes to the muted bus {self._silent_bus!r}"
        self._losses.add("channel.output", strip.route.label, what)
        return self._silent_bus


def stage_devices(stage: Stage, sidechains: Sidechains, where: str) -> tuple[Device, ...]:
    """The devices of a stage, with their sidechains."""
    return tuple(sidechains.connect(plugin, device, where) for plugin, device in stage.devices)


def trim_db(strip: ChannelStrip) -> float:
    """The strip's trim in decibels; exactly 0 if it does nothing."""
    level = float(to_db(abs(strip.trim)))
    return 0.0 if abs(level) < 1e-9 else level
