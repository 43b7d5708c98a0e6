"""recover: raw tracks and a mixdown → the effect parameters, rendered, and what a DAW opens."""

import base64
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dawbridge.api.handover import copy_sources, hand_over
from dawbridge.api.provenance import provenance
from dawbridge.api.telling import advice, alternative_rows, certainty_notes, outcome_notes, rest_notes, rest_rows
from dawbridge.audio import SILENT_PEAK, Audio
from dawbridge.datasets.windows import ACTIVE_DBFS
from dawbridge.errors import InputError
from dawbridge.features.loudness import at_loudness_of
from dawbridge.features.metrics import evaluate
from dawbridge.files import check_out_folder, whole_folder
from dawbridge.formats import Loss, get_format
from dawbridge.methods.inversion.baselines import (
    best_gain_and_pan,
    plain_sum,
    random_positions,
)
from dawbridge.methods.inversion.invert import Stages, default_budget, invert
from dawbridge.methods.inversion.placement import resettle, settle
from dawbridge.methods.inversion.recipe import TOGETHER
from dawbridge.methods.inversion.song import Song, read_song
from dawbridge.progress import Progress
from dawbridge.render import Farm, make_plan, render_impulses, render_session
from dawbridge.report import Page
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream
from dawbridge.session import Rendered, Session
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace

LARGEST_COUNT = 2**63 - 1
AT_END_0TO1 = 1e-3  # this near an end of its range a setting is said to be there
DEFAULT_FORMATS = ("presets", "ardour")


@dataclass(frozen=True)
class Recovered:
    """The folder that was written, the session in it, and the object of `metrics.json`; and what each format could not
    carry, by the place in the folder where that stands.
    """

    folder: Path
    session: Session
    metrics: dict[str, Any]
    losses: Mapping[str, list[Loss]] = field(default_factory=dict)


@dataclass(frozen=True)
class Extras:
    """What the demo and the benchmarks ask for besides.

    truth:             the session that made the mix, to stand beside the found values in the report
    folders:           name → folder to copy into the output
    with_search_alone: also measure the search without the network
    """

    truth: Session | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    with_search_alone: bool = False


def recover(
    stems: Path | str,
    mix: Path | str,
    out: Path | str,
    chain: str = "console",
    budget: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    weights: Path | str | None = None,
    progress: Progress | None = None,
    extras: Extras | None = None,
) -> Recovered:
    """Find the parameters of `chain` on every track of the folder `stems` that make the file `mix`.

    budget: strip renders in all, default 1550 a track; workers: processes, default one per core; weights: shipped
    ones by name, or a file that `dawbridge train inversion` wrote: what their network makes of the mix is one more
    start.

    Writes the folder `out`, whole or not at all.

    Raises InputError for input that cannot be used, PluginError for a plugin that is missing or fails.
    """
    began, cpu_began = time.monotonic(), time.process_time()
    progress, extras = progress or Progress(), extras or Extras()
    inputs = (Path(stems), Path(mix))
    check_out_folder(Path(out), inputs)
    check_counts(budget=budget, seed=seed)
    for name in formats:
        get_format(name)
    if weights is not None:
        from dawbridge.methods.inversion.learning.weights import network_for  # loads torch
        from dawbridge.training import find_weights

        weights = find_weights(str(weights))
    song, spaces, the_chain = read_task(*inputs, chain)
    if weights is not None:
        network_for(weights, spaces)  # refused before the long work
    with whole_folder(Path(out), inputs) as folder, Farm(workers or os.cpu_count() or 1) as farm:
        problem = song.pose(spaces, farm)
        budget = default_budget(problem) if budget is None else budget
        song, problem = settle(song, problem, budget, seed, progress)
        told = _say_notes(song, problem, progress)
        left = budget - farm.rendered_strips
        stages = invert(problem, left, seed, progress, weights, extras.with_search_alone, song.misplaced)
        song, problem = resettle(song, problem, stages.later)
        notes = _say_notes(song, problem, progress, told)
        spent = {"budget_renders": farm.rendered_strips, "rendered_s": round(farm.rendered_s, 1)}
        progress.start("rendering", (2 + len(stages.positions)) * len(song.session.tracks))
        found, rendered = _rendered(song, problem, stages, folder, progress)
        made_by = provenance(found, "inversion", the_chain.name, seed, weights)
        found = found.model_copy(update={"made_by": made_by})
        metrics = measure(song, rendered.mix, problem, stages, seed, progress)
        names = [track.name for track in found.tracks]
        metrics["rest"] = rest_rows(song.mix, rendered, names, metrics["null_db"])
        metrics["parameters"] = parameter_rows(problem, stages)
        hint = advice(problem, budget, spent["budget_renders"])
        notes += [*outcome_notes(metrics, hint), *certainty_notes(problem, stages, metrics["parameters"])]
        notes += rest_notes(metrics["rest"], metrics["null_db"])
        metrics["alternatives"] = alternative_rows(problem, stages)
        metrics |= spent | {"tracks": _track_rows(song, problem), "notes": notes}
        metrics |= {"chain": the_chain.name, "seed": seed, "bypassed": list(rendered.bypassed)}
        cpu_s, wall_s = farm.cpu_s + time.process_time() - cpu_began, time.monotonic() - began
        metrics |= {"cpu_seconds": round(cpu_s, 1), "seconds": round(wall_s, 1)}
        page = _page(song, found, rendered, stages, notes, extras.truth)
        progress.start(f"writing {', '.join(formats) or 'the report'}", 1)
        losses = hand_over(folder, found, rendered, formats, metrics, page)
        for name, source in extras.folders.items():
            shutil.copytree(source, folder / name)
        progress.close()
    return Recovered(Path(out), found, metrics, losses)


