"""Which channel feeds the sidechain of which plugin, by the connections of sends and outputs."""

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip, Stage, StripSend
from dawbridge.formats.ardour.reader.ports import Ports
from dawbridge.formats.ardour.reader.stage_names import StageNames
from dawbridge.formats.balance import to_db
from dawbridge.formats.loss import Losses
from dawbridge.session import Device, Sidechain, spec_of


class Sidechains:
    """The sidechains of one session."""

    def __init__(self, strips: list[ChannelStrip], names: StageNames, ports: Ports, losses: Losses) -> None:
        self._ports, self._losses = ports, losses
        self._found: dict[str, list[Sidechain]] = {}  # id of the plugin's processor → its sources
        for strip in strips:
            self._add_outputs(strip, names.name(strip, len(strip.stages) - 1))
            for number, stage in enumerate(strip.stages):
                self._add_sends(stage, names.name(strip, number), strip.route.label)

    def connect(self, plugin: str, device: Device, where: str) -> Device:
        """The device with its sidechain; `plugin`: the id of its processor."""
        found = self._found.get(plugin, [])
        if not found:
            return device
        if device.plugin is not None or not spec_of(device).sidechain_channels:
            self._losses.add("foreign.sidechain", where, f"the sidechain of {device.device!r}")
            return device
        if len(found) > 1:
            what = f"the sidechain sources of {device.device!r} other than {found[0].source!r}"
            self._losses.add("foreign.sidechain", where, what)
        return device.model_copy(update={"sidechain": found[0]})

    def _add_outputs(self, strip: ChannelStrip, last_name: str) -> None:
        for port in strip.route.outputs:
            for target in self._ports.targets(port):
                if target.sidechain_of:
                    self._add(target.sidechain_of, Sidechain(source=last_name, is_pre_fader=False))

    def _add_sends(self, stage: Stage, name: str, where: str) -> None:
        for is_pre_fader, sends in ((True, stage.pre_fader_sends), (False, stage.post_fader_sends)):
            for send in sends:
                if not send.target and send.is_active:
                    self._add_send(send, name, is_pre_fader, where)

    def _add_send(self, send: StripSend, name: str, is_pre_fader: bool, where: str) -> None:
        targets = [target for port in send.ports for target in self._ports.targets(port)]
        for target in targets:
            if target.sidechain_of:
                level = float(to_db(max(send.gains.at_start())))
                self._add(target.sidechain_of, Sidechain(source=name, is_pre_fader=is_pre_fader, gain_db=level))
        if any(not target.sidechain_of for target in targets):
            self._losses.add("foreign.external", where, "a send to other ports")

    def _add(self, plugin: str, row: Sidechain) -> None:
        rows = self._found.setdefault(plugin, [])
        if row not in rows:
            rows.append(row)
