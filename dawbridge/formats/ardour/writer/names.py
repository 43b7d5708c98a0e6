"""Names that Ardour accepts: unique, not reserved, short enough for a port name, and legal in XML."""

import unicodedata

from dawbridge.names import unique_name

LONGEST_NAME = 60  # characters of up to 4 bytes; the full name of a port has at most 255 bytes
_RESERVED = {"master", "monitor", "click", "auditioner", "foldback", "surround master"}
_PORT_SEPARATORS = ":/"


def legal_text(text: str) -> str:
    """`text` with `_` for what XML 1.0 forbids (control characters, lone surrogates, U+FFFE and U+FFFF)."""
    return "".join("_" if _is_forbidden(character) else character for character in text)


def _is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"


def free_name(name: str, taken: set[str]) -> str:
    """`name`, changed so that Ardour accepts it and it is not in `taken` (lower case); adds it there."""
    legal = "".join("-" if c in _PORT_SEPARATORS else c for c in legal_text(name)).strip()
    legal = legal[:LONGEST_NAME].strip() or "track"
    unique = unique_name(legal, taken | _RESERVED, ignores_case=True)
    taken.add(unique.lower())
    return unique
