"""What the page plays: the signals at one loudness, as MP3 in data URIs that fit the page.

MP3 because every browser plays it; at one constant bitrate, so that the size is known before encoding and
every signal has the encoder's same delay: a switch between two of them does not move. LAME turns its input
down by 0.27 dB at 192 kbit/s and by 0.45 dB at 96 (measured): all signals alike, so they stay matched.
"""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import soundfile

from dawbridge.audio import Audio
from dawbridge.features.loudness import loudness_lufs
from dawbridge.units import db_to_gain, gain_to_db

LABELS = {"reference": "Reference", "recovered": "Recovered", "sum": "Plain sum"}
BITRATES_KBPS = (192, 160, 128, 112, 96, 80)
EXCERPT_S = 180.0
TARGET_LUFS = -16.0
HEADROOM_DB = 1.0  # a lossy code overshoots the peaks it was given
_MP3_RATES = (32000, 44100, 48000)
_LOWEST_KBPS, _HIGHEST_KBPS = 32, 320  # libsndfile's compression_level is a line between these


@dataclass(frozen=True)
class Budget:
    """How the signals fit the page: `kbps` each, over the whole song or, with `is_excerpt`, a part of it."""

    kbps: int
    is_excerpt: bool


@dataclass(frozen=True)
class Player:
    """One signal as the page plays it. `gain_db` brought it to the common loudness."""

    key: str
    label: str
    source: str
    gain_db: float
    loudness_lufs: float | None
    audio: Audio


@dataclass(frozen=True)
class Players:
    """All signals, equally long, and what was done to them. `loudness_lufs` None: one of them has none."""

    players: tuple[Player, ...]
    loudness_lufs: float | None
    kbps: int
    start_s: float
    length_s: float
    is_excerpt: bool

    @property
    def gains_db(self) -> dict[str, float]:
        """Key → what brought that signal to the common loudness."""
        return {player.key: player.gain_db for player in self.players}


def budget(length_s: float, signals: int, room_bytes: int) -> Budget | None:
    """The highest bitrate at which `signals` of `length_s` fit the room, else an excerpt's, else None."""
    for is_excerpt, heard_s in ((False, length_s), (True, min(length_s, EXCERPT_S))):
        for kbps in BITRATES_KBPS:
            if signals * encoded_bytes(heard_s, kbps) <= room_bytes:
                return Budget(kbps, is_excerpt)
    return None


def encoded_bytes(length_s: float, kbps: int) -> int:
    """Size of an MP3 in base64, a little more than it will be (frames of padding, and the header)."""
    return int((length_s + 0.3) * kbps * 1000 / 8 * 1.004 * 4 / 3) + 2048


def make_players(signals: dict[str, Audio], room_bytes: int) -> Players | None:
    """The signals (key → [2, n]) matched in loudness and encoded; the shorter ones are padded at the end.

    None where not even an excerpt fits the room.
    """
    length_s = max(audio.length_s for audio in signals.values())
    fit = budget(length_s, len(signals), room_bytes)
    if fit is None:
        return None
    start_s, heard_s = _loudest_part(signals, EXCERPT_S) if fit.is_excerpt else (0.0, length_s)
    heard = {key: _part(audio, start_s, heard_s) for key, audio in signals.items()}
    loudness = {key: loudness_lufs(audio.samples, audio.sample_rate) for key, audio in heard.items()}
    target = common_loudness(heard, loudness)
    gains_db = {key: 0.0 if target is None or lufs is None else target - lufs for key, lufs in loudness.items()}
    matched = {key: _scaled(audio, gains_db[key], target is None) for key, audio in heard.items()}
    with ThreadPoolExecutor(max_workers=2) as pool:  # libsndfile encodes outside Python's lock
        sources = list(pool.map(lambda audio: encode_mp3(audio, fit.kbps), matched.values()))
    players = tuple(
        Player(key, LABELS[key], source, gains_db[key], loudness[key], heard[key])
        for key, source in zip(heard, sources, strict=True)
    )
    return Players(players, target, fit.kbps, start_s, heard_s, fit.is_excerpt)


def common_loudness(signals: dict[str, Audio], loudness: dict[str, float | None]) -> float | None:
    """The loudest LUFS, at most TARGET_LUFS, at which no signal clips; None where one has no loudness."""
    known = {key: lufs for key, lufs in loudness.items() if lufs is not None}
    if len(known) < len(loudness):
        return None
    room = (known[key] - gain_to_db(audio.peak) - HEADROOM_DB for key, audio in signals.items())
    return min(TARGET_LUFS, *room)


def encode_mp3(audio: Audio, kbps: int) -> str:
    """A data URI of `audio` at a constant bitrate; unusual sample rates become one that MP3 has."""
    if audio.sample_rate not in _MP3_RATES:
        audio = audio.resampled(48000 if audio.sample_rate > 44100 else 44100)
    level = (_HIGHEST_KBPS - kbps) / (_HIGHEST_KBPS - _LOWEST_KBPS)
    file = io.BytesIO()
    soundfile.write(
        file,
        audio.samples.T,
        audio.sample_rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=level,
        bitrate_mode="CONSTANT",
    )
    return "data:audio/mpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _scaled(audio: Audio, gain_db: float, is_unmatched: bool) -> Audio:
    """Times the gain; where nothing could be matched, turned down to full scale if it is beyond."""
    gain = min(1.0, 1.0 / max(audio.peak, 1e-9)) if is_unmatched else db_to_gain(gain_db)
    return Audio(audio.samples * np.float32(gain), audio.sample_rate)


def _part(audio: Audio, start_s: float, length_s: float) -> Audio:
    start, length = round(start_s * audio.sample_rate), round(length_s * audio.sample_rate)
    return audio if start == 0 and length == audio.length_samples else audio.placed(-start, length)


def _loudest_part(signals: dict[str, Audio], length_s: float) -> tuple[float, float]:
    """(start, length) in seconds of the part of the first signal with the most energy, to a second."""
    audio = next(iter(signals.values()))
    second = audio.sample_rate
    whole = audio.samples[:, : audio.length_samples // second * second]
    energy = np.square(whole.reshape(audio.channels, -1, second)).sum(axis=(0, 2), dtype=np.float64)
    window = int(length_s)
    if len(energy) <= window:
        return 0.0, length_s
    sums = np.convolve(energy, np.ones(window), mode="valid")
    return float(sums.argmax()), length_s
