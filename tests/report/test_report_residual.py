"""What the report and the notes say of the residual, and of other settings that sound the same."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.features.residual_summary import ResidualLevel, main_parts, residual_sentence
from dawbridge.methods.inversion.findings import (
    alternative_findings,
    residual_notes,
    residual_parts,
    summarise_residual,
)
from dawbridge.methods.inversion.invert import Stages
from dawbridge.report import Page
from dawbridge.report.alternatives import alternative_rows as table_rows
from dawbridge.report.residual import residual_section
from dawbridge.report.writer import render_html
from dawbridge.search.alternatives import Alternative
from dawbridge.session import Device, Rendered, Session, Track
from dawbridge.session.chain import Chain, ChainChannel, ChainDevice
from dawbridge.session.parameter_space import ParameterSpace

RATE = 8000
NOISE = np.random.default_rng(0).standard_normal((3, 2, RATE)).astype(np.float32) * np.float32(0.1)
RESIDUAL = [
    {"track": "vocals", "band_hz": 4000.0, "db": -15.0},
    {"track": None, "band_hz": 62.5, "db": -16.0},
    {"track": "<bass>", "band_hz": 62.5, "db": -44.0},
    {"track": "vocals", "band_hz": 2000.0, "db": -50.0},
]
ALTERNATIVES = [
    {
        "track": "vocals",
        "null_db": -61.3,
        "parameters": [
            {"device": 0, "parameter": "bell_1_hz", "value": 1200.0, "recovered": 300.0, "unit": "Hz"},
            {"device": -1, "parameter": "pan_lr", "value": 0.5, "recovered": -0.5, "unit": ""},
        ],
    }
]


def levels(rows: list[dict]) -> list[ResidualLevel]:
    return [ResidualLevel(**row) for row in rows]


def page(**metrics) -> Page:
    audio = Audio(NOISE[0], RATE)
    rows = (Track(name="vocals", audio="a.wav", devices=(Device(device="eq"),)), Track(name="<bass>", audio="b.wav"))
    session = Session(sample_rate=RATE, length_samples=RATE, tracks=rows)
    return Page("t", session, audio, audio, metrics=metrics)


def test_the_sentence_names_where_most_of_it_is():
    wanted = "Most of what is left, 12.0 dB below the mix, is in vocals around 4 kHz and in no track around 62 Hz."
    third = {"track": "<bass>", "band_hz": 1000.0, "db": -17.0}
    assert residual_sentence(levels([third, RESIDUAL[1], {**RESIDUAL[0], "db": -16.5}]), -12.0) == (
        "Most of what is left, 12.0 dB below the mix, is in no track around 62 Hz and in vocals around 4 kHz."
    )
    assert residual_sentence(levels(RESIDUAL[:2] + [{**RESIDUAL[0], "band_hz": 8000.0, "db": -16.9}]), -12.0) == wanted


def test_the_main_parts_are_few():
    even = [{"track": "a", "band_hz": 1000.0 * n, "db": -20.0} for n in range(1, 9)]
    assert len(main_parts(levels(even))) == 3 and main_parts(levels(RESIDUAL)) == levels(RESIDUAL[:1])


def test_the_picture_has_the_tracks_in_order_and_no_track_last():
    svg = str(residual_section(page(residual=RESIDUAL, null_db=-12.0)).svg)
    assert svg.index(">vocals<") < svg.index("&lt;bass&gt;") < svg.index(">no track<")
    assert svg.count("<rect") == 3, "what is more than 30 dB below the strongest fades out"
    assert "vocals, 4 kHz: −15 dB" in svg and 'fill-opacity="0.80"' in svg and ">−16<" in svg


@pytest.mark.parametrize("residual, null_db", [([], -75.0), (RESIDUAL, -75.0), ([], -400.0)])
def test_below_60_db_there_is_nothing_to_speak_of(residual, null_db):
    shown = residual_section(page(residual=residual, null_db=null_db))
    assert "nothing to speak of" in shown.sentence and not shown.svg


def test_where_nothing_was_measured_nothing_is_said():
    assert residual_section(page(null_db=-12.0)) is None and residual_section(page(residual=[], null_db=None)) is None
    assert 'id="residual"' not in (html := render_html(page())) and "Other settings" not in html


def test_the_page_has_both():
    html = render_html(page(residual=RESIDUAL, null_db=-12.0, alternatives=ALTERNATIVES))
    assert 'id="residual"' in html and "Most of what is left, 12.0 dB below" in html and 'class="chart heat"' in html
    assert "Other settings that sound the same" in html and "Bell 1 frequency" in html and "−61.3 dB" in html


def test_an_alternative_has_a_row_for_each_setting():
    first, second = table_rows(page(alternatives=ALTERNATIVES))
    assert (first.track, first.found, first.other) == ("vocals", "300 Hz", "1.2 kHz")
    assert (second.track, second.null, second.device, second.found) == ("", "", "Channel", "50 % left")


def test_the_rows_add_up_to_the_null():
    stems = {"vocals": Audio(NOISE[0], RATE), "bass": Audio(NOISE[1], RATE)}
    mix, made = Audio(NOISE[0] + 1.2 * NOISE[1] + 0.1 * NOISE[2], RATE), Audio(NOISE[0] + NOISE[1], RATE)
    null_db = 10 * np.log10(np.square(mix.samples - made.samples).sum() / np.square(mix.samples).sum())
    rows = residual_parts(mix, Rendered(made, stems, {}, {}), ["vocals", "bass"], null_db)
    assert 10 * np.log10(sum(10 ** (row.db / 10) for row in rows)) == pytest.approx(null_db, abs=0.1)
    by_track = {name: sum(10 ** (row.db / 10) for row in rows if row.track == name) for name in ("bass", None)}
    assert by_track["bass"] / by_track[None] == pytest.approx(4, rel=0.2)
    assert residual_parts(mix, Rendered(made, stems, {}, {}), ["vocals", "bass"], -60.5) == ()
    summary = summarise_residual(rows, null_db)
    (note,) = residual_notes(summary, null_db)
    assert note.startswith("the mix was not reached: most of what is left") and "\n" not in note and note[-1] != "."
    assert summarise_residual([], -12.0) == summarise_residual(rows, None) == ""
    assert residual_notes(summary, -35.0) == residual_notes("", -12.0) == residual_notes(summary, None) == []


def test_alternatives_are_told_in_units():
    chain = Chain(
        devices=(ChainDevice(device="gain", free={"gain_db": (-12, 12)}),), channel=ChainChannel(pan_lr=(-1, 1))
    )
    problem = type("Posed", (), {"spaces": (ParameterSpace(chain.of_track("a")),), "session": page().session})()
    other = Alternative(0, np.array([0.75, 0.5]), -61.234, (0,))
    (found,) = alternative_findings(problem, Stages({"recovered": [np.array([0.25, 0.5])]}, alternatives=[other]))
    row = found.model_dump()
    (setting,) = row.pop("parameters")
    assert row == {"track": "vocals", "null_db": -61.23}
    assert setting == {"device": 0, "parameter": "gain_db", "value": 6.0, "recovered": -6.0, "unit": "dB"}
