"""The report in words: the three lines at its head, the notes, and how the session was made."""

from dawbridge.report.axes import clock
from dawbridge.report.figures import IDENTICAL_DB, NULL, sum_baseline
from dawbridge.report.page import Page


def summary_lines(page: Page) -> list[str]:
    """What this is, how close it came, and what to know before using it: a sentence each."""
    return [_what(page), _how_close(page), _what_to_know(page)]


def _what(page: Page) -> str:
    session, made = page.session, page.session.made_by
    length = clock(session.length_samples / session.sample_rate)
    text = f"{_count(len(session.tracks), 'track')}, {length} long, {session.sample_rate / 1000:g} kHz"
    if made and made.chain:
        text += f", through the chain “{made.chain}”"
    if made and made.method:
        text += f", by {made.method}"
    return text + "."


def _how_close(page: Page) -> str:
    value = NULL.value(page.metrics)
    if page.reference is None:
        return "There is no reference mix, so nothing to compare with."
    if value is None:
        return "How close it came is undefined: the reference is silent or was not measured."
    if value <= IDENTICAL_DB:
        return "The recovered mix and the reference are the same in every sample."
    text = f"Subtracted from the reference, the recovered mix leaves a residual {_beside(value)} it"
    baseline = sum_baseline(page.metrics)
    other = None if baseline is None else NULL.value(baseline)
    return text + (f"; the plain sum of the tracks, one {_beside(other)}." if other is not None else ".")


def _beside(null_db: float) -> str:
    return f"{abs(null_db):.1f} dB {'below' if null_db <= 0 else 'above'}"


def _what_to_know(page: Page) -> str:
    lost = sum(map(len, page.losses.values()))
    losses = f"{_count(lost, 'thing')} could not be carried into the exported formats" if lost else ""
    if not lost and page.losses:
        losses = f"Everything was carried into {', '.join(page.losses)}"
    notes = f"{_count(len(page_notes(page)), 'note')} below" if page_notes(page) else ""
    return ("; ".join(part for part in (losses, notes) if part) or "Nothing to note") + "."


def page_notes(page: Page) -> list[str]:
    """The notes of the page and of its metrics, each once."""
    return list(dict.fromkeys([*page.notes, *(page.metrics.get("notes") or [])]))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def made_rows(page: Page) -> list[tuple[str, str]]:
    """What made the session, as (name, value): enough to make it again."""
    session, made = page.session, page.session.made_by
    length = f"{session.length_samples:,} samples ({clock(session.length_samples / session.sample_rate)})"
    rows = [
        ("session", session.name),
        ("sample rate", f"{session.sample_rate:,} Hz"),
        ("length", length),
        ("pan law", f"mono {_plain(session.pan_law.mono)}, stereo {_plain(session.pan_law.stereo)}"),
    ]
    if made is None:
        return [*rows, ("made by", "not recorded")]
    rows.append(("dawbridge", made.dawbridge))
    rows += [(name, value) for name, value in (("method", made.method), ("chain", made.chain)) if value]
    rows += [] if made.seed is None else [("seed", str(made.seed))]
    rows += [(f"version of {name}", value) for name, value in sorted(made.versions.items())]
    return rows + [(f"SHA-256 of {name}", value) for name, value in sorted(made.plugin_sha256.items())]


def _plain(name: str) -> str:
    return name.replace("_", " ")
