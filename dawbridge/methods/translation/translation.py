"""What a sound was sent through becomes settings of other devices: the inversion of one track that is known alone.

1. From several starts, over ranges whose middle is neutral (`alone`).
2. Every switch and step elsewhere, followed by a short descent: it stays where that is nearer. Where one stayed, the
   first place was the nearest for another detector or slope, and may be in a wrong basin: the starts once more.
3. Descents over all that the devices can be set to, with the channel's fader and without: it stays at 0 dB where the
   devices alone come as near.
4. Each setting back to its default where that makes no difference.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio
from dawbridge.datasets.windows import ACTIVE_DBFS
from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.methods.translation.single_track_fit import GOOD_DB, fit_alone
from dawbridge.methods.translation.whole_device import whole_space
from dawbridge.params import ParameterSpec
from dawbridge.render import Farm
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Problem, pose_problem
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace

TRACK, SOUND = "translation", "audio/before.wav"
DEFAULT_BUDGET = 2500
# Below it several starts would leave nothing for the descents.
LEAST_BUDGET = 300
# Of what is left after the starts, for the switches and the last descents.
LAST_SHARE = 0.2
SWITCH_ROUNDS, MOST_STEPS, SWITCH_GAINS_DB = 3, 12, 1.0
LAST_ROUNDS = 20
# What a fader left at 0 dB may cost, and all settings that are put back together; nothing that leaves INAUDIBLE_DB.
FADER_COSTS_DB, DEFAULTS_COST_DB, INAUDIBLE_DB = 0.5, 0.1, -80.0


@dataclass(frozen=True)
class Place:
    """The devices' values, and the fader, on a track; the null in dB to what was wanted, in the windows compared."""

    track: Track
    null_db: float


class Translation:
    """The search for settings of the devices `names` that make `wet` of `dry` (both [2, n]), in `budget` renders.

    told: hears of each step: (strip renders spent so far, null in dB). Raises InputError where `dry` is silent.
    """

    def __init__(
        self,
        dry: Audio,
        wet: Audio,
        names: tuple[str, ...],
        farm: Farm,
        budget: int,
        rng: np.random.Generator,
        told: Callable[[int, float], None] = lambda spent, null_db: None,
    ):
        self.names, self.farm, self.budget, self.rng, self.told = names, farm, budget, rng, told
        self.first, self.sample_rate = farm.rendered_strips, dry.sample_rate
        track = Track(name=TRACK, audio=SOUND, channels=2)
        length = dry.length_samples
        session = Session(name=TRACK, sample_rate=dry.sample_rate, length_samples=length, tracks=(track,))
        space = whole_space(names, dry.sample_rate, is_whole=False)
        self.posed = pose_problem(session, (dry,), wet, (space,), farm)
        if not self.posed.audible:
            raise InputError(f"translate: the sound before stays below {ACTIVE_DBFS:g} dBFS; give a louder one")

    @property
    def left(self) -> int:
        """Strip renders still to be had."""
        return self.budget - (self.farm.rendered_strips - self.first)

    def run(self) -> Place:
        """The nearest place found."""
        first = self._searched()
        best = self._told(self._searched_again(first, self._switched(first)))
        best = self._told(self._descended(best, self.left // 2))  # the other half: without the fader
        unfaded = Place(best.track.model_copy(update={"fader_db": 0.0}), math.inf)
        without = self._descended(unfaded, self.left, has_fader=False)
        is_enough = without.null_db <= max(best.null_db + FADER_COSTS_DB, INAUDIBLE_DB)
        return self._told(self._tidied(without if is_enough else best))

    def _searched(self) -> Place:
        """From several starts; of a small budget, from the defaults alone."""
        problem = self.posed
        if self.left < LEAST_BUDGET * len(problem.windows):
            return self._place(Descent(problem, problem.defaults()).run(LAST_ROUNDS, self.left))
        return self._from_starts(problem)

    def _searched_again(self, first: Place, best: Place) -> Place:
        """Where switches moved between the two: from several starts with them as they are now, if that is nearer."""
        is_good = best is first or best.null_db < GOOD_DB
        if is_good or self.left < LEAST_BUDGET * len(self.posed.windows):
            return best
        space = whole_space(self.names, self.sample_rate, is_whole=False, at=best.track)
        return min(best, self._from_starts(self._problem(space)), key=lambda each: each.null_db)

    def _from_starts(self, problem: Problem) -> Place:
        kept = self.left * LAST_SHARE
        return self._place(fit_alone(problem, self.rng, lambda renders: self.left - renders >= kept, self._tell))

    def _switched(self, best: Place) -> Place:
        for place, name in enumerate(self.names):
            for spec in get_device(name).parameters:
                if len(spec.legal_steps) in range(1, MOST_STEPS + 1):
                    best = min([best, *self._stepped(best, place, spec)], key=lambda each: each.null_db)
        return best

    def _stepped(self, best: Place, place: int, spec: ParameterSpec):
        """Where one switch stands elsewhere, and is heard: what a few rounds make of it, if that is nearer."""
        for step in spec.legal_steps:
            devices = list(best.track.devices)
            values = devices[place].values
            devices[place] = devices[place].model_copy(update={"values": values | {spec.name: step}})
            track = best.track.model_copy(update={"devices": tuple(devices)})
            if step == values[spec.name] or best.null_db < GOOD_DB or self.left <= len(self.posed.windows):
                continue
            descent = self._descent(track)
            if abs(descent.null_db - best.null_db) > 1e-6:
                moved = self._place(descent.run(SWITCH_ROUNDS, self.left))
                if moved.null_db < best.null_db - SWITCH_GAINS_DB:
                    yield moved

    def _descended(self, place: Place, budget: int, has_fader: bool = True) -> Place:
        if self.left <= len(self.posed.windows):
            return place
        return self._place(self._descent(place.track, has_fader).run(LAST_ROUNDS, budget))

    def _descent(self, track: Track, has_fader: bool = True) -> Descent:
        """From `track`, over all that its devices can be set to."""
        space = whole_space(self.names, self.sample_rate, True, has_fader, track)
        return Descent(self._problem(space), [space.to_0to1(track)])

    def _problem(self, space: ParameterSpace) -> Problem:
        """The same windows over other ranges."""
        at = self.posed
        return Problem(at.session, (space,), at.windows, at.heard, at.target, at.dry, at.farm)

    def _place(self, descent: Descent) -> Place:
        (space,), (track,) = descent.problem.spaces, descent.problem.session.tracks
        return Place(space.to_track(track, descent.positions[0]), descent.null_db)

    def _told(self, place: Place) -> Place:
        self._tell(place.null_db)
        return place

    def _tell(self, null_db: float) -> None:
        self.told(self.budget - self.left, float(null_db))

    def _tidied(self, best: Place) -> Place:
        """Each setting that makes no difference at its default, one after the other."""
        limit_db = max(best.null_db + DEFAULTS_COST_DB, INAUDIBLE_DB)
        space = whole_space(self.names, self.sample_rate, is_whole=True, at=best.track)
        for index, default in enumerate(space.default_0to1):
            positions = space.to_0to1(best.track)
            if positions[index] != default and self.left > len(self.posed.windows):
                positions[index] = default
                tidier = self._place(self._descent(space.to_track(best.track, positions)))
                best = tidier if tidier.null_db <= limit_db else best
        return best
