"""A sound before and after an unknown effect, read from two files and brought to one timeline."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.audio import SILENT_PEAK, Audio, read_audio
from dawbridge.errors import InputError
from dawbridge.features.alignment import NOT_SHIFTED, find_offset, find_track_shifts
from dawbridge.session.model import LONGEST_SAMPLES
from dawbridge.session.stem_folder import check_sample_rate


@dataclass(frozen=True)
class SoundPair:
    """The sound before (dry) and after (wet) an effect, both [2, n] at the sample rate of `wet`.

    is_inverted: `dry` must be inverted before the effect to give `wet`
    notes: unusual input that was accepted, in words for the user
    """

    dry: Audio
    wet: Audio
    is_inverted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def effect_input(self) -> Audio:
        """What goes into the effect: `dry`, inverted where `is_inverted`."""
        return Audio(-self.dry.samples, self.dry.sample_rate) if self.is_inverted else self.dry


def read_sound(path: Path) -> Audio:
    """The sound of a file, [2, n]. Raises InputError for what cannot be read, and for silence."""
    audio = read_audio(path)
    check_sample_rate(audio.sample_rate, path)
    if audio.length_samples > LONGEST_SAMPLES:
        raise InputError(f"{path}: {audio.length_s / 3600:.1f} hours; cut it to a part in which the effect is heard")
    if audio.peak < SILENT_PEAK:
        raise InputError(f"{path}: silent; give audio that sounds")
    return audio.stereo()


def read_pair(before: Path, after: Path) -> SoundPair:
    """The pair of two files: `before` is resampled to the rate of `after`, and moved to where it begins there."""
    raw, wet = read_sound(before), read_sound(after)
    dry, notes, rate = raw.resampled(wet.sample_rate), [], wet.sample_rate
    if raw.sample_rate != rate:
        notes.append(f"{before.name}: resampled from {raw.sample_rate} to {rate} Hz, the rate of {after.name}")
    if short := wet.length_samples - dry.length_samples:
        relation = "shorter" if short > 0 else "longer"
        notes.append(f"{before.name}: {abs(short) / rate:.2f} s {relation} than {after.name}, whose length counts")
    offset = find_offset(dry.samples.mean(axis=0), wet.samples.mean(axis=0), rate)
    placed = dry.placed(offset, wet.length_samples)
    (shift,) = find_track_shifts([placed.samples.mean(axis=0)], wet.samples, rate)
    delay, polarity = shift or NOT_SHIFTED
    placed = dry.placed(offset + delay, wet.length_samples)
    if offset + delay:
        notes.append(f"{before.name}: moved by {offset + delay:+d} samples, to where it lies in {after.name}")
    if polarity < 0:
        notes.append(f"{after.name}: inverted, which no preset holds; invert the channel's polarity too")
    if float(np.abs(placed.samples).max(initial=0.0)) < SILENT_PEAK:
        raise InputError(f"{before}: silent where {after.name} plays; give the two of one take")
    return SoundPair(placed, wet, polarity < 0, tuple(notes))
