"""Comments of effects (`<COMMENT`, base64), in which dawbridge keeps what REAPER has no field for, as JSON.

The reader never trusts a comment alone: its values count only if they still result in the effect's own state.
"""

import base64
import json
from typing import Any

from dawbridge.formats.reaper.text import Block

_KEY = "dawbridge"
_LINE_BYTES = 96
_LONGEST = 100_000


def comment_block(content: dict[str, Any]) -> Block:
    """The comment that holds `content`."""
    data = json.dumps({_KEY: content}, sort_keys=True).encode()
    pieces = [data[first : first + _LINE_BYTES] for first in range(0, len(data), _LINE_BYTES)]
    return Block("COMMENT", [base64.b64encode(piece).decode() for piece in pieces])


def read_comment(block: Block | None) -> dict[str, Any]:
    """The content of a comment that dawbridge wrote; empty for any other."""
    if block is None:
        return {}
    try:
        data = b"".join(base64.b64decode(line, validate=True) for line in block.lines)
        content = json.loads(data) if len(data) <= _LONGEST else None
    except (ValueError, RecursionError):
        return {}
    found = content.get(_KEY) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}
