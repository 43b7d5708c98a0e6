"""The report's page: everything it shows put into one HTML text, which needs nothing from outside.

Names and texts of a session are data: jinja escapes each of them. Beyond that the page forbids itself, by a
Content-Security-Policy, every request and every script and style but its own, which it names by their hashes.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from dawbridge.files import write_bytes
from dawbridge.report.alternatives import alternative_rows
from dawbridge.report.axes import clock
from dawbridge.report.figures import COLUMNS, metrics_rows, tiles
from dawbridge.report.page import Page
from dawbridge.report.parameters import track_tables
from dawbridge.report.pictures import curve_pictures, level_db, sound_pictures, waveform
from dawbridge.report.players import Players, make_players
from dawbridge.report.residual import residual_section
from dawbridge.report.summary import made_rows, page_notes, summary_lines
from dawbridge.units import db_to_gain

PAGE_BYTES = 20_000_000
PICTURE_BYTES = 500_000  # kept free for the charts of the sound, which are drawn after it is encoded
_FOLDER = Path(__file__).resolve().parent


def write_report(path: Path, page: Page) -> None:
    """Write `page` as one HTML file of at most PAGE_BYTES, whole or not at all.

    What gives way to the size is the players' quality, then their length; the page says so.
    Raises OutputError where the file cannot be written.
    """
    write_bytes(path, render_html(page).encode("utf-8", "replace"))


def render_html(page: Page) -> str:
    """The page as HTML text."""
    template, shown = _environment().get_template("template.html.j2"), _shown(page)
    without_sound = template.render(shown, players=None, pictures=[])
    room_bytes = PAGE_BYTES - PICTURE_BYTES - len(without_sound.encode("utf-8", "replace"))
    players = make_players(page.signals(), room_bytes)
    pictures = sound_pictures(page.signals(), players.gains_db if players else {})
    return template.render(shown, players=players, waves=_waves(players), pictures=pictures)


def _shown(page: Page) -> dict:
    """What the template reads, but for the sound."""
    style, script = (_asset(name) for name in ("style.css", "player.js"))
    levels_db = {name: level_db(audio) for name, audio in page.stems.items()}
    return {
        "page": page,
        "style": Markup(style),
        "script": Markup(script),
        "policy": _policy(style, script),
        "summary": summary_lines(page),
        "tiles": tiles(page),
        "columns": COLUMNS,
        "metrics_rows": metrics_rows(page.metrics),
        "tracks": track_tables(page.session, page.true_values, levels_db, page.metrics.get("parameters", ())),
        "identifiability": page.metrics.get("identifiability_summary", ""),
        "alternatives": alternative_rows(page),
        "residual": residual_section(page),
        "curves": curve_pictures(page.curves),
        "notes": page_notes(page),
        "made": made_rows(page),
        "clock": clock,
    }


def _waves(players: Players | None) -> dict[str, Markup]:
    """Key → outline of the signal, all on the scale of the highest peak that is played."""
    if players is None:
        return {}
    gains = {player.key: db_to_gain(player.gain_db) for player in players.players}
    highest = max(player.audio.peak * gains[player.key] for player in players.players)
    return {p.key: waveform(p.audio, highest / gains[p.key]) for p in players.players}


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minus"] = minus
    return environment


def minus(text: str) -> str:
    """The same text with a true minus sign before its numbers."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing but data URIs, this style sheet and this script."""
    style_hash, script_hash = (_sha256(text) for text in (style, script))
    return (
        f"default-src 'none'; img-src data:; media-src data:; style-src '{style_hash}'; "
        f"script-src '{script_hash}'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
