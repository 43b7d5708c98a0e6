"""A folder of stems and a mixdown become a Song: audio on the mix's timeline, and warnings about unusual input."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dawbridge.audio import CLIPPED_PEAK, SILENT_PEAK, Audio, read_audio, read_length
from dawbridge.errors import InputError
from dawbridge.features.alignment import NOT_SHIFTED, TrackShift, common_offset, find_offset, find_track_shifts
from dawbridge.render import Farm
from dawbridge.search.problem import Problem, problem_from_session
from dawbridge.session.model import LONGEST_SAMPLES, Session, Track
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.session.stem_folder import check_sample_rate, files_left_out, folder_name, relative_audio, stem_paths


@dataclass(frozen=True)
class Song:
    """session: the dry tracks on the mix's timeline; audio: per track, [1 or 2, length]; mix: [2, length].

    sources: the stems' files; warnings: unusual input that was accepted, in words for the user
    offset: sample of the mix at which tracks begin that are neither late nor early
    """

    session: Session
    audio: tuple[Audio, ...]
    mix: Audio
    sources: tuple[Path, ...]
    warnings: tuple[str, ...]
    offset: int = 0

    @property
    def shifts(self) -> list[TrackShift]:
        """Delay and polarity of every track, beside `offset`."""
        tracks = self.session.tracks
        return [TrackShift(track.start_samples - self.offset, -1 if track.is_inverted else 1) for track in tracks]

    @property
    def shifted_tracks(self) -> list[int]:
        """Tracks that are late, early or inverted."""
        return [k for k, shift in enumerate(self.shifts) if shift != NOT_SHIFTED]

    @property
    def notes(self) -> tuple[str, ...]:
        """The warnings, and which tracks were moved or inverted."""
        moves = [n for track, shift in zip(self.session.tracks, self.shifts) for n in _shift_notes(track.name, shift)]
        return (*self.warnings, *moves)

    def with_shifts(self, shifts: Mapping[int, TrackShift]) -> "Song":
        """The song with these tracks (index → shift) shifted. Their files are read again, since a shift may bring
        back what an earlier one cut off at the ends."""
        tracks, audio = list(self.session.tracks), list(self.audio)
        for k, shift in shifts.items():
            raw = read_audio(self.sources[k]).resampled(self.mix.sample_rate)
            tracks[k] = _shifted_track(tracks[k], self.offset, shift)
            audio[k] = _shifted_audio(raw, self.offset, shift, self.mix.length_samples)
        return replace(self, session=self.session.with_tracks(tracks), audio=tuple(audio))

    def to_problem(self, spaces: tuple[ParameterSpace, ...], farm: Farm) -> Problem:
        """The song as a problem, with a space per track."""
        return problem_from_session(self.session, self.audio, self.mix, spaces, farm)

    @property
    def plain_sum(self) -> Audio:
        """All tracks as they are, added: [2, length]."""
        total = np.zeros_like(self.mix.samples)
        for audio in self.audio:
            total += audio.samples
        return Audio(total, self.mix.sample_rate)


def read_song(stems: Path, mix_path: Path) -> Song:
    """Read, resample to the mix's rate, align. Raises InputError for what cannot be used (see `read_audio`)."""
    mix = read_audio(mix_path)
    notes = _mix_notes(mix, mix_path) + _file_notes("the mix", mix_path)
    paths = [path for path in stem_paths(stems) if not path.samefile(mix_path)]
    if not paths:
        raise InputError(f"{stems}: holds only the mix; give a folder with the raw tracks")
    if left_out := files_left_out(stems):
        names = ", ".join(path.name for path in left_out)
        notes.append(f"no tracks, since only WAV, FLAC, OGG and AIFF files are read: {names}")
    raw = []
    for path in paths:  # one after the other: a whole song at two sample rates would not fit
        audio = read_audio(path)
        notes += _track_notes(path.stem, audio, mix.sample_rate) + _file_notes(f"track {path.stem!r}", path)
        raw.append(audio.resampled(mix.sample_rate))
    offset = find_offset(_mono_sum(raw), mix.samples.mean(axis=0), mix.sample_rate)
    mono = (audio.placed(offset, mix.length_samples).samples.mean(axis=0) for audio in raw)
    found = find_track_shifts(mono, mix.stereo().samples, mix.sample_rate)
    offset, shifts = common_offset(offset, found, mix.sample_rate)
    notes += _timeline_notes(raw, mix, offset)
    plain = [Track(name=p.stem, audio=relative_audio(p, stems), channels=a.channels) for p, a in zip(paths, raw)]
    tracks = tuple(_shifted_track(track, offset, shift) for track, shift in zip(plain, shifts))
    for k, shift in enumerate(shifts):
        raw[k] = _shifted_audio(raw[k], offset, shift, mix.length_samples)
    session = Session(
        name=folder_name(stems),
        sample_rate=mix.sample_rate,
        length_samples=mix.length_samples,
        tracks=tracks,
    )
    return Song(session, tuple(raw), mix.stereo(), tuple(paths), tuple(notes), offset)


