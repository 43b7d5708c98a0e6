"""Translation: settings of some devices that do to a sound what other devices, or an unknown effect, did to it.

In: the sound before and after. Out: a track with the devices set, and how near it comes.

1. Fits from several starts, over ranges whose middle is neutral (`single_track_fit`).
2. Every switch and stepped setting is tried at its other steps, with a short descent, and stays where that is nearer.
   Where one stayed, step 1 may have ended in a local minimum of the wrong detector or filter slope, so it is repeated.
3. Descents over the full ranges of the devices, with the channel's fader and without. The fader stays at 0 dB where the
   devices alone come as near.
4. Each setting goes back to its default where that makes no difference.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio
from dawbridge.datasets.windows import ACTIVE_DBFS
from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.methods.translation.device_space import device_space
from dawbridge.methods.translation.single_track_fit import GOOD_DB, fit_single_track
from dawbridge.params import ParameterSpec
from dawbridge.render import Farm
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Problem, problem_from_session
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace

TRACK, SOUND = "translation", "audio/before.wav"

# These numbers were chosen on the presets of tools/bench_translation.

# Strip renders of a translation.
DEFAULT_BUDGET = 2500
# Renders per window below which there is one start only: several would leave none for the descents.
LEAST_BUDGET = 300
# The share of the renders left that step 1 leaves for the later steps.
LAST_SHARE = 0.2
# Of a switch: rounds of the descent that tries a step, most steps of a setting that is tried, and dB to be gained.
SWITCH_ROUNDS, MOST_STEPS, SWITCH_GAINS_DB = 3, 12, 1.0
# Rounds of the descents over the full ranges.
LAST_ROUNDS = 20
# What a fader at 0 dB, and all settings put back to their defaults together, may cost in dB. A null below INAUDIBLE_DB
# counts as no cost.
FADER_COSTS_DB, DEFAULTS_COST_DB, INAUDIBLE_DB = 0.5, 0.1, -80.0


@dataclass(frozen=True)
class TranslationCandidate:
    """A track with the devices' values and the fader; the null in dB to the sound after, in the windows compared."""

    track: Track
    null_db: float


