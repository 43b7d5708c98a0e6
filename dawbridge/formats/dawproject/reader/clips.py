"""Makes clips in samples from pieces in seconds."""

import math

from dawbridge.formats.dawproject.reader.arrangement import Piece
from dawbridge.formats.dawproject.reader.audio import ReadAudio
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.session import Clip
from dawbridge.session.model import LONGEST_SAMPLES

_MOST_DB = 24.0


def make_clips(project: Project, pieces: list[tuple[Piece, ReadAudio]], rate: int, where: str) -> tuple[Clip, ...]:
    """The clips of a track at `rate`. Pieces after their file's end have no clip."""
    rows = [_clip(project, piece, file, rate, where) for piece, file in pieces]
    return tuple(row for row in rows if row is not None)


def _clip(project: Project, piece: Piece, file: ReadAudio, rate: int, where: str) -> Clip | None:
    start = round(piece.begin_s * rate)
    offset = round((piece.begin_s - piece.file_start_s) * rate)
    remaining = math.ceil(file.length_s * rate) - offset
    length = remaining if math.isinf(piece.end_s) else round((piece.end_s - piece.begin_s) * rate)
    if remaining <= 0 or length <= 0 or offset < 0:
        return None
    if max(abs(start), offset) > LONGEST_SAMPLES:
        project.document.losses.add("foreign.far_clip", where, f"a clip at {piece.begin_s:g} s ({piece.where})")
        return None
    length = min(length, LONGEST_SAMPLES)
    fade_in, fade_out = (round(value * rate) for value in (piece.gain.fade_in_s, piece.gain.fade_out_s))
    if fade_in + fade_out > length:
        project.document.losses.add("foreign.fade", where, f"the length of fades that overlap ({piece.where})")
        fade_out = min(fade_out, length)
        fade_in = min(fade_in, length - fade_out)
    if piece.gain.gain_db >= _MOST_DB:
        project.document.losses.add("foreign.level", where, f"a clip's gain above {_MOST_DB:g} dB ({piece.where})")
    return Clip(
        audio=file.path,
        start_samples=start,
        offset_samples=offset,
        length_samples=length,
        gain_db=min(piece.gain.gain_db, _MOST_DB),
        fade_in_samples=fade_in,
        fade_out_samples=fade_out,
        fade_shape=piece.gain.shape,
    )
