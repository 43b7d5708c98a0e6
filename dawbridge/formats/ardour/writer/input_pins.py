"""Which signal goes to which input of a plugin that can be steered from the side.

Ardour counts a plugin's inputs from 0, the side's after the main ones, and the signals likewise: the channel's left and
right, then what its `sidechain` input gets. LV2s say which inputs are the side's; of a VST2 each is named here. A mono
VST2 stands there twice, each with the side of its own channel.
"""

from lxml import etree
from lxml.builder import E

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.writer.context import DeviceSlot, ExportContext, SidechainLink
from dawbridge.formats.ardour.writer.elements import processor, stereo_io
from dawbridge.session import Device

_LONGEST_NAME = 40


def pins(device: Device, spec: DeviceSpec, context: ExportContext, place: DeviceSlot) -> list[etree._Element]:
    """The elements that tell it; what steers the device is added to the scene's links."""
    found = _maps(device, spec) if spec.is_hosted else []
    if device.sidechain is None:
        return found
    name = f"SC {context.names[place.channel][:_LONGEST_NAME]} {len(context.links) + 1}"
    sides = min(spec.sidechain_channels * (2 // spec.channels), 2)
    ports = tuple(f"{name}/audio_in {number + 1}" for number in range(sides))
    side = device.sidechain
    context.links.append(SidechainLink(side.source, side.is_pre_fader, side.gain_db, ports))
    node = processor(name, "sidechain", context.ids, own_input="1", own_output="1")
    node.append(stereo_io(name, "Input", "audio_in", [[]] * sides, context.ids))
    return [*found, node]


def is_custom(spec: DeviceSpec) -> bool:
    """Whether the plugin's pins are told one by one."""
    return spec.is_hosted and spec.sidechain_channels > 0


def _maps(device: Device, spec: DeviceSpec) -> list[etree._Element]:
    copies, sides = 2 // spec.channels, spec.sidechain_channels
    rows = [E.ConfiguredInput(_audio(2)), E.CustomSinks(_audio(spec.channels + sides)), E.ConfiguredOutput(_audio(2))]
    for copy in range(copies):
        mains = [(pin, copy * spec.channels + pin) for pin in range(spec.channels)]
        steering = [(spec.channels + pin, 2 + copy * sides + pin) for pin in range(sides) if device.sidechain]
        rows.append(_map(f"InputMap-{copy}", mains + steering))
        rows.append(_map(f"OutputMap-{copy}", mains))
    return rows


def _audio(count: int) -> etree._Element:
    return E.Channels(type="audio", count=str(count))


def _map(tag: str, pairs: list[tuple[int, int]]) -> etree._Element:
    rows = [E.Channelmap({"type": "audio", "from": str(pin), "to": str(signal)}) for pin, signal in pairs]
    return etree.Element(tag) if not rows else E(tag, *rows)
