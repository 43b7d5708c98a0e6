"""render: sessions become audio, one or many, each whole or not at all."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dawbridge.api.opening import Opened, input_paths, opened
from dawbridge.audio import WAV32, Audio, AudioFormat, write_audio
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.files import whole_folder, write_text
from dawbridge.names import safe_file_name, unique_name
from dawbridge.paths import user_cache_folder
from dawbridge.progress import Progress
from dawbridge.render import Farm, StripStore, render_idle_states, render_impulses, render_session
from dawbridge.render.farm.job import BLOCK_SIZE
from dawbridge.session import Rendered, Session, read_session
from dawbridge.session.overrides import with_overrides
from dawbridge.session.stems import stem_parts, summing_names
from dawbridge.units import db_to_gain

WILDCARDS = frozenset("*?[")


@dataclass(frozen=True)
class RenderOptions:
    """How a session becomes files.

    with_stems:     every channel's stem too
    settings:       changes to the session, as `session.change` reads them
    format:         of the files
    loudness_lufs:  what the mix is brought to, by one gain for mix and stems
    true_peak_dbtp: what it stays below, by the same gain
    allows_missing: missing plugins, audio and MIDI files are left out, and named
    block_size:     of the host, in samples
    uses_cache:     strips are kept on disk for the next render
    """

    with_stems: bool = False
    settings: tuple[str, ...] = ()
    format: AudioFormat = WAV32
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    allows_missing: bool = False
    block_size: int = BLOCK_SIZE
    uses_cache: bool = True


def load_session(path: Path | str) -> Session:
    """The session in a `session.json`. Raises InputError that names the file and the field."""
    return read_session(Path(path))


def render(
    session: Path | str,
    out: Path | str,
    options: RenderOptions = RenderOptions(),
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Render a session file, ours or a DAW's, into the folder `out`: mix, stems on request, metrics.json; a summary."""
    with Farm(workers or os.cpu_count() or 1, starts_now=True) as farm:
        return _render_file(Path(session), Path(out), options, farm, _store(options), progress or Progress())


def render_many(
    sessions: Sequence[Path | str],
    out: Path | str,
    options: RenderOptions = RenderOptions(),
    workers: int | None = None,
    progress: Progress | None = None,
    on_done: Callable[[dict[str, Any]], None] = lambda row: None,
) -> list[dict[str, Any]]:
    """Render each session file into a folder of its own in `out`; a summary of each. `on_done` gets it as it is done.

    Where one fails its summary says `error` and `exit_code`, and the others go on.
    """
    store, rows = _store(options), []
    with Farm(workers or os.cpu_count() or 1) as farm:
        for path, name in _folder_names([Path(session) for session in sessions]):
            row: dict[str, Any] = {"file": str(path), "out": str(Path(out) / name)}
            try:
                row |= _render_file(path, Path(out) / name, options, farm, store, progress or Progress())
            except Exception as error:  # whatever one session holds, the others are rendered
                exit_code = error.exit_code if isinstance(error, DawbridgeError) else 1
                row |= {"error": str(error) or type(error).__name__, "exit_code": exit_code}
            on_done(row)
            rows.append(row)
    return rows


def expand(patterns: Iterable[str]) -> list[Path]:
    """The files that paths and globs name, each once. Raises InputError for a glob that names none."""
    paths: dict[str, Path] = {}  # by the absolute path: one file may be named in several ways
    for pattern in patterns:
        if os.path.lexists(pattern) or not WILDCARDS & set(pattern):
            paths.setdefault(os.path.abspath(pattern), Path(pattern))
            continue
        root = Path(Path(pattern).anchor)
        found = sorted(path for path in root.glob(str(Path(pattern).relative_to(root))) if path.is_file())
        if not found:
            raise InputError(f"{pattern}: no file has such a name; give session files")
        for path in found:
            paths.setdefault(os.path.abspath(path), path)
    return list(paths.values())


def render_loaded(
    session: Session, folder: Path, workers: int | None, allows_missing: bool, progress: Progress
) -> Rendered:
    """A session that was read, with all its strips, the states of bypassed plugins, and what its reverbs answer."""
    with Farm(workers or os.cpu_count() or 1) as farm:
        rendered = _render(session, folder, RenderOptions(True, allows_missing=allows_missing), farm, None, progress)
        states = rendered.states | render_idle_states(session, farm)
        return replace(rendered, states=states, impulses=render_impulses(session, farm))


