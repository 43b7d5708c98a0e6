"""Finds content that the reader does not read: unknown elements and attributes, scenes, comments."""

from dawbridge.formats.dawproject.reader.document import Document

_NAMED = "id name color comment"
_LANE = f"{_NAMED} timeUnit track"
_REAL = f"{_NAMED} parameterID max min unit value"
_BOOL = f"{_NAMED} parameterID value"
_DEVICE = f"{_NAMED} deviceID deviceName deviceRole deviceVendor loaded pluginVersion"
_MEDIA = f"{_LANE} duration algorithm channels sampleRate"
_ATTRIBUTES = {
    "Project": "version",
    "Application": "name version",
    "Transport": "",
    "Structure": "",
    "Scenes": "",
    "Scene": _NAMED,
    "Arrangement": _NAMED,
    "Track": f"{_NAMED} contentType loaded",
    "Channel": f"{_NAMED} audioChannels destination role solo",
    "Devices": "",
    "Sends": "",
    "Send": f"{_NAMED} destination type",
    "Parameters": "",
    "State": "path external",
    "File": "path external",
    "Band": "type order",
    "Lanes": _LANE,
    "Timeline": _LANE,
    "Clips": _LANE,
    "Notes": _LANE,
    "Points": f"{_LANE} unit",
    "TempoAutomation": f"{_LANE} unit",
    "TimeSignatureAutomation": f"{_LANE} unit",
    "ClipSlot": f"{_LANE} hasStop",
    "Markers": _LANE,
    "markers": _LANE,
    "Marker": "name color comment time",
    "Warps": f"{_LANE} contentTimeUnit",
    "Warp": "time contentTime",
    "Audio": _MEDIA,
    "Video": _MEDIA,
    "Clip": "name color comment time duration contentTimeUnit playStart playStop loopStart loopEnd fadeTimeUnit "
    "fadeInTime fadeOutTime enable reference",
    "Note": "time duration channel key vel rel",
    "Target": "parameter expression channel key controller",
    "RealPoint": "time value interpolation",
    "EnumPoint": "time value",
    "BoolPoint": "time value",
    "IntegerPoint": "time value",
    "TimeSignaturePoint": "time numerator denominator",
    "TimeSignature": f"{_NAMED} parameterID denominator numerator",
    "TimeSignatureParameter": f"{_NAMED} parameterID denominator numerator",
    "IntegerParameter": f"{_NAMED} parameterID max min value",
    "EnumParameter": f"{_NAMED} parameterID count labels value",
}
_ATTRIBUTES |= dict.fromkeys(("BoolParameter", "Mute", "Enable", "Enabled", "AutoMakeup"), _BOOL)
_REALS = "RealParameter Tempo Pan Volume Freq Gain Q InputGain OutputGain Attack Release Ratio Range Threshold"
_ATTRIBUTES |= dict.fromkeys(_REALS.split(), _REAL)
_DEVICES = "Device Vst2Plugin Vst3Plugin ClapPlugin AuPlugin BuiltinDevice Equalizer Compressor NoiseGate Limiter"
_ATTRIBUTES |= dict.fromkeys(_DEVICES.split(), _DEVICE)
_KNOWN = {tag: frozenset(names.split()) for tag, names in _ATTRIBUTES.items()}


def add_unknown_losses(document: Document) -> None:
    """Add a Loss for each scene, comment by a person, unknown element and unknown attribute."""
    add = document.losses.add
    for element in document.root.iter():
        where, tag = f"project.xml line {element.sourceline}", str(element.tag)
        known = _KNOWN.get(tag)
        if known is None:
            add("foreign.unknown", where, f"the element {tag!r}")
        elif not known.issuperset(element.attrib):
            unknown = sorted(set(element.attrib) - known)
            add("foreign.unknown", where, f"{', '.join(unknown)} of {tag}")
        if tag == "Scene":
            add("foreign.scene", where, f"the scene {element.get('name', '')!r}")
        if (comment := element.get("comment")) and not document.facts(element):
            add("foreign.comment", where, f"the comment {comment[:60]!r}")
