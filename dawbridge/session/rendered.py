"""Rendered: what a render gives back."""

from dataclasses import dataclass, field

from dawbridge.audio import Audio


@dataclass(frozen=True)
class Rendered:
    """The audio of a session.

    mix:       [2, n], the sum of the stems
    stems:     track name → [2, n] after its chain, fader and pan
    dry:       track name → [1 or 2, n], the track's audio placed on the timeline, at the session's rate
    wet:       track name → [2, n] after its chain, before fader and pan
    states:    (track name, device position from 0) → the plugin's preset file as captured after a block has run
    latencies: track name → samples, what the strip's plugins report together
    bypassed:  plugins that were missing and left out, by leave of the caller
    """

    mix: Audio
    stems: dict[str, Audio]
    dry: dict[str, Audio]
    wet: dict[str, Audio]
    states: dict[tuple[str, int], bytes] = field(default_factory=dict)
    latencies: dict[str, int] = field(default_factory=dict)
    bypassed: tuple[str, ...] = ()
