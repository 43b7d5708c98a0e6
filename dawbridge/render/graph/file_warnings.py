"""Notes on audio files that are shorter than their clips. The missing part is silent."""

from pathlib import Path

from dawbridge.audio import read_length
from dawbridge.session.model import Track

_ROUNDING_SAMPLES = 2  # a clip may end so much after its file where a DAW counts in seconds or beats


def audio_notes(track: Track, folder: Path, sample_rate: int) -> list[str]:
    """A note for each file that is cut short, and for each whose clips reach past its end."""
    notes: list[str] = []
    past_end: dict[str, list[float]] = {}  # file → by how many samples each of its clips reaches past its end
    for clip in track.all_clips:
        if (found := read_length(folder / clip.audio)) is None:
            continue
        if found.note:
            notes.append(f"track {track.name!r}: {clip.audio!r} is {found.note}")
        length = found.length_samples * sample_rate / found.sample_rate
        missing = clip.offset_samples + (clip.length_samples or 0) - length
        if missing > _ROUNDING_SAMPLES:
            past_end.setdefault(clip.audio, []).append(missing)
    for audio, lengths in past_end.items():
        count = "a clip reaches" if len(lengths) == 1 else f"{len(lengths)} clips reach up to"
        longest = f"{max(lengths) / sample_rate:.3f} s"
        notes.append(f"track {track.name!r}: {count} {longest} past the end of {audio!r}; that part is silent")
    return list(dict.fromkeys(notes))
