"""How sure the settings are: beside each value, above the tables, and in a note."""

from types import SimpleNamespace

import numpy as np
import pytest

from dawbridge.api.telling import certainty_notes
from dawbridge.audio import Audio
from dawbridge.devices import get_device
from dawbridge.report import Page
from dawbridge.report.certainty import NOT_TOLD, TELLS_NONE, certainty_sentence, sure_text
from dawbridge.report.writer import render_html
from dawbridge.session import Device, Session, Track

GAIN = next(iter(get_device("gain").parameters))
ASKED = SimpleNamespace(certainty=object())  # stages that had renders left to tell how sure the settings are


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
    assert sure_text(GAIN, row(is_identifiable, is_at_end)) == text


def test_a_range_that_is_wider_still_says_so():
    open_range = row(None) | {"low": -15.0, "high": -12.0}
    assert sure_text(GAIN, open_range) == "at least -15.00 dB … -12.00 dB"
    assert certainty_sentence([open_range]) == ""


LEADS = [
    ([row(None), row(None)], NOT_TOLD),
    ([row(False), row(False)], TELLS_NONE),
    ([row(False), row(True)], ""),
    ([], ""),
]


@pytest.mark.parametrize("parameters, words", LEADS)
def test_the_page_says_it_once_above_the_tables(parameters, words):
    session = Session(
        name="s", sample_rate=44100, length_samples=44100, tracks=(Track(name="a", devices=(Device(device="gain"),)),)
    )
    sound = Audio(np.zeros((2, 44100), np.float32), 44100)
    page = Page("t", session, sound, metrics={"parameters": parameters})
    sentence = certainty_sentence(parameters)
    assert sentence.lower().startswith(words) and bool(sentence) == bool(words)
    assert render_html(page).count(f'<p class="lead">{sentence}</p>' if words else NOT_TOLD.capitalize()) == bool(words)


def test_a_note_says_that_the_mix_tells_none():
    (note,) = certainty_notes(None, ASKED, [row(False)])
    assert note.startswith(TELLS_NONE)
    assert certainty_notes(None, ASKED, [row(False), row(True)]) == []
    assert certainty_notes(None, ASKED, []) == []
