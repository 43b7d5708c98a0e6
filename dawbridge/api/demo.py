"""demo: a song written and played here, a mystery mix of it, and its recovery. No input needed."""

import tempfile
from pathlib import Path

from dawbridge.api.recovery import Extras, recover
from dawbridge.audio import write_audio
from dawbridge.datasets.midi_song import make_song
from dawbridge.devices import get_device
from dawbridge.files import check_out_folder
from dawbridge.paths import find_plugin_file
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.seeds import random_stream
from dawbridge.session import Session, write_session
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import CHANNEL, ParameterSpace
from dawbridge.session.stem_folder import session_from_folder
from dawbridge.units import format_value

REAL_CHAIN, BUILTIN_CHAIN = "zam", "console"
# Of each free range, what a mystery mix is drawn from: the ends would be out of reach for a search that steps past.
MIDDLE = (0.05, 0.95)
RENDERS_PER_TRACK = 400


def demo(out: Path | str, seed: int = 1, workers: int | None = None, progress: Progress | None = None) -> str:
    """Write the recovery of a mystery mix into `out`, the song and the truth in `out/demo`; the text to show."""
    progress = progress or Progress()
    check_out_folder(Path(out))
    chain, missing = demo_chain()
    with tempfile.TemporaryDirectory(prefix="dawbridge-demo-") as name:
        folder = Path(name)
        progress.start("composing and playing a song", 1)
        stems = make_song(folder, seed)
        progress.advance()
        truth = mystery_session(stems, chain, seed)
        with Farm(workers or 1) as farm:
            mix = render_session(truth, stems, farm).mix
        write_audio(folder / "mystery.wav", mix)
        write_session(truth, folder / "truth.json")
        budget = RENDERS_PER_TRACK * len(truth.tracks)
        found = recover(
            stems, folder / "mystery.wav", out, chain.name, budget, seed, workers,
            progress=progress, extras=Extras(truth, {"demo": folder}),
        )  # fmt: skip
    return "\n".join(
        [
            *(f"{label} is not installed: the demo runs on the built-in devices." for label in missing),
            *truth_table(truth, found.session, chain),
            *_outcome(found.metrics),
            f"report: {Path(out) / 'report.html'}",
        ]
    )


def demo_chain() -> tuple[Chain, list[str]]:
    """The chain of real plugins where all are installed, else the built-in one and the labels of what is missing."""
    real = read_chain(REAL_CHAIN)
    specs = [get_device(device.device) for device in real.devices]
    missing = [spec.label for spec in specs if find_plugin_file(spec.file_name) is None]
    return (read_chain(BUILTIN_CHAIN), missing) if missing else (real, [])


def mystery_session(stems: Path, chain: Chain, seed: int) -> Session:
    """The folder's session with every free parameter of `chain` drawn uniformly from the middle of its range."""
    session, rng = session_from_folder(stems), random_stream(seed, "mystery mix")
    spaces = [ParameterSpace(chain.of_track(track.name)) for track in session.tracks]
    return session.with_tracks(
        space.to_track(track, rng.uniform(*MIDDLE, size=space.size)) for space, track in zip(spaces, session.tracks)
    )


def truth_table(truth: Session, found: Session, chain: Chain) -> list[str]:
    """A line per free parameter of every track: its true and its found value."""
    lines = [f"{'track':12} {'device':18} {'parameter':22} {'true':>12} {'found':>12}"]
    for track in truth.tracks:
        other = found.track(track.name)
        for row in ParameterSpace(chain.of_track(track.name)).free:
            name, unit = row.spec.name, row.spec.unit
            if row.device_index == CHANNEL:
                device, values = "channel", (getattr(track, name), getattr(other, name))
            else:
                device = track.devices[row.device_index].device
                values = (track.devices[row.device_index].values[name], other.devices[row.device_index].values[name])
            texts = [format_value(value, unit) for value in values]
            lines.append(f"{track.name:12} {device:18} {name:22} {texts[0]:>12} {texts[1]:>12}")
    return lines


def _outcome(metrics: dict) -> list[str]:
    plain = metrics["baselines"]["plain_sum"]
    return [
        f"null against the mystery mix: {metrics['null_db']:.1f} dB (plain sum {plain['null_db']:.1f} dB)",
        f"MAE {metrics['mae']:.4f} (plain sum {plain['mae']:.4f}), MRSD {metrics['mrsd']:.3f} ({plain['mrsd']:.3f})",
        f"{metrics['budget_renders']} strip renders, {metrics['seconds']:.0f} s",
    ]