def _rendered(song: Song, problem: Problem, stages: Stages, folder: Path, progress: Progress):
    """The recovered session, its audio copied into `folder` and its plugins' states in it, and its render."""
    found = problem.solve_session(stages.positions["recovered"])
    found = copy_sources(found, dict(zip((t.name for t in found.tracks), song.sources)), folder)
    told = lambda name: progress.advance(1, name)  # noqa: E731
    rendered = render_session(found, folder, problem.farm, progress=told)
    rendered = replace(rendered, impulses=render_impulses(found, problem.farm))
    return with_states(found, rendered), rendered


def _page(song: Song, found: Session, rendered: Rendered, stages: Stages, notes: list[str], truth) -> Page:
    return Page(
        title=found.name,
        session=found,
        estimate=rendered.mix,
        reference=song.mix,
        baseline_sum=plain_sum(song),
        stems=rendered.stems,
        notes=notes,
        true_values=truth,
        curves={"null of the mix in dB, step by step": [s.null_db for s in stages.steps if s.stage == TOGETHER]},
    )


def _say_notes(song: Song, problem: Problem, progress: Progress, told: Sequence[str] = ()) -> list[str]:
    """What is odd about the song; what was not told yet is."""
    notes = [*song.notes, *_unheard_notes(song, problem)]
    for note in notes:
        if note not in told:
            progress.say(f"note: {note}")
    return notes


def check_counts(**counts: int | None) -> None:
    """InputError for a count below zero, or a seed that no generator takes."""
    for name, count in counts.items():
        if count is not None and not 0 <= count <= LARGEST_COUNT:
            raise InputError(f"{name}={count} outside 0…{LARGEST_COUNT}; give a whole number in it")


def _unheard_notes(song: Song, problem: Problem) -> list[str]:
    """Of the tracks that are not silent, those that never sound while the mix plays."""
    return [
        f"track {track.name!r}: too quiet ({ACTIVE_DBFS:g} dBFS) wherever the mix plays, so it keeps the defaults"
        for track, audio, heard in zip(song.session.tracks, song.audio, problem.heard)
        if audio.peak >= SILENT_PEAK and not heard.any()
    ]


def read_task(stems: Path, mix: Path, chain_name: str) -> tuple[Song, tuple[ParameterSpace, ...], Chain]:
    """The song, one space per track, and the chain. Raises early for a chain that names no track or lacks a plugin."""
    chain = read_chain(chain_name)
    song = read_song(stems, mix)
    names = [track.name for track in song.session.tracks]
    if strangers := sorted(set(chain.tracks) - set(names)):
        raise InputError(f"chain {chain_name}: no track {strangers[0]!r}; the tracks are {', '.join(names)}")
    spaces = tuple(ParameterSpace(chain.of_track(name)) for name in names)
    tracks = [space.to_track(t, space.default_0to1) for space, t in zip(spaces, song.session.tracks)]
    make_plan(song.session.with_tracks(tracks), stems)
    return song, spaces, chain


