"""A song that needs no input: written as MIDI from a seed, played by Faust instruments of our own."""

from pathlib import Path

from dawbridge.datasets.midi_song.play import play
from dawbridge.datasets.midi_song.score import compose
from dawbridge.errors import OutputError

__all__ = ["compose", "make_song", "play"]


def make_song(folder: Path, seed: int = 1) -> Path:
    """Write `song.mid` and `stems/<track>.wav` (seven tracks, 20 s) into `folder`; the stems' folder."""
    midi, stems = compose(seed), folder / "stems"
    try:
        stems.mkdir(parents=True, exist_ok=True)
        midi.save(folder / "song.mid")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error}); choose another folder") from None
    play(midi, stems)
    return stems
