"""Audio sources, and the regions of a track's playlist that play them.

Where regions overlap, Ardour plays the topmost, and those below it only if it is not opaque. A session adds overlapping
clips, so a region that covers an earlier one is written as not opaque. All others stay opaque, because Ardour 7.3 on a
processor with AVX-512 adds four samples too many at the end of a region that is not.
"""

from collections.abc import Callable

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import audio_time, superclocks
from dawbridge.formats.ardour.writer.elements import Ids, number_text
from dawbridge.formats.ardour.writer.fades import fade_in, fade_out
from dawbridge.formats.ardour.writer.names import legal_text
from dawbridge.formats.audio_files import AudioFile
from dawbridge.formats.loss import Losses
from dawbridge.session import Clip, Track
from dawbridge.units import db_to_gain


class Regions:
    """Collects a session's audio sources, each once, and makes the regions of playlists.

    sources: the document's `Sources`: one per channel of a file
    regions: the document's `Regions`: one per whole file
    """

    def __init__(self, sample_rate: int, ids: Ids, losses: Losses) -> None:
        self.sources, self.regions = E.Sources(), E.Regions()
        self._sample_rate, self._ids, self._losses = sample_rate, ids, losses
        self._source_ids: dict[str, tuple[str, str]] = {}

    def track_regions(self, track: Track, exported: Callable[[str], AudioFile]) -> list[etree._Element]:
        """The regions of the track's audio clips; `exported(path)` is the exported file of an audio path."""
        rows: list[etree._Element] = []
        earlier: list[tuple[int, int]] = []
        for number, clip in enumerate(track.all_clips):
            where, file = f"track {track.name!r} clip {number + 1}", exported(clip.audio)
            span = self._span(clip, file, where)
            if span is None:
                continue
            first, last = clip.start_samples + span[0], clip.start_samples + span[1]
            is_over = any(first < end and begin < last for begin, end in earlier)
            earlier.append((first, last))
            node = self._region(clip, span, file)
            node.attrib.update({"opaque": str(int(not is_over)), "layering-index": str(len(rows))})
            rows.append(node)
        return rows

    def _span(self, clip: Clip, file: AudioFile, where: str) -> tuple[int, int] | None:
        """The samples of the clip (first, last) that lie after the session's start and in its file; None if none do."""
        remaining = file.length_samples - clip.offset_samples
        length = _length(clip, file)
        first, last = max(0, -clip.start_samples), min(length, remaining)
        if last <= first:
            self._losses.add("track.clips", where, "the clip")
            return None
        if first:
            self._losses.add("clip.start_samples", where, f"its first {first} samples")
        if clip.fade_out_samples and last < length:
            self._losses.add("clip.fade_out_samples", where, "the fade-out's full length")
        return first, last

    def _region(self, clip: Clip, span: tuple[int, int], file: AudioFile) -> etree._Element:
        first, last = span
        start, position = clip.offset_samples + first, clip.start_samples + first
        node = self._element(file, start, position, last - first, is_whole_file=False)
        node.set("scale-amplitude", number_text(float(db_to_gain(clip.gain_db))))
        rate, ids, length = self._sample_rate, self._ids, _length(clip, file)
        fades = fade_in(clip, first, last, rate, ids), fade_out(clip, first, last, length, rate, ids)
        for name, fade in zip(("in", "out"), fades):
            node.attrib.update({f"fade-{name}-active": str(int(bool(fade))), f"default-fade-{name}": "0"})
            node.extend(fade)
        return node

    def _element(self, file: AudioFile, start: int, position: int, length: int, is_whole_file: bool) -> etree._Element:
        rate = self._sample_rate
        attributes = {
            "name": legal_text(file.name.removesuffix(".wav")), "type": "audio", "id": self._ids(),
            "whole-file": str(int(is_whole_file)), "external": "0", "opaque": "1", "start": audio_time(start, rate),
            "length": f"a{superclocks(length, rate)}@a{superclocks(position, rate)}", "scale-amplitude": "1",
            "fade-in-active": "0", "fade-out-active": "0", "channels": "2",
        }  # fmt: skip
        for channel, source_id in enumerate(self._sources_of(file)):
            attributes |= {f"source-{channel}": source_id, f"master-source-{channel}": source_id}
        return E.Region(attributes)

    def _sources_of(self, file: AudioFile) -> tuple[str, str]:
        """The source ids of left and right, which are the same for a mono file. Adds the file if it is new."""
        if file.name not in self._source_ids:
            made = [self._ids() for _ in range(file.channels)]
            for channel, made_id in enumerate(made):
                row = {"name": file.name, "type": "audio", "flags": "", "id": made_id, "channel": str(channel)}
                self.sources.append(E.Source(row | {"origin": "", "gain": "1"}))
            self._source_ids[file.name] = (made[0], made[-1])
            self.regions.append(self._element(file, 0, 0, file.length_samples, is_whole_file=True))
        return self._source_ids[file.name]


def _length(clip: Clip, file: AudioFile) -> int:
    return file.length_samples - clip.offset_samples if clip.length_samples is None else clip.length_samples
