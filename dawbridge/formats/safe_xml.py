"""Untrusted XML, parsed as data: no entities, no DOCTYPE, no network access, and no more of it than a session needs."""

from lxml import etree

from dawbridge.errors import InputError

LARGEST_BYTES = 64 * 2**20
_MOST_TAGS = 2_000_000
# The parser compares each attribute of a tag with all before it. So many comparisons take about half a second.
_MOST_PAIRS = 100_000_000
_FEW_BYTES = 1000


def parse_xml(data: bytes, where: str) -> etree._Element:
    """The root of UTF-8 XML, without its comments and processing instructions.

    Raises InputError that names `where` for what is too large, not well-formed, not UTF-8, or has a DOCTYPE (which
    alone could declare entities).
    """
    _check_size(data, where)
    # Another encoding cannot hide the word: the parser reads UTF-8, whatever encoding the file declares.
    if b"<!DOCTYPE" in data:
        raise InputError(f"{where}: has a DOCTYPE, which no session file needs; remove it")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        reason = (str(error).splitlines() or ["not well-formed"])[0]
        raise InputError(f"{where}: no readable XML ({reason}); save it again") from None


def _check_size(data: bytes, where: str) -> None:
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{where}: {len(data)} bytes of XML; at most {LARGEST_BYTES} are read")
    if (count := data.count(b"<")) > _MOST_TAGS:
        raise InputError(f"{where}: about {count} tags of XML; at most {_MOST_TAGS} are read")
    if sum(tag.count(b"=") ** 2 for tag in data.split(b"<") if len(tag) > _FEW_BYTES) > _MOST_PAIRS:
        raise InputError(f"{where}: a tag has thousands of attributes; no session file needs so many")
