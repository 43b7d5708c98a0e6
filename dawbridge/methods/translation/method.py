"""Translation as a method: a sound before and after some effects becomes settings of other devices."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from dawbridge.audio import Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.features.loudness import at_loudness_of
from dawbridge.features.octave_bands import main_bands, octave_bands
from dawbridge.methods.figures import measure
from dawbridge.methods.method import Found
from dawbridge.methods.translation.findings import BandFinding, SettingFinding, TranslationFindings
from dawbridge.methods.translation.sound_pair import SoundPair
from dawbridge.methods.translation.translation import DEFAULT_BUDGET, SOUND, Translation
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.seeds import random_stream
from dawbridge.session import Rendered, Session
from dawbridge.session.model import Track

# A difference above it is no translation.
FAR_DB = -20.0
# A search that left more of its budget than this came to an end by itself.
SPENT_SHARE = 0.75


@dataclass(frozen=True)
class TranslationTask:
    """pair: the sound before and after; names: of the devices to set, in chain order; budget: strip renders

    folder: where the sound before is written, as the audio of the session
    """

    pair: SoundPair
    names: tuple[str, ...]
    folder: Path
    budget: int = DEFAULT_BUDGET
    seed: int = 0


class TranslationMethod:
    """Settings of devices that one has, for what other devices did to a sound."""

    name = "translation"
    findings = TranslationFindings

    def run(self, task: TranslationTask, farm: Farm, progress: Progress) -> Found[TranslationFindings]:
        """A session of one track with the devices set; see `methods.method.Method`."""
        track = _search(task, farm, progress).model_copy(update={"is_inverted": task.pair.is_inverted})
        renders, rendered_s, dry = farm.rendered_strips, farm.rendered_s, task.pair.dry
        length, rate = dry.length_samples, dry.sample_rate
        session = Session(name=track.name, sample_rate=rate, length_samples=length, tracks=(track,))
        rendered = _rendered(session, dry, task.folder, farm)
        findings = _findings(task, rendered.mix, track, renders).model_copy(
            update={"budget_renders": renders, "rendered_s": round(rendered_s, 1)}
        )
        return Found(rendered.with_states(session), rendered, findings, reference=task.pair.wet)


METHOD = TranslationMethod()


def _search(task: TranslationTask, farm: Farm, progress: Progress) -> Track:
    shown, name = 0, "+".join(task.names)

    def show(spent: int, null_db: float) -> None:
        nonlocal shown
        progress.advance(spent - shown, f"null {null_db:.1f} dB")
        shown = spent

    rng = random_stream(task.seed, "search")
    search = Translation(task.pair.effect_input, task.pair.wet, task.names, farm, task.budget, rng, show)
    progress.start(f"searching {name}", task.budget)
    return search.run().track


def _rendered(session: Session, dry: Audio, folder: Path, farm: Farm) -> Rendered:
    write_audio(folder / SOUND, dry)
    return render_session(session, folder, farm)


def _findings(task: TranslationTask, found: Audio, track: Track, renders: int) -> TranslationFindings:
    pair = task.pair
    bands, figures = octave_bands(pair.wet, found), measure(pair.wet, found)
    unsteady = [f"{name} is not deterministic: it never nulls against itself" for name in _unsteady(track)]
    return TranslationFindings(
        **figures.model_dump(exclude={"notes"}),
        notes=(*pair.notes, *figures.notes, *unsteady),
        seed=task.seed,
        to="+".join(task.names),
        is_near=figures.null_db is not None and figures.null_db <= FAR_DB,
        is_spent=renders >= SPENT_SHARE * task.budget,
        baselines={"unprocessed": measure(pair.wet, at_loudness_of(pair.effect_input, pair.wet))},
        octave_bands=tuple(BandFinding(**asdict(band)) for band in bands),
        residual_lies_at_hz=tuple(band.centre_hz for band in main_bands(bands)),
        parameters=tuple(_settings(track)),
    )


def _unsteady(track: Track) -> list[str]:
    """The devices that never sound twice the same."""
    return [device.device for device in track.devices if not get_device(device.device).deterministic]


def _settings(track: Track) -> list[SettingFinding]:
    """Every device's settings in the order of its own parameters; the fader last, where it is needed."""
    rows = [
        SettingFinding(
            device=device.device,
            parameter=spec.name,
            value=device.values[spec.name],
            unit=spec.unit,
            is_default=math.isclose(device.values[spec.name], spec.default, rel_tol=1e-6, abs_tol=1e-9),
        )
        for device in track.devices
        for spec in get_device(device.device).parameters
    ]
    if track.fader_db:
        rows.append(
            SettingFinding(device="channel", parameter="fader_db", value=track.fader_db, unit="dB", is_default=False)
        )
    return rows
