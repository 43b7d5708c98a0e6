"""The cells of one song in the tables of paper_tables.py, and the song packed as competitors take it.

A packed song is a folder of stems and a mix, whole or a part of it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench_parts.results import read_result, write_result
from dawbridge.audio import read_audio, write_audio
from dawbridge.datasets import SongFolder
from dawbridge.errors import DawbridgeError, OutputError
from dawbridge.features.metrics import evaluate
from dawbridge.files import whole_folder
from dawbridge.methods.inversion.invert import RENDERS_PER_TRACK
from dawbridge.methods.inversion.task import read_task
from dawbridge.names import safe_file_name
from dawbridge.progress import Progress
from dawbridge.render import Farm
from inversion_bench.competitors.attempt import attempt

TRAINED = "network"  # the competitor that predicts with trained weights


@dataclass(frozen=True)
class TableOptions:
    """songs: how many, test songs first; None: the test songs. seconds: of each song's middle; None: whole songs.

    competitors: None for all of both tables and ours; budget: strip renders per track; train: a training
    configuration (its `songs` is not looked at), or None; by_group: no artist or drummer in training and test
    """

    songs: int | None = None
    seconds: float | None = None
    seeds: tuple[int, ...] = (1,)
    competitors: tuple[str, ...] | None = None
    budget: int = RENDERS_PER_TRACK
    chain: str = "console"
    most_tracks: int = 16
    by_group: bool = False
    train: Path | None = None
    workers: int | None = None

    @property
    def length(self) -> str:
        """What part of a song is used, as it stands in folders' names."""
        return "whole" if self.seconds is None else f"{self.seconds:g}s"


@dataclass(frozen=True)
class SongCells:
    """out: the tables' folder; weights: of the network trained for them, if any."""

    song: SongFolder
    out: Path
    options: TableOptions
    weights: Path | None
    progress: Progress

    def results(self, names: list[str]) -> Iterator[tuple[str, int, dict]]:
        """(competitor, seed, object of result.json) of every cell that is finished or can be; of the others is told."""
        song, chain = safe_file_name(self.song.name), safe_file_name(Path(self.options.chain).stem)
        place = self.out / "cells" / f"{chain}-{self.options.length}"
        read = cache(self._read)  # once for all cells, and not at all where all are finished
        for seed in self.options.seeds:
            for name in names:
                kind = "-trained" if name == TRAINED and self.weights else ""
                cell = place / f"{song}-{seed}" / f"{name}{kind}-{self.options.budget}"
                try:
                    yield name, seed, read_result(cell) or self._run(read, name, seed, cell)
                except OutputError:
                    raise
                except DawbridgeError as error:
                    self.progress.say(f"{self.song.name}, {name}, seed {seed}: left out, {error}")

    def _read(self) -> tuple:
        """(folder of stems, song, spaces)."""
        packed = self.out / "songs" / self.options.length / safe_file_name(self.song.name)
        pack_song(self.song, packed, self.options.seconds)
        (mix,) = packed.glob("mix.*")
        return packed / "stems", *read_task(packed / "stems", mix, self.options.chain)[:2]

    def _run(self, read: Callable[[], tuple], name: str, seed: int, cell: Path) -> dict:
        stems, song, spaces = read()
        with whole_folder(cell) as folder, Farm(self.options.workers or os.cpu_count() or 1) as farm:
            budget = self.options.budget * len(spaces)
            tried = attempt(name, song, spaces, budget, seed, farm, self.progress, self.weights)
            self.progress.close()
            tried.write(folder, stems)
            result = {"song": self.song.name, "competitor": name, "seed": seed, "budget": self.options.budget}
            result |= {"tracks": len(spaces)} | tried.spent
            result["mix"] = evaluate(song.mix, read_audio(folder / "mix.wav"))
            write_result(folder, result)
        null_db = result["mix"]["null_db"]
        told = "no null" if null_db is None else f"null {null_db:.1f} dB"
        self.progress.say(f"{self.song.name}, {name}, seed {seed}: {told}, {result['seconds']:.0f} s")
        return result


def pack_song(song: SongFolder, folder: Path, seconds: float | None) -> None:
    """Write `folder`, if it is not there: stems/ with a file per track, and mix.*; of the song's middle `seconds`.

    Whole songs are links to the dataset's files, or copies where the file system has no links. Raises InputError for
    audio that cannot be read.
    """
    if folder.is_dir():
        return
    with whole_folder(folder) as made:
        (made / "stems").mkdir()
        start_s, length_s = (0.0, None) if seconds is None else _middle(song.mix, seconds)
        files = {f"stems/{safe_file_name(name)}": path for name, path in zip(song.track_names, song.stems)}
        for name, path in (files | {"mix": song.mix} if song.mix else files).items():
            if length_s is None:
                _link(path, made / f"{name}{path.suffix}")
            else:
                _cut(path, made / f"{name}.wav", start_s, length_s)


def _middle(mix: Path, seconds: float) -> tuple[float, float]:
    """Where the part begins and how long it is, in seconds."""
    length_s = read_audio(mix).length_s
    return max(0.0, (length_s - seconds) / 2), min(seconds, length_s)


def _link(path: Path, target: Path) -> None:
    try:
        target.symlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, target)


def _cut(path: Path, target: Path, start_s: float, length_s: float) -> None:
    """Padded with silence where the track ends before the part does."""
    audio = read_audio(path)
    write_audio(target, audio.placed(-round(start_s * audio.sample_rate), round(length_s * audio.sample_rate)))
