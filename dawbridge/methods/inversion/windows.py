"""Analysis windows: a few seconds here and there, chosen so that every track that ever plays is heard in one."""

from dataclasses import dataclass

import numpy as np

FRAME_S = 0.1
ACTIVE_DBFS = -60.0
ACTIVE_BELOW_PEAK_DB = 40.0
MIN_HEARD_S = 0.5


@dataclass(frozen=True)
class Window:
    """`length_samples` from `start_samples` on; the render begins `lead_samples` earlier, so that compressors
    and reverbs have settled."""

    start_samples: int
    length_samples: int
    lead_samples: int


def activity(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Whether each frame of FRAME_S sounds: [frames] bool. `samples` is [C, n].

    A frame sounds above ACTIVE_DBFS and within ACTIVE_BELOW_PEAK_DB of the loudest frame (mean square).
    """
    hop = round(FRAME_S * sample_rate)
    count = -(-samples.shape[1] // hop)
    starts = np.arange(count) * hop
    power = np.add.reduceat((samples.astype(np.float64) ** 2).mean(axis=0), starts) / hop
    level_db = 10 * np.log10(power + 1e-20)
    return level_db > max(ACTIVE_DBFS, level_db.max() - ACTIVE_BELOW_PEAK_DB)


def choose_windows(
    active: np.ndarray, length_samples: int, sample_rate: int, window_s: float, lead_s: float, at_least: int
) -> tuple[tuple[Window, ...], np.ndarray]:
    """Windows and which track is heard in which: ([W], [K, W] bool), from `active` [K, frames] bool.

    Greedy: each window is the one in which most tracks not yet heard are heard, and among those the busiest. A
    track that never sounds is heard nowhere. More windows are added up to `at_least`, the busiest that are left.
    """
    frames = active.shape[1]
    span = max(1, min(round(window_s / FRAME_S), frames))
    counts = _sliding_sum(active, span)
    enough = np.minimum(round(MIN_HEARD_S / FRAME_S), np.maximum(counts.max(axis=1, keepdims=True) * 0.5, 1))
    heard = counts >= enough
    waiting = active.any(axis=1)
    free = np.ones(counts.shape[1], dtype=bool)
    chosen: list[int] = []
    while free.any() and (waiting.any() or len(chosen) < at_least):
        score = heard[waiting].sum(axis=0) * 1e6 + np.sqrt(counts).sum(axis=0)
        score[~free] = -1
        best = int(score.argmax())
        if score[best] <= 0 and chosen:
            break
        chosen.append(best)
        waiting = waiting & ~heard[:, best]
        free[max(0, best - span + 1) : best + span] = False
        if not free.any() and waiting.any():
            free = heard[waiting].any(axis=0)
    hop = round(FRAME_S * sample_rate)
    windows = tuple(_window(first * hop, span * hop, lead_s, length_samples, sample_rate) for first in sorted(chosen))
    return windows, heard[:, sorted(chosen)]


def _sliding_sum(active: np.ndarray, span: int) -> np.ndarray:
    """[K, frames - span + 1]: active frames in the window that starts at each frame."""
    total = np.cumsum(np.pad(active.astype(np.int64), ((0, 0), (1, 0))), axis=1)
    return total[:, span:] - total[:, :-span]


def _window(start: int, length: int, lead_s: float, total: int, sample_rate: int) -> Window:
    length = min(length, total)
    start = min(start, total - length)
    return Window(start, length, min(start, round(lead_s * sample_rate)))
