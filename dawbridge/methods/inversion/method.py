"""Mixing inversion as a method: align_tracks the tracks in time, search, render, and measure what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dawbridge.audio import SILENT_PEAK, Audio
from dawbridge.datasets.windows import ACTIVE_DBFS
from dawbridge.features.loudness import at_loudness_of
from dawbridge.methods.figures import Figures, measure
from dawbridge.methods.inversion.baselines import best_gain_and_pan, plain_sum, random_positions
from dawbridge.methods.inversion.findings import (
    InversionFindings,
    advice,
    alternative_findings,
    identifiability_notes,
    outcome_notes,
    parameter_findings,
    residual_notes,
    residual_parts,
    summarise_identifiability,
    summarise_residual,
    track_findings,
)
from dawbridge.methods.inversion.invert import Stages, default_budget, invert
from dawbridge.methods.inversion.placement import align_tracks, apply_delays
from dawbridge.methods.inversion.search import JOINT_DESCENT
from dawbridge.methods.inversion.song import Song
from dawbridge.methods.inversion.task import InversionTask
from dawbridge.methods.method import Found
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_impulses, render_session
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream
from dawbridge.session import Rendered, Session


class Inversion:
    """From raw tracks and a mix to the settings of every track's chain (Zhou, Yu and Wu 2024, and our search)."""

    name = "inversion"
    findings = InversionFindings

    def run(self, task: InversionTask, farm: Farm, progress: Progress) -> Found[InversionFindings]:
        """The session whose mix comes nearest to the task's; see `methods.method.Method`."""
        problem = task.song.to_problem(task.spaces, farm)
        budget = default_budget(problem) if task.budget is None else task.budget
        song, problem = align_tracks(task.song, problem, budget, task.seed, progress)
        told = _say_notes(song, problem, progress)
        left = budget - farm.rendered_strips
        stages = invert(problem, left, task.seed, progress, task.weights, task.with_search_alone, song.shifted_tracks)
        song, problem = apply_delays(song, problem, stages.delays)
        notes = _say_notes(song, problem, progress, told)
        renders, rendered_s = farm.rendered_strips, farm.rendered_s
        progress.start("rendering", (2 + len(stages.positions)) * len(song.session.tracks))
        session = problem.session_at(stages.positions["recovered"])
        rendered = replace(_render(session, song, farm, progress), impulses=render_impulses(session, farm))
        findings = _findings(task, song, problem, stages, rendered, notes, budget, renders, progress)
        return Found(
            session=rendered.with_states(session),
            rendered=rendered,
            findings=findings.model_copy(update={"budget_renders": renders, "rendered_s": round(rendered_s, 1)}),
            reference=song.mix,
            baselines={"sum": plain_sum(song)},
            curves={"null of the mix in dB, step by step": _joint_nulls(stages)},
        )

    def train(self, config: Path, out: Path, resume: bool, workers: int | None, progress: Progress) -> Path:
        """Train a network that reads settings off a mix; see `methods.method.Trainable`."""
        from dawbridge.methods.inversion.learning.train import read_train_config, train  # loads torch

        return train(read_train_config(config), out, resume, workers, progress)


METHOD = Inversion()


def _say_notes(song: Song, problem: Problem, progress: Progress, told: Sequence[str] = ()) -> list[str]:
    """What is unusual about the song; notes that were not yet told go to `progress`."""
    notes = [*song.notes, *_unheard_notes(song, problem)]
    for note in notes:
        if note not in told:
            progress.say(f"note: {note}")
    return notes


def _unheard_notes(song: Song, problem: Problem) -> list[str]:
    """A note on each track that is not silent but never sounds while the mix plays."""
    return [
        f"track {track.name!r}: too quiet ({ACTIVE_DBFS:g} dBFS) wherever the mix plays, so it keeps the defaults"
        for track, audio, heard in zip(song.session.tracks, song.audio, problem.heard)
        if audio.peak >= SILENT_PEAK and not heard.any()
    ]


def _render(session: Session, song: Song, farm: Farm, progress: Progress) -> Rendered:
    return render_session(session, song.sources[0].parent, farm, progress=lambda name: progress.advance(1, name))


def _findings(
    task: InversionTask,
    song: Song,
    problem: Problem,
    stages: Stages,
    rendered: Rendered,
    notes: list[str],
    budget: int,
    renders: int,
    progress: Progress,
) -> InversionFindings:
    found = measure(song.mix, rendered.mix)
    baselines = _baselines(task, song, problem, progress)
    parts = residual_parts(song.mix, rendered, [track.name for track in problem.session.tracks], found.null_db)
    residual_summary = summarise_residual(parts, found.null_db)
    parameters = parameter_findings(problem, stages)
    uncertain = identifiability_notes(problem, stages, parameters)
    warnings = [*outcome_notes(found, baselines, advice(problem, budget, renders)), *uncertain]
    return InversionFindings(
        **found.model_dump(exclude={"notes"}),
        notes=(*notes, *warnings, *residual_notes(residual_summary, found.null_db)),
        warnings=tuple(warnings),
        baselines=baselines,
        stages=_stage_figures(song, problem, stages, progress),
        stage_seconds=stages.seconds,
        residual=parts,
        residual_summary=residual_summary,
        parameters=parameters,
        identifiability_summary=summarise_identifiability(uncertain),
        alternatives=alternative_findings(problem, stages),
        tracks=track_findings(problem),
        chain=task.chain.name,
        seed=task.seed,
        bypassed=rendered.bypassed,
    )


def _baselines(task: InversionTask, song: Song, problem: Problem, progress: Progress) -> dict[str, Figures]:
    """What any recovery must beat."""
    random = random_positions(problem.spaces, random_stream(task.seed, "random baseline"))
    mixes = {
        "plain_sum": plain_sum(song),
        "random_parameters": at_loudness_of(_mix_of(song, problem, random, progress), song.mix),
        "best_gain_and_pan": best_gain_and_pan(song),
    }
    return {name: measure(song.mix, mix) for name, mix in mixes.items()}


def _stage_figures(song: Song, problem: Problem, stages: Stages, progress: Progress) -> dict[str, Figures]:
    """Of the steps before "recovered"."""
    earlier = {name: positions for name, positions in stages.positions.items() if name != "recovered"}
    return {name: measure(song.mix, _mix_of(song, problem, rows, progress)) for name, rows in earlier.items()}


def _mix_of(song: Song, problem: Problem, positions: list[np.ndarray], progress: Progress) -> Audio:
    """The whole song's mix with every track at `positions`."""
    return _render(problem.session_at(positions), song, problem.farm, progress).mix


def _joint_nulls(stages: Stages) -> list[float]:
    """The nulls in dB after each round of the search in which all tracks descended jointly."""
    return [step.null_db for step in stages.steps if step.stage == JOINT_DESCENT]
