"""Rendered: what a render gives back."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dawbridge.audio import Audio
from dawbridge.session.model import Session

INSTRUMENT = -1  # where an instrument stands: before the first device


class _Shorter(Mapping[str, Audio]):
    """The same audio, cut to a length when asked for."""

    def __init__(self, whole: Mapping[str, Audio], length_samples: int):
        self._whole, self._length_samples = whole, length_samples

    def __getitem__(self, name: str) -> Audio:
        return _cut(self._whole[name], self._length_samples)

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


@dataclass(frozen=True)
class Rendered:
    """The audio of a session. Channels are tracks and buses.

    mix:       [2, n], what the master gives
    stems:     channel → [2, n] after its chain, fader and pan; those that go to the master add up to its input
    dry:       track → [1 or 2, n], the track's audio placed on the timeline, at the session's rate
    wet:       channel → [2, n] after its chain, before fader and pan
    states:    (channel, device position from 0, or INSTRUMENT) → the plugin's preset file, captured after a block
    latencies: channel → samples, what the strip's plugins report together
    impulses:  (channel, device position) → [2, n], what a built-in reverb answers, wet, to an impulse on both sides
    bypassed:  plugins that were missing and left out, by leave of the caller
    notes:     what a person should know
    """

    mix: Audio
    stems: Mapping[str, Audio]
    dry: Mapping[str, Audio]
    wet: Mapping[str, Audio]
    states: dict[tuple[str, int], bytes] = field(default_factory=dict)
    latencies: dict[str, int] = field(default_factory=dict)
    impulses: dict[tuple[str, int], Audio] = field(default_factory=dict)
    bypassed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def with_states(self, session: Session) -> Session:
        """`session`, which was rendered, with every device's state as the render captured it; None without one."""
        tracks = []
        for track in session.tracks:
            states = (self.states.get((track.name, index)) for index in range(len(track.devices)))
            texts = (None if state is None else base64.b64encode(state).decode() for state in states)
            devices = (device.model_copy(update={"state": text}) for device, text in zip(track.devices, texts))
            tracks.append(track.model_copy(update={"devices": tuple(devices)}))
        return session.with_tracks(tracks)

    def cut(self, length_samples: int) -> "Rendered":
        """The same, no longer than `length_samples`."""
        stems, dry, wet = (_Shorter(rows, length_samples) for rows in (self.stems, self.dry, self.wet))
        return replace(self, mix=_cut(self.mix, length_samples), stems=stems, dry=dry, wet=wet)


def _cut(audio: Audio, length_samples: int) -> Audio:
    return Audio(audio.samples[:, :length_samples], audio.sample_rate)
