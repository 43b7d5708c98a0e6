"""Names that Ardour takes: unique, not its own, short enough for a port's name, and legal in XML."""

import unicodedata

from dawbridge.names import unique_name

LONGEST_NAME = 60  # a port's full name has 255 bytes at most, and a character up to 4
_TAKEN_BY_ARDOUR = {"master", "monitor", "click", "auditioner", "foldback", "surround master"}
_MEANS_SOMETHING_IN_A_PORT = ":/"


def legal_text(text: str) -> str:
    """`text` without what XML 1.0 refuses (control characters, lone surrogates, U+FFFE and U+FFFF)."""
    return "".join("_" if _is_refused(character) else character for character in text)


def _is_refused(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"


def free_name(name: str, taken: set[str]) -> str:
    """`name` as Ardour takes it and no other track has it; added to `taken` (lower case)."""
    legal = "".join("-" if c in _MEANS_SOMETHING_IN_A_PORT else c for c in legal_text(name)).strip()
    legal = legal[:LONGEST_NAME].strip() or "track"
    unique = unique_name(legal, taken | _TAKEN_BY_ARDOUR, ignores_case=True)
    taken.add(unique.lower())
    return unique