def _shifted_track(track: Track, offset: int, shift: TrackShift) -> Track:
    start = offset + shift.delay_samples
    return track.model_copy(update={"start_samples": start, "is_inverted": shift.polarity < 0})


def _shifted_audio(raw: Audio, offset: int, shift: TrackShift, length: int) -> Audio:
    placed = raw.placed(offset + shift.delay_samples, length)
    return placed if shift.polarity > 0 else Audio(-placed.samples, placed.sample_rate)


def _mix_notes(mix: Audio, path: Path) -> list[str]:
    """What is unusual about the mix. Raises InputError for one that cannot be recovered."""
    check_sample_rate(mix.sample_rate, path)
    if mix.length_samples > LONGEST_SAMPLES:
        hours = mix.length_s / 3600
        raise InputError(f"{path}: {hours:.1f} hours; cut it, a session ends at {LONGEST_SAMPLES} samples")
    if mix.peak < SILENT_PEAK:
        raise InputError(f"{path}: the mix is silent; there is nothing to recover")
    notes = [] if mix.channels == 2 else ["the mix is mono: it is compared as two equal channels"]
    if mix.peak >= CLIPPED_PEAK:
        notes.append("the mix reaches full scale: where it clips, no effect can be recovered")
    return notes


def _file_notes(what: str, path: Path) -> list[str]:
    found = read_length(path)
    return [f"{what}: {path.name} is {found.note}"] if found is not None and found.note else []


def _mono_sum(raw: list[Audio]) -> np.ndarray:
    total = np.zeros(max(audio.length_samples for audio in raw), dtype=np.float32)
    for audio in raw:
        total[: audio.length_samples] += audio.samples.mean(axis=0)
    return total


def _track_notes(name: str, audio: Audio, rate: int) -> list[str]:
    notes = []
    if audio.sample_rate != rate:
        notes.append(f"track {name!r}: resampled from {audio.sample_rate} to {rate} Hz, the mix's rate")
    if audio.channels == 1:
        notes.append(f"track {name!r}: mono")
    if audio.peak < SILENT_PEAK:
        notes.append(f"track {name!r}: silent, so nothing can be found for it; it keeps the defaults")
    if audio.peak >= CLIPPED_PEAK:
        notes.append(f"track {name!r}: reaches full scale, perhaps clipped; used as it is")
    return notes


def _shift_notes(name: str, shift: TrackShift) -> list[str]:
    delay, notes = shift.delay_samples, []
    if delay:
        notes.append(f"track {name!r}: {abs(delay)} samples {'late' if delay > 0 else 'early'} in the mix; moved")
    return notes + ([f"track {name!r}: inverted in the mix; inverted"] if shift.polarity < 0 else [])


def _timeline_notes(raw: list[Audio], mix: Audio, offset: int) -> list[str]:
    notes = []
    lengths = {audio.length_samples for audio in raw}
    if len(lengths) > 1:
        notes.append("tracks of different lengths: the shorter ones are padded with silence at the end")
    if offset:
        notes.append(f"the tracks start {offset / mix.sample_rate:+.4f} s ({offset:+d} samples) on the mix's timeline")
    last = offset + max(lengths)
    if last > mix.length_samples:
        notes.append(f"the mix ends {(last - mix.length_samples) / mix.sample_rate:.2f} s before the tracks do")
    if last < mix.length_samples:
        notes.append(f"the mix ends {(mix.length_samples - last) / mix.sample_rate:.2f} s after the tracks do")
    return notes
