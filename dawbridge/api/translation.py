"""translate: what one plugin does, as settings of others."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from dawbridge.api.counts import check_counts
from dawbridge.api.handover import PRESETS, write_metrics
from dawbridge.api.provenance import provenance
from dawbridge.audio import SILENT_PEAK, Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.files import check_out_folder, whole_folder
from dawbridge.formats import get_format, write_losses
from dawbridge.formats.preset_file import read_preset
from dawbridge.methods.findings import Stopwatch
from dawbridge.methods.registry import get_method
from dawbridge.methods.translation.device_space import device_names
from dawbridge.methods.translation.excitation import make_excitation
from dawbridge.methods.translation.findings import TranslationFindings
from dawbridge.methods.translation.method import TranslationTask
from dawbridge.methods.translation.sound_pair import SoundPair, read_pair, read_sound
from dawbridge.methods.translation.translation import DEFAULT_BUDGET
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.seeds import random_stream
from dawbridge.session import Rendered, Session, write_session
from dawbridge.session.model import Device

SAMPLE_RATE = 48000


@dataclass(frozen=True)
class Translated:
    """folder:   that was written
    session:  in it: one track with the devices found
    findings: the content of its `metrics.json`
    """

    folder: Path
    session: Session
    findings: TranslationFindings

    @property
    def metrics(self) -> dict[str, Any]:
        """The findings as the object of `metrics.json`."""
        return self.findings.model_dump(mode="json")


def translate(
    presets: Path | str | Sequence[Path | str],
    to: str,
    out: Path | str,
    before: Path | str | None = None,
    after: Path | str | None = None,
    budget: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Translated:
    """Find the settings of the devices `to` (a name, or several joined by `+`) that sound nearest to `presets`.

    presets: one file or several in chain order: .vstpreset, .fxp, or .json of built-in devices. before: what to send
    through them, instead of a test sound. Without presets, `before` and `after` are the sound before and after what is
    to be translated. budget: strip renders; workers: processes, default one per core.

    Writes the folder `out`, whole or not at all. Raises InputError for input that cannot be used, PluginError for a
    plugin that is missing or fails.
    """
    watch, progress = Stopwatch(), progress or Progress()
    paths = [Path(path) for path in ([presets] if isinstance(presets, (str, Path)) else presets)]
    names, sources = device_names(to), _sources(paths, before, after)
    inputs = [*paths, *(Path(path) for path in (before, after) if path is not None)]
    check_out_folder(Path(out), inputs)
    check_counts(budget=budget, seed=seed)
    with whole_folder(Path(out), inputs) as folder, Farm(workers or os.cpu_count() or 1) as farm:
        pair = _pair(sources, before, after, seed, farm)
        for note in pair.notes:
            progress.say(f"note: {note}")
        method = get_method("translation")
        task = TranslationTask(pair, names, folder, DEFAULT_BUDGET if budget is None else budget, seed)
        found = method.run(task, farm, progress)
        session = found.session.model_copy(update={"made_by": provenance(found.session, method.name, to, seed)})
        findings = found.findings.model_copy(update=watch.read(farm))
        _write(folder, pair, session, found.rendered, findings)
        progress.close()
    return Translated(Path(out), session, findings)


def _sources(paths: list[Path], before: Path | str | None, after: Path | str | None) -> list[Device]:
    """The presets' devices; none where the sound after is given instead."""
    if paths and after is not None:
        raise InputError("translate: both a preset and the sound after; give one of them")
    if not paths and (before is None or after is None):
        raise InputError("translate: nothing to translate; give a preset, or the sound before and after")
    return [_effect(read_preset(path), path) for path in paths]


def _effect(device: Device, path: Path) -> Device:
    if get_device(device.device).is_instrument:
        raise InputError(f"{path}: {device.device} is an instrument; give the preset of an effect")
    return device


def _pair(
    sources: list[Device], before: Path | str | None, after: Path | str | None, seed: int, farm: Farm
) -> SoundPair:
    if before is not None and after is not None:
        return read_pair(Path(before), Path(after))
    own = make_excitation(SAMPLE_RATE, random_stream(seed, "excitation"))
    dry = own if before is None else read_sound(Path(before))
    devices = tuple(resolve_device(device, f"preset of {device.device}") for device in sources)
    (result,) = farm.render([StripJob(dry.samples, audio_key(dry.samples), dry.sample_rate, devices)])
    wet = Audio(cast(np.ndarray, result.samples), dry.sample_rate)  # the job names no file, so they come back
    if wet.peak < SILENT_PEAK:
        raise InputError("translate: the preset makes silence of it; give one that lets sound through")
    return SoundPair(dry, wet, notes=tuple(result.notes))


def _write(folder: Path, pair: SoundPair, session: Session, rendered: Rendered, findings: TranslationFindings) -> None:
    write_session(session, folder / "session.json")
    write_audio(folder / "after.wav", pair.wet)
    write_audio(folder / "mix.wav", rendered.mix)
    losses = get_format(PRESETS).write(session, rendered, folder / PRESETS, folder)
    write_losses(losses, folder / PRESETS / "losses.json")
    write_metrics(folder, findings.model_dump(mode="json"))
