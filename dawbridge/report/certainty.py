"""How sure the settings are, in words: what stands above the tables and in their last column."""

from collections.abc import Sequence

from dawbridge.params import ParameterSpec
from dawbridge.report.values import value_text

NOT_TOLD = "how sure each setting is was not told"
TELLS_NONE = "the mix tells none of the settings"
WHY_NONE = "each could be far from where it is, the others making up for it"


def tells_none(parameters: Sequence[dict]) -> bool:
    """Whether it is known of all parameters (rows of `metrics.json`) that the mix does not tell them."""
    return bool(parameters) and all(row["is_identifiable"] is False for row in parameters)


def certainty_sentence(parameters: Sequence[dict]) -> str:
    """What holds for all parameters; empty where some are told."""
    if tells_none(parameters):
        return f"{TELLS_NONE.capitalize()}: {WHY_NONE}."
    if parameters and all(row["is_identifiable"] is None and row["low"] is None for row in parameters):
        return f"{NOT_TOLD.capitalize()}: others may bring the mix as near."
    return ""


def sure_text(spec: ParameterSpec, fact: dict) -> str:
    """`4.1 dB … 4.3 dB`, or that the mix does not tell; empty where nothing is known. And whether it is an end."""
    at_end = ", an end of its range" if fact.get("is_at_end") else ""
    if fact.get("is_identifiable") is False:
        return f"not told by the mix{at_end}"
    if fact.get("low") is None:
        return at_end.removeprefix(", ")
    low, high = (value_text(spec, fact[end]) for end in ("low", "high"))
    least = "at least " if fact["is_identifiable"] is None else ""
    return least + (low if low == high else f"{low} … {high}") + at_end