def with_states(session: Session, rendered: Rendered) -> Session:
    """The session with every hosted plugin's state as the render captured it."""
    tracks = []
    for track in session.tracks:
        devices = []
        for position, device in enumerate(track.devices):
            state = rendered.states.get((track.name, position))
            text = None if state is None else base64.b64encode(state).decode()
            devices.append(device.model_copy(update={"state": text}))
        tracks.append(track.model_copy(update={"devices": tuple(devices)}))
    return session.with_tracks(tracks)


def measure(song: Song, mix: Audio, problem: Problem, stages: Stages, seed: int, progress: Progress) -> dict[str, Any]:
    """The metrics of the recovered `mix`, of the baselines, and of the method's earlier stages."""
    rng = random_stream(seed, "random baseline")
    baselines = {
        "plain_sum": plain_sum(song),
        "random_parameters": at_loudness_of(
            render_positions(problem, random_positions(problem.spaces, rng), song, progress), song.mix
        ),
        "best_gain_and_pan": best_gain_and_pan(song),
    }
    earlier = {name: positions for name, positions in stages.positions.items() if name != "recovered"}
    steps = {name: render_positions(problem, positions, song, progress) for name, positions in earlier.items()}
    return (
        _figures(song.mix, mix)
        | {"baselines": {name: _figures(song.mix, audio) for name, audio in baselines.items()}}
        | {"stages": {name: _figures(song.mix, audio) for name, audio in steps.items()}}
        | {"stage_seconds": stages.seconds}
    )


def render_positions(problem: Problem, positions, song: Song, progress: Progress):
    """The whole song's mix with every track at `positions`."""
    session = problem.solve_session(positions)
    folder = song.sources[0].parent
    rendered = render_session(session, folder, problem.farm, progress=lambda name: progress.advance(1, name))
    return rendered.mix


def _figures(reference, estimate) -> dict[str, Any]:
    row = evaluate(reference, estimate)
    return row if row["notes"] else {key: value for key, value in row.items() if key != "notes"}


def parameter_rows(problem: Problem, stages: Stages) -> list[dict[str, Any]]:
    """Every free parameter found: its value, whether that is an end of the chain's range, the range in which the mix
    tells no difference, whether that is narrow; None where that is not known (with a range: it is wider than that)."""
    rows = []
    for k, (space, positions) in enumerate(zip(problem.spaces, stages.positions["recovered"])):
        margins = None if stages.certainty is None else stages.certainty.margins.get(k)
        for index, (row, position) in enumerate(zip(space.free, positions)):
            fact = {"track": problem.session.tracks[k].name, "device": row.device_index, "parameter": row.spec.name}
            fact |= {"value": float(row.spec.from_0to1(float(position))), "unit": row.spec.unit}
            fact |= dict.fromkeys(("low", "high", "is_identifiable"))
            if margins is not None:
                ends = np.clip([position - margins[index], position + margins[index]], 0.0, 1.0)
                low, high = sorted(float(row.spec.from_0to1(float(end))) for end in ends)
                fact |= {"low": low, "high": high}
            fact["is_at_end"] = not AT_END_0TO1 < position < 1.0 - AT_END_0TO1
            if stages.certainty is not None:
                is_open = (k, index) in stages.certainty.at_least
                fact["is_identifiable"] = None if is_open else stages.certainty.is_sure(k, index)
            rows.append(fact)
    return rows


def _track_rows(song: Song, problem: Problem) -> list[dict[str, Any]]:
    windows = [round(w.start_samples / problem.sample_rate, 2) for w in problem.windows]
    return [
        {
            "name": track.name,
            "channels": track.channels,
            "heard_in_windows_s": [windows[w] for w in problem.heard_in(number)],
        }
        for number, track in enumerate(song.session.tracks)
    ]
