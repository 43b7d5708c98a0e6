"""Overlapping regions as pieces that can be summed.

An opaque region hides the regions below it. Where it fades in, they fade out, and the other way round. So each lower
region is cut: its left piece ends with the upper region's fade-in, and its right piece begins with the fade-out.
"""

from collections.abc import Iterator
from dataclasses import replace

from dawbridge.formats.ardour.reader.fades import NO_FADE, Fade
from dawbridge.formats.ardour.reader.regions import AudioRegion
from dawbridge.formats.loss import Losses

_MOST_PIECES = 50_000
_CUT = "another region covers the other part of the fade, and a session's fades go from or to silence"


def audible_pieces(regions: list[AudioRegion], losses: Losses, where: str) -> list[AudioRegion]:
    """The pieces that are heard, sorted by their start; `regions`: the lowest layer first."""
    pieces: list[AudioRegion] = []
    for number, region in enumerate(regions):
        upper = [row for row in regions[number + 1 :] if row.is_opaque and _overlap(row, region)]
        kept = [region]
        for cover in upper:
            kept = [part for piece in kept for part in _cut(piece, cover, losses, where)]
            if len(pieces) + len(kept) > _MOST_PIECES:
                losses.add("foreign.layers", where, f"regions beyond {_MOST_PIECES} pieces; they are left out")
                return pieces
        pieces += [_with_fades_that_fit(piece, losses, where) for piece in kept]
    return sorted(pieces, key=lambda piece: piece.begin)


def _overlap(one: AudioRegion, other: AudioRegion) -> bool:
    return one.begin < other.end and other.begin < one.end


def _cut(piece: AudioRegion, cover: AudioRegion, losses: Losses, where: str) -> Iterator[AudioRegion]:
    if not _overlap(piece, cover):
        yield piece
        return
    fades = cover.fades
    last, first = cover.begin + _reach(fades.below_out), cover.end - _reach(fades.below_in)
    edges = piece.begin, piece.end
    if any(cover.begin < edge < last or first < edge < cover.end for edge in edges):
        losses.add("foreign.layers", where, f"how region {piece.name!r} ends within a fade of {cover.name!r}")
    if piece.begin < cover.begin:
        end = min(last, piece.end)
        if piece.end - piece.fades.fade_out.samples < end < piece.end:
            losses.add("foreign.fade", f"{where} region {piece.name!r}", "the begin of its fade-out", _CUT)
        yield _ending(piece, end, fades.below_out)
    if piece.end > cover.end:
        begin = max(first, piece.begin)
        if piece.begin < begin < piece.begin + piece.fades.fade_in.samples:
            losses.add("foreign.fade", f"{where} region {piece.name!r}", "the end of its fade-in", _CUT)
        yield _beginning(piece, begin, fades.below_in)


def _reach(fade: Fade) -> int:
    """The samples that a fade touches: one more than its length."""
    return fade.samples + 1 if fade.samples else 0


def _ending(piece: AudioRegion, end: int, fade: Fade) -> AudioRegion:
    return replace(piece, length=end - piece.begin, fades=replace(piece.fades, fade_out=fade))


def _beginning(piece: AudioRegion, begin: int, fade: Fade) -> AudioRegion:
    late = begin - piece.begin
    fades = replace(piece.fades, fade_in=fade)
    return replace(piece, begin=begin, offset=piece.offset + late, length=piece.length - late, fades=fades)


def _with_fades_that_fit(piece: AudioRegion, losses: Losses, where: str) -> AudioRegion:
    """The piece with fades that are together no longer than it, and have one shape."""
    fade_in, fade_out = piece.fades.fade_in, piece.fades.fade_out
    if fade_in.samples + fade_out.samples > piece.length:
        losses.add("foreign.fade", f"{where} region {piece.name!r}", "the lengths of its fades")
        fade_in = replace(fade_in, samples=min(fade_in.samples, piece.length))
        fade_out = replace(fade_out, samples=piece.length - fade_in.samples)
    if fade_in.samples and fade_out.samples and fade_in.shape != fade_out.shape:
        shorter = "in" if fade_in.samples < fade_out.samples else "out"
        what = f"the curve of its fade-{shorter}: both fades of a clip have one shape"
        losses.add("clip.fade_shape", f"{where} region {piece.name!r}", what)
    longer = fade_in if fade_in.samples >= fade_out.samples else fade_out
    shape = longer.shape if longer is not NO_FADE else "linear"
    fades = replace(piece.fades, fade_in=replace(fade_in, shape=shape), fade_out=replace(fade_out, shape=shape))
    return replace(piece, fades=fades)
