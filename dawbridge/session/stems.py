"""Stems that sum to the mix: which channels they are, and what the master adds to them.

A channel that outputs to a bus is heard in that bus's stem; so the stems of what outputs to the master add up to what
goes into it. Where the master has devices or a fader, its own stem is the difference to the mix.
"""

from collections.abc import Iterator

from dawbridge.audio import Audio
from dawbridge.session.model import MASTER, Master, Session
from dawbridge.session.rendered import Rendered


def summing_names(session: Session) -> list[str]:
    """The stems that add up to the mix."""
    own = [channel.name for channel in session.channels if channel.output == MASTER]
    return own if session.master == Master() else [*own, MASTER]


def stem_parts(session: Session, rendered: Rendered) -> Iterator[tuple[str, Audio]]:
    """(name, stem) of every channel; of the master too where it does something: what it adds."""
    yield from rendered.stems.items()
    names = summing_names(session)
    if MASTER in names:
        added = rendered.mix.samples.copy()
        for name in names[:-1]:
            added -= rendered.stems[name].samples
        yield MASTER, Audio(added, rendered.mix.sample_rate)
