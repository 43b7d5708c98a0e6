"""A whole recovery by the command line: every file it promises, and that they agree with each other."""

import json
import re
import shutil

import numpy as np
import pytest
import soundfile

import dawbridge as db
import tiny_song
from command_line import Answer, call, files_of, run
from dawbridge.audio import read_audio
from dawbridge.features.metrics import evaluate

BUDGET = 60
FIGURES = {"mae", "mrsd", "null_db", "loudness_difference_lu"}


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """A folder with `stems/` and `mix.wav`."""
    folder = tmp_path_factory.mktemp("song")
    stems = tiny_song.write_tracks(folder / "stems", tiny_song.tracks())
    _, mix = tiny_song.mixed(stems)
    soundfile.write(folder / "mix.wav", mix, tiny_song.RATE, subtype="FLOAT")
    return folder


def recover(song, out, *options) -> Answer:
    return run("recover", song / "stems", song / "mix.wav", "--out", out, "--budget", BUDGET, *options)


@pytest.fixture(scope="module")
def made(song, tmp_path_factory):
    """The answer of a recovery with two workers, and the folder it wrote."""
    out = tmp_path_factory.mktemp("made") / "out"
    return recover(song, out, "--seed", 7, "--workers", 2), out


@pytest.fixture(scope="module")
def out(made):
    """What a recovery wrote."""
    answer, folder = made
    assert answer.code == 0, answer.err
    return folder


@pytest.fixture(scope="module")
def metrics(out):
    return json.loads((out / "metrics.json").read_text())


def test_the_person_who_waits_sees_stages_notes_and_the_outcome(made):
    answer, folder = made
    assert "note: track 'drum': mono" in answer.err and "search" in answer.err
    assert re.search(r"recovered +[\d.e-]+ +[\d.e-]+ +-[\d.]+", answer.out)
    assert str(folder / "report.html") in answer.out


def test_every_promised_file_is_there_and_no_other(out, song):
    names = set(files_of(out))
    tracks, devices = ("drum", "keys", "noise"), ("gain", "eq", "compressor", "pan", "reverb")
    presets = {f"presets/{t}/{n:02d}-{d}.json" for t in tracks for n, d in enumerate(devices, start=1)}
    presets |= {f"presets/{t}/05-reverb-impulse.wav" for t in tracks}
    assert presets | {"presets/losses.json"} == {name for name in names if name.startswith("presets/")}
    assert {f"stems/{t}.wav" for t in tracks} == {name for name in names if name.startswith("stems/")}
    daw = {name for name in names if name.startswith("daw/")}
    assert "daw/ardour/losses.json" in daw and any(name.endswith(".ardour") for name in daw)
    rest = {"session.json", "mix.wav", "metrics.json", "report.html", ".dawbridge"}
    audio = {f"audio/{t}.wav" for t in tracks}
    assert names - presets - daw - {f"stems/{t}.wav" for t in tracks} - {"presets/losses.json"} == rest | audio


def test_the_mix_is_as_long_as_the_reference_and_the_sum_of_its_stems(out, song):
    mix, rate = soundfile.read(out / "mix.wav", dtype="float32")
    reference, reference_rate = soundfile.read(song / "mix.wav")
    assert (mix.shape, rate) == (reference.shape, reference_rate)
    assert soundfile.info(out / "mix.wav").subtype == "FLOAT"
    total = sum(soundfile.read(path, dtype="float64")[0] for path in (out / "stems").iterdir())
    assert np.abs(total - mix).max() <= 4 * np.finfo(np.float32).eps * np.abs(mix).max()


def test_the_dry_audio_is_the_users_own(out, song):
    for path in (song / "stems").iterdir():
        assert (out / "audio" / path.name).read_bytes() == path.read_bytes()


def test_the_session_reads_back_and_tells_what_made_it(out):
    text = (out / "session.json").read_text()
    session = db.load_session(out / "session.json")
    assert [track.name for track in session.tracks] == ["drum", "keys", "noise"]
    assert [track.audio for track in session.tracks] == [f"audio/{t}.wav" for t in ("drum", "keys", "noise")]
    assert session.made_by.chain == "console" and session.made_by.seed == 7
    assert session.made_by.versions["dawdreamer"] and session.made_by.dawbridge
    assert len(session.track("keys").devices) == 5 and "/tmp" not in text


def test_the_metrics_are_those_of_the_files(out, song, metrics):
    assert FIGURES <= metrics.keys()
    again = evaluate(read_audio(song / "mix.wav"), read_audio(out / "mix.wav"))
    for figures, wanted in ((metrics, again), (metrics["normalised"], again["normalised"])):
        assert {key: figures[key] for key in FIGURES} == pytest.approx({key: wanted[key] for key in FIGURES})
    assert set(metrics["baselines"]) == {"plain_sum", "random_parameters", "best_gain_and_pan"}
    for row in metrics["baselines"].values():
        assert FIGURES <= row.keys() and FIGURES <= row["normalised"].keys()
    assert metrics["baselines"]["plain_sum"]["loudness_difference_lu"] == pytest.approx(0, abs=0.01)


