"""Sessions to render. No two tracks are alike, so that no strip serves two."""

from dataclasses import dataclass
from pathlib import Path

from dawbridge.session import Bus, Device, Send, Session, Track, write_session
from render_bench.sounds import RATE, write_sounds


@dataclass(frozen=True)
class Size:
    """How many tracks of how many seconds."""

    tracks: int
    seconds: float

    @property
    def length_samples(self) -> int:
        return round(RATE * self.seconds)

    def __str__(self) -> str:
        return f"{self.tracks} tracks × {self.seconds:g} s"


def write_built_in(path: Path, size: Size, sounds: list[str]) -> Path:
    """The session file: EQ, compressor and a send to one reverb; the tracks share the `sounds` in turn."""
    tracks = [_track(number, sounds, _eq_and_compressor(number), True) for number in range(size.tracks)]
    reverb = Device(device="reverb", values={"wet_0to1": 1.0, "dry_0to1": 0.0, "decay_s": 2.0})
    return _write(path, size, tracks, (Bus(name="verb", devices=(reverb,)),))


def write_zam(path: Path, size: Size, sounds: list[str]) -> Path:
    """The session file: ZamEQ2 and ZamCompX2, which every host here has, and no sends, which go to no Ardour yet."""
    tracks = [_track(number, sounds, _zam(number), False) for number in range(size.tracks)]
    return _write(path, size, tracks, ())


def make_sounds(folder: Path, size: Size, count: int | None = None) -> list[str]:
    """Files for a session of that size: one a track, or `count`."""
    return write_sounds(folder, count or size.tracks, size.length_samples)


def _write(path: Path, size: Size, tracks: list[Track], buses: tuple[Bus, ...]) -> Path:
    length = size.length_samples
    session = Session(name=path.stem, sample_rate=RATE, length_samples=length, tracks=tuple(tracks), buses=buses)
    write_session(session, path)
    return path


def _track(number: int, sounds: list[str], devices: tuple[Device, ...], has_send: bool) -> Track:
    return Track(
        name=f"t{number}",
        audio=sounds[number % len(sounds)],
        fader_db=-12.0 - 0.1 * number,
        devices=devices,
        sends=(Send(to="verb", gain_db=-12.0 - 0.1 * number),) if has_send else (),
    )


def _eq_and_compressor(number: int) -> tuple[Device, ...]:
    bands = {"bell_1_gain_db": 3.0 + 0.1 * number, "low_shelf_gain_db": -2.0, "high_shelf_gain_db": 1.5}
    squeeze = {"threshold_db": -30.0 + 0.1 * number, "ratio": 3.0}
    return Device(device="eq", values=bands), Device(device="compressor", values=squeeze)


def _zam(number: int) -> tuple[Device, ...]:
    # ZamCompX2's knee and slew stay off: with them its samples depend on the host's block size.
    bands = {"boost_cut_1_db": 3.0 + 0.1 * number, "frequency_1_hz": 800.0, "boost_cut_l_db": -2.0}
    squeeze = {"threshold_db": -30.0 + 0.1 * number, "ratio": 3.0, "makeup_db": 2.0}
    return Device(device="zam_eq2", values=bands), Device(device="zam_comp_x2", values=squeeze)
