"""What is left of the mix, in a sentence and as a picture: tracks by octaves, from the `rest` of `metrics.json`."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from dawbridge.report.figures import NULL
from dawbridge.report.page import Page

NOTHING_DB = -60.0
NO_TRACK = "no track"
SHOWN_DB = 30.0  # below the strongest part: where the picture fades out
MAIN_SHARE, MOST_NAMED = 0.5, 3
_NUMBERED_DB, _STRONGEST_OPACITY = 15.0, 0.8
_CELL, _ROW, _LEFT, _BOTTOM, _LONGEST_NAME = 44, 24, 164, 40, 20


@dataclass(frozen=True)
class ResidualSection:
    """What the page says of the rest; `svg` is empty where there is nothing to speak of."""

    sentence: str
    svg: Markup = Markup("")
    caption: str = ""


def residual_section(page: Page) -> ResidualSection | None:
    """None where no rest was measured."""
    rest, null_db = page.metrics.get("rest"), NULL.value(page.metrics)
    if rest is None or null_db is None:
        return None
    if null_db <= NOTHING_DB or not rest:
        return ResidualSection(
            f"There is nothing to speak of: what is left is more than {-NOTHING_DB:.0f} dB below the mix."
        )
    caption = (
        "Which part of the rest comes from which track, octave by octave, in dB beside the whole mix. "
        f"Full colour: the strongest part; blank: none, or {SHOWN_DB:g} dB below it. In {NO_TRACK}: noise, distortion, "
        "and sounds that none of the tracks holds."
    )
    return ResidualSection(residual_sentence(rest, null_db), _heat_map(page, rest), caption)


def residual_sentence(rest: list[dict], null_db: float) -> str:
    """`Most of what is left, 12.0 dB below the mix, is in vocals around 4 kHz and in no track around 63 Hz.`"""
    level = f"{abs(null_db):.1f} dB {'below' if null_db <= 0 else 'above'} the mix"
    bands: dict[str | None, list[float]] = {}
    for row in main_parts(rest):
        bands.setdefault(row["track"], []).append(row["band_hz"])
    parts = [f"in {NO_TRACK if name is None else name} around {_listed(list(map(hertz, sorted(found))))}"
             for name, found in bands.items()]  # fmt: skip
    return f"Most of what is left, {level}, is {_listed(parts)}."


def main_parts(rest: list[dict]) -> list[dict]:
    """The fewest rows that hold MAIN_SHARE of the rest, the strongest first; MOST_NAMED of them at most."""
    powers = [10 ** (row["db"] / 10) for row in rest]
    order = sorted(range(len(rest)), key=powers.__getitem__, reverse=True)
    taken, held = [], 0.0
    for place in order[:MOST_NAMED]:
        if held < MAIN_SHARE * sum(powers):
            taken.append(rest[place])
            held += powers[place]
    return taken


def hertz(frequency_hz: float) -> str:
    """`63 Hz`, `4 kHz`."""
    return f"{round(frequency_hz)} Hz" if frequency_hz < 1000 else f"{frequency_hz / 1000:g} kHz"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _heat_map(page: Page, rest: list[dict]) -> Markup:
    """The tracks in the session's order, no track last; as wide as there are octaves."""
    names = [*(track.name for track in page.session.tracks), None]
    bands = sorted({row["band_hz"] for row in rest})
    strongest = max(row["db"] for row in rest)
    width, height = _LEFT + _CELL * len(bands) + 8, _ROW * len(names) + _BOTTOM
    shapes = [_name(row, name) for row, name in enumerate(names)]
    shapes += [_label(_LEFT + (place + 0.5) * _CELL, height - 22, short(band)) for place, band in enumerate(bands)]
    shapes.append(_label(_LEFT + len(bands) * _CELL / 2, height - 3, "octave around, in Hz"))
    for row in rest:
        if row["track"] in names and (below_db := strongest - row["db"]) < SHOWN_DB:
            shapes += _cell(names.index(row["track"]), bands.index(row["band_hz"]), row, below_db)
    shapes = Markup("").join(shapes)
    about = "What is left of the mix, by track and octave"
    opening = Markup('<svg class="chart heat" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return opening.format(width, height, about) + shapes + Markup("</svg>")


def short(frequency_hz: float) -> str:
    """`63`, `4k`."""
    return hertz(frequency_hz).removesuffix("Hz").replace(" ", "")


def _name(row: int, name: str | None) -> Markup:
    text = NO_TRACK if name is None else name
    text = text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
    line = Markup('<path class="grid" d="M{} {}H{}"/>').format(0, row * _ROW, _LEFT) if name is None else Markup("")
    return line + Markup('<text class="y" x="{}" y="{}">{}</text>').format(_LEFT - 8, row * _ROW + 16, text)


def _label(x: float, y: float, text: str) -> Markup:
    return Markup('<text class="x" x="{:g}" y="{:g}">{}</text>').format(x, y, text)


def _cell(row: int, column: int, part: dict, below_db: float) -> list[Markup]:
    x, y, level = _LEFT + column * _CELL, row * _ROW, f"{part['db']:.0f}".replace("-", "−")
    opacity = _STRONGEST_OPACITY * (1 - below_db / SHOWN_DB)
    about = escape(f"{part['track'] or NO_TRACK}, {hertz(part['band_hz'])}: {level} dB")
    box = '<rect class="hot" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"><title>{}</title></rect>'
    shapes = [Markup(box).format(x + 1, y + 1, _CELL - 2, _ROW - 2, opacity, about)]
    if below_db < _NUMBERED_DB:
        shapes.append(Markup('<text class="x number" x="{:g}" y="{}">{}</text>').format(x + _CELL / 2, y + 16, level))
    return shapes
