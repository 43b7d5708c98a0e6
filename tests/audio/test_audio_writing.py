"""Audio written as WAV, FLAC and AIFF: what is kept, what dither does, and what is refused."""

import resource
import time
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile

from dawbridge.audio import WAV32, Audio, AudioFormat, headers, open_audio, read_audio, write, write_audio
from dawbridge.audio.dither import Dither
from dawbridge.errors import InputError, OutputError

RATE = 48000
FORMATS = [AudioFormat(*row) for row in [("wav", 16), ("wav", 24), ("wav", 32), ("flac", 16), ("flac", 24)]]
FORMATS += [AudioFormat("aiff", bits) for bits in (16, 24, 32)]
DITHERED = [form for form in FORMATS if not form.is_float]
every_format = pytest.mark.parametrize("form", FORMATS, ids=str)
every_dithered_format = pytest.mark.parametrize("form", DITHERED, ids=str)


def noise(length=RATE, channels=2, level=0.2) -> np.ndarray:
    return np.random.default_rng(1).uniform(-level, level, (channels, length)).astype(np.float32)


def sine(length: int, frequency_hz: float, amplitude: float, rate: int = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(length) / rate)


# What is kept


@every_format
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read_back_within_dither_and_rounding(tmp_path, form, channels):
    path = tmp_path / f"a.{form.suffix}"
    samples = noise(70001, channels)  # an odd number, over more than one block
    assert write_audio(path, Audio(samples, 44100), form) == 0
    back = read_audio(path)
    assert back.sample_rate == 44100 and back.samples.shape == samples.shape
    largest_error = 0 if form.is_float else 1.5 * 2.0 ** (1 - form.bits)
    assert np.abs(back.samples.astype(np.float64) - samples).max() <= largest_error


@every_format
def test_the_file_is_of_the_kind_asked_for(tmp_path, form):
    path = tmp_path / f"a.{form.suffix}"
    write_audio(path, Audio(noise(1001), RATE), form)
    info = soundfile.info(path)
    subtype = "FLOAT" if form.is_float else f"PCM_{form.bits}"
    assert (info.format.lower(), info.subtype) == (form.suffix, subtype)
    assert (info.frames, info.channels, info.samplerate) == (1001, 2, RATE)


@pytest.mark.parametrize(("bits", "kind"), [(16, np.int16), (24, np.int32), (32, np.float32)])
def test_another_reader_takes_every_wav(tmp_path, bits, kind):
    write_audio(tmp_path / "a.wav", Audio(noise(1001, 1), RATE), AudioFormat("wav", bits))
    rate, samples = scipy.io.wavfile.read(tmp_path / "a.wav")
    full_scale = 1 if bits == 32 else np.iinfo(kind).max + 1  # scipy puts 24 bits into the upper ones of 32
    assert rate == RATE and samples.dtype == kind
    np.testing.assert_allclose(samples / full_scale, noise(1001, 1)[0], atol=1.5 * 2.0 ** (1 - min(bits, 24)))


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_chunks_have_the_sizes_they_say(tmp_path, bits):
    """By the standards a chunk's body is padded to an even length, and the outermost chunk is the file."""
    for suffix, order in (("wav", "little"), ("aiff", "big")):
        write_audio(tmp_path / "a", Audio(noise(1001, 1), RATE), AudioFormat(suffix, bits))
        data, position, names = (tmp_path / "a").read_bytes(), 12, []
        assert int.from_bytes(data[4:8], order) == len(data) - 8
        while position < len(data):
            names.append(data[position : position + 4])
            size = int.from_bytes(data[position + 4 : position + 8], order)
            position += 8 + size + size % 2
        assert position == len(data) and names[-1] == (b"data" if suffix == "wav" else b"SSND")


@every_format
@pytest.mark.parametrize("rate", [8000, 44100, 88200, 192000, 655350])
def test_every_rate_is_kept(tmp_path, form, rate):
    write_audio(tmp_path / "a", Audio(noise(100, 1), rate), form)
    assert read_audio(tmp_path / "a").sample_rate == rate


