"""What inversion tells of a recovered mix: the model of its `metrics.json`, and how each part is made.

Beside the figures and the baselines: every parameter with the range in which the mix tells no difference, what is left
of the mix by track and octave, other settings that sound the same, and the notes that judge the result.
"""

from collections.abc import Sequence

import numpy as np

from dawbridge.audio import Audio
from dawbridge.features.residual import residual_by_track
from dawbridge.features.residual_summary import NEGLIGIBLE_DB, ResidualLevel, residual_sentence
from dawbridge.methods.figures import Figures
from dawbridge.methods.findings import Findings
from dawbridge.methods.inversion.invert import IDENTIFIABILITY_SHARE, Stages, identifiability_cost
from dawbridge.search.problem import Problem
from dawbridge.session import Rendered
from dawbridge.session.frozen_model import FrozenModel

# This near an end of its range, in 0..1, a setting is said to be at it.
AT_END_0TO1 = 1e-3
# Parts of the residual this far below all of it are not listed.
LISTED_WITHIN_DB = 40.0
# A null above this is told in a note: the chain, or the search, did not reach the mix.
POOR_NULL_DB = -30.0
# A null below this is good enough, even if something simpler comes nearer still.
GOOD_NULL_DB = -60.0
# A search that left more of its budget than this came to an end by itself.
SPENT_SHARE = 0.75
# With fewer strip renders per track a search stops because its next step costs more than is left.
FEW_PER_TRACK = 200
NOT_MEASURED = "how far each setting could be off was not measured"
NOT_IDENTIFIABLE = "the mix does not determine any of the settings"


class ParameterFinding(FrozenModel):
    """One free parameter. device: its index in the chain, -1 for the channel.

    low, high:       the range in which the mix tells no difference, None where that was not measured
    is_identifiable: whether that range is narrow; None where it is not known (with a range: it is wider than that)
    is_at_end:       whether the value is an end of the range that the chain gives it
    """

    track: str
    device: int
    parameter: str
    value: float
    unit: str
    low: float | None
    high: float | None
    is_identifiable: bool | None
    is_at_end: bool


class ResidualPart(FrozenModel):
    """What is left of the mix in one track (None: in no track) and one octave, in dB beside the whole mix."""

    track: str | None
    band_hz: float
    db: float


class AlternativeParameter(FrozenModel):
    """One setting in which an alternative differs from what was recovered."""

    device: int
    parameter: str
    value: float
    recovered: float
    unit: str


class Alternative(FrozenModel):
    """Other settings of one track with which the mix has the same null."""

    track: str
    null_db: float
    parameters: tuple[AlternativeParameter, ...]


class TrackFinding(FrozenModel):
    """One track, and where the analysis windows in which it is heard start, in seconds."""

    name: str
    channels: int
    heard_in_windows_s: tuple[float, ...]


class InversionFindings(Findings):
    """`metrics.json` of `dawbridge recover`.

    baselines: the figures of what any recovery must beat; stages: those of the method's earlier steps
    residual_summary, identifiability_summary: a sentence each, empty where there is nothing to say
    """

    chain: str
    baselines: dict[str, Figures]
    stages: dict[str, Figures]
    stage_seconds: dict[str, float]
    residual: tuple[ResidualPart, ...]
    residual_summary: str
    parameters: tuple[ParameterFinding, ...]
    identifiability_summary: str
    alternatives: tuple[Alternative, ...]
    tracks: tuple[TrackFinding, ...]


def residual_parts(
    mix: Audio, rendered: Rendered, names: Sequence[str], null_db: float | None
) -> tuple[ResidualPart, ...]:
    """The parts of `mix` less the rendered mix that lie within LISTED_WITHIN_DB of their sum; `names`: of the tracks.

    None where the null is undefined, or leaves nothing to speak of.
    """
    if null_db is None or null_db <= NEGLIGIBLE_DB:
        return ()
    found = residual_by_track(mix.stereo(), rendered.mix.stereo(), [rendered.stems[name] for name in names])
    least = found.energy.sum() * 10 ** (-LISTED_WITHIN_DB / 10)
    tracks = [*names, None]
    return tuple(
        ResidualPart(track=tracks[row], band_hz=found.centres_hz[band], db=round(float(level), 1))
        for (row, band), level in np.ndenumerate(found.level_db())
        if found.energy[row, band] > least
    )


def summarise_residual(parts: Sequence[ResidualPart], null_db: float | None) -> str:
    """Where most of the residual lies; empty where there is none."""
    if not parts or null_db is None:
        return ""
    return residual_sentence([ResidualLevel(part.track, part.band_hz, part.db) for part in parts], null_db)


