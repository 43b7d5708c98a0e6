"""Audio in and out of files, and what is refused."""

import resource

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile

from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.errors import InputError, OutputError

RATE = 48000


def tone(length=RATE, channels=2, frequency_hz=1000.0, rate=RATE) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(length) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_written_file_reads_back_bit_for_bit(tmp_path, channels):
    audio = Audio(1.7 * tone(1001, channels), 44100)
    write_audio(tmp_path / "deep" / "a.wav", audio)
    back = read_audio(tmp_path / "deep" / "a.wav")
    assert back.sample_rate == 44100 and (back.samples == audio.samples).all()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.wav"]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff"])
def test_the_promised_formats_are_read(tmp_path, suffix):
    soundfile.write(tmp_path / f"a.{suffix}", tone().T, RATE)
    audio = read_audio(tmp_path / f"a.{suffix}")
    assert audio.samples.shape == (2, RATE) and audio.samples.dtype == np.float32
    assert audio.peak == pytest.approx(0.5, abs=0.05)


def write_text(path):
    path.write_text("this is no audio")


def write_nothing(path):
    path.write_bytes(b"")


def write_no_samples(path):
    soundfile.write(path, np.zeros((0, 2)), RATE, subtype="FLOAT")


def write_three_channels(path):
    soundfile.write(path, np.zeros((10, 3)), RATE)


def write_nan(path):
    samples = np.zeros((10, 2))
    samples[7, 1] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")


def write_infinity(path):
    soundfile.write(path, np.array([0.0, np.inf]), RATE, subtype="FLOAT")


def write_cut_header(path):
    soundfile.write(path, np.zeros(10), RATE)
    path.write_bytes(path.read_bytes()[:20])


BAD_FILES = [
    (write_text, "no readable audio"),
    (write_nothing, "no readable audio"),
    (write_no_samples, "no samples"),
    (write_three_channels, "3 channels"),
    (write_nan, "NaN or Inf at sample 7"),
    (write_infinity, "NaN or Inf at sample 1"),
    (write_cut_header, ""),
    (lambda path: path.mkdir(), "no readable audio"),
    (lambda path: None, "no readable audio"),
]


@pytest.mark.parametrize(("make", "words"), BAD_FILES)
def test_a_bad_file_is_an_input_error_that_names_it(tmp_path, make, words):
    path = tmp_path / "track.wav"
    make(path)
    with pytest.raises(InputError) as error:
        read_audio(path)
    assert "track.wav" in str(error.value) and words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("shape", [(5,), (1, 2, 3)])
def test_samples_are_channels_by_n(shape):
    with pytest.raises(InputError, match="channels, n"):
        Audio(np.zeros(shape), RATE)


def test_writing_over_a_folder_or_below_a_file_is_an_output_error(tmp_path):
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "folder.wav", tmp_path / "file" / "a.wav"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_audio(path, Audio(tone(10), RATE))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.wav"]


def test_a_failed_write_keeps_the_file_that_was_there(tmp_path):
    path = tmp_path / "a.wav"
    write_audio(path, Audio(tone(10), RATE))
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match="File too large"):
            write_audio(path, Audio(tone(20_000), RATE))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_the_same_samples_give_the_same_bytes_at_any_time(tmp_path):
    write_audio(tmp_path / "a.wav", Audio(tone(1000), RATE))
    written = (tmp_path / "a.wav").read_bytes()
    assert len(written) == 58 + 2 * 4 * 1000  # RIFF, fmt, fact and data, and nothing with a date


def test_other_readers_take_what_is_written(tmp_path):
    write_audio(tmp_path / "a.wav", Audio(tone(1000), RATE))
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.subtype, info.frames, info.channels, info.samplerate) == ("FLOAT", 1000, 2, RATE)
    rate, samples = scipy.io.wavfile.read(tmp_path / "a.wav")
    assert rate == RATE and (samples.T == tone(1000)).all()


@pytest.mark.parametrize("peak", [1e10, -1e10])
def test_samples_that_are_no_audio_are_refused(tmp_path, peak):
    write_audio(tmp_path / "a.wav", Audio(np.full((1, 10), peak), RATE))
    with pytest.raises(InputError, match="full scale is 1"):
        read_audio(tmp_path / "a.wav")


def test_resampling_keeps_length_in_seconds_and_the_tone():
    audio = Audio(tone(44100, rate=44100), 44100).resampled(48000)
    assert audio.sample_rate == 48000 and abs(audio.length_samples - 48000) <= 1
    middle = slice(4000, 44000)
    np.testing.assert_allclose(audio.samples[:, middle], tone(48000)[:, middle], atol=1e-4)


def test_resampling_to_its_own_rate_changes_nothing():
    audio = Audio(tone(10), RATE)
    assert audio.resampled(RATE) is audio


def test_a_mono_signal_stands_in_both_channels():
    mono = Audio(tone(10, 1), RATE)
    assert (mono.stereo().samples == tone(10, 2)).all()
    assert mono.stereo().stereo() is not None and mono.stereo().channels == 2


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 3, [1, 2, 3]),
        (2, 6, [0, 0, 1, 2, 3, 0]),
        (-1, 3, [2, 3, 0]),
        (1, 2, [0, 1]),
        (9, 2, [0, 0]),
        (-9, 2, [0, 0]),
        (0, 0, []),
    ],
)
def test_placed_is_exact_in_samples(start, length, expected):
    placed = Audio(np.array([[1, 2, 3]]), RATE).placed(start, length)
    assert placed.samples.tolist() == [expected]


def test_peak_and_length():
    assert Audio(np.array([[0.5, -0.75]]), RATE).peak == 0.75
    assert Audio(np.zeros((2, 0)), RATE).peak == 0.0
    assert Audio(np.zeros((2, RATE // 2)), RATE).length_s == 0.5
