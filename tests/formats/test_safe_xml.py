"""Untrusted XML: read as data, or refused in one line that names the file."""

import pytest

from dawbridge.errors import InputError
from dawbridge.formats.safe_xml import LARGEST_BYTES, parse_xml

BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'"><!ENTITY c "&b;&b;&b;">]><a n="&c;">&c;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
UTF_16 = '<!DOCTYPE a [<!ENTITY b "c">]><a n="&b;"/>'.encode("utf-16")
MANY = b"".join(b'a%d="" ' % number for number in range(100_000))


def test_elements_come_without_comments_and_instructions():
    root = parse_xml('<?xml version="1.0"?><!-- c --><a n="ü"><?run?><b/>t<!-- d -->u</a>'.encode(), "x.xml")
    assert [child.tag for child in root] == ["b"]
    assert (root.tag, root.get("n"), root[0].tail) == ("a", "ü", "tu")


def test_it_is_read_as_utf_8_whatever_it_says():
    assert parse_xml('<?xml version="1.0" encoding="UTF-16"?><a n="ü"/>'.encode(), "x.xml").get("n") == "ü"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "empty"),
        (b"   ", "Start tag expected"),
        (b"RIFF....WAVE", "Start tag expected"),
        (b"<a><b></a>", "mismatch"),
        (b"<a n='1' n='2'/>", "redefined"),
        (b"<a>", "Premature end"),
        ('<a n="ü"/>'.encode("latin-1"), "Invalid bytes"),
        (b"<a>\0</a>", "Char 0x0"),
        (b"<a>&b;</a>", "not defined"),
        (b"<a>" * 300 + b"</a>" * 300, "depth"),
        (BOMB, "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "DOCTYPE"),
        (UTF_16, "Start tag expected"),
        (b"<a " + MANY + b"/>", "thousands of attributes"),
        (b"<a>" + b"<b/>" * 2_000_000 + b"</a>", "tags"),
        (b" " * (LARGEST_BYTES + 1), "at most"),
    ],
)
def test_what_is_no_plain_xml_is_refused_in_one_line(data, fault):
    with pytest.raises(InputError, match=rf"^songs/x\.xml: .*{fault}") as caught:
        parse_xml(data, "songs/x.xml")
    assert "\n" not in str(caught.value)


def test_a_plugin_may_have_thousands_of_parameters():
    assert len(parse_xml(b"<a " + MANY[: MANY.index(b"a5000")] + b"/>", "x.xml").attrib) == 5000