def residual_notes(summary: str, null_db: float | None) -> list[str]:
    """Where the residual lies, if the null is poor."""
    if not summary or null_db is None or null_db <= POOR_NULL_DB:
        return []
    return [f"the mix was not reached: {summary[0].lower()}{summary[1:].removesuffix('.')}"]


def advice(problem: Problem, budget: int, renders: int) -> str:
    """What to do where the mix was not reached and `renders` of the budget were used."""
    if not problem.audible:
        return "no track that is heard has a setting to be found"
    is_small = renders >= SPENT_SHARE * budget or budget < FEW_PER_TRACK * len(problem.audible)
    return f"{'raise the budget, or ' if is_small else ''}try another chain"


def outcome_notes(found: Figures, baselines: dict[str, Figures], hint: str) -> list[str]:
    """A warning where something that needs no search comes as near as the recovered mix; `hint` ends it."""
    words = {"plain_sum": "the plain sum", "best_gain_and_pan": "the best gain and pan"}
    for name, text in words.items():
        other = baselines[name].null_db
        if found.null_db is not None and other is not None and found.null_db >= max(other, GOOD_NULL_DB):
            nulls = f"null {found.null_db:.1f} dB against {other:.1f} dB"
            return [f"the recovered mix is no nearer than {text}: {nulls}; {hint}"]
    return []


def identifiability_notes(problem: Problem, stages: Stages, parameters: Sequence[ParameterFinding]) -> list[str]:
    """That no renders were left to measure how far settings could be off, or that the mix determines none of them."""
    if stages.certainty is not None:
        is_none = bool(parameters) and all(row.is_identifiable is False for row in parameters)
        why = "each could be far from where it is, with the others making up for it"
        return [f"{NOT_IDENTIFIABLE}: {why}"] if is_none else []
    least = IDENTIFIABILITY_SHARE * identifiability_cost(problem)
    return [f"{NOT_MEASURED}: that takes a budget of {least} strip renders or more"] if least else []


def summarise_identifiability(notes: Sequence[str]) -> str:
    """The sentence that stands above all settings, from `identifiability_notes`; empty where some are determined."""
    return " ".join(f"{note[0].upper()}{note[1:]}." for note in notes)


def parameter_findings(problem: Problem, stages: Stages) -> tuple[ParameterFinding, ...]:
    """Every free parameter that was found, track by track."""
    return tuple(
        _parameter_finding(problem, stages, track, index)
        for track, space in enumerate(problem.spaces)
        for index in range(space.size)
    )


def _parameter_finding(problem: Problem, stages: Stages, track: int, index: int) -> ParameterFinding:
    row, certainty = problem.spaces[track].free[index], stages.certainty
    position = float(stages.positions["recovered"][track][index])
    margins = None if certainty is None else certainty.margins.get(track)
    low = high = is_identifiable = None
    if margins is not None:
        ends = np.clip([position - margins[index], position + margins[index]], 0.0, 1.0)
        low, high = sorted(float(row.spec.from_0to1(float(end))) for end in ends)
    if certainty is not None and (track, index) not in certainty.lower_bounds:
        is_identifiable = certainty.is_identifiable(track, index)
    return ParameterFinding(
        track=problem.session.tracks[track].name,
        device=row.device_index,
        parameter=row.spec.name,
        value=float(row.spec.from_0to1(position)),
        unit=row.spec.unit,
        low=low,
        high=high,
        is_identifiable=is_identifiable,
        is_at_end=not AT_END_0TO1 < position < 1.0 - AT_END_0TO1,
    )


def alternative_findings(problem: Problem, stages: Stages) -> tuple[Alternative, ...]:
    """Every alternative with the settings in which it differs from what was recovered."""
    rows = []
    for one in stages.alternatives:
        free, found = problem.spaces[one.track].free, stages.positions["recovered"][one.track]
        parameters = tuple(
            AlternativeParameter(
                device=free[index].device_index,
                parameter=free[index].spec.name,
                value=float(free[index].spec.from_0to1(float(one.positions[index]))),
                recovered=float(free[index].spec.from_0to1(float(found[index]))),
                unit=free[index].spec.unit,
            )
            for index in one.differing
        )
        name = problem.session.tracks[one.track].name
        rows.append(Alternative(track=name, null_db=round(one.null_db, 2), parameters=parameters))
    return tuple(rows)


def track_findings(problem: Problem) -> tuple[TrackFinding, ...]:
    """Every track, with the windows in which it is heard."""
    starts_s = [round(window.start_samples / problem.sample_rate, 2) for window in problem.windows]
    return tuple(
        TrackFinding(
            name=track.name,
            channels=track.channels,
            heard_in_windows_s=tuple(starts_s[window] for window in problem.heard_in(number)),
        )
        for number, track in enumerate(problem.session.tracks)
    )
