"""What `dawbridge render` writes: formats, level targets, stems that sum to the mix, and what changes no sample."""

import json

import numpy as np
import pytest
import soundfile

from dawbridge.features.loudness import loudness_lufs
from dawbridge.features.true_peak import true_peak_dbtp
from dawbridge.names import safe_file_name
from dawbridge.paths import user_cache_folder
from dawbridge.session import Device, Master, read_session, write_session
from render_songs import FADE, audio, folders
from strip_jobs import RATE, noise

pytest_plugins = ("render_fixtures",)
pytestmark = pytest.mark.usefixtures("own_cache")


# Files


FORMATS = [("wav", 16), ("wav", 24), ("wav", 32), ("flac", 16), ("flac", 24), ("aiff", 16), ("aiff", 24), ("aiff", 32)]


@pytest.mark.parametrize(("suffix", "bits"), FORMATS)
def test_formats_and_bits(simple, dawbridge, tmp_out, suffix, bits):
    answer = dawbridge(simple("a.json"), "--out", tmp_out, "--format", suffix, "--bits", bits, "--stems")
    assert answer.code == 0 and answer.out.startswith(f"{tmp_out / f'mix.{suffix}'}: 1 tracks")
    for path in (tmp_out / f"mix.{suffix}", tmp_out / "stems" / f"only.{suffix}"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames) == (RATE, 2, 4800)
        assert (info.format, info.subtype) == (suffix.upper(), "FLOAT" if bits == 32 else f"PCM_{bits}")
        error = audio(path).T.astype(np.float64) - noise(4800)
        if bits == 32:
            assert not error.any()
        else:  # triangular dither: a quarter of a step squared, and never more than one and a half
            step = 2.0 ** (1 - bits)
            assert np.abs(error).max() <= 1.5 * step + 1e-7
            assert 0.8 < np.sqrt(np.mean(error**2)) / (step / 2) < 1.3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "mp3"), "audio format 'mp3': unknown; choose one of wav, flac, aiff"),
        (("--bits", 20), "20 bits; it takes 16 or 24 or 32"),
        (("--format", "flac", "--bits", 32), "flac: 32 bits; it takes 16 or 24"),
        (("--format", "flac"), "flac: 32 bits"),
        (("--loudness", 3), "loudness target 3 LUFS: outside -70 to 0"),
        (("--loudness", "nan"), "loudness target nan LUFS"),
        (("--true-peak", 30), "true peak target 30 dBTP"),
        (("--block-size", 8), "Invalid value for '--block-size'"),
        (("--block-size", 8193), "Invalid value for '--block-size'"),
        (("--workers", 0), "Invalid value for '--workers'"),
    ],
    ids=str,
)
def test_bad_options_are_refused(simple, dawbridge, tmp_out, options, says):
    assert says in dawbridge(simple("a.json"), "--out", tmp_out, *options).refusal(2)
    assert not tmp_out.exists()


def test_what_is_too_loud_for_16_bits_is_counted(simple, dawbridge, tmp_out):
    path = simple("a.json", 24.0)
    answer = dawbridge(path, "--out", tmp_out, "--bits", 16, "--json")
    loud = np.abs(noise(4800)) * 10 ** (24 / 20) > 1
    (note,) = json.loads(answer.out)["notes"]
    assert note.startswith(f"mix.wav: {loud.sum()} samples clipped at full scale")
    assert json.loads(dawbridge(path, "--out", tmp_out, "--json").out)["notes"] == []


# Level targets


@pytest.mark.parametrize(("loudness", "bits"), [(-23.0, 32), (-14.0, 24), (-30.5, 16)])
def test_the_files_loudness_is_what_was_asked(song, dawbridge, tmp_out, loudness, bits):
    answer = dawbridge(song, "--out", tmp_out, "--loudness", loudness, "--bits", bits, "--stems", "--json")
    assert answer.code == 0
    mix = audio(tmp_out / "mix.wav").T
    assert loudness_lufs(mix, RATE) == pytest.approx(loudness, abs=0.02)
    check_stems_sum(tmp_out, answer, bits)


def test_a_true_peak_holds_the_loudness_back_and_says_so(song, dawbridge, tmp_out):
    answer = dawbridge(song, "--out", tmp_out, "--loudness", -6.0, "--true-peak", -1.0, "--json", "--stems")
    summary, mix = json.loads(answer.out), audio(tmp_out / "mix.wav").T
    assert true_peak_dbtp(mix, RATE) == pytest.approx(-1.0, abs=0.01)
    assert loudness_lufs(mix, RATE) < -6.1 and any("short of -6 LUFS" in note for note in summary["notes"])
    check_stems_sum(tmp_out, answer)


