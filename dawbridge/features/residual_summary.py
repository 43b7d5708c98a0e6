"""What is left of a mix, in one sentence: from parts by track and octave, as `features.residual` measures them."""

from collections.abc import Sequence
from dataclasses import dataclass

NO_TRACK = "no track"
# A residual this far below the mix is nothing to speak of.
NEGLIGIBLE_DB = -60.0
MAIN_SHARE_0TO1, MOST_NAMED = 0.5, 3


@dataclass(frozen=True)
class ResidualLevel:
    """One part of what is left: its track (None: in no track), its octave's centre, and its level beside the mix."""

    track: str | None
    band_hz: float
    db: float


def residual_sentence(parts: Sequence[ResidualLevel], null_db: float) -> str:
    """`Most of what is left, 12.0 dB below the mix, is in vocals around 4 kHz and in no track around 63 Hz.`"""
    level = f"{abs(null_db):.1f} dB {'below' if null_db <= 0 else 'above'} the mix"
    bands: dict[str | None, list[float]] = {}
    for part in main_parts(parts):
        bands.setdefault(part.track, []).append(part.band_hz)
    named = [
        f"in {NO_TRACK if name is None else name} around {_listed([hertz(band) for band in sorted(found)])}"
        for name, found in bands.items()
    ]
    return f"Most of what is left, {level}, is {_listed(named)}."


def main_parts(parts: Sequence[ResidualLevel]) -> list[ResidualLevel]:
    """The fewest parts that hold MAIN_SHARE_0TO1 of the residual, the strongest first; at most MOST_NAMED."""
    powers = {id(part): 10 ** (part.db / 10) for part in parts}
    chosen: list[ResidualLevel] = []
    held = 0.0
    for part in sorted(parts, key=lambda part: powers[id(part)], reverse=True)[:MOST_NAMED]:
        if held < MAIN_SHARE_0TO1 * sum(powers.values()):
            chosen.append(part)
            held += powers[id(part)]
    return chosen


def hertz(frequency_hz: float) -> str:
    """`63 Hz`, `4 kHz`."""
    return f"{round(frequency_hz)} Hz" if frequency_hz < 1000 else f"{frequency_hz / 1000:g} kHz"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
