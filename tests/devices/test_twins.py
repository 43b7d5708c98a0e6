"""The torch twins of the built-in devices: what the host renders, to single precision's floor."""

import numpy as np
import pytest
import soundfile
import torch

from builtin_host import make_noise, null_db, open_host
from dawbridge.devices import get_device
from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.twins import TWINS, run_twin
from dawbridge.errors import InputError
from faust_reference import Play, play_all

HEARD_ALONE = [name for name in TWINS if name != "sidechain_compressor"]
# Linear factors and banks of delays are as exact as the host computes; single precision tells at low frequencies and
# where a pole comes close to 1.
NULLS_DB = {"gain": -120, "polarity": -120, "pan": -120, "eq": -80, "compressor": -65, "reverb": -110}
# 22050 Hz: half of a delay in samples at 44.1 kHz may be a tie to round.
RATES = (22050, 44100, 48000)


@pytest.fixture(scope="module")
def through():
    """See `open_host`."""
    with open_host() as render:
        yield render


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return make_noise()


def through_twin(name: str, samples: np.ndarray, rate: int, **values) -> np.ndarray:
    return run_twin(name, torch.from_numpy(samples)[None], values, rate)[0].numpy()


def random_values(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Anywhere in the ranges; one in four at an end."""
    positions = {
        p: rng.choice([0.0, 1.0]) if rng.uniform() < 0.25 else rng.uniform() for p in get_device(name).parameters
    }
    return {p.name: float(p.from_0to1(position)) for p, position in positions.items()}


def test_every_device_for_sound_has_a_twin():
    assert TWINS.keys() == {device.name for device in BUILTIN if not device.is_instrument}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", HEARD_ALONE)
def test_a_twin_nulls_against_the_host(name, rate, through, noise):
    rng = np.random.default_rng(rate)
    for _ in range(6):
        values = random_values(name, rng)
        wanted = through(name, noise, rate, **values)
        assert null_db(through_twin(name, noise, rate, **values), wanted) < NULLS_DB[name], values


@pytest.mark.parametrize("name", HEARD_ALONE)
def test_a_twin_nulls_with_music(name, through, shared_data):
    path = shared_data / "excerpts" / "lithium" / "plucks_keys.flac"
    samples, rate = soundfile.read(path, start=10 * 44100, frames=4 * 44100, dtype="float32", always_2d=True)
    samples, rng = np.ascontiguousarray(samples.T), np.random.default_rng(1)
    for _ in range(4):
        values = random_values(name, rng)
        wanted = through(name, samples, rate, **values)
        assert null_db(through_twin(name, samples, rate, **values), wanted) < NULLS_DB[name], values


def in_single_precision(samples: np.ndarray, rate: int, values: dict[str, float]) -> np.ndarray:
    """The compressor, one sample after the other, as the host computes it."""
    single = {name: np.float32(value) for name, value in values.items()}
    level_db = np.float32(20) * np.log10(np.maximum(np.float32(1e-6), np.abs(samples).max(axis=0)))
    over_db = np.maximum(np.float32(0), level_db - single["threshold_db"]) * (1 - 1 / single["ratio"])
    attack, release = (np.exp(np.float32(-1) / (single[n] * np.float32(rate))) for n in ("attack_s", "release_s"))
    value, reduction_db = np.float32(0), np.empty_like(over_db)
    for place, over in enumerate(over_db):
        value = reduction_db[place] = over + (value - over) * (attack if over > value else release)
    return samples * np.float32(10) ** (-reduction_db / np.float32(20))


def test_the_compressors_floor_is_the_hosts_single_precision(through):
    """The slowest poles at a high rate: the worst case. The same steps in single precision come closer."""
    values = {"threshold_db": -60.0, "ratio": 20.0, "attack_s": 0.2, "release_s": 2.0}
    noise = np.random.default_rng(0).normal(0, 0.25, (2, 96000)).astype(np.float32)
    noise[:, 48000:] *= 0.01
    wanted = through("compressor", noise, 96000, **values)
    assert null_db(through_twin("compressor", noise, 96000, **values), wanted) < -60
    assert null_db(in_single_precision(noise, 96000, values), wanted) < -95


def test_the_sidechain_steers(tmp_path, noise):
    values = {"threshold_db": -40.0, "ratio": 6.0, "attack_s": 0.003, "release_s": 0.05, "makeup_db": 3.0}
    side = noise[:, ::-1] * np.linspace(0, 1, noise.shape[1], dtype=np.float32)
    spec = get_device("sidechain_compressor")
    (wanted,) = play_all([Play(spec, np.concatenate([noise, side]), 48000, values)], tmp_path)
    rows = {name: torch.tensor([value]) for name, value in values.items()}
    twin = TWINS["sidechain_compressor"]
    samples, steered_by = (torch.from_numpy(np.ascontiguousarray(x))[None] for x in (noise, side))
    assert null_db(twin(samples, rows, 48000, steered_by)[0].numpy(), wanted) < -65
    alone = run_twin("sidechain_compressor", samples, values, 48000)
    assert torch.allclose(alone, samples * 10 ** (3 / 20))


@pytest.mark.parametrize("name", TWINS)
def test_rows_of_a_batch_do_not_meet(name):
    rng, device = np.random.default_rng(2), get_device(name)
    samples = torch.from_numpy(rng.normal(0, 0.3, (3, 2, 700)))
    rows = [random_values(name, rng) for _ in samples]
    together = {p.name: torch.tensor([row[p.name] for row in rows], dtype=torch.float64) for p in device.parameters}
    batch = run_twin(name, samples, together, 44100)
    for place, values in enumerate(rows):
        alone = run_twin(name, samples[place : place + 1], values, 44100)
        assert batch.dtype == torch.float64 and torch.allclose(batch[place], alone[0], atol=1e-9)


@pytest.mark.parametrize("name", TWINS)
def test_silence_stays_silent_and_one_sample_is_enough(name):
    values = random_values(name, np.random.default_rng(3))
    assert not run_twin(name, torch.zeros(1, 2, 3000), values, 48000).any()
    assert torch.isfinite(run_twin(name, torch.ones(1, 2, 1), values, 48000)).all()


@pytest.mark.parametrize("name", [name for name in TWINS if name != "compressor"])
def test_defaults_leave_the_sound_alone(name, noise):
    samples = torch.from_numpy(noise)[None]
    assert torch.allclose(run_twin(name, samples, {}, 48000), samples, atol=1e-7)


def test_what_has_no_twin_is_refused():
    with pytest.raises(InputError, match="'synth' has no twin .* gain, polarity, eq"):
        run_twin("synth", torch.zeros(1, 2, 8), {}, 48000)
    with pytest.raises(InputError, match="gain has no parameter 'loudness'; it has gain_db"):
        run_twin("gain", torch.zeros(1, 2, 8), {"loudness": 1.0}, 48000)
