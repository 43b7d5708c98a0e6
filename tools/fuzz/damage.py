"""Ways to damage a file: its bytes, numbers, words or lines, also inside an archive."""

import io
import random
import re
import zipfile

NUMBERS = (b"0", b"-1", b"1e308", b"-1e308", b"1e999", b"NaN", b"inf", b"99999999999999999999999", b"0.0000001", b"")
WORDS = (b"", b"../../../../etc/passwd", b"/etc/passwd", b"\xff\xfe\x00", b"&amp;", b"<", b"\0", b"A" * 5000, b"%s%n",
         b"C:\\x", b"urn:x", b"\xc3\xa9", b"none")  # fmt: skip
CLIMBING = ("../up.wav", "/abs.wav", "a/../../b", "project.xml/x", "\\..\\x")
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_WORD = re.compile(rb'"[^"\n]{0,200}"')
_MOST_BYTES = 2**20


def damaged(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """`data` with one to five faults.

    In an archive mostly the members are damaged: its checksums would reveal any other fault before a reader sees it.
    """
    if data[:2] == b"PK" and chance.random() < 0.85:
        return _damaged_archive(data, chance)
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        data = chance.choice(FAULTS)(data, others, chance)[:_MOST_BYTES]
    return data


def _damaged_archive(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    kind, name = chance.random(), chance.choice(list(members))
    if kind < 0.7:
        name = "project.xml" if "project.xml" in members else name
    if kind < 0.85:
        members[name] = damaged(members[name], list(members.values()), chance)
    elif kind < 0.92:
        del members[name]
    else:
        members[chance.choice((*CLIMBING, name * 40))] = members.pop(name)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return made.getvalue()


def _flip(data, others, chance):
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data, others, chance):
    first, last = _span(data, chance)
    return data[:first] + data[last:]


def _truncate(data, others, chance):
    return data[: chance.randrange(len(data) + 1)]


def _repeat(data, others, chance):
    first, last = _span(data, chance)
    return data[:last] + data[first:last] * chance.choice((1, 1, 2, 50)) + data[last:]


def _splice(data, others, chance):
    other = chance.choice(others)
    first, last = _span(other, chance)
    at = chance.randrange(len(data) + 1)
    return data[:at] + other[first:last] + data[at:]


def _number(data, others, chance):
    return _replaced(data, _NUMBER, NUMBERS, chance)


def _word(data, others, chance):
    return _replaced(data, _WORD, tuple(b'"' + word + b'"' for word in WORDS), chance)


def _swap_words(data, others, chance):
    words = list(_WORD.finditer(data))
    if len(words) < 2:
        return data
    one, other = chance.sample(words, 2)
    return data[: one.start()] + other[0] + data[one.end() :]


def _line(data, others, chance):
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    index, kind = chance.randrange(len(lines)), chance.random()
    if kind < 0.4:
        del lines[index]
    elif kind < 0.7:
        lines.insert(chance.randrange(len(lines) + 1), lines[index])
    else:
        other = chance.randrange(len(lines))
        lines[index], lines[other] = lines[other], lines[index]
    return b"".join(lines)


def _replaced(data, pattern, values, chance):
    found = list(pattern.finditer(data))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(values) + data[match.end() :]


def _span(data, chance) -> tuple[int, int]:
    first = chance.randrange(len(data) + 1)
    return first, min(len(data), first + chance.choice((1, 8, 64, 512, 4096)))


FAULTS = (_flip, _cut, _truncate, _repeat, _splice, _number, _number, _word, _word, _swap_words, _line, _line)
