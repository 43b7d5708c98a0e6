"""How sure the settings are: beside each value, above the tables, and in a note."""

from types import SimpleNamespace

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.devices import get_device
from dawbridge.methods.inversion.findings import (
    NOT_IDENTIFIABLE,
    ParameterFinding,
    identifiability_notes,
    summarise_identifiability,
)
from dawbridge.report import Page
from dawbridge.report.identifiability import identifiability_text
from dawbridge.report.writer import render_html
from dawbridge.session import Device, Session, Track

GAIN = next(iter(get_device("gain").parameters))
MEASURED = SimpleNamespace(certainty=object())  # stages that had renders left to tell how sure the settings are


def row(is_identifiable: bool | None, is_at_end: bool = False) -> dict:
    ends = dict.fromkeys(("low", "high"), None if is_identifiable is None else 2.0)
    fact = {"track": "a", "device": 0, "parameter": GAIN.name, "value": 2.0, "unit": GAIN.unit}
    return fact | ends | {"is_identifiable": is_identifiable, "is_at_end": is_at_end}


TEXTS = [
    (True, False, "+2.00 dB"),
    (True, True, "+2.00 dB, an end of its range"),
    (False, True, "not told by the mix, an end of its range"),
    (None, False, ""),
    (None, True, "an end of its range"),
]


@pytest.mark.parametrize("is_identifiable, is_at_end, text", TEXTS)
def test_each_row_says_how_sure_it_is(is_identifiable, is_at_end, text):
    assert identifiability_text(GAIN, row(is_identifiable, is_at_end)) == text


def test_a_range_that_is_wider_still_says_so():
    open_range = row(None) | {"low": -15.0, "high": -12.0}
    assert identifiability_text(GAIN, open_range) == "at least -15.00 dB … -12.00 dB"


LEADS = [("Nothing is sure.", 1), ("", 0)]


@pytest.mark.parametrize("summary, count", LEADS)
def test_the_page_says_it_once_above_the_tables(summary, count):
    session = Session(
        name="s", sample_rate=44100, length_samples=44100, tracks=(Track(name="a", devices=(Device(device="gain"),)),)
    )
    sound = Audio(np.zeros((2, 44100), np.float32), 44100)
    page = Page("t", session, sound, metrics={"parameters": [row(False)], "identifiability_summary": summary})
    assert render_html(page).count("Nothing is sure.") == count


def finding(is_identifiable: bool | None) -> ParameterFinding:
    return ParameterFinding(**row(is_identifiable))


def test_a_note_says_that_the_mix_determines_none():
    (note,) = identifiability_notes(None, MEASURED, [finding(False)])
    assert note.startswith(NOT_IDENTIFIABLE)
    assert identifiability_notes(None, MEASURED, [finding(False), finding(True)]) == []
    assert identifiability_notes(None, MEASURED, [finding(None)]) == []
    assert identifiability_notes(None, MEASURED, []) == []
    assert summarise_identifiability([note]).startswith(f"{NOT_IDENTIFIABLE[0].upper()}{NOT_IDENTIFIABLE[1:]}:")
    assert summarise_identifiability([]) == ""
