"""What a track's audio files lack of what is asked of them: there is silence, and a note says so."""

from pathlib import Path

from dawbridge.audio import read_length
from dawbridge.session.model import Track

_ROUNDING_SAMPLES = 2  # what DAWs count in seconds or beats may end so much after its file


def audio_notes(track: Track, folder: Path, sample_rate: int) -> list[str]:
    """A note for each file that is cut short, and for each whose clips reach past its end."""
    notes, past = [], dict[str, list[int]]()
    for clip in track.all_clips:
        if (found := read_length(folder / clip.audio)) is None:
            continue
        if found.note:
            notes.append(f"track {track.name!r}: {clip.audio!r} is {found.note}")
        length = found.length_samples * sample_rate / found.sample_rate
        missing = clip.offset_samples + (clip.length_samples or 0) - length
        if missing > _ROUNDING_SAMPLES:
            past.setdefault(clip.audio, []).append(missing)
    for audio, missing in past.items():
        count = "a clip reaches" if len(missing) == 1 else f"{len(missing)} clips reach up to"
        longest = f"{max(missing) / sample_rate:.3f} s"
        notes.append(f"track {track.name!r}: {count} {longest} past the end of {audio!r}; that part is silent")
    return list(dict.fromkeys(notes))
