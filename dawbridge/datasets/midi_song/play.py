"""A MIDI song becomes one audio file per track, played by the band in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import astuple
from math import ceil
from pathlib import Path

import mido

from dawbridge.datasets.midi_song.notes import TimedNote, timed_notes
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.names import safe_file_name
from dawbridge.paths import PACKAGE

BAND = {path.stem: path for path in sorted((Path(__file__).resolve().parent / "instruments").glob("*.dsp"))}
SAMPLE_RATE = 44100
TAIL_S = 1.5
TIME_LIMIT_S = 120.0
LIMIT_PER_SECOND_OF_AUDIO = 4.0


def play(midi: Path | mido.MidiFile, folder: Path, sample_rate: int = SAMPLE_RATE) -> dict[str, Path]:
    """Track name → its file `<folder>/<track>.wav`, mono or stereo as its instrument is, all of one length.

    The length is the MIDI file's and TAIL_S. Peaks stay below 0.9. The same file gives the same samples.
    Raises InputError for a file that is no MIDI, has no notes, or has a track that nobody in the band plays.
    """
    song = midi if isinstance(midi, mido.MidiFile) else read_midi(midi)
    where = getattr(song, "filename", None) or "MIDI song"
    tracks = timed_notes(song)
    if not tracks:
        raise InputError(f"{where}: no notes in it; give a song")
    if strangers := sorted(set(tracks) - set(BAND)):
        raise InputError(f"{where}: nobody plays track {strangers[0]!r}; the band has {', '.join(BAND)}")
    job = {
        "sample_rate": sample_rate,
        "length_samples": ceil((song.length + TAIL_S) * sample_rate),
        "folder": str(folder),
        "tracks": [_row(name, notes) for name, notes in tracks.items()],
    }
    _run_child(job)
    return {name: folder / f"{safe_file_name(name)}.wav" for name in tracks}


def read_midi(path: Path) -> mido.MidiFile:
    """The MIDI file at `path`, or an InputError that names it."""
    try:
        return mido.MidiFile(path)
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path}: no readable MIDI file ({error}); export it again") from None


def _row(name: str, notes: list[TimedNote]) -> dict:
    return {"name": name, "dsp": str(BAND[name]), "notes": [astuple(note) for note in notes]}


def _run_child(job: dict) -> None:
    Path(job["folder"]).mkdir(parents=True, exist_ok=True)
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    limit_s = TIME_LIMIT_S + LIMIT_PER_SECOND_OF_AUDIO * job["length_samples"] / job["sample_rate"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dawbridge.datasets.midi_song.player_process"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=limit_s,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise DawbridgeError(f"{job['folder']}: the band took over {limit_s:.0f} s; try again") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise DawbridgeError(f"{job['folder']}: the band stopped ({reason})")
