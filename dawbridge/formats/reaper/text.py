"""REAPER's text, parsed and written: lines of tokens, and blocks of lines between `<NAME ...` and `>`.

A token with spaces is in double quotes, one with double quotes in single quotes, one with both in backticks. A token
with all three cannot be written: its backticks become single quotes.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dawbridge.errors import InputError

LARGEST_BYTES = 256 * 2**20
_DEEPEST = 64
_LONGEST_LINE = 4 * 2**20
_TOKEN = re.compile(r"\"([^\"]*)\"?|'([^']*)'?|`([^`]*)`?|([^ \t]+)")
_PLAIN = re.compile(r"[A-Za-z0-9_.+{}/<>-][A-Za-z0-9_.+{}/<>:-]*")
_LARGEST = 1e15


@dataclass
class Block:
    """A block: `<head`, then its lines (without indent) and blocks in order, then `>`."""

    head: str
    children: "list[Block | str]" = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        return tokens(self.head)

    @property
    def name(self) -> str:
        """The first word of the head."""
        return self.head.split(" ", 1)[0]

    @property
    def lines(self) -> list[str]:
        return [child for child in self.children if isinstance(child, str)]

    def blocks(self, *names: str) -> "list[Block]":
        """The blocks inside with one of these names; without names, all blocks inside."""
        found = (child for child in self.children if isinstance(child, Block))
        return [block for block in found if not names or block.name in names]

    def first_block(self, name: str) -> "Block | None":
        """The first block inside with that name; None if there is none."""
        return next(iter(self.blocks(name)), None)

    def all(self, name: str) -> list[list[str]]:
        """The tokens after `name` of each line that begins with it."""
        return [tokens(line)[1:] for line in self.lines if line == name or line.startswith(name + " ")]

    def first(self, name: str) -> list[str]:
        """The tokens after `name` of the first such line; empty if there is none."""
        begin = name + " "
        found = (row for row in self.children if isinstance(row, str) and (row == name or row.startswith(begin)))
        return tokens(next(found, name))[1:]


def tokens(line: str) -> list[str]:
    """The tokens of a line, without their quotes."""
    return [match[match.lastindex or 0] for match in _TOKEN.finditer(line)]


def number(row: Sequence[str], index: int, default: float, where: str) -> float:
    """The number at `index` of `row`; `default` if the row is shorter. Raises InputError if it is no number."""
    if index >= len(row):
        return default
    try:
        value = float(row[index])
    except ValueError:
        raise InputError(f"{where}: {row[index][:40]!r} is no number; save the project again") from None
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise InputError(f"{where}: {row[index][:40]} is no usable number; save the project again")
    return value


def parse(data: bytes, where: str) -> Block:
    """The outermost block. Raises InputError with `where` and the line of the first fault."""
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{where}: {len(data)} bytes, at most {LARGEST_BYTES} are read; take parts of it out")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: byte {error.start} is no UTF-8; save the project again") from None
    if "\0" in text:
        raise InputError(f"{where}: holds a NUL character, so it is no project of REAPER")
    roots = list(_blocks(text, where))
    if len(roots) != 1:
        raise InputError(f"{where}: {len(roots)} outermost blocks, a project of REAPER is one; save it again")
    return roots[0]


def _blocks(text: str, where: str) -> Iterator[Block]:
    """The outermost blocks, each when it is closed."""
    stack: list[Block] = []
    for count, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip(" \t\r")
        if len(line) > _LONGEST_LINE:
            raise InputError(f"{where}: line {count} has {len(line)} characters, at most {_LONGEST_LINE} are read")
        if line.startswith("<"):
            if len(stack) >= _DEEPEST:
                raise InputError(f"{where}: line {count}: blocks {_DEEPEST} deep; a project has no more than a few")
            block = Block(line[1:])
            if stack:
                stack[-1].children.append(block)
            stack.append(block)
        elif not line:
            continue
        elif not stack:
            raise InputError(
                f"{where}: line {count}: {line[:20]!r} is outside of all blocks; this is no project of REAPER"
            )
        elif line == ">":
            closed = stack.pop()
            if not stack:
                yield closed
        else:
            stack[-1].children.append(line)
    if stack:
        raise InputError(f"{where}: ends within <{stack[-1].name[:40]}; the file is cut off")


def line(name: str, *values: str | float | int | bool) -> str:
    """A line of a name and values: texts in quotes if they need them, numbers in full."""
    return " ".join([name, *map(_token, values)])


def _token(value: str | float | int | bool) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool | int):
        return str(int(value))
    text = f"{value:.14f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def quoted(text: str) -> str:
    """The text as a token, in the quotes that it needs."""
    if _PLAIN.fullmatch(text):
        return text
    for mark in "\"'`":
        if mark not in text:
            return f"{mark}{text}{mark}"
    return "`" + text.replace("`", "'") + "`"


def token_text(text: str) -> str:
    """The text without what no token can hold: control characters, and all three kinds of quotes at once."""
    plain = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" else c for c in text)
    return plain.replace("`", "'") if all(mark in plain for mark in "\"'`") else plain


def to_text(block: Block) -> str:
    """The block as REAPER writes it, indented by two spaces per level, without a line end after it."""
    return "\n".join(_indented([block], 0))


def children_text(children: "Iterable[Block | str]") -> str:
    """Lines and blocks without a block around them."""
    return "".join(f"{row}\n" for row in _indented(children, 0))


def _indented(children: "Iterable[Block | str]", level: int) -> Iterator[str]:
    indent = "  " * level
    for child in children:
        if isinstance(child, str):
            yield indent + child
        else:
            yield f"{indent}<{child.head}"
            yield from _indented(child.children, level + 1)
            yield f"{indent}>"
