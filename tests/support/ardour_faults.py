"""Files that the reader of Ardour sessions refuses, each for one fault."""

from dataclasses import replace

from ardour_features import BUS, HALL, VCA, S, region, text
from ardour_text import CLOCKS, RATE, SAMPLE, Route, route_id, send, session_text, when


def faults() -> dict[str, bytes]:
    """The files that are refused, each for one fault."""
    faded = Route("b", regions=(region(0, 400, 20),))
    good = session_text(text(BUS, Route("a", after=send(HALL), regions=(S,)), faded))
    encoded = good.encode()

    def changed(old: str, new: str) -> bytes:
        assert old in good, old
        return good.replace(old, new, 1).encode()

    bomb = '<!DOCTYPE Session [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outer = '<!DOCTYPE Session [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    loop = session_text(text(replace(BUS, after=send(route_id(2))), Route("Room", "bus", after=send(HALL))))
    vca_loop = VCA.replace("<Slavable/>", '<Slavable><Master number="1"/></Slavable>')
    ends = "</Route></Routes>"
    following = f'<Slavable><Master number="1"/></Slavable>{ends}'
    followed = session_text(text(Route("a", regions=(S,)), extra=vca_loop)).replace(f"<Slavable/>{ends}", following)
    return {
        "empty": b"",
        "truncated": encoded[: len(encoded) // 2],
        "not_xml": b"RIFF\0\0\0\0WAVEfmt ",
        "foreign": b'<?xml version="1.0"?><Project version="1.0"/>\n',
        "entity_bomb": changed("<Session ", f"{bomb}<Session ").replace(b'name="song"', b'name="&b;"', 1),
        "external_entity": changed("<Session ", f"{outer}<Session ").replace(b'name="song"', b'name="&x;"', 1),
        "not_utf8": encoded.replace(b'name="song"', b'name="s\xff\xfeng"', 1),
        "no_version": changed('version="7002" name', "name"),
        "too_old": changed('version="7002" name', 'version="3002" name'),
        "too_new": changed('version="7002" name', 'version="9000" name'),
        "no_routes": (good[: good.index("<Routes>")] + good[good.index("</Routes>") + 9 :]).encode(),
        "no_playlists": (good[: good.index("<Playlists>")] + good[good.index("</Playlists>") + 12 :]).encode(),
        "no_rate": changed(' sample-rate="48000"', ""),
        "absurd_rate": changed('sample-rate="48000"', 'sample-rate="999999999"'),
        "empty_range": changed(f'end="{when(RATE // 100)}"', 'end="a0"'),
        "endless_range": changed(f'end="{when(RATE // 100)}"', f'end="a{CLOCKS * 10**9}"'),
        "no_number": changed('value="0.8"', 'value="loud"'),
        "nan": changed('value="0.8"', 'value="nan"'),
        "infinite": changed('value="0.8"', 'value="1e300"'),
        "far_region": changed("length=\"a2822400@a0\"", f'length="a2822400@a{CLOCKS * 10**9}"'),
        "negative_start": changed('start="a0" length', 'start="a-58800" length'),
        "broken_time": changed('start="a0" length', 'start="aXY" length'),
        "broken_events": changed(f"a0 1e-07\na{20 * SAMPLE} 1.0\n", f"a0 1e-07\na{20 * SAMPLE}\n"),
        "two_ids": changed(f'id="{route_id(2)}"', f'id="{route_id(3)}"'),
        "two_masters": changed("AudioBus,OrderSet", "MasterOut,OrderSet"),
        "routing_loop": loop.encode(),
        "vca_loop": followed.encode(),
    }  # fmt: skip


FAULTS = faults()
