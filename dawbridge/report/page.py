"""Page: what a report shows, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dawbridge.audio import Audio
from dawbridge.session import Session


@dataclass(frozen=True)
class Page:
    """One report.

    title:        the song's name
    session:      the mix that was found
    estimate:     the recovered mix
    reference:    the mix to be recovered; None where there was none
    baseline_sum: the plain sum of the tracks
    stems:        track name → the track after its strip, post fader
    metrics:      the object of `metrics.json`; `stages` (name → the same keys) are steps of the method itself
    losses:       format → what it could not carry: objects with `where`, `what` and `why`
    notes:        what was accepted with a note, a sentence each
    true_values:  the session that made the reference, where it is known: parameters then show both
    curves:       name → one value per round, sweep or step
    """

    title: str
    session: Session
    estimate: Audio
    reference: Audio | None = None
    baseline_sum: Audio | None = None
    stems: Mapping[str, Audio] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    losses: dict[str, list] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    true_values: Session | None = None
    curves: dict[str, list[float]] = field(default_factory=dict)

    def signals(self) -> dict[str, Audio]:
        """What can be heard, by its key, stereo: reference, recovered, sum; those that there are."""
        all_of_them = {"reference": self.reference, "recovered": self.estimate, "sum": self.baseline_sum}
        return {key: audio.stereo() for key, audio in all_of_them.items() if audio is not None}
