"""What `recover` tells besides the settings: what is left of the mix and whose it is, what else sounds the same, and
what a budget was too small for."""

from typing import Any

import numpy as np

from dawbridge.audio import Audio
from dawbridge.features.residual import residual_by_track
from dawbridge.methods.inversion.invert import TELLING_SHARE, Stages, telling_cost
from dawbridge.report.certainty import NOT_TOLD, TELLS_NONE, WHY_NONE, tells_none
from dawbridge.report.residual import NOTHING_DB, residual_sentence
from dawbridge.search.problem import Problem
from dawbridge.session import Rendered

# Parts this far below the whole rest are not listed.
LISTED_WITHIN_DB = 40.0
# A null above this is told in a note: the chain, or the search, did not reach the mix.
POOR_NULL_DB = -30.0
# Nearer than this is good enough, whatever else is nearer still.
GOOD_NULL_DB = -60.0
# A search that left more of its budget came to an end by itself.
SPENT_SHARE = 0.75
# Strip renders a track below which a search ends for want of what its next step costs, with some of them left.
FEW_PER_TRACK = 200
NO_BETTER = "the recovered mix is no nearer than"


def rest_rows(mix: Audio, rendered: Rendered, names: list[str], null_db: float | None) -> list[dict[str, Any]]:
    """The parts of `mix` less the rendered mix, by track (None: in no track) and octave, in dB beside the whole mix.

    Parts within LISTED_WITHIN_DB of their sum; none where the null is undefined or leaves nothing to speak of.
    """
    if null_db is None or null_db <= NOTHING_DB:
        return []
    rest = residual_by_track(mix.stereo(), rendered.mix.stereo(), [rendered.stems[name] for name in names])
    least = rest.energy.sum() * 10 ** (-LISTED_WITHIN_DB / 10)
    return [
        {"track": ([*names, None])[row], "band_hz": rest.centres_hz[band], "db": round(float(level), 1)}
        for (row, band), level in np.ndenumerate(rest.level_db())
        if rest.energy[row, band] > least
    ]


def rest_notes(rest: list[dict[str, Any]], null_db: float | None) -> list[str]:
    """Where the rest lies, where the null is poor."""
    if not rest or null_db is None or null_db <= POOR_NULL_DB:
        return []
    sentence = residual_sentence(rest, null_db)
    return [f"the mix was not reached: {sentence[0].lower()}{sentence[1:].removesuffix('.')}"]


def advice(problem: Problem, budget: int, renders: int) -> str:
    """What to do where the mix was not reached, `renders` of the budget having gone into it."""
    if not problem.audible:
        return "no track that is heard has a setting to be found"
    is_small = renders >= SPENT_SHARE * budget or budget < FEW_PER_TRACK * len(problem.audible)
    return f"{'raise the budget, or ' if is_small else ''}try another chain"


def outcome_notes(metrics: dict[str, Any], hint: str) -> list[str]:
    """A warning where something that needs no search is as near as the recovered mix; `hint` ends it."""
    found, names = metrics["null_db"], {"plain_sum": "the plain sum", "best_gain_and_pan": "the best gain and pan"}
    for name, words in names.items():
        other = metrics["baselines"][name]["null_db"]
        if found is not None and other is not None and found >= max(other, GOOD_NULL_DB):
            nulls = f"null {found:.1f} dB against {other:.1f} dB"
            return [f"{NO_BETTER} {words}: {nulls}; {hint}"]
    return []


def certainty_notes(problem: Problem, stages: Stages, parameters: list[dict[str, Any]]) -> list[str]:
    """That there were no renders left to tell how sure the settings are; or that the mix tells none of them."""
    if stages.certainty is not None:
        return [f"{TELLS_NONE}: {WHY_NONE}"] if tells_none(parameters) else []
    least = TELLING_SHARE * telling_cost(problem)
    return [f"{NOT_TOLD}: that takes a budget of {least} strip renders or more"] if least else []


def alternative_rows(problem: Problem, stages: Stages) -> list[dict[str, Any]]:
    """Every alternative: its track, the null of the mix with it, and each setting in which it differs for sure."""
    rows = []
    for one in stages.alternatives:
        free, found = problem.spaces[one.track].free, stages.positions["recovered"][one.track]
        values = [(free[i], *(float(free[i].spec.from_0to1(float(p[i]))) for p in (one.positions, found)))
                  for i in one.differing]  # fmt: skip
        parameters = [
            {"device": row.device_index, "parameter": row.spec.name, "value": value, "recovered": recovered}
            | {"unit": row.spec.unit}
            for row, value, recovered in values
        ]
        name = problem.session.tracks[one.track].name
        rows.append({"track": name, "null_db": round(one.null_db, 2), "parameters": parameters})
    return rows