class Translation:
    """The search for settings of the devices `names` that turn `dry` into `wet`, both [2, n].

    budget:  strip renders
    on_step: called after each step with (strip renders spent so far, null in dB)

    Raises InputError where `dry` is silent.
    """

    def __init__(
        self,
        dry: Audio,
        wet: Audio,
        names: tuple[str, ...],
        farm: Farm,
        budget: int,
        rng: np.random.Generator,
        on_step: Callable[[int, float], None] = lambda spent, null_db: None,
    ):
        self.names, self.farm, self.budget, self.rng, self.on_step = names, farm, budget, rng, on_step
        self.renders_before, self.sample_rate = farm.rendered_strips, dry.sample_rate
        track = Track(name=TRACK, audio=SOUND, channels=2)
        length = dry.length_samples
        session = Session(name=TRACK, sample_rate=dry.sample_rate, length_samples=length, tracks=(track,))
        space = device_space(names, dry.sample_rate, is_full_range=False)
        self.problem = problem_from_session(session, (dry,), wet, (space,), farm)
        if not self.problem.audible:
            raise InputError(f"translate: the sound before stays below {ACTIVE_DBFS:g} dBFS; give a louder one")

    @property
    def renders_left(self) -> int:
        """Strip renders of the budget that are not spent."""
        return self.budget - (self.farm.rendered_strips - self.renders_before)

    def run(self) -> TranslationCandidate:
        """The nearest candidate found."""
        first = self._search()
        best = self._reported(self._search_again(first, self._try_switches(first)))
        best = self._reported(self._descend(best, self.renders_left // 2))  # the other half: without the fader
        unfaded = TranslationCandidate(best.track.model_copy(update={"fader_db": 0.0}), math.inf)
        without = self._descend(unfaded, self.renders_left, has_fader=False)
        is_enough = without.null_db <= max(best.null_db + FADER_COSTS_DB, INAUDIBLE_DB)
        return self._reported(self._reset_to_defaults(without if is_enough else best))

    def _search(self) -> TranslationCandidate:
        """Step 1: from several starts, or with a small budget from the defaults alone."""
        problem = self.problem
        if self.renders_left < LEAST_BUDGET * len(problem.windows):
            return self._candidate(Descent(problem, problem.defaults()).run(LAST_ROUNDS, self.renders_left))
        return self._from_starts(problem)

    def _search_again(self, first: TranslationCandidate, best: TranslationCandidate) -> TranslationCandidate:
        """Step 1 once more with the switches of `best`, where they have changed since `first`; the nearer of both."""
        is_good = best is first or best.null_db < GOOD_DB
        if is_good or self.renders_left < LEAST_BUDGET * len(self.problem.windows):
            return best
        space = device_space(self.names, self.sample_rate, is_full_range=False, at=best.track)
        return min(best, self._from_starts(self._problem(space)), key=lambda each: each.null_db)

    def _from_starts(self, problem: Problem) -> TranslationCandidate:
        kept = self.renders_left * LAST_SHARE
        return self._candidate(
            fit_single_track(problem, self.rng, lambda renders: self.renders_left - renders >= kept, self._report)
        )

    def _try_switches(self, best: TranslationCandidate) -> TranslationCandidate:
        for slot, name in enumerate(self.names):
            for spec in get_device(name).parameters:
                if len(spec.legal_steps) in range(1, MOST_STEPS + 1):
                    best = min([best, *self._try_steps(best, slot, spec)], key=lambda each: each.null_db)
        return best

    def _try_steps(self, best: TranslationCandidate, slot: int, spec: ParameterSpec) -> Iterator[TranslationCandidate]:
        """Step 2 for one setting of the device in `slot`: the steps that are nearer by SWITCH_GAINS_DB.

        A step that changes nothing audible costs no descent.
        """
        for step in spec.legal_steps:
            devices = list(best.track.devices)
            values = devices[slot].values
            devices[slot] = devices[slot].model_copy(update={"values": values | {spec.name: step}})
            track = best.track.model_copy(update={"devices": tuple(devices)})
            if step == values[spec.name] or best.null_db < GOOD_DB or self.renders_left <= len(self.problem.windows):
                continue
            descent = self._descent(track)
            if abs(descent.null_db - best.null_db) > 1e-6:
                moved = self._candidate(descent.run(SWITCH_ROUNDS, self.renders_left))
                if moved.null_db < best.null_db - SWITCH_GAINS_DB:
                    yield moved

    def _descend(self, candidate: TranslationCandidate, budget: int, has_fader: bool = True) -> TranslationCandidate:
        if self.renders_left <= len(self.problem.windows):
            return candidate
        return self._candidate(self._descent(candidate.track, has_fader).run(LAST_ROUNDS, budget))

    def _descent(self, track: Track, has_fader: bool = True) -> Descent:
        """A descent from `track` over the full ranges of its devices."""
        space = device_space(self.names, self.sample_rate, True, has_fader, track)
        return Descent(self._problem(space), [space.to_0to1(track)])

    def _problem(self, space: ParameterSpace) -> Problem:
        """The same windows with another space."""
        same = self.problem
        return Problem(same.session, (space,), same.windows, same.heard, same.target, same.dry, same.farm)

    def _candidate(self, descent: Descent) -> TranslationCandidate:
        (space,), (track,) = descent.problem.spaces, descent.problem.session.tracks
        return TranslationCandidate(space.to_track(track, descent.positions[0]), descent.null_db)

    def _reported(self, candidate: TranslationCandidate) -> TranslationCandidate:
        self._report(candidate.null_db)
        return candidate

    def _report(self, null_db: float) -> None:
        self.on_step(self.budget - self.renders_left, float(null_db))

    def _reset_to_defaults(self, best: TranslationCandidate) -> TranslationCandidate:
        """Step 4: one setting after the other at its default, where that costs at most DEFAULTS_COST_DB in all."""
        limit_db = max(best.null_db + DEFAULTS_COST_DB, INAUDIBLE_DB)
        space = device_space(self.names, self.sample_rate, is_full_range=True, at=best.track)
        for index, default in enumerate(space.default_0to1):
            positions = space.to_0to1(best.track)
            if positions[index] != default and self.renders_left > len(self.problem.windows):
                positions[index] = default
                tidier = self._candidate(self._descent(space.to_track(best.track, positions)))
                best = tidier if tidier.null_db <= limit_db else best
        return best
