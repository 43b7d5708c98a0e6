"""The sound before and after an effect that one does not have, brought to one timeline."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.audio import SILENT_PEAK, Audio, read_audio
from dawbridge.errors import InputError
from dawbridge.features.alignment import find_offset, find_track_offsets
from dawbridge.session.model import LONGEST_SAMPLES
from dawbridge.session.stem_folder import check_sample_rate


@dataclass(frozen=True)
class Pair:
    """Both [2, n] at the sample rate of `wet`. is_inverted: what goes through the effect is `dry` upside down.

    notes: what was accepted though odd, in words for the user
    """

    dry: Audio
    wet: Audio
    is_inverted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def heard(self) -> Audio:
        """What goes through the effect."""
        return Audio(-self.dry.samples, self.dry.sample_rate) if self.is_inverted else self.dry


def read_sound(path: Path) -> Audio:
    """[2, n]. Raises InputError for what cannot be read, and for silence."""
    audio = read_audio(path)
    check_sample_rate(audio.sample_rate, path)
    if audio.length_samples > LONGEST_SAMPLES:
        raise InputError(f"{path}: {audio.length_s / 3600:.1f} hours; cut it to a part that tells")
    if audio.peak < SILENT_PEAK:
        raise InputError(f"{path}: silent; give audio that sounds")
    return audio.stereo()


def read_pair(before: Path, after: Path) -> Pair:
    """`before` resampled and moved to where it lies in `after`."""
    raw, wet = read_sound(before), read_sound(after)
    dry, notes, rate = raw.resampled(wet.sample_rate), [], wet.sample_rate
    if raw.sample_rate != rate:
        notes.append(f"{before.name}: resampled from {raw.sample_rate} to {rate} Hz, the rate of {after.name}")
    if short := wet.length_samples - dry.length_samples:
        relation = "shorter" if short > 0 else "longer"
        notes.append(f"{before.name}: {abs(short) / rate:.2f} s {relation} than {after.name}, whose length counts")
    offset = find_offset(dry.samples.mean(axis=0), wet.samples.mean(axis=0), rate)
    placed = dry.placed(offset, wet.length_samples)
    (place,) = find_track_offsets([placed.samples.mean(axis=0)], wet.samples, rate)
    late, sign = place or (0, 1)
    placed = dry.placed(offset + late, wet.length_samples)
    if offset + late:
        notes.append(f"{before.name}: moved by {offset + late:+d} samples, to where it lies in {after.name}")
    if sign < 0:
        notes.append(f"{after.name}: inverted, which no preset holds; invert the channel's polarity too")
    if float(np.abs(placed.samples).max(initial=0.0)) < SILENT_PEAK:
        raise InputError(f"{before}: silent where {after.name} plays; give the two of one take")
    return Pair(placed, wet, sign < 0, tuple(notes))
