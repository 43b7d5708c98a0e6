"""What is left of the mix, in a sentence and as a picture: tracks by octaves, from the `residual` of `metrics.json`."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from dawbridge.features.residual_summary import NEGLIGIBLE_DB, NO_TRACK, ResidualLevel, hertz, residual_sentence
from dawbridge.report.figures import NULL
from dawbridge.report.page import Page

SHOWN_DB = 30.0  # below the strongest part: where the picture fades out
_NUMBERED_DB, _STRONGEST_OPACITY = 15.0, 0.8
_CELL, _ROW, _LEFT, _BOTTOM, _LONGEST_NAME = 44, 24, 164, 40, 20


@dataclass(frozen=True)
class ResidualSection:
    """What the page says of the residual; `svg` is empty where there is nothing to speak of."""

    sentence: str
    svg: Markup = Markup("")
    caption: str = ""


def residual_section(page: Page) -> ResidualSection | None:
    """None where no residual was measured."""
    residual, null_db = page.metrics.get("residual"), NULL.value(page.metrics)
    if residual is None or null_db is None:
        return None
    if null_db <= NEGLIGIBLE_DB or not residual:
        return ResidualSection(
            f"There is nothing to speak of: what is left is more than {-NEGLIGIBLE_DB:.0f} dB below the mix."
        )
    caption = (
        "Which part of the residual comes from which track, octave by octave, in dB beside the whole mix. "
        f"Full colour: the strongest part; blank: none, or {SHOWN_DB:g} dB below it. In {NO_TRACK}: noise, distortion, "
        "and sounds that none of the tracks holds."
    )
    sentence = residual_sentence([ResidualLevel(**row) for row in residual], null_db)
    return ResidualSection(sentence, _heat_map(page, residual), caption)


def _heat_map(page: Page, residual: list[dict]) -> Markup:
    """The tracks in the session's order, no track last; as wide as there are octaves."""
    names = [*(track.name for track in page.session.tracks), None]
    bands = sorted({row["band_hz"] for row in residual})
    strongest = max(row["db"] for row in residual)
    width, height = _LEFT + _CELL * len(bands) + 8, _ROW * len(names) + _BOTTOM
    shapes = [_name(row, name) for row, name in enumerate(names)]
    shapes += [_label(_LEFT + (index + 0.5) * _CELL, height - 22, short(band)) for index, band in enumerate(bands)]
    shapes.append(_label(_LEFT + len(bands) * _CELL / 2, height - 3, "octave around, in Hz"))
    for row in residual:
        if row["track"] in names and (below_db := strongest - row["db"]) < SHOWN_DB:
            shapes += _cell(names.index(row["track"]), bands.index(row["band_hz"]), row, below_db)
    joined = Markup("").join(shapes)
    about = "What is left of the mix, by track and octave"
    opening = Markup('<svg class="chart heat" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return opening.format(width, height, about) + joined + Markup("</svg>")


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