def _folder_names(paths: list[Path]) -> list[tuple[Path, str]]:
    """(session file, the folder for it): its own name, or its folder's where it is just called session."""
    rows: list[tuple[Path, str]] = []
    taken: set[str] = set()
    for path in paths:
        stem = path.resolve().parent.name if path.stem == "session" else path.stem
        name = unique_name(safe_file_name(stem), taken, separator="-", ignores_case=True)
        taken.add(name.lower())
        rows.append((path, name))
    return rows


def _store(options: RenderOptions) -> StripStore:
    return StripStore(user_cache_folder().absolute() if options.uses_cache else None)


def _render_file(
    path: Path, out: Path, options: RenderOptions, farm: Farm, store: StripStore, progress: Progress
) -> dict[str, Any]:
    with opened(path) as source:
        return _render_opened(source, path, out, options, farm, store, progress)


def _render_opened(
    source: Opened,
    path: Path,
    out: Path,
    options: RenderOptions,
    farm: Farm,
    store: StripStore,
    progress: Progress,
) -> dict[str, Any]:
    source = source.complete(options.allows_missing)
    session = with_overrides(source.session, options.settings)
    with whole_folder(out, input_paths(path, session)) as folder:
        rendered = _render(session, source.folder, options, farm, store, progress)
        gain_db, note = _target_gain(rendered.mix, options)
        clipped = _write(folder, session, rendered, gain_db, options)
        summary = _summary(session, rendered, gain_db, options)
        summary["notes"] = [*source.notes, *rendered.notes, *store.notes, *filter(None, [note]), *clipped]
        write_text(folder / "metrics.json", json.dumps(summary, indent=1) + "\n")
    return summary


def _render(
    session: Session,
    folder: Path,
    options: RenderOptions,
    farm: Farm,
    store: StripStore | None,
    progress: Progress,
) -> Rendered:
    progress.start(f"rendering {session.name}", len(session.channels) + 1 if options.with_stems else 1)
    rendered = render_session(
        session,
        folder,
        farm,
        store,
        options.allows_missing,
        lambda name: progress.advance(1, name),
        options.with_stems,
        options.block_size,
    )
    progress.close()
    return rendered


def _target_gain(mix: Audio, options: RenderOptions) -> tuple[float, str]:
    if options.loudness_lufs is None and options.true_peak_dbtp is None:
        return 0.0, ""
    from dawbridge.features.level_target import target_gain_db

    return target_gain_db(mix, options.loudness_lufs, options.true_peak_dbtp)


def _write(folder: Path, session: Session, rendered: Rendered, gain_db: float, options: RenderOptions) -> list[str]:
    """The mix, and the stems on request, all by the same gain; a note for each file that was clipped."""
    suffix, notes = options.format.suffix, []
    for number, (name, audio) in enumerate(_files(session, rendered, options)):
        path = folder / f"{name}.{suffix}"
        if clipped := write_audio(path, _louder(audio, gain_db), options.format, dither_seed=number):
            notes.append(f"{name}.{suffix}: {clipped} samples clipped at full scale; ask for less level, or 32 bits")
    return notes


def _files(session: Session, rendered: Rendered, options: RenderOptions) -> Iterator[tuple[str, Audio]]:
    """(file name without suffix, audio)"""
    yield "mix", rendered.mix
    if options.with_stems:
        for name, stem in stem_parts(session, rendered):
            yield f"stems/{safe_file_name(name)}", stem


def _louder(audio: Audio, gain_db: float) -> Audio:
    return audio if gain_db == 0.0 else Audio(audio.samples * np.float32(db_to_gain(gain_db)), audio.sample_rate)


def _summary(session: Session, rendered: Rendered, gain_db: float, options: RenderOptions) -> dict[str, Any]:
    return {
        "session": session.name,
        "tracks": len(session.tracks),
        "buses": len(session.buses),
        "sample_rate": session.sample_rate,
        "length_samples": rendered.mix.length_samples,
        "gain_db": gain_db,
        "peak": rendered.mix.peak * db_to_gain(gain_db),
        "latencies_samples": {name: latency for name, latency in rendered.latencies.items() if latency},
        "stems_that_sum_to_the_mix": summing_names(session) if options.with_stems else [],
        "bypassed": list(rendered.bypassed),
    }
