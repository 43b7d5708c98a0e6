"""Plan → Rendered: strips from the farm or the cache, the channel's gains, and their sum."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dawbridge.audio import Audio, read_audio
from dawbridge.render.cache import StemCache
from dawbridge.render.farm import Farm
from dawbridge.render.plan import Plan, StripPlan, make_plan
from dawbridge.session.model import Session
from dawbridge.session.rendered import Rendered


class Lazy(Mapping):
    """Name → Audio, made when asked for: a whole song's dry, wet and post-fader audio is too much at once."""

    def __init__(self, makers: dict[str, Callable[[], Audio]]):
        self._makers = makers

    def __getitem__(self, name: str) -> Audio:
        return self._makers[name]()

    def __iter__(self):
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def render_session(
    session: Session,
    folder: Path,
    farm: Farm,
    cache: StemCache | None = None,
    allows_missing: bool = False,
    progress: Callable[[str], None] = lambda name: None,
) -> Rendered:
    """The session's audio; `folder` is where its audio paths start. `progress` is told each finished strip.

    Raises InputError for unusable audio, PluginError for a plugin that is missing or fails twice.
    """
    return render_plan(make_plan(session, folder, allows_missing), farm, cache, progress)


def render_plan(
    plan: Plan,
    farm: Farm,
    cache: StemCache | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> Rendered:
    """The plan's audio."""
    cache = StemCache() if cache is None else cache
    mix = np.zeros((2, plan.length_samples), dtype=np.float32)
    wet, states, latencies = {}, {}, {}
    for strips in _batches(plan.strips, 2 * farm.workers):
        jobs = [strip.job(plan.sample_rate, plan.length_samples, wants_states=True) for strip in strips]
        for strip, result in zip(strips, cache.render(farm, jobs)):
            name = strip.track.name
            wet[name] = result.samples
            latencies[name] = result.latency_samples
            for number, state in result.states.items():
                states[name, strip.positions[number]] = base64.b64decode(state)
            if not strip.track.is_muted:
                mix += _post_channel(result.samples, strip)
            progress(name)
    rate = plan.sample_rate
    return Rendered(
        mix=Audio(mix, rate),
        stems=Lazy({s.track.name: _stem_maker(s, wet[s.track.name], rate) for s in plan.strips}),
        dry=Lazy({s.track.name: _dry_maker(s, plan) for s in plan.strips}),
        wet=Lazy({name: _holder(samples, rate) for name, samples in wet.items()}),
        states=states,
        latencies=latencies,
        bypassed=plan.bypassed,
    )


def _batches(strips, size: int):
    """So that only a few tracks' dry audio is in memory at a time."""
    return (strips[first : first + size] for first in range(0, len(strips), size))


def _post_channel(samples: np.ndarray, strip: StripPlan) -> np.ndarray:
    gains = (0.0, 0.0) if strip.track.is_muted else strip.gains
    return samples * np.array(gains, dtype=np.float32)[:, None]


def _stem_maker(strip: StripPlan, samples: np.ndarray, rate: int):
    return lambda: Audio(_post_channel(samples, strip), rate)


def _dry_maker(strip: StripPlan, plan: Plan):
    start, length = strip.track.start_samples, plan.length_samples
    return lambda: read_audio(strip.audio_path, plan.sample_rate).placed(start, length)


def _holder(samples: np.ndarray, rate: int):
    return lambda: Audio(samples, rate)