def test_a_true_peak_alone_only_turns_down(simple, dawbridge, tmp_out):
    path = simple("a.json")
    for limit, gain_is_zero in ((-20.0, False), (6.0, True)):
        summary = json.loads(dawbridge(path, "--out", tmp_out, "--true-peak", limit, "--json").out)
        assert (summary["gain_db"] == 0.0) == gain_is_zero and summary["gain_db"] <= 0.0
        assert true_peak_dbtp(audio(tmp_out / "mix.wav").T, RATE) <= limit + 0.01


def test_silence_has_no_loudness_and_says_so(simple, dawbridge, tmp_out):
    answer = dawbridge(
        simple("a.json"), "--out", tmp_out, "--loudness", -20, "--json", "--set", "only/channel/is_muted=true"
    )
    summary = json.loads(answer.out)
    assert summary["gain_db"] == 0.0 and "the mix is silent" in summary["notes"][0]


# Stems


MASTERS = {
    "nothing": Master(),
    "a fader": Master(fader_db=-6.0, pan_lr=0.3),
    "devices": Master(devices=(Device(device="compressor", values={"threshold_db": -30.0}), Device(device="eq"))),
    "automation": Master(automation={"fader_db": FADE}),
}


@pytest.mark.parametrize("master", MASTERS)
def test_the_stems_that_are_named_sum_to_the_mix(song, dawbridge, tmp_out, master):
    write_session(read_session(song).model_copy(update={"master": MASTERS[master]}), song)
    answer = dawbridge(song, "--out", tmp_out, "--stems", "--json")
    names = json.loads(answer.out)["stems_that_sum_to_the_mix"]
    assert names == ["Vox", "Keys", "Verb", *(["master"] if master != "nothing" else [])]
    check_stems_sum(tmp_out, answer)


def check_stems_sum(out, answer, bits: int = 32) -> None:
    """Those that metrics.json names, to within rounding, and dither where there is any."""
    assert json.loads(answer.out) == json.loads((out / "metrics.json").read_text())
    names = json.loads(answer.out)["stems_that_sum_to_the_mix"]
    total = sum(audio(out / "stems" / f"{safe_file_name(name)}.wav").astype(np.float64) for name in names)
    steps = 0.0 if bits == 32 else 1.5 * (len(names) + 1) * 2.0 ** (1 - bits)
    np.testing.assert_allclose(total, audio(out / "mix.wav"), atol=1e-6 + steps)


def test_stems_sum_under_mute_and_solo(song, dawbridge, tmp_out):
    for setting in ("Vox/channel/is_muted=true", "Vox/channel/is_soloed=true", "Verb/channel/is_soloed=true"):
        check_stems_sum(tmp_out, dawbridge(song, "--out", tmp_out, "--stems", "--json", "--set", setting))


def test_without_stems_there_are_none(song, dawbridge, tmp_out):
    answer = dawbridge(song, "--out", tmp_out, "--json")
    assert json.loads(answer.out)["stems_that_sum_to_the_mix"] == []
    assert folders(tmp_out) == [".dawbridge", "metrics.json", "mix.wav"]


# The rest


def test_without_the_cache_nothing_is_kept(simple, dawbridge, tmp_out):
    path = simple("a.json")
    assert dawbridge(path, "--out", tmp_out, "--no-cache").code == 0
    assert not user_cache_folder().exists()
    without = (tmp_out / "mix.wav").read_bytes()
    assert dawbridge(path, "--out", tmp_out).code == 0
    assert list((user_cache_folder() / "strips").iterdir()) and (tmp_out / "mix.wav").read_bytes() == without


@pytest.mark.parametrize("size", [16, 333, 8192])
def test_the_blocks_size_changes_no_sample_of_built_in_devices(song, dawbridge, tmp_out, tmp_path, size):
    still = ("--set", "Vox/gain/gain_db=0")  # automation of devices is read block by block
    assert dawbridge(song, "--out", tmp_out, *still).code == 0
    assert dawbridge(song, "--out", tmp_path / "other", "--block-size", size, *still).code == 0
    np.testing.assert_allclose(audio(tmp_path / "other" / "mix.wav"), audio(tmp_out / "mix.wav"), atol=1e-6)


def test_one_session_as_json_is_one_object(simple, dawbridge, tmp_out):
    answer = dawbridge(simple("a.json"), "--out", tmp_out, "--json")
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert json.loads(answer.out) == json.loads((tmp_out / "metrics.json").read_text())
