"""recover: raw tracks and a mixdown → the effect parameters, rendered, and what a DAW opens."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dawbridge.api.counts import check_counts
from dawbridge.api.handover import copy_sources, hand_over
from dawbridge.api.provenance import provenance
from dawbridge.files import check_out_folder, whole_folder
from dawbridge.formats import Loss, get_format
from dawbridge.methods.findings import Stopwatch
from dawbridge.methods.inversion.findings import InversionFindings
from dawbridge.methods.inversion.task import InversionTask, read_task
from dawbridge.methods.registry import get_method
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.report import Page
from dawbridge.session import Session

DEFAULT_FORMATS = ("presets", "ardour")


@dataclass(frozen=True)
class Recovered:
    """folder:   that was written
    session:  in it
    findings: the content of its `metrics.json`
    losses:   what each format could not carry, by the place in the folder where that format is
    """

    folder: Path
    session: Session
    findings: InversionFindings
    losses: Mapping[str, list[Loss]] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Any]:
        """The findings as the object of `metrics.json`."""
        return self.findings.model_dump(mode="json")


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
    ones by name, or a file that `dawbridge train inversion` wrote: their network's prediction is one more start.

    Writes the folder `out`, whole or not at all.

    Raises InputError for input that cannot be used, PluginError for a plugin that is missing or fails.
    """
    watch, progress, extras = Stopwatch(), progress or Progress(), extras or Extras()
    inputs = (Path(stems), Path(mix))
    check_out_folder(Path(out), inputs)
    check_counts(budget=budget, seed=seed)
    for name in formats:
        get_format(name)
    weights_path = _found_weights(weights)
    song, spaces, the_chain = read_task(*inputs, chain)
    task = InversionTask(song, spaces, the_chain, budget, seed, weights_path, extras.with_search_alone)
    with whole_folder(Path(out), inputs) as folder, Farm(workers or os.cpu_count() or 1) as farm:
        method = get_method("inversion")
        sources = dict(zip((track.name for track in song.session.tracks), song.sources, strict=True))
        copied = copy_sources(song.session, sources, folder)  # before the search, so that a full disk is told early
        found = method.run(task, farm, progress)
        session = found.session.with_tracks(
            track.model_copy(update={"audio": copied.track(track.name).audio}) for track in found.session.tracks
        )
        made_by = provenance(session, method.name, the_chain.name, seed, weights_path)
        session = session.model_copy(update={"made_by": made_by})
        findings = found.findings.model_copy(update=watch.read(farm))
        page = Page(
            title=session.name,
            session=session,
            estimate=found.rendered.mix,
            reference=found.reference,
            baseline_sum=found.baselines["sum"],
            stems=found.rendered.stems,
            notes=list(findings.notes),
            true_values=extras.truth,
            curves={name: list(values) for name, values in found.curves.items()},
        )
        progress.start(f"writing {', '.join(formats) or 'the report'}", 1)
        losses = hand_over(folder, session, found.rendered, formats, findings.model_dump(mode="json"), page)
        for name, source in extras.folders.items():
            shutil.copytree(source, folder / name)
        progress.close()
    return Recovered(Path(out), session, findings, losses)


def _found_weights(weights: Path | str | None) -> Path | None:
    if weights is None:
        return None
    from dawbridge.training import find_weights  # loads torch

    return find_weights(str(weights))
