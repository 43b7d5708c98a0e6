"""DAWprojects that must be refused, one per fault: faults of the XML, and of the archive around it."""

import stat
import zipfile

from dawproject_fixtures import FEATURES, archive, info_of
from dawproject_parts import CLIP, audio, lanes, project, track

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
    "clip_in_itself": FEATURES["reference"].replace(
        audio(), '<Clips><Clip time="0" duration="1" reference="shared"/></Clips>'
    ),
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


def corrupted(more: dict[str, bytes]) -> dict[str, bytes]:
    """The archives that must be refused."""
    whole, link = archive(WHOLE, more), (stat.S_IFLNK | 0o777) << 16
    bad_entries = {
        "climbing": info_of("../../outside.txt"),
        "absolute": info_of("/tmp/outside.txt"),
        "drive": info_of("C:/outside.txt"),
        "link": info_of("audio/link.wav", external_attr=link),
        "packed_otherwise": info_of("audio/other.wav", compress_type=zipfile.ZIP_BZIP2),
    }
    rows = {name: archive(WHOLE, more, [(info, b"outside")]) for name, info in bad_entries.items()}
    rows["twice"] = archive(WHOLE, more, [(info_of("audio\\one.wav"), b"another")])
    rows["no_project"] = archive(None, {}, [(info_of("metadata.xml"), b"<MetaData/>")])
    rows["bad_metadata"] = archive(WHOLE, more, [(info_of("metadata.xml"), b"<MetaData>")])
    rows["encrypted"] = _encrypted(whole)
    rows["truncated"] = whole[: len(whole) // 2]
    rows["cut_end"] = whole[:-10]
    rows["empty"] = b""
    rows["text"] = b"this is no archive\n"
    rows["damaged"] = whole[:60] + bytes(200) + whole[260:]
    return rows | {name: archive(xml, more) for name, xml in FAULTS.items()}


def _encrypted(data: bytes) -> bytes:
    """The archive with the flag for encryption in every entry of its directory."""
    rows, start = bytearray(data), data.find(b"PK\x01\x02")
    while start >= 0:
        rows[start + 8] |= 1
        start = data.find(b"PK\x01\x02", start + 1)
    return bytes(rows)
