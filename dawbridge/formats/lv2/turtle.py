"""The two descriptions of a bundle in Turtle: `manifest.ttl`, which hosts read first, and the plugin's own.

Vocabularies: https://lv2plug.in/ns (lv2core, atom, midi, port-groups, port-props, units, urid).
"""

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import Strip
from dawbridge.devices.faust.labels import parameter_label
from dawbridge.formats.lv2.ports import ControlPort, Lv2Device, lv2_device
from dawbridge.formats.lv2.versions import version_of
from dawbridge.params import ParameterSpec

_PREFIXES = {
    "atom": "http://lv2plug.in/ns/ext/atom#",
    "doap": "http://usefulinc.com/ns/doap#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "lv2": "http://lv2plug.in/ns/lv2core#",
    "midi": "http://lv2plug.in/ns/ext/midi#",
    "pg": "http://lv2plug.in/ns/ext/port-groups#",
    "pprops": "http://lv2plug.in/ns/ext/port-props#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "units": "http://lv2plug.in/ns/extensions/units#",
    "urid": "http://lv2plug.in/ns/ext/urid#",
}
_CLASSES = {
    "gain": "lv2:AmplifierPlugin",
    "eq": "lv2:ParaEQPlugin",
    "compressor": "lv2:CompressorPlugin",
    "sidechain_compressor": "lv2:CompressorPlugin",
    "pan": "lv2:SpatialPlugin",
    "reverb": "lv2:ReverbPlugin",
    "synth": "lv2:InstrumentPlugin",
}
_UNITS = {"dB": "units:db", "Hz": "units:hz", "s": "units:s", "%": "units:pc", "cents": "units:cent"}
_PROJECT = """\
<urn:dawbridge>
\ta doap:Project ;
\tdoap:name "dawbridge" ;
\tdoap:maintainer [ foaf:name "dawbridge" ] .
"""
_SIDES = ("left", "right")


def manifest_text(spec: DeviceSpec | Strip, library: str) -> str:
    """Which plugin the bundle holds, and that `library` is its binary."""
    facts = f"a lv2:Plugin ;\n\tlv2:binary <{library}> ;\n\trdfs:seeAlso <{spec.name}.ttl> ."
    return f"{_prefixes('lv2', 'rdfs')}\n<{lv2_device(spec).uri}>\n\t{facts}\n"


def plugin_text(spec: DeviceSpec | Strip, digest: str) -> str:
    """Name, version and ports of a plugin, and the `digest` of its source, which tells whether a bundle is current."""
    device = lv2_device(spec)
    minor, micro = version_of(spec)
    facts = [
        f"a lv2:Plugin, {_CLASSES.get(spec.name, 'lv2:UtilityPlugin')}",
        f'doap:name "dawbridge {spec.label}"',
        "doap:license <https://www.gnu.org/licenses/gpl-3.0>",
        "lv2:project <urn:dawbridge>",
        f"lv2:minorVersion {minor}",
        f"lv2:microVersion {micro}",
        f'rdfs:comment "A built-in device of dawbridge, from source {digest}."',
        "lv2:optionalFeature lv2:hardRTCapable",
        "lv2:requiredFeature urid:map" if spec.is_instrument else f"pg:mainInput <{device.uri}#in>",
        f"pg:mainOutput <{device.uri}#out>",
        "lv2:port " + " , ".join(_block(port) for port in _ports(spec, device)),
    ]
    subject = f"<{device.uri}>\n\t" + " ;\n\t".join(facts) + " ."
    return "\n".join([_prefixes(*_PREFIXES), _PROJECT, *_groups(device), subject, ""])


def _prefixes(*names: str) -> str:
    return "".join(f"@prefix {name}: <{_PREFIXES[name]}> .\n" for name in names)


def _block(facts: list[str]) -> str:
    return "[\n\t\t" + " ;\n\t\t".join(facts) + "\n\t]"


def _side_groups(device: Lv2Device) -> list[str]:
    pairs = len(device.sidechain_inputs) // 2
    return ["side" if number == 1 else f"side_{number}" for number in range(1, pairs + 1)]


def _groups(device: Lv2Device) -> list[str]:
    """A stereo pair each; what steers from the side says so."""
    rows = [("in", "pg:InputGroup", "")] if device.inputs else []
    rows += [("out", "pg:OutputGroup", "")]
    rows += [(name, "pg:InputGroup", f" ;\n\tpg:sideChainOf <{device.uri}#in>") for name in _side_groups(device)]
    return [
        f'<{device.uri}#{name}>\n\ta pg:StereoGroup, {kind} ;\n\tlv2:symbol "{name}" ;\n'
        f'\tlv2:name "{_sentence(name)}"{more} .\n'
        for name, kind, more in rows
    ]


def _ports(spec: DeviceSpec | Strip, device: Lv2Device):
    pairs = [("in", "Input")] if device.inputs else []
    pairs += [("out", "Output"), *((name, "Input") for name in _side_groups(device))]
    for pair, (group, direction) in enumerate(pairs):
        for place, side in enumerate(_SIDES):
            yield _audio_port(device, 2 * pair + place, group, direction, side)
    if device.notes is not None:
        yield _notes_port(device.notes)
    for port, parameter in zip(device.ports, spec.parameters):
        yield _control_port(port, parameter)


def _audio_port(device: Lv2Device, index: int, group: str, direction: str, side: str) -> list[str]:
    steers = ["lv2:portProperty lv2:isSideChain, lv2:connectionOptional"] if index in device.sidechain_inputs else []
    return [
        f"a lv2:AudioPort, lv2:{direction}Port",
        f"lv2:index {index}",
        f'lv2:symbol "{group}_{side}"',
        f'lv2:name "{_sentence(group)} {side}"',
        f"lv2:designation pg:{side}",
        f"pg:group <{device.uri}#{group}>",
        *steers,
    ]


def _notes_port(index: int) -> list[str]:
    return [
        "a atom:AtomPort, lv2:InputPort",
        f"lv2:index {index}",
        'lv2:symbol "notes"',
        'lv2:name "Notes"',
        "lv2:designation lv2:control",
        "atom:bufferType atom:Sequence",
        "atom:supports midi:MidiEvent",
    ]


def _control_port(port: ControlPort, parameter: ParameterSpec) -> list[str]:
    facts = [
        "a lv2:ControlPort, lv2:InputPort",
        f"lv2:index {port.index}",
        f'lv2:symbol "{port.symbol}"',
        f'lv2:name "{parameter_label(parameter)}"',
        f"lv2:default {float(parameter.default)!r}",
        f"lv2:minimum {float(parameter.minimum)!r}",
        f"lv2:maximum {float(parameter.maximum)!r}",
    ]
    if parameter.unit in _UNITS:
        facts.append(f"units:unit {_UNITS[parameter.unit]}")
    if parameter.curve == "logarithmic":
        facts.append("lv2:portProperty pprops:logarithmic")
    if parameter.curve == "boolean":
        facts.append("lv2:portProperty lv2:toggled")
    return facts


def _sentence(name: str) -> str:
    return name.replace("_", " ").capitalize()
