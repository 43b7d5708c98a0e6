"""Session → Plan: which strips are rendered, with what, and how they become the mix. Printable."""

from dataclasses import dataclass, field
from pathlib import Path

from dawbridge.audio import read_audio
from dawbridge.errors import PluginError
from dawbridge.render.job import JobDevice, StripJob, audio_key, resolve_device
from dawbridge.session.model import Session, Track, channel_gains
from dawbridge.units import format_value, gain_to_db


@dataclass(frozen=True)
class StripPlan:
    """One track: its file, its resolved devices (with their positions in the track), the channel's gains."""

    track: Track
    audio_path: Path
    devices: tuple[JobDevice, ...]
    positions: tuple[int, ...]
    gains: tuple[float, float]

    def job(self, sample_rate: int, length_samples: int, wants_states: bool) -> StripJob:
        """The strip over the whole timeline. Reads the track's audio."""
        audio = read_audio(self.audio_path, sample_rate)
        samples = audio.placed(self.track.start_samples, length_samples).samples
        return StripJob(samples, audio_key(samples), sample_rate, self.devices, wants_states)


@dataclass(frozen=True)
class Plan:
    """All strips of a session; the mix is the sum of the strips that are not muted."""

    sample_rate: int
    length_samples: int
    strips: tuple[StripPlan, ...]
    bypassed: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        seconds = self.length_samples / self.sample_rate
        size = f"{self.length_samples} samples at {self.sample_rate} Hz ({seconds:.2f} s)"
        lines = [f"{len(self.strips)} strips, {size}"]
        for strip in self.strips:
            chain = " → ".join(device.label for device in strip.devices) or "no devices"
            left, right = (format_value(gain_to_db(gain), "dB") for gain in strip.gains)
            muted = ", muted" if strip.track.is_muted else ""
            lines.append(f"  {strip.track.name}: {chain} → channel (left {left}, right {right}){muted} → mix")
        lines += [f"  bypassed, missing here: {name}" for name in self.bypassed]
        return "\n".join(lines)


def make_plan(session: Session, folder: Path, allows_missing: bool = False) -> Plan:
    """The plan of a session whose audio paths are relative to `folder`.

    Raises PluginError for a plugin that is not installed, unless `allows_missing`: then it is left out and
    named.
    """
    strips, bypassed = [], []
    for track in session.tracks:
        devices, positions = [], []
        for position, device in enumerate(track.devices):
            if device.is_bypassed:
                continue
            try:
                devices.append(resolve_device(device, f"track {track.name!r} device {position + 1}"))
                positions.append(position)
            except PluginError as missing:
                if not allows_missing:
                    raise
                bypassed.append(f"{missing.plugin} on track {track.name!r}")
        gains = channel_gains(track, session.pan_law)
        strips.append(StripPlan(track, folder / track.audio, tuple(devices), tuple(positions), gains))
    return Plan(session.sample_rate, session.length_samples, tuple(strips), tuple(bypassed))
