"""Small folders laid out as ENST-Drums and MedleyDB are: two songs of two seconds, of a drum, a tone and noise."""

from pathlib import Path

import numpy as np
import soundfile

import tiny_song

MICROPHONES = ("hi-hat", "kick", "overhead_L", "overhead_R", "snare", "tom_1")
TAKES = ("001_hits_snare-drum_sticks_x6", "036_phrase_disco_simple_slow_sticks")
SONGS = ("Ann_FirstSong", "Ben_Second")


def mixed(tracks: list[np.ndarray]) -> np.ndarray:
    """[n, 2]: the tracks [n, 1 or 2] at gains of their own, panned to both sides in turn."""
    gains = [(0.9 - 0.5 * (k % 2), 0.4 + 0.5 * (k % 2)) for k in range(len(tracks))]
    return sum(track * gain for track, gain in zip(tracks, gains)) * 0.8


def enst_drums(root: Path, drummers: int = 2, seconds: float = 2.0) -> Path:
    """`TAKES` by each drummer."""
    for drummer in range(1, drummers + 1):
        for number, take in enumerate(TAKES):
            made = tiny_song.tracks(seconds, seed=10 * drummer + number)
            sounds = [made["drum"], made["keys"], made["noise"][:, :1]] * 2
            tracks = [sound * (1 - 0.1 * k) for k, sound in enumerate(sounds)]
            rows = dict(zip(MICROPHONES, tracks)) | {"wet_mix": mixed(tracks), "dry_mix": sum(tracks) * [[1, 1]]}
            for name, samples in (rows | {"accompaniment": 0.1 * tracks[1]}).items():
                write(root / f"drummer_{drummer}" / "audio" / name / f"{take}.wav", samples)
    return root


def medleydb(root: Path, songs: tuple[str, ...] = SONGS, place: str = "Audio", seconds: float = 2.0) -> Path:
    """Songs of two stems: the first of two raw tracks, the second of one."""
    for number, song in enumerate(songs):
        made = tiny_song.tracks(seconds, seed=number)
        folder = root / place / song
        raws = {"01_01": made["drum"], "01_02": made["noise"], "02_01": made["keys"]}
        for name, samples in raws.items():
            write(folder / f"{song}_RAW" / f"{song}_RAW_{name}.wav", samples)
        stems = {"01": made["drum"] + made["noise"], "02": 0.5 * made["keys"]}
        for name, samples in stems.items():
            write(folder / f"{song}_STEMS" / f"{song}_STEM_{name}.wav", samples)
        write(folder / f"{song}_MIX.wav", mixed(list(raws.values())))
        (folder / f"{song}_METADATA.yaml").write_text(metadata(song, raws))
    return root


def metadata(song: str, raws) -> str:
    """As the dataset writes it, shortened."""
    lines = ["artist: Ann", "has_bleed: 'no'", f"mix_filename: {song}_MIX.wav", "stems:"]
    for stem in sorted({name[:2] for name in raws}):
        lines += [f"  S{stem}:", f"    filename: {song}_STEM_{stem}.wav", "    instrument: drum set", "    raw:"]
        for name in sorted(name for name in raws if name[:2] == stem):
            lines += [
                f"      R{name[3:]}:",
                f"        filename: {song}_RAW_{name}.wav",
                "        instrument: kick drum",
            ]
    return "\n".join(lines) + "\n"


def write(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, tiny_song.RATE, subtype="PCM_16")
