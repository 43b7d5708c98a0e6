"""The sends of a channel, out of a stage's sends and a route's further outputs."""

from dataclasses import dataclass

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip, Stage, StripSend
from dawbridge.formats.ardour.reader.level_and_pan import check_level_range, level_and_pan
from dawbridge.formats.ardour.reader.outputs import Output
from dawbridge.formats.ardour.reader.stage_names import StageNames
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains
from dawbridge.formats.ardour.terms import AFTER_FADER, BEFORE_FADER
from dawbridge.formats.loss import Losses
from dawbridge.session import Send
from dawbridge.session.model import MASTER


@dataclass(frozen=True)
class ChannelSend:
    """A send, and whether the mute of its channel silences it in Ardour."""

    send: Send
    is_silenced: bool


class SendMaker:
    """Makes the sends of one session's channels."""

    def __init__(self, names: StageNames, rate: int, losses: Losses) -> None:
        self._names, self._rate, self._losses = names, rate, losses

    def sends(self, strip: ChannelStrip, stage: Stage, pan: StereoGains, further: list[Output]) -> list[ChannelSend]:
        """The sends of a stage, pre-fader ones first; then one for each further output of the strip.

        pan: the gains between the fader and the post-fader sends of a session, which Ardour's sends do not pass
        """
        closed, where = set(strip.mute_points) if strip.is_muted else set(), strip.route.label
        rows = [(self._send(send, pan, True, where), BEFORE_FADER in closed) for send in stage.pre_fader_sends]
        rows += [(self._send(send, pan, False, where), AFTER_FADER in closed) for send in stage.post_fader_sends]
        rows += [(self._output(output, pan), strip.is_muted) for output in further]
        return [ChannelSend(send, is_silenced) for send, is_silenced in rows if send is not None]

    def _send(self, send: StripSend, pan: StereoGains, is_pre_fader: bool, where: str) -> Send | None:
        """None for a send to a sidechain or out of the computer, and for one to a route that is not a bus."""
        if not send.target:
            return None
        name = self._names.first(send.target) or MASTER
        if name == MASTER or name == self._names.main:
            self._losses.add("foreign.send", where, "a send to a route that is not a bus")
            return None
        gains = check_level_range(send.gains if is_pre_fader else send.gains / pan, self._losses, where)
        fields = level_and_pan(gains, 2, self._rate).fields("gain_db")
        return Send(to=name, is_pre_fader=is_pre_fader, is_muted=not send.is_active, **fields)

    def _output(self, output: Output, pan: StereoGains) -> Send | None:
        """A further output as a post-fader send."""
        name = self._names.first(output.target)
        if name is None:
            return None
        level = level_and_pan(output.gains / pan, 2, self._rate)
        return Send(to=name, gain_db=level.level_db, pan_lr=level.pan_lr)
