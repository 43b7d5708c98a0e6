"""What REAPER has no field for, in the comment of an effect (`<COMMENT`, base64): a line of JSON that anyone can read.

A comment of ours never decides alone: values in it count only while they still make the effect's own state.
"""

import base64
import json

from dawbridge.formats.reaper.text import Block

_KEY = "dawbridge"
_LINE_BYTES = 96
_LONGEST = 100_000


def comment_block(content: dict) -> Block:
    """The comment that holds `content`."""
    data = json.dumps({_KEY: content}, sort_keys=True).encode()
    pieces = [data[first : first + _LINE_BYTES] for first in range(0, len(data), _LINE_BYTES)]
    return Block("COMMENT", [base64.b64encode(piece).decode() for piece in pieces])


def read_comment(block: Block | None) -> dict:
    """The content of a comment of ours; empty for any other."""
    if block is None:
        return {}
    try:
        data = b"".join(base64.b64decode(line, validate=True) for line in block.lines)
        content = json.loads(data) if len(data) <= _LONGEST else None
    except (ValueError, RecursionError):
        return {}
    found = content.get(_KEY) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}
