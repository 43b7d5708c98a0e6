"""Helpers for the tests of REAPER: sounds, sessions, written projects and projects that are read."""

from pathlib import Path

from carried_sessions import make_sounds, rendered_of
from dawbridge.formats import Media
from dawbridge.formats.loss import allowed_losses
from dawbridge.formats.reaper import read, write
from dawbridge.session import Automation, Clip, Point, Session, Track

FIXTURES = Path(__file__).parents[1] / "fixtures" / "reaper"
CORRUPTED = sorted((FIXTURES / "corrupted").glob("*.rpp"))
RATE = 48000
FADE = Automation(
    points=(
        Point(time=0.01, value=0.0),
        Point(time=0.1, value=-20.0, shape="hold"),
        Point(time=0.15, value=-6.0),
    )
)
CLIPS = (
    Clip(
        audio="stereo.wav",
        start_samples=480,
        offset_samples=100,
        length_samples=2000,
        gain_db=-3.0,
        fade_in_samples=200,
    ),
    Clip(
        audio="mono.wav",
        start_samples=3000,
        fade_in_samples=500,
        fade_out_samples=300,
        fade_shape="equal_power",
    ),
)
COMP = "2046504473616C633250435A00000000"


def sounds_in(folder: Path) -> Path:
    (folder / "sub").mkdir()
    return make_sounds(folder)


def session_of(*tracks: Track, buses=(), **changes) -> Session:
    return Session(name="song", sample_rate=RATE, length_samples=9600, tracks=tracks, buses=tuple(buses), **changes)


def tone(name: str, **changes) -> Track:
    return Track(name=name, audio="mono.wav", channels=1, **changes)


def written(session: Session, sounds: Path, folder: Path) -> tuple[str, list]:
    """(the project's text, the losses)"""
    losses = write(session, rendered_of(session), folder, sounds)
    return next(folder.glob("*.rpp")).read_text(encoding="utf-8"), losses


def fixture(name: str, tmp_path: Path):
    """(session, kinds of its losses) of a fixture."""
    session, losses = read(FIXTURES / f"{name}.rpp", Media(tmp_path / "in", links=True))
    kinds = {kind for loss in losses for kind in loss.kinds}
    assert kinds <= allowed_losses("reaper").keys()
    return session, kinds
