"""Audio read from files of any bit depth, container and rate, whole or in part."""

import numpy as np
import pytest
import soundfile

from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.errors import InputError

RATE = 48000
RATES = (8000, 11025, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)


def sine(length: int, rate: int, frequency_hz=1000.0, amplitude=0.5, phase=0.3) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(length) / rate + phase)


def level_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.abs(samples).max() + 1e-15)


# Bit depths and containers

KINDS = [
    ("WAV", "PCM_U8", 8),
    ("WAV", "PCM_16", 16),
    ("WAV", "PCM_24", 24),
    ("WAV", "PCM_32", 24),  # float32 keeps 24 of 32 bits
    ("WAV", "FLOAT", 24),
    ("WAV", "DOUBLE", 24),
    ("WAVEX", "PCM_24", 24),
    ("RF64", "PCM_24", 24),
    ("W64", "FLOAT", 24),
    ("FLAC", "PCM_S8", 8),
    ("FLAC", "PCM_16", 16),
    ("FLAC", "PCM_24", 24),
    ("AIFF", "PCM_S8", 8),
    ("AIFF", "PCM_16", 16),
    ("AIFF", "PCM_24", 24),
    ("AIFF", "PCM_32", 24),
    ("AIFF", "FLOAT", 24),
    ("AIFF", "DOUBLE", 24),
]


