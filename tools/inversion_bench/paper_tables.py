"""Tables 1 and 2 of Zhou, Yu and Wu (2024) over a dataset that one has; each cell by itself, to be taken up again.

    OUT/songs/30s/SONG/             stems/ and mix.wav: what competitors are given; links where songs stay whole
    OUT/cells/console-30s/SONG-1/   a folder per competitor and budget: session.json, mix.wav, result.json
    OUT/training/                   the network of `train`
    OUT/tables.md

As in the paper (sections 4.1, 5): the mixes are the dataset's own, not made by a chain; songs have at most 16 tracks;
a tenth of them, drawn at random, is the test; MAE and MRSD of the written mix after loudness normalisation, means over
songs. Table 2 is MedleyDB's. Other than there EAMI learns from the one song it inverts, and each competitor may spend
the same budget; `train` gives the paper's way besides: a network trained on the training songs predicts the test songs.
Which songs were drawn, the console's 16 parameters, the first sigma and its decay are not in the paper.
"""

import tomllib
from collections import defaultdict
from pathlib import Path

import tomli_w

from bench_parts.competitors import same_as
from dawbridge.api.counts import check_counts
from dawbridge.api.train import train
from dawbridge.datasets import SongFolder, Split, find_songs, layout_of, split_songs
from dawbridge.errors import InputError, reason_of
from dawbridge.files import write_text
from dawbridge.names import safe_file_name
from dawbridge.progress import Progress
from inversion_bench.competitors import COMPETITORS, get_competitor, published
from inversion_bench.competitors.published_table import SUM, published_table
from inversion_bench.paper_songs import TRAINED, SongCells, TableOptions, pack_song

__all__ = ["TableOptions", "paper_tables"]

TABLE_1 = {"enst_drums": published.ENST_DRUMS, "medleydb": published.MEDLEYDB}
TABLE_2 = {"medleydb": published.SAMPLING_ABLATION}
OURS = ("gain_and_pan", "ours")
TITLES = {"gain_and_pan": "Best gain and pan", "ours": "dawbridge", TRAINED: "Network of the training songs"}


def paper_tables(root: Path, out: Path, options: TableOptions | None = None, progress: Progress | None = None) -> str:
    """The Markdown of both tables, which stands in `out`/tables.md too.

    What cannot be used or fails is told and left out, song by song and cell by cell. Raises InputError for a folder
    without songs that have a mix, and for unknown competitors.
    """
    options, progress = options or TableOptions(), progress or Progress()
    check_counts(songs=options.songs, budget=options.budget, most_tracks=options.most_tracks)
    if options.seconds is not None and not options.seconds > 0:
        raise InputError(f"seconds={options.seconds} is no length; give more than 0, or none for whole songs")
    layout = layout_of(root)
    names = _competitors(options, layout)
    split = split_songs(_usable(find_songs(root, progress.say), options, progress), by_group=options.by_group)
    weights = _trained(split, out / "training", options, progress) if options.train else None
    songs = list(split.test) if options.train else [*split.test, *split.validation, *split.train]
    songs = songs[: len(split.test) if options.songs is None else options.songs]
    cells: dict[str, dict[tuple[str, int], dict]] = defaultdict(dict)
    for song in songs:
        for name, seed, result in SongCells(song, out, options, weights, progress).results(names):
            cells[name][song.name, seed] = result
    for alias in COMPETITORS:
        cells[alias] = cells[_same_as(alias)]
    text = _text(layout, cells, names, f"{len(songs)} songs of {root.resolve().name}", options)
    write_text(out / "tables.md", text)
    return text


def _usable(songs: list[SongFolder], options: TableOptions, progress: Progress) -> list[SongFolder]:
    usable = [song for song in songs if song.mix and 0 < len(song.stems) <= options.most_tracks]
    if left_out := len(songs) - len(usable):
        progress.say(
            f"{left_out} of {len(songs)} songs left out: without a mix, or more than {options.most_tracks} tracks"
        )
    if not usable:
        raise InputError(
            f"no song with a mix and at most {options.most_tracks} tracks among {len(songs)}; raise the limit"
        )
    return usable


def _same_as(name: str) -> str:
    """The first of the names that lead to one competitor: EAMI stands in both tables."""
    return same_as(COMPETITORS, name)


def _competitors(options: TableOptions, layout: str | None) -> list[str]:
    """Each once; the plain sum, to which all are related, first."""
    rows = (*TABLE_1.get(layout, ()), *TABLE_2.get(layout, ()))
    names = options.competitors or (*(row.competitor for row in rows), *OURS)
    for name in names:
        get_competitor(name)
    return list(dict.fromkeys([SUM, *map(_same_as, names), *([TRAINED] if options.train else [])]))


def _trained(split: Split, folder: Path, options: TableOptions, progress: Progress) -> Path:
    """The weights of a network trained on the training songs, trained now or taken up again where there are none."""
    weights, config = folder / "run" / "weights.safetensors", folder / "training.toml"
    if weights.is_file():
        return weights
    for song in split.train:
        pack_song(song, folder / "songs" / safe_file_name(song.name), None)
    try:
        given = tomllib.loads(options.train.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"training configuration {options.train}: cannot be read ({reason_of(error)})") from None
    write_text(config, tomli_w.dumps(given | {"songs": "songs", "chain": options.chain}))
    is_begun = weights.parent.is_dir() and any(weights.parent.iterdir())
    return train("inversion", config, weights.parent, is_begun, options.workers, progress)


def _text(layout: str | None, cells, names: list[str], songs: str, options: TableOptions) -> str:
    table_1, table_2 = TABLE_1.get(layout, ()), TABLE_2.get(layout, ())
    sum_row = next((row for row in table_1 if row.competitor == SUM), None)
    shown = {_same_as(row.competitor) for row in (*table_1, *table_2)}
    others = {name: TITLES.get(name, "") for name in names if name not in shown}
    part = "whole" if options.seconds is None else f"{options.seconds:g} s of each"
    seeds = ", ".join(map(str, options.seeds))
    facts = f"{songs}, {part}; seeds {seeds}; chain `{options.chain}`; {options.budget} strip renders per track."
    text = f"# Table 1\n\n{facts}\n\n{published_table(table_1, sum_row, cells, others)}"
    return text + (f"\n# Table 2\n\n{published_table(table_2, sum_row, cells, {})}" if table_2 else "")
