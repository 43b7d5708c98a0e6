"""How well the mix determines a setting, in words: the last column of the parameter tables."""

from dawbridge.params import ParameterSpec
from dawbridge.report.values import value_text


def identifiability_text(spec: ParameterSpec, fact: dict) -> str:
    """`4.1 dB … 4.3 dB`, or that the mix does not determine it; empty where nothing is known.

    It also says whether the value is at an end of its range.
    """
    at_end = ", an end of its range" if fact.get("is_at_end") else ""
    if fact.get("is_identifiable") is False:
        return f"not told by the mix{at_end}"
    if fact.get("low") is None:
        return at_end.removeprefix(", ")
    low, high = (value_text(spec, fact[end]) for end in ("low", "high"))
    least = "at least " if fact["is_identifiable"] is None else ""
    return least + (low if low == high else f"{low} … {high}") + at_end