# The same bytes


def test_the_same_samples_give_the_same_bytes_at_any_time(tmp_path):
    written = []
    for _ in range(2):
        for form in FORMATS:
            write_audio(tmp_path / "a", Audio(noise(5000), RATE), form)
            written.append((tmp_path / "a").read_bytes())
        time.sleep(1.1)  # libsndfile's own PEAK chunk counts seconds
    assert written[: len(FORMATS)] == written[len(FORMATS) :]


@every_format
def test_pieces_of_any_size_give_the_same_file_as_one(tmp_path, form):
    samples = noise(150_001)
    write_audio(tmp_path / "whole", Audio(samples, RATE), form)
    cuts = [0, 1, 1, 700, 70_000, 150_001]
    with open_audio(tmp_path / "pieces", RATE, 2, form) as file:
        for first, last in zip(cuts, cuts[1:]):
            file.write(samples[:, first:last])
    assert file.length_samples == 150_001
    assert (tmp_path / "pieces").read_bytes() == (tmp_path / "whole").read_bytes()


def test_another_seed_gives_another_dither(tmp_path):
    form = AudioFormat("wav", 16)
    for seed in (0, 1):
        write_audio(tmp_path / f"{seed}", Audio(noise(5000), RATE), form, dither_seed=seed)
    one, other = (read_audio(tmp_path / f"{seed}").samples - noise(5000) for seed in (0, 1))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.03


# Dither


def error_lsb(signal: np.ndarray, bits=16) -> np.ndarray:
    """The quantised signal minus the signal, in LSB."""
    quantised = Dither(bits, seed=3).quantised(signal[:, None].astype(np.float32))[:, 0]
    return quantised - signal.astype(np.float32) * 2.0 ** (bits - 1)


def spectrum_db(signal: np.ndarray) -> np.ndarray:
    """Power of each bin in dB, a full sine of amplitude 1 in one bin reading 0."""
    return 20 * np.log10(np.abs(np.fft.rfft(signal)) * 2 / len(signal) + 1e-15)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("level_lsb", [0.0, 0.3, 0.5, 1.0, 100.0])
def test_the_error_has_the_mean_and_the_variance_of_theory_at_any_level(bits, level_lsb):
    """Triangular dither of 2 LSB: mean 0, and LSB²/6 of dither + LSB²/12 of rounding = LSB²/4."""
    error = error_lsb(np.full(200_000, level_lsb * 2.0 ** (1 - bits)), bits)
    assert np.mean(error) == pytest.approx(0.0, abs=0.005)
    assert np.var(error) == pytest.approx(0.25, rel=0.02)


def test_a_sine_below_one_step_keeps_its_level_and_has_no_harmonics():
    """Undithered, a sine of 0.9 LSB becomes a square with harmonics, one of 0.4 LSB vanishes; dithered, neither."""
    length, bin_number = 2**18, 1001
    tone = np.sin(2 * np.pi * bin_number * np.arange(length) / length)
    undithered = spectrum_db(np.rint(0.9 * tone))
    dithered = spectrum_db(Dither(16, 0).quantised((0.9 * tone[:, None] / 2**15).astype(np.float32))[:, 0])
    # Noise of variance 1/4 LSB² over length / 2 bins, each bin's amplitude² twice its power.
    floor_db = 10 * np.log10(4 * 0.25 / length)
    harmonics = bin_number * np.arange(3, 100, 2)
    assert undithered[harmonics].max() > floor_db + 35
    assert dithered[harmonics].max() < floor_db + 10  # of 49 bins of noise the loudest stands 6 dB or so over the mean
    assert dithered[bin_number] == pytest.approx(20 * np.log10(0.9), abs=0.05)
    assert 10 * np.log10(np.mean(10 ** (dithered[5000:] / 10))) == pytest.approx(floor_db, abs=0.1)
    assert not np.rint(0.4 * tone).any()
    quiet = spectrum_db(Dither(16, 0).quantised((0.4 * tone[:, None] / 2**15).astype(np.float32))[:, 0])
    assert quiet[bin_number] == pytest.approx(20 * np.log10(0.4), abs=0.1)