@pytest.mark.parametrize(("container", "subtype", "bits"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_sine_has_its_amplitude_and_phase_at_every_bit_depth(tmp_path, container, subtype, bits, channels):
    path = tmp_path / "a.wav"
    wave = np.stack([sine(3000, RATE, phase=0.3), sine(3000, RATE, 700.0, 0.9)])[:channels]
    soundfile.write(path, wave.T, RATE, format=container, subtype=subtype)
    audio = read_audio(path)
    assert audio.sample_rate == RATE and audio.samples.dtype == np.float32
    assert audio.samples.shape == (channels, 3000) and audio.samples.flags.c_contiguous
    np.testing.assert_allclose(audio.samples, wave, rtol=0, atol=1.01 * 2.0 ** (1 - bits))


def test_ogg_is_the_same_sound(tmp_path):
    soundfile.write(tmp_path / "a.ogg", sine(RATE, RATE), RATE)
    back = read_audio(tmp_path / "a.ogg").samples[0]
    assert len(back) == RATE and np.var(back - sine(RATE, RATE)) < 1e-3 * np.var(back)


def test_full_scale_of_whole_numbers_is_one(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([-(2**15), 2**15 - 1], dtype=np.int16), RATE)
    assert read_audio(tmp_path / "a.wav").samples.tolist() == [[-1.0, 1 - 2.0**-15]]


def test_floats_beyond_full_scale_stay(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([3.5, -2.0]), RATE, subtype="DOUBLE")
    assert read_audio(tmp_path / "a.wav").samples.tolist() == [[3.5, -2.0]]


def test_a_flac_stream_that_does_not_say_its_length_is_an_input_error(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, sine(100_001, RATE), RATE)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # the lower 36 bits of these five bytes are the number of samples; 0 means unknown
    data[22:26] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(InputError, match="does not say how long it is"):
        read_audio(path)


def test_a_flac_file_cut_short_is_an_input_error_that_names_it(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 100_000), RATE)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(InputError, match=r"a\.flac: no readable audio \(.+\); give"):
        read_audio(path)


# Sample rates


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("to", [44100, 48000, 96000])
def test_a_sine_has_its_amplitude_and_phase_at_every_rate(tmp_path, rate, to):
    write_audio(tmp_path / "a.wav", Audio(sine(rate // 2, rate)[None], rate))
    audio = read_audio(tmp_path / "a.wav", to)
    middle = slice(to // 20, audio.length_samples - to // 20)
    expected = sine(audio.length_samples, to)
    assert audio.sample_rate == to
    assert level_db(audio.samples[0, middle] - expected[middle]) < -120


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("to", RATES)
def test_the_length_after_resampling_is_exact(rate, to):
    for length in (0, 1, 2, 3, 7, 160, 1000, 1001, 44101):
        expected = (2 * length * to + rate) // (2 * rate)  # rounded, halves up
        assert Audio(np.zeros((2, length)), rate).resampled(to).length_samples == expected


@pytest.mark.parametrize(("to", "band_hz"), [(48000, 14000), (96000, 14000), (88200, 20000), (176400, 20000)])
def test_there_and_back_is_the_same_signal(to, band_hz):
    """To -110 dB in the band; between rates of no small ratio soxr takes 0.008 dB off 20 kHz, there and back."""
    rate, length = 44100, 44100
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(length))
    spectrum[np.fft.rfftfreq(length, 1 / rate) > band_hz] = 0
    signal = np.fft.irfft(spectrum) * np.hanning(length) ** 2
    signal *= 0.5 / np.abs(signal).max()
    back = Audio(signal[None], rate).resampled(to).resampled(rate)
    assert back.length_samples == length and level_db(back.samples[0] - signal) < -110


@pytest.mark.parametrize("frequency_hz", [18000.0, 20000.0])
def test_the_top_of_the_audible_band_keeps_its_level(frequency_hz):
    signal = sine(44100, 44100, frequency_hz) * np.hanning(44100)
    back = Audio(signal[None], 44100).resampled(48000).resampled(44100).samples[0]
    assert abs(20 * np.log10(np.abs(back).max() / np.abs(signal).max())) < 0.01


def test_silence_stands_before_the_first_sample():
    """A step at the first sample sounds as the same step later does."""
    step = np.ones((1, 2000))
    early = Audio(step, 44100).resampled(48000).samples
    delays = Audio(step, 44100).placed(441, 2441).resampled(48000).samples
    assert level_db(early[:, :2000] - delays[:, 480:2480]) < -120


def test_what_the_lower_rate_cannot_hold_is_gone():
    tone = Audio(sine(96000, 96000, 30000.0)[None], 96000).resampled(48000)
    assert level_db(tone.samples[0, 2000:-2000]) < -120


def test_channels_do_not_mix_in_the_resampler():
    samples = np.stack([sine(4410, 44100), np.zeros(4410)])
    assert not Audio(samples, 44100).resampled(48000).samples[1].any()


# Parts


@pytest.fixture
def noise_file(tmp_path):
    path = tmp_path / "noise.wav"
    write_audio(path, Audio(np.random.default_rng(5).uniform(-0.5, 0.5, (2, 100_000)), 44100))
    return path


PARTS = [(0, None), (0, 100_000), (1, 10), (99_999, None), (99_999, 1), (30_000, 70_000), (90_000, 20_000)]


@pytest.mark.parametrize(("first", "count"), PARTS)
def test_a_part_is_that_part_of_the_whole(noise_file, first, count):
    whole = read_audio(noise_file).samples
    part = read_audio(noise_file, first=first, count=count)
    assert (part.samples == whole[:, first : None if count is None else first + count]).all()
    assert part.samples.flags.c_contiguous


@pytest.mark.parametrize("suffix", ["flac", "ogg", "aiff"])
def test_parts_of_every_container_begin_where_asked(tmp_path, suffix):
    soundfile.write(tmp_path / f"a.{suffix}", np.random.default_rng(5).uniform(-0.5, 0.5, 90_000), RATE)
    whole = read_audio(tmp_path / f"a.{suffix}").samples
    for first in (1, 4096, 54_321, 89_990):
        part = read_audio(tmp_path / f"a.{suffix}", first=first, count=1000).samples
        np.testing.assert_allclose(part, whole[:, first : first + 1000], atol=1e-6)


@pytest.mark.parametrize("to", [8000, 48000, 88200, 192000])
@pytest.mark.parametrize("step", [0, 1, 50, 113])
def test_a_resampled_part_is_that_part_of_the_resampled_whole(noise_file, to, step):
    """At first samples that fall on a sample of the new rate: 441 samples are 80, 480, 882 or 1920 there."""
    whole = read_audio(noise_file, to).samples
    part = read_audio(noise_file, to, first=441 * step, count=20_000).samples
    first = 441 * step * to // 44100
    assert part.shape[1] == (2 * 20_000 * to + 44100) // (2 * 44100)
    assert level_db(part - whole[:, first : first + part.shape[1]]) < -120


def test_resampled_parts_that_meet_are_the_whole(noise_file):
    cuts = [0, 147, 30_870, 61_740, 100_000]
    parts = [read_audio(noise_file, 48000, a, b - a).samples for a, b in zip(cuts, cuts[1:])]
    assert level_db(np.concatenate(parts, axis=1) - read_audio(noise_file, 48000).samples) < -120


def test_a_part_between_two_samples_of_the_new_rate_begins_exactly_there(tmp_path):
    write_audio(tmp_path / "a.wav", Audio(sine(44100, 44100)[None], 44100))
    part = read_audio(tmp_path / "a.wav", 48000, first=20_011, count=4410).samples[0]
    times = 20_011 / 44100 + np.arange(4800) / 48000
    assert level_db(part - 0.5 * np.sin(2 * np.pi * 1000 * times + 0.3)) < -120


@pytest.mark.parametrize(("first", "count"), [(100_000, None), (100_000, 5), (-1, 5), (0, 0), (5, -1)])
@pytest.mark.parametrize("rate", [None, 48000])
def test_a_part_with_nothing_in_it_is_an_input_error(noise_file, first, count, rate):
    with pytest.raises(InputError, match=r"noise\.wav: nothing from sample .*100000 samples"):
        read_audio(noise_file, rate, first, count)


def test_a_bad_sample_is_named_where_it_stands_in_the_file(tmp_path):
    samples = np.zeros(200_000, dtype=np.float32)
    samples[150_000] = np.nan
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    for first in (0, 100_000, 149_999):
        with pytest.raises(InputError, match="sample 150000"):
            read_audio(tmp_path / "a.wav", first=first)
    assert read_audio(tmp_path / "a.wav", first=150_001).length_samples == 49_999


def test_a_long_file_is_read_without_a_second_copy(tmp_path):
    import tracemalloc

    write_audio(tmp_path / "a.wav", Audio(np.zeros((2, 2**21)), RATE))  # 16 MiB
    tracemalloc.start()
    samples = read_audio(tmp_path / "a.wav").samples
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 1.2 * samples.nbytes
