"""The DAWproject fixtures, written by hand: run it to write tests/fixtures/dawproject anew.

Each is a project.xml around a body, as one DAW or another would tell the feature it is named after; with a tenth of a
second of sound, and plugin states where it needs them. `corrupted/` has one file per fault.
"""

import io
import stat
import sys
import wave
import zipfile
from pathlib import Path

import numpy as np
from lxml import etree

ROOT = Path(__file__).resolve().parent / "fixtures" / "dawproject"
RATE = 8000
KNOWN_VST3 = "2046504473616C633250435A00000000"  # ZamCompX2
FOREIGN_VST3 = "0123456789ABCDEF0123456789ABCDEF"


def sound(channels: int = 1, rate: int = RATE, length: int = 800) -> bytes:
    """A 16-bit WAV of noise."""
    samples = np.random.default_rng(channels).integers(-8000, 8000, (length, channels), dtype=np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(channels)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(samples.tobytes())
    return file.getvalue()


def audio(path: str = "audio/one.wav", **attributes) -> str:
    """An Audio element."""
    file = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Audio channels="1" sampleRate="{RATE}" duration="0.1"><File path="{path}"{file}/></Audio>'


def channel(identity: str, inner: str = "", role: str = "regular", to: str = "m") -> str:
    """A Channel; `to` its destination."""
    target = f' destination="{to}"' if to else ""
    return f'<Channel audioChannels="2" role="{role}" id="{identity}"{target}>{inner}</Channel>'


def track(number: int, inner: str = "", name: str = "", kind: str = "audio", nested: str = "", **options) -> str:
    """The Track t1 with its Channel c1, and so on."""
    row = channel(f"c{number}", inner, **options)
    return f'<Track contentType="{kind}" id="t{number}" name="{name or f"Track {number}"}">{row}{nested}</Track>'


MASTER = '<Track contentType="audio" id="tm" name="Master">' + channel("m", role="master", to="") + "</Track>"
TRANSPORT = (
    '<Transport><Tempo unit="bpm" value="120" id="tempo"/>'
    '<TimeSignature numerator="4" denominator="4" id="sig"/></Transport>'
)
CLIP = f'<Clip time="0" duration="0.2">{audio()}</Clip>'


def lanes(number: int, clips: str, points: str = "") -> str:
    """What lies on a track."""
    inner = f"<Clips>{clips}</Clips>" if clips else ""
    return f'<Lanes track="t{number}">{inner}{points}</Lanes>'


def project(tracks: str, timeline: str, transport: str = TRANSPORT, after: str = "", unit: str = "beats") -> str:
    """project.xml."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Project version="1.0"><Application name="By hand" version="1"/>'
        f"{transport}<Structure>{tracks}{MASTER}</Structure>"
        f'<Arrangement id="arr"><Lanes timeUnit="{unit}" id="root">{timeline}</Lanes>{after}</Arrangement></Project>'
    )


def points(parameter: str, unit: str, rows, kind: str = "RealPoint", **attributes) -> str:
    """Points of a parameter: rows of (time, value, interpolation)."""
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inner = "".join(
        f'<{kind} time="{time}" value="{value}"' + (f' interpolation="{shape}"/>' if shape else "/>")
        for time, value, shape in rows
    )
    target = f'parameter="{parameter}"' if ":" not in parameter else f'expression="{parameter.split(":")[1]}"'
    return f'<Points unit="{unit}"{told}><Target {target}/>{inner}</Points>'


def volume(value, unit: str = "linear", identity: str = "v1") -> str:
    return f'<Volume unit="{unit}" value="{value}" id="{identity}"/>'


def pan(value, unit: str = "normalized", more: str = "") -> str:
    return f'<Pan unit="{unit}" value="{value}" id="p1"{more}/>'


def device(tag: str, inner: str = "", role: str = "audioFX", **attributes) -> str:
    row = {"deviceName": tag, "deviceRole": role} | attributes
    told = " ".join(f'{name}="{value}"' for name, value in row.items())
    return f"<{tag} {told}>{inner}</{tag}>"


def real(tag: str, value, unit: str, identity: str = "") -> str:
    told = f' id="{identity}"' if identity else ""
    return f'<{tag} value="{value}" unit="{unit}"{told}/>'


def chain(*devices: str) -> str:
    return f"<Devices>{''.join(devices)}</Devices>"


def band(kind: str, *rows: str, more: str = "") -> str:
    return f'<Band type="{kind}"{more}>{"".join(rows)}</Band>'


def notes(*rows) -> str:
    """Notes: (time, duration, key, velocity)."""
    inner = "".join(f'<Note time="{t}" duration="{d}" channel="0" key="{k}" vel="{v}"/>' for t, d, k, v in rows)
    return f"<Notes>{inner}</Notes>"


SYNTH = chain(device("Vst3Plugin", role="instrument", deviceID=FOREIGN_VST3))
LOOP = '<Clip time="1" duration="0.5" contentTimeUnit="seconds" playStart="0.05" loopStart="0.02" loopEnd="0.08">'
FITTING = device(
    "Equalizer",
    band("lowShelf", real("Freq", 120, "hertz"), real("Gain", 3, "decibel"), real("Q", 0.707, "linear"))
    + band("bell", real("Freq", 81, "semitones", "f1"), real("Gain", -4.5, "decibel"), real("Q", 2, "linear"))
    + band("bell", real("Freq", 5000, "hertz"), real("Gain", 9, "decibel"), '<Enabled value="false"/>')
    + real("OutputGain", -2, "decibel"),
)
UNFIT = device("Equalizer", band("highPass", real("Freq", 80, "hertz"), more=' order="4"'), deviceName="Cut")


def compressor(more: str = "", ratio: str = "", **attributes) -> str:
    rows = real("Attack", 0.02, "seconds") + more + (ratio or real("Ratio", 4, "linear"))
    return device("Compressor", rows + real("Release", 0.2, "seconds") + real("Threshold", -20, "decibel"), **attributes)


FEATURES: dict[str, str] = {
    "minimal": '<Project version="1.0"><Application name="By hand" version="1"/></Project>',
    "beats": project(
        track(1),
        lanes(
            1,
            f'<Clip time="2" duration="0.1" contentTimeUnit="seconds" playStart="0.05">{audio()}</Clip>'
            f'<Clip time="4" duration="2"><Clips><Clip time="1" duration="0.1">{audio()}</Clip>'
            f'<Clip time="1.9" duration="5">{audio()}</Clip></Clips></Clip>',
        ),
    ),
    "seconds": project(track(1), lanes(1, f'<Clip time="1.5" playStart="0.01">{audio()}</Clip>'), unit="seconds"),
    "loops": project(track(1), lanes(1, f"{LOOP}{audio()}</Clip>")),
    "warps": project(
        track(1),
        lanes(
            1,
            f'<Clip time="0" duration="0.2"><Warps contentTimeUnit="seconds" timeUnit="beats">{audio()}'
            '<Warp time="0" contentTime="0"/><Warp time="0.2" contentTime="0.1"/></Warps></Clip>'
            f'<Clip time="2" duration="0.4"><Warps contentTimeUnit="seconds" timeUnit="beats">{audio()}'
            '<Warp time="0" contentTime="0"/><Warp time="0.4" contentTime="0.1"/></Warps></Clip>',
        ),
    ),
    "reference": project(
        track(1),
        lanes(
            1,
            f'<Clip time="0" duration="0.2"><Lanes id="shared">{audio()}</Lanes></Clip>'
            '<Clip time="2" duration="0.1" reference="shared"/><Clip time="4" duration="1" reference="gone"/>',
        ),
    ),
    "groups": project(
        track(1, role="master", kind="tracks", name="Group", nested=track(2, to="") + track(3, to="m"))
        + '<Track contentType="tracks" name="Folder">' + track(4, to="c1") + "</Track>",
        "".join(lanes(number, CLIP) for number in (2, 3, 4)),
    ),
    "sends": project(
        track(
            1,
            '<Sends><Send destination="c2" type="pre"><Pan unit="normalized" value="0.25"/>'
            '<Volume unit="decibel" value="-6"/></Send><Send destination="c2" type="post"><Enable value="false"/>'
            '<Volume unit="linear" value="0.5"/></Send><Send destination="m"><Volume unit="linear" value="1"/></Send>'
            "</Sends>",
        )
        + track(2, role="effect"),
        lanes(1, CLIP),
    ),
    "levels": project(
        track(1, pan(-0.5, "linear") + volume(-6.0206, "decibel"))
        + track(2, '<Mute value="true"/><Pan unit="percent" value="25" min="0" max="100"/>' + volume("-inf", "decibel", "v2"))
        + track(3, volume(100, identity="v3")).replace('role="regular"', 'role="regular" solo="true"', 1),
        "".join(lanes(number, CLIP) for number in (1, 2, 3)),
    ),
    "automation": project(
        track(1, '<Mute value="false" id="mute1"/>' + pan(0.5) + volume(1)),
        lanes(
            1,
            CLIP,
            points("v1", "decibel", [(0, -6, "hold"), (4, 0, "linear"), (8, -12, "")])
            + points("p1", "normalized", [(1, 0, "linear"), (2, 1, "linear")], timeUnit="seconds")
            + points("mute1", "linear", [(0, "true", "")], "BoolPoint"),
        ),
    ),
    "tempo": project(
        track(1, volume(1)),
        lanes(1, f'<Clip time="4" duration="1">{audio()}</Clip>', points("v1", "linear", [(0, 0, "linear"), (8, 1, "")])),
        after=points("tempo", "bpm", [(0, 60, "linear"), (4, 120, "hold"), (8, 90, "hold")])
        .replace("<Points", '<TempoAutomation timeUnit="beats"')
        .replace("</Points", "</TempoAutomation")
        + '<TimeSignatureAutomation timeUnit="beats"><Target parameter="sig"/>'
        '<TimeSignaturePoint time="8" numerator="7" denominator="8"/></TimeSignatureAutomation>',
    ),
    "notes": project(
        track(1, SYNTH, kind="notes") + track(2, kind="notes"),
        lanes(
            1,
            '<Clip time="4" duration="4" playStart="0" loopStart="0" loopEnd="2">'
            + notes((0, 0.5, 60, 0.5), (1.5, 1, 64, 1))
            + "</Clip>",
        )
        + lanes(2, '<Clip time="0" duration="4">' + notes((0, 1, 60, 1)) + "</Clip>"),
    ),
    "plugins": project(
        track(
            1,
            chain(
                device(
                    "Vst3Plugin",
                    '<Parameters><RealParameter parameterID="7" unit="normalized" value="0.5" id="r1"/></Parameters>'
                    '<Enabled value="false"/>',
                    deviceID=KNOWN_VST3.lower(),
                ),
                device("Vst3Plugin", '<State path="plugins/own.vstpreset"/>', deviceID=FOREIGN_VST3, deviceName="Own"),
                device("Vst3Plugin", '<State path="plugins/own.vstpreset"/>', deviceID=KNOWN_VST3, deviceName="Wrong"),
                device("Vst2Plugin", '<State path="plugins/gone.fxp"/>', deviceID="4294967295", deviceName="Old"),
                device("ClapPlugin", '<State path="plugins/clap.bin"/>', deviceID="org.example.clap"),
                device("AuPlugin", deviceID="aufx"),
            ),
        ),
        lanes(1, CLIP, points("r1", "normalized", [(0, 0.25, "linear"), (4, 0.75, "")])),
    ),
    "equalizers": project(
        track(1, chain(FITTING, UNFIT, device("Equalizer", real("InputGain", 6, "decibel")))),
        lanes(1, CLIP, points("f1", "semitones", [(0, 69, "linear"), (4, 81, "")])),
    ),
    "dynamics": project(
        track(
            1,
            chain(
                compressor(real("InputGain", 5, "decibel"), real("Ratio", 75, "percent")),
                compressor('<AutoMakeup value="true"/>', deviceName="Auto"),
                device("NoiseGate", real("Threshold", -40, "decibel", "gate"), id="d1"),
                device("Limiter", '<State path="plugins/clap.bin"/>' + real("Threshold", -1, "decibel")),
                device("BuiltinDevice", deviceID="org.example.chorus", deviceName="Chorus"),
            ),
        ),
        lanes(1, CLIP, points("gate", "decibel", [(0, -40, "linear"), (4, -30, "")])),
    ),
    "fades": project(
        track(1),
        lanes(
            1,
            f'<Clip time="0" duration="0.2" fadeTimeUnit="seconds" fadeInTime="0.01" fadeOutTime="0.02">{audio()}</Clip>'
            f'<Clip time="2" duration="0.1" playStart="0.04" contentTimeUnit="seconds" fadeInTime="-0.02">{audio()}</Clip>'
            f'<Clip time="4" duration="0.1" fadeInTime="0.5" fadeOutTime="0.5">{audio()}</Clip>',
        ),
    ),
    "clip_gain": project(
        track(1),
        "".join(
            lanes(1, f'<Clip time="{time}" duration="0.1"><Lanes>{audio()}{gain}</Lanes></Clip>')
            for time, gain in (
                (0, points("x:gain", "decibel", [(0, -6, "")])),
                (1, points("x:gain", "linear", [(0, 0, "linear"), (0.02, 0.5, "linear"), (0.05, 0.5, "")], timeUnit="seconds")),
                (2, points("x:gain", "linear", [(0, 1, "linear"), (0.02, 0.2, "linear"), (0.05, 0.9, "")])),
                (3, points("x:pan", "linear", [(0, 1, "")])),
            )
        ),
        unit="seconds",
    ),
    "left_out": project(
        track(1, name="Odd", role="vca") + track(2).replace("<Track ", '<Track comment="louder!" mood="blue" '),
        lanes(2, f'{CLIP}<Clip time="1" duration="1" enable="false">{audio()}</Clip>')
        + '<Clips track="nobody">' + CLIP + '</Clips><Video channels="2" sampleRate="48000" duration="1">'
        '<File path="a.mp4"/></Video><ClipSlot track="t2">' + CLIP + "</ClipSlot>",
        after='<Markers><Marker time="1" name="Verse"/></Markers>',
    ).replace("</Project>", '<Scenes><Scene name="Drop"><Timeline/></Scene></Scenes><Extra/></Project>'),
    "external": project(
        track(1),
        lanes(
            1,
            "".join(
                f'<Clip time="{time}" duration="0.2">{audio(path, external="true")}</Clip>'
                for time, path in enumerate(
                    ("sounds/outside.wav", "/etc/hostname", "../../conftest.py", "C:\\song\\a.wav", "gone.wav", "sounds")
                )
            )
            + f'<Clip time="9" duration="1">{audio("audio/gone.wav")}</Clip>'
            + f'<Clip time="10" duration="1">{audio("plugins/clap.bin")}</Clip>',
        ),
    ),
    "names": project(
        track(1, name="master") + track(2, name="Vox &amp; &lt;Co&gt;") + track(3, name="Vox &amp; &lt;Co&gt;") + track(4),
        "".join(lanes(number, CLIP) for number in (1, 2, 3, 4)),
    ).replace('name="Track 4"', 'name=""'),
    "own_and_inputs": project(track(1) + track(2, to="c1"), lanes(1, CLIP) + lanes(2, CLIP)),
    "rates": project(track(1), lanes(1, f'{CLIP}<Clip time="2" duration="1">{audio("audio/fast.wav")}</Clip>{CLIP}')),
}  # fmt: skip

BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
WHOLE = FEATURES["beats"]
FAULTS: dict[str, str | bytes] = {
    "wrong_root": '<Session version="1"/>',
    "not_xml": "REAPER_PROJECT 0.1",
    "cut_xml": WHOLE[:200],
    "bad_utf8": WHOLE.encode().replace(b"Track 1", b"Tr\xe4ck 1"),
    "control_character": WHOLE.replace("Track 1", "Track \x01"),
    "entity_bomb": WHOLE.replace("<Project", BOMB + "<Project", 1).replace("Track 1", "&b;"),
    "external_entity": WHOLE.replace("<Project", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Project', 1),
    "not_a_number": WHOLE.replace('time="2"', 'time="NaN"'),
    "infinite": WHOLE.replace('time="2"', 'time="inf"'),
    "huge_number": WHOLE.replace('time="2"', 'time="1e300"'),
    "no_time": WHOLE.replace('time="2" ', ""),
    "word_for_number": WHOLE.replace('duration="0.1"', 'duration="long"'),
    "unknown_unit": WHOLE.replace('contentTimeUnit="seconds"', 'contentTimeUnit="bars"'),
    "two_ids": WHOLE.replace('id="c1"', 'id="t1"'),
    "no_flag": FEATURES["levels"].replace('Mute value="true"', 'Mute value="maybe"'),
    "no_key": FEATURES["notes"].replace('key="64"', 'key="640"'),
    "half_a_key": FEATURES["notes"].replace('key="64"', 'key="64.5"'),
    "no_tempo": WHOLE.replace('value="120"', 'value="0"'),
    "no_signature": WHOLE.replace('denominator="4"', 'denominator="3"'),
    "nan_point": FEATURES["automation"].replace('value="-6"', 'value="nan"'),
    "clip_in_itself": FEATURES["reference"].replace(audio(), '<Clips><Clip time="0" duration="1" reference="shared"/></Clips>'),
    "clips_without_end": WHOLE.replace(CLIP, "").replace(
        '<Clip time="2" duration="0.1" contentTimeUnit="seconds" playStart="0.05">',
        '<Clip time="2" duration="1e9" contentTimeUnit="seconds" loopStart="0" loopEnd="0.001">',
    ),
    "routing_loop": project(
        track(1, to="c2", role="submix") + track(2, to="c1", role="submix") + track(3, to="c1"), lanes(3, CLIP)
    ),
    "false_facts": WHOLE.replace("<Arrangement ", "<Arrangement comment='{\"dawbridge\": 1, \"tail_s\": \"long\"}' "),
    "broken_facts": WHOLE.replace("<Arrangement ", "<Arrangement comment='{\"dawbridge\": 1, ' "),
    "false_rate": WHOLE.replace("<Arrangement ", "<Arrangement comment='{\"dawbridge\": 1, \"sample_rate\": 0}' "),
}  # fmt: skip


def files() -> dict[str, bytes]:
    """What the archives hold beside project.xml."""
    from dawbridge.devices.states.vstpreset import VstPreset, encode_vstpreset

    own = encode_vstpreset(VstPreset(FOREIGN_VST3, b"own state", b"editor"))
    return {
        "audio/one.wav": sound(),
        "audio/fast.wav": sound(2, 11025, 1102),
        "plugins/own.vstpreset": own,
        "plugins/clap.bin": b"clap state",
    }


def archive(xml: str | bytes | None, more: dict[str, bytes], entries=()) -> bytes:
    """A .dawproject of project.xml and of what of `more` it names; and of entries (ZipInfo, bytes)."""
    file = io.BytesIO()
    content = b"" if xml is None else _indented(xml.encode() if isinstance(xml, str) else xml)
    rows = {} if xml is None else {"project.xml": content}
    rows |= {name: data for name, data in more.items() if name.encode() in content}
    with zipfile.ZipFile(file, "w") as target:
        for name, data in rows.items():
            target.writestr(_info(name), data)
        for info, data in entries:
            target.writestr(info, data)
    return file.getvalue()


def _indented(xml: bytes) -> bytes:
    """One element a line, where it is XML that can be read."""
    parser = etree.XMLParser(resolve_entities=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        return xml
    if b"<!DOCTYPE" in xml:
        return xml
    etree.indent(root, " ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _info(name: str, **fields) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def corrupted(more: dict[str, bytes]) -> dict[str, bytes]:
    """The archives that must be refused."""
    whole, link = archive(WHOLE, more), (stat.S_IFLNK | 0o777) << 16
    odd = {
        "climbing": _info("../../outside.txt"),
        "absolute": _info("/tmp/outside.txt"),
        "drive": _info("C:/outside.txt"),
        "link": _info("audio/link.wav", external_attr=link),
        "packed_otherwise": _info("audio/other.wav", compress_type=zipfile.ZIP_BZIP2),
    }
    rows = {name: archive(WHOLE, more, [(info, b"outside")]) for name, info in odd.items()}
    rows["twice"] = archive(WHOLE, more, [(_info("audio\\one.wav"), b"another")])
    rows["no_project"] = archive(None, {}, [(_info("metadata.xml"), b"<MetaData/>")])
    rows["bad_metadata"] = archive(WHOLE, more, [(_info("metadata.xml"), b"<MetaData>")])
    rows["encrypted"] = _encrypted(whole)
    rows["truncated"] = whole[: len(whole) // 2]
    rows["cut_end"] = whole[:-10]
    rows["empty"] = b""
    rows["text"] = b"this is no archive\n"
    rows["damaged"] = whole[:60] + bytes(200) + whole[260:]
    return rows | {name: archive(xml, more) for name, xml in FAULTS.items()}


def _encrypted(data: bytes) -> bytes:
    """The flag that says so, in every entry of the directory."""
    rows, start = bytearray(data), data.find(b"PK\x01\x02")
    while start >= 0:
        rows[start + 8] |= 1
        start = data.find(b"PK\x01\x02", start + 1)
    return bytes(rows)


def all_fixtures() -> dict[str, bytes]:
    """Path below tests/fixtures/dawproject → content."""
    more = files()
    rows = {f"{name}.dawproject": archive(xml, more) for name, xml in FEATURES.items()}
    rows |= {f"corrupted/{name}.dawproject": data for name, data in corrupted(more).items()}
    return rows | {"sounds/outside.wav": sound(2)}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT.parents[2]))
    for name, data in all_fixtures().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(data)
