"""translate: what one plugin does, as settings of others."""

import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dawbridge.api.handover import PRESETS
from dawbridge.api.provenance import provenance
from dawbridge.api.recovery import check_counts, with_states
from dawbridge.api.telling import SPENT_SHARE
from dawbridge.audio import SILENT_PEAK, Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.features.loudness import at_loudness_of
from dawbridge.features.metrics import evaluate
from dawbridge.features.octave_bands import main_bands, octave_bands
from dawbridge.files import check_out_folder, whole_folder, write_text
from dawbridge.formats import get_format, write_losses
from dawbridge.formats.preset_file import read_preset
from dawbridge.methods.translation.excitation import make_excitation
from dawbridge.methods.translation.sound_pair import Pair, read_pair, read_sound
from dawbridge.methods.translation.translation import DEFAULT_BUDGET, SOUND, Translation
from dawbridge.methods.translation.whole_device import device_names
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.seeds import random_stream
from dawbridge.session import Rendered, Session, write_session
from dawbridge.session.model import Device, Track

SAMPLE_RATE = 48000
# A difference above it is no translation.
FAR_DB = -20.0


@dataclass(frozen=True)
class Translated:
    """The folder that was written, the session in it (one track with the devices found), and `metrics.json`."""

    folder: Path
    session: Session
    metrics: dict[str, Any]


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
    began, cpu_began, progress = time.monotonic(), time.process_time(), progress or Progress()
    paths = [Path(path) for path in ([presets] if isinstance(presets, (str, Path)) else presets)]
    names, sources = device_names(to), _sources(paths, before, after)
    inputs = [*paths, *(Path(path) for path in (before, after) if path is not None)]
    check_out_folder(Path(out), inputs)
    check_counts(budget=budget, seed=seed)
    budget = DEFAULT_BUDGET if budget is None else budget
    with whole_folder(Path(out), inputs) as folder, Farm(workers or os.cpu_count() or 1) as farm:
        pair = _pair(sources, before, after, seed, farm)
        for note in pair.notes:
            progress.say(f"note: {note}")
        track = _search(pair, names, farm, budget, seed, progress)
        is_spent = farm.rendered_strips >= SPENT_SHARE * budget
        spent = {"is_spent": is_spent, "budget_renders": farm.rendered_strips, "rendered_s": round(farm.rendered_s, 1)}
        session, rendered = _rendered(pair, track, folder, farm)
        session = session.model_copy(update={"made_by": provenance(session, "translation", to, seed)})
        metrics = _measured(pair, rendered.mix, track, to) | spent | {"seed": seed}
        cpu_s, wall_s = farm.cpu_s + time.process_time() - cpu_began, time.monotonic() - began
        metrics |= {"cpu_seconds": round(cpu_s, 1), "seconds": round(wall_s, 1)}
        _write(folder, pair, session, rendered, metrics)
        progress.close()
    return Translated(Path(out), session, metrics)


def _sources(paths: list[Path], before, after) -> list[Device]:
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


def _pair(sources: list[Device], before, after, seed: int, farm: Farm) -> Pair:
    if not sources:
        return read_pair(Path(before), Path(after))
    own = make_excitation(SAMPLE_RATE, random_stream(seed, "excitation"))
    dry = own if before is None else read_sound(Path(before))
    devices = tuple(resolve_device(device, f"preset of {device.device}") for device in sources)
    (result,) = farm.render([StripJob(dry.samples, audio_key(dry.samples), dry.sample_rate, devices)])
    wet = Audio(result.samples, dry.sample_rate)
    if wet.peak < SILENT_PEAK:
        raise InputError("translate: the preset makes silence of it; give one that lets sound through")
    return Pair(dry, wet, notes=tuple(result.notes))


def _search(pair: Pair, names: tuple[str, ...], farm: Farm, budget: int, seed: int, progress: Progress) -> Track:
    shown = 0

    def show(spent: int, null_db: float) -> None:
        nonlocal shown
        progress.advance(spent - shown, f"null {null_db:.1f} dB")
        shown = spent

    search = Translation(pair.heard, pair.wet, names, farm, budget, random_stream(seed, "search"), show)
    progress.start(f"searching {'+'.join(names)}", budget)
    return search.run().track


def _rendered(pair: Pair, track: Track, folder: Path, farm: Farm) -> tuple[Session, Rendered]:
    """The session, `before.wav` in its folder and its plugins' states in it, and its render."""
    write_audio(folder / SOUND, pair.dry)
    track = track.model_copy(update={"is_inverted": pair.is_inverted})
    length = pair.dry.length_samples
    session = Session(name=track.name, sample_rate=pair.dry.sample_rate, length_samples=length, tracks=(track,))
    rendered = render_session(session, folder, farm)
    return with_states(session, rendered), rendered


def _measured(pair: Pair, found: Audio, track: Track, to: str) -> dict[str, Any]:
    bands = octave_bands(pair.wet, found)
    figures = evaluate(pair.wet, found)
    notes = [*pair.notes, *figures.pop("notes")]
    notes += [f"{name} is not deterministic: it never nulls against itself" for name in _unsteady(track)]
    unprocessed = evaluate(pair.wet, at_loudness_of(pair.heard, pair.wet))
    return figures | {
        "baselines": {"unprocessed": {key: value for key, value in unprocessed.items() if key != "notes"}},
        "to": to,
        "is_near": figures["null_db"] <= FAR_DB,
        "octave_bands": [asdict(band) for band in bands],
        "rest_lies_at_hz": [band.centre_hz for band in main_bands(bands)],
        "parameters": _parameter_rows(track),
        "notes": notes,
    }


def _unsteady(track: Track) -> list[str]:
    return [device.device for device in track.devices if not get_device(device.device).deterministic]


def _parameter_rows(track: Track) -> list[dict[str, Any]]:
    """Every device's settings in the order of its own parameters; the fader last, where it is needed."""
    rows = [
        {"device": device.device, "parameter": spec.name, "value": device.values[spec.name], "unit": spec.unit}
        | {"is_default": math.isclose(device.values[spec.name], spec.default, rel_tol=1e-6, abs_tol=1e-9)}
        for device in track.devices
        for spec in get_device(device.device).parameters
    ]
    fader = {"device": "channel", "parameter": "fader_db", "value": track.fader_db, "unit": "dB", "is_default": False}
    return [*rows, fader] if track.fader_db else rows


def _write(folder: Path, pair: Pair, session: Session, rendered: Rendered, metrics: dict[str, Any]) -> None:
    write_session(session, folder / "session.json")
    write_audio(folder / "after.wav", pair.wet)
    write_audio(folder / "mix.wav", rendered.mix)
    losses = get_format(PRESETS).write(session, rendered, folder / PRESETS, folder)
    write_losses(losses, folder / PRESETS / "losses.json")
    write_text(folder / "metrics.json", json.dumps(metrics, indent=1, allow_nan=False) + "\n")
