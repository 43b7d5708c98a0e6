"""Writes a bundle's two descriptions in Turtle: `manifest.ttl`, which hosts read first, and the plugin's own.

Vocabularies: https://lv2plug.in/ns (lv2core, atom, midi, port-groups, port-props, units, urid). The text is written by
hand and not with rdflib: there is one simple shape of graph, fixed names and checked numbers only, and rdflib would add
a dependency, sort the ports by blank node and change the bytes by which `find_bundle` recognizes a current bundle.
"""

from collections.abc import Iterator

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
_CHANNELS = ("left", "right")


def manifest_text(spec: DeviceSpec | Strip, library: str) -> str:
    """manifest.ttl: the plugin in the bundle, and `library`, its binary."""
    facts = f"a lv2:Plugin ;\n\tlv2:binary <{library}> ;\n\trdfs:seeAlso <{spec.name}.ttl> ."
    return f"{_prefixes('lv2', 'rdfs')}\n<{lv2_device(spec).uri}>\n\t{facts}\n"


def plugin_text(spec: DeviceSpec | Strip, digest: str) -> str:
    """The plugin's name, version and ports, and the `digest` of its source, which shows whether a bundle is current."""
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


def _sidechain_groups(device: Lv2Device) -> list[str]:
    pairs = len(device.sidechain_inputs) // 2
    return ["side" if number == 1 else f"side_{number}" for number in range(1, pairs + 1)]


def _groups(device: Lv2Device) -> list[str]:
    """A port group for each stereo pair. Those of sidechains say of which input they are one."""
    rows = [("in", "pg:InputGroup", "")] if device.inputs else []
    rows += [("out", "pg:OutputGroup", "")]
    rows += [(name, "pg:InputGroup", f" ;\n\tpg:sideChainOf <{device.uri}#in>") for name in _sidechain_groups(device)]
    return [
        f'<{device.uri}#{name}>\n\ta pg:StereoGroup, {kind} ;\n\tlv2:symbol "{name}" ;\n'
        f'\tlv2:name "{_sentence(name)}"{more} .\n'
        for name, kind, more in rows
    ]


def _ports(spec: DeviceSpec | Strip, device: Lv2Device) -> Iterator[list[str]]:
    """The facts of each port."""
    pairs = [("in", "Input")] if device.inputs else []
    pairs += [("out", "Output"), *((name, "Input") for name in _sidechain_groups(device))]
    for pair, (group, direction) in enumerate(pairs):
        for offset, channel in enumerate(_CHANNELS):
            yield _audio_port(device, 2 * pair + offset, group, direction, channel)
    if device.notes is not None:
        yield _notes_port(device.notes)
    for port, parameter in zip(device.ports, spec.parameters):
        yield _control_port(port, parameter)


def _audio_port(device: Lv2Device, index: int, group: str, direction: str, channel: str) -> list[str]:
    sidechain = ["lv2:portProperty lv2:isSideChain, lv2:connectionOptional"] if index in device.sidechain_inputs else []
    return [
        f"a lv2:AudioPort, lv2:{direction}Port",
        f"lv2:index {index}",
        f'lv2:symbol "{group}_{channel}"',
        f'lv2:name "{_sentence(group)} {channel}"',
        f"lv2:designation pg:{channel}",
        f"pg:group <{device.uri}#{group}>",
        *sidechain,
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
