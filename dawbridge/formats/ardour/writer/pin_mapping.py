"""Which signal goes to which input pin of a plugin with a sidechain.

Ardour counts a plugin's input pins from 0: the main ones, then the sidechain's. It counts signals in the same way: left
and right of the channel, then the ports of the plugin's `sidechain` input. An LV2 declares its sidechain pins; for a
VST2 each pin is mapped here. A mono VST2 is instantiated twice, once for left and once for right.
"""

from lxml import etree
from lxml.builder import E

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.writer.context import DeviceLocation, ExportContext, SidechainLink
from dawbridge.formats.ardour.writer.elements import audio_io, processor
from dawbridge.session import Device

_LONGEST_NAME = 40


def sidechain_elements(
    device: Device, spec: DeviceSpec, context: ExportContext, location: DeviceLocation
) -> list[etree._Element]:
    """The pin maps and the sidechain input of a plugin with a sidechain; its source is added to `context.links`."""
    maps = _pin_maps(device, spec) if spec.is_hosted else []
    if device.sidechain is None:
        return maps
    name = f"SC {context.names[location.channel][:_LONGEST_NAME]} {len(context.links) + 1}"
    count = min(spec.sidechain_channels * (2 // spec.channels), 2)
    ports = tuple(f"{name}/audio_in {number + 1}" for number in range(count))
    sidechain = device.sidechain
    context.links.append(SidechainLink(sidechain.source, sidechain.is_pre_fader, sidechain.gain_db, ports))
    node = processor(name, "sidechain", context.ids, own_input="1", own_output="1")
    node.append(audio_io(name, "Input", "audio_in", [[]] * count, context.ids))
    return [*maps, node]


def has_custom_pins(spec: DeviceSpec) -> bool:
    """Whether the plugin's pins are mapped one by one."""
    return spec.is_hosted and spec.sidechain_channels > 0


def _pin_maps(device: Device, spec: DeviceSpec) -> list[etree._Element]:
    copies, extra = 2 // spec.channels, spec.sidechain_channels
    rows = [E.ConfiguredInput(_audio(2)), E.CustomSinks(_audio(spec.channels + extra)), E.ConfiguredOutput(_audio(2))]
    for copy in range(copies):
        mains = [(pin, copy * spec.channels + pin) for pin in range(spec.channels)]
        sidechain = [(spec.channels + pin, 2 + copy * extra + pin) for pin in range(extra) if device.sidechain]
        rows.append(_map(f"InputMap-{copy}", mains + sidechain))
        rows.append(_map(f"OutputMap-{copy}", mains))
    return rows


def _audio(count: int) -> etree._Element:
    return E.Channels(type="audio", count=str(count))


def _map(tag: str, pairs: list[tuple[int, int]]) -> etree._Element:
    """A map of (pin, signal) pairs."""
    rows = [E.Channelmap({"type": "audio", "from": str(pin), "to": str(signal)}) for pin, signal in pairs]
    return etree.Element(tag) if not rows else E(tag, *rows)
