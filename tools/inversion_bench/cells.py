"""A cell: one competitor on one mix. Run, written, and measured from what was written.

    session.json  mix.wav  rest.wav  result.json

The error is that of `mix.wav` as it was read back; the session is rendered again by a process of its own, and nulled.
`made` in result.json is the code that made the cell.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench_parts.results import read_result, write_result
from dawbridge.audio import read_audio, write_audio
from dawbridge.features.metrics import evaluate
from dawbridge.files import whole_folder
from dawbridge.methods.inversion.song import Song, read_song
from dawbridge.methods.inversion.task import read_task
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.session import read_session, write_session
from dawbridge.session.parameter_space import ParameterSpace
from inversion_bench.cases import Case, moved
from inversion_bench.competitors.attempt import attempt


def run_cell(
    case: Case, mix: Path, name: str, budget: int, seed: int, out: Path, progress: Progress, weights: Path | None
) -> dict:
    """The object of result.json; it is read where it stands already."""
    if (finished := read_result(out)) is not None:
        return finished
    song, spaces, _ = read_task(mix / "stems", mix / "mix.wav", case.found_by)
    with whole_folder(out, ()) as folder, Farm(2) as farm:
        tried = attempt(name, song, spaces, budget, seed, farm, progress, weights)
        result = {"case": case.name, "competitor": name, "seed": seed, "budget": budget, "tracks": len(spaces)}
        result |= tried.spent
        tried.write(folder, mix / "stems")
        if (session := tried.session) is not None:
            there = mix / "rest" / "stems"
            write_audio(folder / "rest.wav", render_session(moved(session, there), there, farm).mix)
            result["parameters"] = parameter_errors(mix / "truth.json", song, spaces, tried.answer.positions)
            result["null_again_db"] = _null_again(session, mix / "stems", folder / "mix.wav")
        else:
            write_audio(folder / "rest.wav", tried.answer.mix_of(rest_of(mix)))
        for place, reference in (("mix", mix / "mix.wav"), ("rest", mix / "rest" / "mix.wav")):
            result[place] = evaluate(read_audio(reference), read_audio(folder / f"{place}.wav"))
        result = write_result(folder, result)
    return result


def rest_of(mix: Path) -> Song:
    """The excerpt's other seconds as a song."""
    return read_song(mix / "rest" / "stems", mix / "rest" / "mix.wav")


def parameter_errors(
    truth: Path, song: Song, spaces: tuple[ParameterSpace, ...], positions: list[np.ndarray]
) -> dict | None:
    """Mean and median distance in 0..1 of the audible tracks' parameters, where the truth has the same chain."""
    if not truth.is_file():
        return None
    session = read_session(truth)
    rows = [(space, session.track(track.name)) for space, track in zip(spaces, song.session.tracks)]
    if any([d.device for d in track.devices] != [d.device for d in space.chain.devices] for space, track in rows):
        return None
    gaps = [
        np.abs(space.to_0to1(track) - found)
        for (space, track), found, audio in zip(rows, positions, song.audio)
        if audio.peak > 1e-3
    ]
    joined = np.concatenate(gaps)
    return {"mean": round(float(joined.mean()), 5), "median": round(float(np.median(joined)), 6)}


def _null_again(session, stems: Path, written: Path) -> float:
    """The null in dB of `written` against the session as another process renders it."""
    with tempfile.TemporaryDirectory() as name:
        there = Path(name) / "session"
        there.mkdir()
        for track in session.tracks:
            (there / track.audio).symlink_to((stems / track.audio).resolve())
        write_session(session, there / "session.json")
        command = [sys.executable, "-m", "dawbridge", "render", there / "session.json", "--out", Path(name) / "again"]
        subprocess.run([*map(str, command), "--quiet"], check=True, capture_output=True)
        return evaluate(read_audio(written), read_audio(Path(name) / "again" / "mix.wav"))["null_db"]
