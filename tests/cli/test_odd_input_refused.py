"""Input and options that `recover` refuses: in one line, and nothing is written."""

import json
import os
import shutil

import numpy as np
import pytest
import soundfile

from command_line import call, files_of
from tiny_song import RATE
from wav_files import read, write

pytest_plugins = ("song_fixtures",)


def no_folder(song):
    shutil.rmtree(song / "stems")
    return "stems: No such file or directory; give a folder of WAV, FLAC, OGG or AIFF files"


def no_file_in_the_folder(song):
    shutil.rmtree(song / "stems")
    (song / "stems").mkdir()
    return "stems: no audio in it; give a folder of WAV, FLAC, OGG or AIFF files"


def a_file_for_a_folder(song):
    shutil.rmtree(song / "stems")
    (song / "stems").write_text("")
    return "stems: Not a directory"


def only_the_mix(song):
    shutil.rmtree(song / "stems")
    (song / "stems").mkdir()
    os.link(song / "mix.wav", song / "stems" / "mix.wav")
    return "holds only the mix"


def garbage(song):
    (song / "stems" / "drum.wav").write_bytes(b"RIFF" + bytes(range(200)))
    return "drum.wav: no readable audio"


def an_empty_file(song):
    (song / "stems" / "drum.wav").write_bytes(b"")
    return "drum.wav: no readable audio"


def no_samples(song):
    write(song / "stems" / "drum.wav", np.zeros((0, 1)))
    return "drum.wav: no samples"


def three_channels(song):
    write(song / "stems" / "drum.wav", np.zeros((100, 3)))
    return "drum.wav: 3 channels; tracks and mixes are mono or stereo, split the file"


def six_channels_in_the_mix(song):
    write(song / "mix.wav", np.ones((100, 6)))
    return "mix.wav: 6 channels"


def nan(song):
    write(song / "stems" / "drum.wav", np.array([0, 1, np.nan, 1]))
    return "drum.wav: NaN or Inf at sample 2"


def infinity_in_the_mix(song):
    write(song / "mix.wav", np.array([0, -np.inf]))
    return "mix.wav: NaN or Inf at sample 1"


def no_audio_at_all(song):
    write(song / "stems" / "drum.wav", np.full(100, 1e20))
    return "drum.wav: samples up to 1e+20; full scale is 1"


def two_files_of_a_name(song):
    soundfile.write(song / "stems" / "drum.flac", np.zeros(100), RATE)
    return "stems: two files for track 'drum'; rename one"


def a_silent_mix(song):
    write(song / "mix.wav", np.zeros((RATE, 2)))
    return "mix.wav: the mix is silent; there is nothing to recover"


def no_mix(song):
    (song / "mix.wav").unlink()
    return "mix.wav: no readable audio"


def too_low_a_rate(song):
    write(song / "mix.wav", read(song / "mix.wav")[0], 4000)
    return "mix.wav: sample rate 4000 Hz outside 8000…384000 Hz"


def a_name_that_is_no_text(song):
    os.rename(os.fsencode(song / "stems" / "drum.wav"), os.fsencode(song / "stems") + b"/\xff.wav")
    return "the file name '\\udcff.wav' is no Unicode text"


REFUSED = [no_folder, no_file_in_the_folder, a_file_for_a_folder, only_the_mix, garbage, an_empty_file, no_samples]
REFUSED += [three_channels, six_channels_in_the_mix, nan, infinity_in_the_mix, no_audio_at_all, two_files_of_a_name]
REFUSED += [a_silent_mix, no_mix, too_low_a_rate, a_name_that_is_no_text]


@pytest.mark.parametrize("change", REFUSED, ids=lambda function: function.__name__)
def test_bad_input_is_refused_and_nothing_is_written(change, song_folder, recover):
    message = change(song_folder)
    before = files_of(song_folder)
    assert message in recover().refusal(2)
    assert files_of(song_folder) == before and not (song_folder / "out").exists()


OPTIONS = {
    "an unknown chain": (["--chain", "concole"], 2, "unknown chain 'concole': neither a file nor one of console"),
    "an unknown format": (["--formats", "ardour,cubase"], 2, "unknown format 'cubase'; known are ardour, "),
    "a budget below zero": (["--budget", "-1"], 2, "Invalid value for '--budget'"),
    "a seed below zero": (["--seed", "-1"], 2, "Invalid value for '--seed'"),
    "a seed too large": (["--seed", str(2**64)], 2, "Invalid value for '--seed'"),
    "no workers": (["--workers", "0"], 2, "Invalid value for '--workers'"),
    "an unknown option": (["--loud"], 2, "No such option: --loud"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_bad_options_are_refused(name, song_folder, recover):
    options, code, message = OPTIONS[name]
    assert message in recover(*options).refusal(code)
    assert not (song_folder / "out").exists()


CHAINS = {
    "an unknown device": ({"devices": [{"device": "flanger"}]}, "device 1: unknown device 'flanger'; known are "),
    "an unknown parameter": ({"devices": [{"device": "gain", "values": {"gain": 1}}]}, "gain has no parameter 'gain'"),
    "a value out of range": ({"devices": [{"device": "gain", "values": {"gain_db": 99}}]}, "gain_db=99 outside -24…24"),
    "an unknown track": ({"tracks": {"Drum": {}}}, "no track 'Drum'; the tracks are drum, noise"),
    "a newer version": ({"version": 7}, "version 7 is newer than this dawbridge reads (1); update dawbridge"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_bad_chains_are_refused(name, song_folder, recover):
    data, message = CHAINS[name]
    (song_folder / "chain.json").write_text(json.dumps(data))
    assert message in recover("--chain", song_folder / "chain.json").refusal(2)
    assert not (song_folder / "out").exists()


@pytest.fixture
def ghost(tmp_path, monkeypatch):
    """A device whose plugin is installed nowhere."""
    from dawbridge.paths import data_folder

    table = (data_folder("plugins") / "zam_eq2.toml").read_text()
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "ghost.toml").write_text(
        table.replace("zam_eq2", "ghost").replace("ZamEQ2.vst3", "Ghost.vst3")
    )
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path / "data"))
    yield "ghost"
    monkeypatch.undo()


def test_a_missing_plugin_ends_a_recovery_with_3_before_any_work(ghost, song_folder, recover):
    (song_folder / "chain.json").write_text(json.dumps({"devices": [{"device": ghost}]}))
    message = recover("--chain", song_folder / "chain.json").refusal(3)
    assert "track 'drum' device 1: plugin" in message and "is missing: no Ghost.vst3 in the plugin folders" in message
    assert not (song_folder / "out").exists()


def test_a_missing_plugin_ends_a_render_with_3_unless_it_may_be_left_out(
    ghost, song_folder, recover, capsys, monkeypatch
):
    recover()
    path = song_folder / "out" / "session.json"
    session = json.loads(path.read_text())
    session["tracks"][1]["devices"].append({"device": ghost})
    path.write_text(json.dumps(session))
    arguments = "render", path, "--out", song_folder / "again", "--quiet"
    assert "plugin" in call(capsys, monkeypatch, *arguments).refusal(3)
    assert not (song_folder / "again").exists()
    assert call(capsys, monkeypatch, *arguments, "--allow-missing").code == 0
    (bypassed,) = json.loads((song_folder / "again" / "metrics.json").read_text())["bypassed"]
    assert bypassed.endswith("on track 'noise'")
    assert (song_folder / "again" / "mix.wav").read_bytes() == (song_folder / "out" / "mix.wav").read_bytes()
