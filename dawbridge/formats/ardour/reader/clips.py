"""A playlist of audio regions as a track's clips."""

from dataclasses import dataclass, replace

import numpy as np
from lxml import etree

from dawbridge.audio import Audio, read_audio
from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.layers import audible_pieces
from dawbridge.formats.ardour.reader.regions import AudioRegion, audio_regions
from dawbridge.formats.ardour.reader.sources import Source, SourceAudio, SourceFiles
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.balance import to_db
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.session import Clip


@dataclass(frozen=True)
class ClipReader:
    """Reads playlists of one session."""

    sources: dict[str, Source]
    files: SourceFiles
    media: Media
    clock: Clock
    has_fades: bool
    losses: Losses

    def clips(self, playlist: etree._Element, width: int, where: str) -> tuple[tuple[Clip, ...], int]:
        """(clips, channels of their audio: 1 if all are mono) of a track of `width` channels. Raises InputError."""
        regions = audio_regions(playlist, self.clock, self.has_fades, self.losses, where)
        pieces = audible_pieces(regions, self.losses, where)
        found = [self._clip(piece, width, f"{where} region {piece.name!r}") for piece in pieces]
        kept = [row for row in found if row is not None]
        return tuple(clip for clip, _ in kept), max((sound.channels for _, sound in kept), default=1)

    def _clip(self, piece: AudioRegion, width: int, where: str) -> tuple[Clip, SourceAudio] | None:
        if any(self.sources[row].kind == "compound" for row in piece.sources if row in self.sources):
            self.losses.add("foreign.compound", where, "the regions that it is made of")
            return None
        try:
            sound, gain = self._sound(piece, width)
        except InputError as error:
            self.losses.add("foreign.missing_audio", where, str(error))
            return None
        if gain < 0.0:
            sound, gain = self._inverted(sound), -gain
        if piece.envelope is not None:
            self.losses.add("foreign.region_envelope", where, "the envelope of its gain")
            sound, piece = self._bounced(sound, piece)
        level = float(to_db(gain))
        if abs(gain) > 1e-6 and abs(level - 20.0 * float(np.log10(gain))) > 1e-3:
            self.losses.add("foreign.level_range", where, f"a gain of {gain:g}")
        clip = Clip(
            audio=sound.path,
            start_samples=piece.begin - self.clock.start_samples,
            offset_samples=piece.offset,
            length_samples=piece.length,
            gain_db=level,
            fade_in_samples=piece.fades.fade_in.samples,
            fade_out_samples=piece.fades.fade_out.samples,
            fade_shape=piece.fades.fade_in.shape,
        )
        return clip, sound

    def _sound(self, piece: AudioRegion, width: int) -> tuple[SourceAudio, float]:
        """(audio, linear gain) of a region on a track of `width` channels.

        A track plays as many sources as it has channels. The one source of a mono region plays on both sides.
        """
        if unknown := [source for source in piece.sources if source not in self.sources]:
            raise InputError(f"its source {unknown[0]!r} is not there")
        found = [self.sources[source] for source in piece.sources]
        if not found:
            raise InputError("it has no source")
        if found[0].kind != "audio":
            raise InputError(f"its source {found[0].name!r} is not audio")
        chosen = found[:1] if min(width, len(found)) == 1 else found[:2]
        if len({source.gain for source in chosen}) > 1:
            return self.files.sound(tuple(chosen)), piece.gain
        plain = tuple(replace(source, gain=1.0) for source in chosen)
        return self.files.sound(plain), piece.gain * chosen[0].gain

    def _inverted(self, sound: SourceAudio) -> SourceAudio:
        audio = read_audio(self.media.folder / sound.path)
        return SourceAudio(self.media.add_audio(Audio(-audio.samples, audio.sample_rate), "inverted"), sound.channels)

    def _bounced(self, sound: SourceAudio, piece: AudioRegion) -> tuple[SourceAudio, AudioRegion]:
        """(audio, piece) with the envelope applied to the audio."""
        whole = read_audio(self.media.folder / sound.path)
        samples = whole.samples[:, piece.offset : piece.offset + piece.length]
        seconds = (np.arange(samples.shape[1]) + piece.begin - piece.origin) / self.clock.rate
        if piece.envelope is not None:
            samples = samples * piece.envelope.at(seconds).astype(np.float32)
        name = self.media.add_audio(Audio(samples, whole.sample_rate), f"{piece.name[:60]} with envelope")
        return SourceAudio(name, sound.channels), replace(piece, offset=0)
