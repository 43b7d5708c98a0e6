"""Routes of an Ardour session: the master bus, and a stereo track with its plugins, fader and balance."""

import base64
from collections.abc import Callable

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.layout import ArdourTrack
from dawbridge.formats.ardour.names import legal_text
from dawbridge.formats.ardour.plugins import ArdourPlugin

MASTER = "Master"
_BALANCE = "http://ardour.org/plugin/panner_balance"
_STEREO = (1, 2)
_MUTE_POINTS = "PostFader,Listen,Main"


def master_route(track_names: list[str], ids: Callable[[], str]) -> etree._Element:
    """The master bus: the sum of all tracks, untouched, to the system's outputs."""
    route = E.Route({
        "version": "7002", "id": ids(), "name": MASTER, "default-type": "audio", "strict-io": "1",
        "active": "1", "meter-point": "MeterPostFader", "meter-type": "MeterPeak",
    })  # fmt: skip
    feeds = [[f"{name}/audio_out {side}" for name in track_names] for side in _STEREO]
    outputs = [[f"system:playback_{side}"] for side in _STEREO]
    route.append(E.PresentationInfo(order="0", flags="MasterOut,OrderSet"))
    route.append(_io(MASTER, "Input", "audio_in", feeds, ids))
    route.append(_io(MASTER, "Output", "audio_out", outputs, ids))
    route.append(_amp(1.0, ids))
    route.append(_main_outs(MASTER, ids))
    return route


def track_route(
    track: ArdourTrack, order: int, route_id: str, playlist_id: str, ids: Callable[[], str]
) -> etree._Element:
    """A stereo track: player, plugins, fader, balance, master."""
    route = E.Route({
        "version": "7002", "id": route_id, "name": track.name, "default-type": "audio", "strict-io": "1",
        "active": "1", "meter-point": "MeterPostFader", "disk-io-point": "DiskIOPreFader",
        "meter-type": "MeterPeak", "audio-playlist": playlist_id, "alignment-choice": "Automatic",
        "mode": "Normal",
    })  # fmt: skip
    is_muted = str(int(track.is_muted))
    route.append(E.PresentationInfo(order=str(order), flags="AudioTrack,OrderSet"))
    route.append(_io(track.name, "Input", "audio_in", [[], []], ids))
    route.append(_io(track.name, "Output", "audio_out", [[f"{MASTER}/audio_in {s}"] for s in _STEREO], ids))
    route.append(E.MuteMaster({"mute-point": _MUTE_POINTS, "muted": is_muted}))
    route.append(_controllable("mute", is_muted, ids, "Toggle,RealTime"))
    azimuth = _controllable("pan-azimuth", repr(track.azimuth), ids)
    route.append(E.Pannable(azimuth, _controllable("pan-width", "1", ids)))
    route.append(_processor(f"recorder:{track.name}", "diskwriter", ids, **{"record-safe": "0"}))
    route.append(_processor(f"player:{track.name}", "diskreader", ids))
    route.extend([_plugin(plugin, ids) for plugin in track.plugins])
    route.append(_amp(track.fader, ids))
    route.append(_main_outs(track.name, ids))
    return route


def _io(name: str, direction: str, port: str, connections: list[list[str]], ids) -> etree._Element:
    io = E.IO({"name": name, "id": ids(), "direction": direction, "default-type": "audio"})
    for side, others in zip(_STEREO, connections, strict=True):
        links = [E.Connection(other=other) for other in others]
        io.append(E.Port({"type": "audio", "name": f"{name}/{port} {side}"}, *links))
    return io


def _controllable(name: str, value: str, ids, flags: str = "") -> etree._Element:
    return E.Controllable(name=name, id=ids(), flags=flags, value=value)


def _processor(name: str, kind: str, ids, **more: str) -> etree._Element:
    return E.Processor({"id": ids(), "name": name, "active": "1", "type": kind} | more)


def _amp(gain: float, ids) -> etree._Element:
    processor = _processor("Amp", "amp", ids)
    processor.append(_controllable("gaincontrol", repr(gain), ids, "GainLike"))
    return processor


def _main_outs(name: str, ids) -> etree._Element:
    ports = {"own-input": "1", "own-output": "0", "output": name, "role": "Main"}
    processor = _processor(name, "main-outs", ids, **ports)
    processor.append(E.PannerShell({"bypassed": "0", "user-panner": _BALANCE, "linked-to-route": "1"}))
    return processor


def _plugin(plugin: ArdourPlugin, ids) -> etree._Element:
    processor = _processor(legal_text(plugin.label), plugin.type, ids)
    processor.attrib.update({
        "unique-id": plugin.unique_id, "count": str(plugin.instances), "custom": "0",
        "active": str(int(plugin.is_active)),
    })  # fmt: skip
    state = etree.SubElement(processor, plugin.type)
    if plugin.chunk is not None:
        program = {} if plugin.type == "vst3" else {"program": "0"}
        state.append(E.chunk(program, base64.b64encode(plugin.chunk).decode()))
    elif plugin.values:
        state.append(E.parameters({f"param-{index}": repr(value) for index, value in plugin.values}))
    return processor