def test_the_error_knows_nothing_of_the_signal():
    """Neither the error nor its square follows the signal: no distortion, and no noise that breathes with it."""
    signal = sine(200_000, 997.0, 2.0 / 2**15)
    error = error_lsb(signal)
    for quantity in (error, error**2):
        assert abs(np.corrcoef(quantity, signal)[0, 1]) < 0.01
        assert abs(np.corrcoef(quantity, np.abs(signal))[0, 1]) < 0.01


def test_the_noise_is_white_and_each_channel_has_its_own():
    frames = Dither(16, 0).quantised(np.zeros((2**17, 2), np.float32)).astype(float)
    assert abs(np.corrcoef(frames.T)[0, 1]) < 0.01
    for lag in (1, 2, 3):
        assert abs(np.corrcoef(frames[lag:, 0], frames[:-lag, 0])[0, 1]) < 0.01


@every_dithered_format
def test_silence_is_dithered_as_any_signal(tmp_path, form):
    write_audio(tmp_path / "a", Audio(np.zeros((2, 50_000)), RATE), form)
    steps = read_audio(tmp_path / "a").samples * 2.0 ** (form.bits - 1)
    assert set(np.unique(steps)) == {-1, 0, 1} and np.var(steps) == pytest.approx(0.25, rel=0.03)


@pytest.mark.parametrize("seeds", ["one each", "the same"])
def test_stems_with_a_seed_each_sum_to_the_mix_within_the_sum_of_their_noise(tmp_path, seeds):
    """8 stems: noise of 8/4 LSB² with a seed each; with one seed the dither's part stands 9 dB higher."""
    stems = [noise(20_000, 1, 0.1) * gain for gain in np.linspace(0.1, 0.8, 8, dtype=np.float32)]
    total = np.zeros((1, 20_000))
    for number, stem in enumerate(stems):
        seed = number if seeds == "one each" else 0
        write_audio(tmp_path / "a", Audio(stem, RATE), AudioFormat("wav", 16), dither_seed=seed)
        total += read_audio(tmp_path / "a").samples
    error = (total - np.sum(stems, axis=0, dtype=np.float64)) * 2**15
    expected = 8 / 4 if seeds == "one each" else 64 / 6 + 8 / 12
    assert np.var(error) == pytest.approx(expected, rel=0.05)


# Clipping


@every_format
def test_what_is_beyond_full_scale_is_clipped_and_counted_and_never_wraps(tmp_path, form):
    samples = np.array([[0.0, 1.0, -1.0, 1.5, -1.5, 1e9, -1e9, 0.5]], dtype=np.float32)
    clipped = write_audio(tmp_path / "a", Audio(samples, RATE), form)
    back = read_audio(tmp_path / "a").samples
    if form.is_float:
        assert clipped == 0 and (back == samples).all()
    else:
        assert clipped == 4
        np.testing.assert_allclose(back, np.clip(samples, -1, 1), atol=2.6 * 2.0 ** (1 - form.bits))


def test_clipped_samples_are_counted_over_all_pieces_and_channels(tmp_path):
    with open_audio(tmp_path / "a.wav", RATE, 2, AudioFormat("wav", 16)) as file:
        file.write(np.array([[2.0, 0.0], [2.0, -3.0]]))
        file.write(np.array([[0.0], [1.01]]))
    assert file.clipped_samples == 4


# What is refused


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("flac", 32), "16 or 24"),
        (("wav", 8), "16 or 24 or 32"),
        (("mp3", 16), "wav, flac, aiff"),
        ((".wav", 16), "unknown"),
    ],
)
def test_a_format_that_does_not_exist_is_an_input_error_that_says_what_is_legal(row, words):
    with pytest.raises(InputError, match=words):
        AudioFormat(*row)