def test_what_it_took_is_counted(metrics):
    assert 0 < metrics["budget_renders"] <= BUDGET
    assert metrics["seconds"] > 0 and metrics["cpu_seconds"] > 0 and metrics["rendered_s"] > 0
    assert [track["name"] for track in metrics["tracks"]] == ["drum", "keys", "noise"]
    assert all(track["heard_in_windows_s"] == [0.0] for track in metrics["tracks"])
    assert metrics["notes"][:2] == ["track 'drum': mono", "track 'keys': mono"]


def test_a_recovery_no_nearer_than_the_plain_sum_says_so(metrics):
    """With a budget as small as this one, either may be the nearer."""
    is_worse = metrics["null_db"] >= metrics["baselines"]["plain_sum"]["null_db"]
    assert any("no nearer than the plain sum" in note for note in metrics["notes"]) == is_worse


def test_losses_name_what_ardour_cannot_carry(out):
    losses = json.loads((out / "daw" / "ardour" / "losses.json").read_text())
    assert all(loss["where"] and loss["what"] and loss["why"] for loss in losses)


def test_the_report_is_one_page_of_bearable_size(out):
    page = (out / "report.html").read_text()
    assert len(page) < 20e6 and "track &#39;drum&#39;: mono" in page.replace("&#x27;", "&#39;")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:|/|file:)""", page)


def test_no_file_names_the_folder_it_was_made_in(out, song):
    for name, content in files_of(out).items():
        if not name.endswith(".wav"):
            assert str(out).encode() not in content and str(song).encode() not in content, name


def test_a_moved_folder_renders_the_same_mix_bit_for_bit(out, tmp_path, capsys, monkeypatch):
    moved = tmp_path / "else where" / "moved"
    shutil.copytree(out, moved)
    arguments = "render", moved / "session.json", "--out", tmp_path / "again", "--stems", "--json", "--quiet"
    answer = call(capsys, monkeypatch, *arguments)
    assert answer.code == 0 and answer.err == ""
    assert json.loads(answer.out)["tracks"] == 3
    assert (tmp_path / "again" / "mix.wav").read_bytes() == (out / "mix.wav").read_bytes()
    for stem in (out / "stems").iterdir():
        assert (tmp_path / "again" / "stems" / stem.name).read_bytes() == stem.read_bytes()


def test_the_session_does_not_depend_on_the_number_of_workers(out, song, tmp_path, capsys, monkeypatch):
    arguments = "recover", song / "stems", song / "mix.wav", "--out", tmp_path / "one", "--budget", BUDGET
    answer = call(capsys, monkeypatch, *arguments, "--seed", 7, "--workers", 1, "--json", "--formats", "")
    assert answer.err == ""
    assert (tmp_path / "one" / "session.json").read_bytes() == (out / "session.json").read_bytes()
    assert (tmp_path / "one" / "mix.wav").read_bytes() == (out / "mix.wav").read_bytes()
    assert json.loads(answer.out) == json.loads((tmp_path / "one" / "metrics.json").read_text())
    assert not (tmp_path / "one" / "daw").exists()


def test_another_seed_gives_its_session_over_the_earlier_result(out, song, tmp_path, capsys, monkeypatch):
    again = tmp_path / "out"
    shutil.copytree(out, again)
    arguments = "recover", song / "stems", song / "mix.wav", "--out", again, "--budget", BUDGET, "--formats", ""
    answer = call(capsys, monkeypatch, *arguments, "--seed", 8, "--quiet")
    assert (answer.code, answer.err) == (0, "") and answer.out.startswith(" ")
    seeds = [db.load_session(folder / "session.json").made_by.seed for folder in (again, out)]
    assert seeds == [8, 7]  # a budget as small as this one draws nothing at random


@pytest.mark.parametrize("budget", [0, 1, 7])
def test_a_tiny_budget_still_gives_a_result(budget, song, tmp_path):
    """Never less than one render per track and window, to know where they stand."""
    found = db.recover(song / "stems", song / "mix.wav", tmp_path / "out", budget=budget, workers=1, formats=())
    assert found.metrics["budget_renders"] <= max(budget, 3)
    assert found.metrics["null_db"] is not None
    assert (tmp_path / "out" / "session.json").exists()


def test_export_and_evaluate(out, song, tmp_path, capsys, monkeypatch):
    answer = call(capsys, monkeypatch, "export", out / "session.json", "--format", "ardour", "--out", tmp_path / "daw")
    assert answer.code == 0 and (tmp_path / "daw" / "losses.json").exists()
    answer = call(capsys, monkeypatch, "evaluate", song / "mix.wav", out / "mix.wav")
    figures = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "") and FIGURES <= figures.keys()
    metrics = json.loads((out / "metrics.json").read_text())
    assert figures["null_db"] == pytest.approx(metrics["null_db"])


def test_real_plugins_give_the_same_mix_again_from_their_states(song, tmp_path, zam_plugins):
    found = db.recover(song / "stems", song / "mix.wav", tmp_path / "out", chain="zam", budget=4, workers=1)
    assert any(device.state for track in found.session.tracks for device in track.devices)
    assert found.session.made_by.plugin_sha256
    suffixes = {name.rsplit(".")[-1] for name in files_of(tmp_path / "out" / "presets")}
    assert {"vstpreset", "fxp"} <= suffixes
    db.render(tmp_path / "out" / "session.json", tmp_path / "again", workers=1)
    assert (tmp_path / "again" / "mix.wav").read_bytes() == (tmp_path / "out" / "mix.wav").read_bytes()
