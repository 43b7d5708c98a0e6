"""The cases of the table, each made of a song's excerpt into a folder: raw tracks, the mix, and the excerpt's rest.

    stems/  mix.wav  truth.json      seconds 10 to 20, from which a competitor must find the mix
    rest/stems/  rest/mix.wav        the excerpt's other seconds, mixed with the same settings

A truth is drawn from the middle 90 % of every free range; the excerpt's rest never enters a search.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.api.demo import mystery_session
from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.files import whole_folder
from dawbridge.render import Farm, render_session
from dawbridge.session import Session, write_session
from dawbridge.session.chain import read_chain
from dawbridge.session.stem_folder import session_from_folder
from inversion_bench import foreign_mixes
from midi_bank.chart import SONGS as UNSEEN_SONGS

SECONDS = (10.0, 20.0)
SONGS = ("caesium", "francium", "lithium")
RELEASED = "real_master"


@dataclass(frozen=True)
class Case:
    """A row of the table.

    found_by: the chain that is to be found
    made_by:  the chain that makes the mix, if one does
    before:   raw tracks → what goes into their chains
    mix:      raw tracks, and the mix that the chain made of them → the mix; neither chain nor this: the released one
    songs:    those it is made of; one session of all of them where `is_joined`
    is_unseen: its songs are those of tools/make_test_songs, on which nothing was tuned, in a folder of their own
    """

    name: str
    title: str
    found_by: str
    made_by: str | None = None
    before: Callable[[dict[str, Audio], int], dict[str, Audio]] | None = None
    mix: Callable[[dict[str, Audio], Audio | None, int], Audio] | None = None
    songs: tuple[str, ...] = SONGS
    is_joined: bool = False
    is_unseen: bool = False
    seeds: tuple[int, ...] = (1, 2, 3)


CASES = {
    case.name: case
    for case in (
        Case("console", "mix made by the `console` chain", "console", "console"),
        Case("zam_strip", "mix made by ZamEQ2, ZamCompX2, pan and fader", "zam_strip", "zam_strip"),
        Case("zam", "the same with Dragonfly Plate, which is not deterministic", "zam", "zam"),
        Case("foreign", "mix made by pedalboard's effects", "console", mix=foreign_mixes.pedalboard_mix),
        Case("many", "26 tracks: three songs as one session", "console", "console", is_joined=True, seeds=(1,)),
        Case("late", "tracks late, some inverted, compressor and limiter on the mix", "console", "console",
             foreign_mixes.late_stems, foreign_mixes.late_and_limited),
        Case("master", "the released master of caesium", "console", songs=("caesium",), seeds=(1,)),
        Case("console_unseen", "mix made by the `console` chain, of songs that nothing was tuned on",
             "console", "console", songs=UNSEEN_SONGS, is_unseen=True, seeds=(1,)),
        Case("zam_strip_unseen", "mix made by ZamEQ2, ZamCompX2, pan and fader, of songs that nothing was tuned on",
             "zam_strip", "zam_strip", songs=UNSEEN_SONGS, is_unseen=True, seeds=(1,)),
    )
}  # fmt: skip


def case_folders(case: Case) -> list[tuple[str, int]]:
    """(song, seed) of every mix of a case."""
    songs = ("all",) if case.is_joined else case.songs
    return [(song, seed) for song in songs for seed in case.seeds]


def make_case(case: Case, song: str, seed: int, excerpts: Path, folder: Path) -> Path:
    """The folder of one mix, made if it is not there, of the songs in `excerpts`."""
    if folder.is_dir():
        return folder
    songs = case.songs if song == "all" else (song,)
    sounds = {}
    for name in songs:
        for path in sorted((excerpts / name).glob("*.flac")):
            if path.stem != RELEASED:
                sounds[f"{name} {path.stem}" if len(songs) > 1 else path.stem] = read_audio(path)
    with whole_folder(folder, ()) as made, Farm(2) as farm:
        for place, cut in ((made, _inside), (made / "rest", _outside)):
            cuts = {name: cut(audio) for name, audio in sounds.items()}
            _write_stems(place / "stems", cuts)
            mix = None
            if case.made_by:
                if place == made:
                    truth = mystery_session(place / "stems", read_chain(case.made_by), seed)
                    write_session(truth, made / "truth.json")
                mix = _mix_by(truth, case.before(cuts, seed) if case.before else cuts, farm)
            if case.mix:
                mix = case.mix(cuts, mix, seed)
            write_audio(place / "mix.wav", mix or cut(read_audio(excerpts / song / f"{RELEASED}.flac")))
    return folder


def _mix_by(truth: Session, sounds: dict[str, Audio], farm: Farm) -> Audio:
    with tempfile.TemporaryDirectory() as name:
        _write_stems(Path(name) / "stems", sounds)
        return render_session(moved(truth, Path(name) / "stems"), Path(name) / "stems", farm).mix


def _write_stems(folder: Path, sounds: dict[str, Audio]) -> None:
    folder.mkdir(parents=True)
    for name, audio in sounds.items():
        write_audio(folder / f"{name}.wav", audio)


def moved(session: Session, stems: Path) -> Session:
    """The settings of `session` on the tracks of another folder with the same names."""
    there = session_from_folder(stems)
    kept = ("devices", "fader_db", "pan_lr", "is_inverted", "start_samples")
    tracks = [
        track.model_copy(update={name: getattr(session.track(track.name), name) for name in kept})
        for track in there.tracks
    ]
    return there.with_tracks(tracks).model_copy(update={"pan_law": session.pan_law, "tail_s": session.tail_s})


def _bounds(audio: Audio) -> tuple[int, int]:
    first, last = (round(second * audio.sample_rate) for second in SECONDS)
    return first, last


def _inside(audio: Audio) -> Audio:
    first, last = _bounds(audio)
    return Audio(audio.samples[:, first:last], audio.sample_rate)


def _outside(audio: Audio) -> Audio:
    first, last = _bounds(audio)
    return Audio(np.concatenate([audio.samples[:, :first], audio.samples[:, last:]], axis=1), audio.sample_rate)