def test_a_format_is_fixed_and_floats_are_the_default():
    assert AudioFormat() == WAV32 and str(WAV32) == "WAV, 32 bits (float)"
    with pytest.raises(FrozenInstanceError):
        WAV32.bits = 16


@every_format
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_and_the_old_file_stays(tmp_path, form, bad):
    path = tmp_path / "a"
    write_audio(path, Audio(noise(10), RATE), form)
    before = path.read_bytes()
    samples = noise(100_000)
    samples[1, 80_000] = bad
    with pytest.raises(InputError, match="NaN or Inf at sample 80000"):
        write_audio(path, Audio(samples, RATE), form)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@every_format
def test_no_samples_at_all(tmp_path, form):
    empty = Audio(np.zeros((2, 0)), RATE)
    if form.suffix == "flac":  # libFLAC writes no byte then
        with pytest.raises(InputError, match="no samples"):
            write_audio(tmp_path / "a", empty, form)
        assert not list(tmp_path.iterdir())
    else:
        write_audio(tmp_path / "a", empty, form)
        assert soundfile.info(tmp_path / "a").frames == 0


@pytest.mark.parametrize("shape", [(3, 10), (1, 10), (10,)])
def test_pieces_have_the_channels_that_were_announced(tmp_path, shape):
    with pytest.raises(InputError, match=r"\[2, n\]"), open_audio(tmp_path / "a.wav", RATE, 2) as file:
        file.write(np.zeros(shape))
    assert not list(tmp_path.iterdir())


@every_format
@pytest.mark.parametrize("rate", [0, -1, 655351])
def test_a_rate_that_files_cannot_have_is_refused(tmp_path, form, rate):
    with pytest.raises(InputError, match="1 to 655350 Hz"):
        write_audio(tmp_path / "a", Audio(noise(10), rate), form)


@every_format
def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path, form):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "folder", tmp_path / "file" / "a"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_audio(path, Audio(noise(10), RATE), form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.fixture
def small_disk():
    """No file grows past 100,000 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@every_format
@pytest.mark.parametrize("length", [40_000, 300_000])  # found at the end, and on the way
def test_a_disk_that_fills_is_noticed_and_the_old_file_stays(tmp_path, form, small_disk, length, capfd):
    path = tmp_path / "a"
    write_audio(path, Audio(noise(10), RATE), form)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="File too large"):
        write_audio(path, Audio(noise(length), RATE), form)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    assert capfd.readouterr().err == ""


@every_format
def test_an_error_of_the_one_who_writes_passes_and_leaves_nothing(tmp_path, form):
    with pytest.raises(KeyError), open_audio(tmp_path / "a", RATE, 2, form) as file:
        file.write(noise(70_000))
        raise KeyError("stem")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["wav", "aiff"])
def test_a_file_beyond_4_gib_is_refused_before_it_is_written(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(write, "LARGEST_DATA_BYTES", 100_000)
    with pytest.raises(OutputError, match="too long") as error, open_audio(tmp_path / "a", RATE, 2) as file:
        file.write(noise(10_000))
        file.write(noise(10_000))
    assert "FLAC" in str(error.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", [form for form in FORMATS if form.suffix != "flac"], ids=str)
def test_the_largest_file_has_a_header(form):
    longest = headers.LARGEST_DATA_BYTES // (form.bits // 8)
    assert len(headers.header(form, RATE, 1, longest)) == len(headers.header(form, RATE, 1, 0))


def test_a_long_song_is_written_without_a_copy_of_it(tmp_path):
    import tracemalloc

    audio = Audio(noise(1).repeat(2**21, axis=1), RATE)  # 16 MiB
    for form in (WAV32, AudioFormat("flac", 24)):
        tracemalloc.start()
        write_audio(tmp_path / "a", audio, form)
        _, most_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most_bytes < audio.samples.nbytes / 2
