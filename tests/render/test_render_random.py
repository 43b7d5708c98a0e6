"""Random sessions of everything that has a plain answer: rendered, and held against plain numpy."""

import numpy as np
import pytest
import soundfile

from dawbridge.render import Farm, StripStore, render_session
from dawbridge.session import Automation, Bus, Clip, Device, Master, Point, Send, Session, Track, decode_session
from dawbridge.session.file import encode_session
from plain_mix import PlainMix
from strip_jobs import RATE, noise

FILES = {"a.wav": 900, "b.wav": 1300, "mono.wav": 1000}


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the FILES lie, and a cache."""
    folder = tmp_path_factory.mktemp("random")
    for seed, (name, length) in enumerate(FILES.items()):
        samples = noise(length, seed)[: 1 if name == "mono.wav" else 2]
        soundfile.write(folder / name, samples.T, RATE, subtype="FLOAT")
    return folder


class Maker:
    """Draws parts of sessions."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def number(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def happens(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, values):
        return values[self.count(0, len(values))]

    def moves(self, **ranges) -> dict[str, Automation]:
        """Each of the parameters now and then."""
        return {name: self.automation(*ends) for name, ends in ranges.items() if self.happens(0.35)}

    def automation(self, low: float, high: float) -> Automation:
        samples = np.sort(self.rng.integers(0, 2200, self.count(1, 5)))
        if len(samples) > 1 and self.happens(0.3):
            samples[1] = samples[0]
        shapes = ("linear", "hold")
        points = [Point(time=at / RATE, value=self.number(low, high), shape=self.pick(shapes)) for at in samples]
        return Automation(points=tuple(points))

    def send(self, bus: str) -> Send:
        return Send(
            to=bus,
            gain_db=self.number(-20, 6),
            pan_lr=self.number(-1, 1),
            is_pre_fader=self.happens(0.5),
            is_muted=self.happens(0.2),
            automation=self.moves(gain_db=(-30, 6), pan_lr=(-1, 1)),
        )

    def device(self) -> Device:
        if self.happens(0.3):
            return Device(device="polarity", values={"inverted": 1.0})
        return Device(device="gain", values={"gain_db": self.number(-12, 12)}, is_bypassed=self.happens(0.2))

    def channel(self, name: str, delays: list[str]) -> dict:
        """What tracks and buses share; it goes to one of the buses `later`, or to the master."""
        return dict(
            name=name,
            output=self.pick([*delays, "master"]),
            sends=tuple(self.send(bus) for bus in delays if self.happens(0.4)),
            automation=self.moves(fader_db=(-30, 6), pan_lr=(-1, 1)),
            devices=tuple(self.device() for _ in range(self.count(0, 3))),
            fader_db=self.number(-20, 6),
            pan_lr=self.number(-1, 1),
            trim_db=self.number(-6, 6),
            is_inverted=self.happens(0.3),
            is_muted=self.happens(0.15),
        )

    def clip(self) -> Clip:
        return Clip(
            audio=self.pick(list(FILES)),
            start_samples=self.count(-1500, 2000),
            offset_samples=self.count(0, 1200),
            length_samples=None if self.happens(0.5) else self.count(300, 1500),
            fade_in_samples=self.count(0, 150),
            fade_out_samples=self.count(0, 150),
            fade_shape=self.pick(["linear", "equal_power"]),
            gain_db=self.number(-9, 9),
        )

    def track(self, name: str, buses: list[str]) -> Track:
        fields = self.channel(name, buses) | {"channels": self.count(1, 3)}
        if self.happens(0.5):
            return Track(**fields, audio=self.pick(list(FILES)), start_samples=self.count(-1500, 2000))
        return Track(**fields, clips=tuple(self.clip() for _ in range(self.count(1, 4))))

    def session(self) -> Session:
        buses = [f"bus {n}" for n in range(self.count(0, 5))]
        return Session(
            sample_rate=RATE,
            length_samples=self.count(1, 2200),
            pre_roll_samples=self.pick([0, 0, 1, 500]),
            tail_s=self.pick([0.0, 0.01]),
            tracks=tuple(self.track(f"track {n}", buses) for n in range(self.count(0, 9))),
            buses=tuple(Bus(**self.channel(name, buses[n + 1 :])) for n, name in enumerate(buses)),
            master=Master(devices=(self.device(),), fader_db=-2.0, pan_lr=self.number(-1, 1)),
        )


@pytest.mark.parametrize("seed", range(24))
def test_any_session_sounds_as_its_data_say(farm, folder, seed):
    session = decode_session(encode_session(Maker(seed).session()))
    store = StripStore(folder / "cache") if seed % 2 else None
    rendered = render_session(session, folder, farm, store)
    plain = PlainMix(session, folder, round(session.tail_s * RATE))
    pairs = {"mix": (rendered.mix, plain.mix())}
    pairs |= {f"{name}, stem": (rendered.stems[name], plain.stem(name)) for name in plain.channels}
    pairs |= {f"{name}, wet": (rendered.wet[name], plain.wet(name)) for name in plain.channels}
    for name, (audio, wanted) in pairs.items():
        assert audio.samples.shape == wanted.shape, name
        np.testing.assert_allclose(audio.samples, wanted, atol=2e-6 * max(1.0, np.abs(wanted).max()), err_msg=name)
