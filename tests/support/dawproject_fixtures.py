"""The DAWproject fixtures, written by hand. Run this file to write tests/fixtures/dawproject again.

Each is a project.xml that uses the feature it is named after, as some DAW would write it, with a tenth of a second of
sound, and plugin states where they are needed. `corrupted/` has one file per fault.
"""

import io
import sys
import zipfile
from pathlib import Path

from lxml import etree

from dawproject_parts import (
    CLIP,
    FOREIGN_VST3,
    KNOWN_VST3,
    audio,
    band,
    chain,
    device,
    lanes,
    notes,
    pan,
    points,
    project,
    real,
    sound,
    track,
    volume,
)

ROOT = Path(__file__).resolve().parents[1] / "fixtures" / "dawproject"
SYNTH = chain(device("Vst3Plugin", role="instrument", deviceID=FOREIGN_VST3))
ESCAPED = "Vox &amp; &lt;Co&gt;"
QUARTER = '<Pan unit="percent" value="25" min="0" max="100"/>'
LOOP = '<Clip time="1" duration="0.5" contentTimeUnit="seconds" playStart="0.05" loopStart="0.02" loopEnd="0.08">'
FITTING = device(
    "Equalizer",
    band("lowShelf", real("Freq", 120, "hertz"), real("Gain", 3, "decibel"), real("Q", 0.707, "linear"))
    + band("bell", real("Freq", 81, "semitones", "f1"), real("Gain", -4.5, "decibel"), real("Q", 2, "linear"))
    + band("bell", real("Freq", 5000, "hertz"), real("Gain", 9, "decibel"), '<Enabled value="false"/>')
    + real("OutputGain", -2, "decibel", "g1"),
)
UNFIT = device("Equalizer", band("highPass", real("Freq", 80, "hertz"), more=' order="4"'), deviceName="Cut")


def compressor(more: str = "", ratio: str = "", **attributes) -> str:
    before = real("Attack", 0.02, "seconds") + more + (ratio or real("Ratio", 4, "linear"))
    after = real("Release", 0.2, "seconds") + real("Threshold", -20, "decibel")
    return device("Compressor", before + after, **attributes)


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
        + track(2, f'<Mute value="true"/>{QUARTER}{volume("-inf", "decibel", "v2")}')
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
        lanes(
            1,
            f'<Clip time="4" duration="1">{audio()}</Clip>',
            points("v1", "linear", [(0, 0, "linear"), (8, 1, "")]),
        ),
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
        lanes(1, CLIP, points("f1", "semitones", [(0, 69, "linear"), (4, 81, "")]) + points("g1", "decibel", [])),
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
            "".join(
                f'<Clip time="{time}" {row}>{audio()}</Clip>'
                for time, row in (
                    (0, 'duration="0.2" fadeTimeUnit="seconds" fadeInTime="0.01" fadeOutTime="0.02"'),
                    (2, 'duration="0.1" playStart="0.04" contentTimeUnit="seconds" fadeInTime="-0.02"'),
                    (4, 'duration="0.1" fadeInTime="0.5" fadeOutTime="0.5"'),
                )
            ),
        ),
    ),
    "clip_gain": project(
        track(1),
        "".join(
            lanes(1, f'<Clip time="{time}" duration="0.1"><Lanes>{audio()}{gain}</Lanes></Clip>')
            for time, gain in (
                (0, points("x:gain", "decibel", [(0, -6, "")])),
                (1, points("x:gain", "linear", [(0, 0, "linear"), (0.02, 0.5, "linear"), (0.05, 0.5, "")])),
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
                    "sounds/outside.wav /etc/hostname ../../conftest.py C:\\song\\a.wav gone.wav sounds".split()
                )
            )
            + f'<Clip time="9" duration="1">{audio("audio/gone.wav")}</Clip>'
            + f'<Clip time="10" duration="1">{audio("plugins/clap.bin")}</Clip>',
        ),
    ),
    "names": project(
        track(1, name="master") + track(2, name=ESCAPED) + track(3, name=ESCAPED) + track(4),
        "".join(lanes(number, CLIP) for number in (1, 2, 3, 4)),
    ).replace('name="Track 4"', 'name=""'),
    "own_and_inputs": project(track(1) + track(2, to="c1"), lanes(1, CLIP) + lanes(2, CLIP)),
    "rates": project(track(1), lanes(1, f'{CLIP}<Clip time="2" duration="1">{audio("audio/fast.wav")}</Clip>{CLIP}')),
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
            target.writestr(info_of(name), data)
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


def info_of(name: str, **fields) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def all_fixtures() -> dict[str, bytes]:
    """Path below tests/fixtures/dawproject → content."""
    more = files()
    rows = {f"{name}.dawproject": archive(xml, more) for name, xml in FEATURES.items()}
    from dawproject_faults import corrupted

    rows |= {f"corrupted/{name}.dawproject": data for name, data in corrupted(more).items()}
    return rows | {"sounds/outside.wav": sound(2)}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT.parents[2]))
    for name, data in all_fixtures().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(data)
