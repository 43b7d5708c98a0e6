"""Analysis windows: a few seconds here and there, chosen so that every track that ever plays is heard in one."""

from dataclasses import dataclass

import numpy as np

FRAME_S = 0.1
ACTIVE_DBFS = -60.0
ACTIVE_BELOW_PEAK_DB = 40.0
MIN_HEARD_S = 0.5


@dataclass(frozen=True)
class AnalysisWindow:
    """`length_samples` from `start_samples` on; the render begins `lead_samples` earlier, so that compressors
    and reverbs have settled."""

    start_samples: int
    length_samples: int
    lead_samples: int


def activity(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Whether each frame of FRAME_S sounds: [frames] bool. `samples` is [C, n]."""
    return is_active(frame_power(samples, sample_rate))


def frame_power(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The mean square of each frame of FRAME_S: [frames]. `samples` is [C, n]."""
    hop = round(FRAME_S * sample_rate)
    frames = (samples[:, first : first + hop] for first in range(0, samples.shape[1], hop))
    return np.array([np.square(frame, dtype=np.float64).mean() for frame in frames])


def is_active(power: np.ndarray) -> np.ndarray:
    """Whether frames of that power [frames] sound: [frames] bool.

    A frame sounds above ACTIVE_DBFS and within ACTIVE_BELOW_PEAK_DB of the loudest frame (mean square).
    """
    level_db = 10 * np.log10(power + 1e-20)
    return level_db > max(ACTIVE_DBFS, level_db.max() - ACTIVE_BELOW_PEAK_DB)


def choose_windows(
    active: np.ndarray, length_samples: int, sample_rate: int, window_s: float, lead_s: float, at_least: int
) -> tuple[tuple[AnalysisWindow, ...], np.ndarray]:
    """Windows and which track is heard in which: ([W], [K, W] bool), from `active` [K, frames] bool.

    Greedy: each window is the one in which most tracks not yet heard are heard, and among those the busiest. A
    track that never sounds is heard nowhere. More windows are added up to `at_least`, the busiest that are left.
    Windows overlap only where a track would else be heard in none.
    """
    frames = active.shape[1]
    span = max(1, min(round(window_s / FRAME_S), frames))
    counts = _sliding_sum(active, span)
    busyness = np.sqrt(counts).sum(axis=0)
    enough = np.minimum(round(MIN_HEARD_S / FRAME_S), np.maximum(counts.max(axis=1, keepdims=True) * 0.5, 1))
    heard = counts >= enough
    waiting = active.any(axis=1)
    free = np.ones(counts.shape[1], dtype=bool)
    chosen: list[int] = []
    while waiting.any() or len(chosen) < at_least:
        gained = heard[waiting].sum(axis=0)
        is_open = free if (gained * free).any() or not waiting.any() else gained > 0
        score = np.where(is_open, gained * 1e6 + busyness, -1.0)
        best = int(score.argmax())
        if score[best] <= 0 and chosen:
            break
        chosen.append(best)
        waiting = waiting & ~heard[:, best]
        free[max(0, best - span + 1) : best + span] = False
    hop = round(FRAME_S * sample_rate)
    windows = tuple(_window(first * hop, span * hop, lead_s, length_samples, sample_rate) for first in sorted(chosen))
    return windows, heard[:, sorted(chosen)]


def _sliding_sum(active: np.ndarray, span: int) -> np.ndarray:
    """[K, frames - span + 1]: active frames in the window that starts at each frame."""
    total = np.cumsum(np.pad(active.astype(np.int64), ((0, 0), (1, 0))), axis=1)
    return total[:, span:] - total[:, :-span]


def _window(start: int, length: int, lead_s: float, total: int, sample_rate: int) -> AnalysisWindow:
    length = min(length, total)
    start = min(start, total - length)
    return AnalysisWindow(start, length, min(start, round(lead_s * sample_rate)))
