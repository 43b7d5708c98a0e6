"""InversionTask: what `recover` asks of mixing inversion."""

from dataclasses import dataclass
from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.methods.inversion.song import Song, read_song
from dawbridge.render import make_plan
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace


@dataclass(frozen=True)
class InversionTask:
    """song:              the raw tracks and the mix
    spaces:            one per track
    chain:             that they are made of
    budget:            strip renders in all; None: the default for so many tracks
    weights:           of a network whose prediction is one more start of the search; None: no network
    with_search_alone: also run the search without the network, to measure it
    """

    song: Song
    spaces: tuple[ParameterSpace, ...]
    chain: Chain
    budget: int | None = None
    seed: int = 0
    weights: Path | None = None
    with_search_alone: bool = False

    def __post_init__(self) -> None:
        """Raises InputError for weights of another chain, before the long work."""
        if self.weights is not None:
            from dawbridge.methods.inversion.learning.weights import network_for  # loads torch

            network_for(self.weights, self.spaces)


def read_task(stems: Path, mix: Path, chain_name: str) -> tuple[Song, tuple[ParameterSpace, ...], Chain]:
    """The song, a parameter space per track, and the chain.

    Raises InputError for audio or a chain that cannot be used and for a chain that names a track that is not there,
    PluginError for a plugin that is missing.
    """
    chain = read_chain(chain_name)
    song = read_song(stems, mix)
    names = [track.name for track in song.session.tracks]
    if unknown := sorted(set(chain.tracks) - set(names)):
        raise InputError(f"chain {chain_name}: no track {unknown[0]!r}; the tracks are {', '.join(names)}")
    spaces = tuple(ParameterSpace(chain.of_track(name)) for name in names)
    tracks = [space.to_track(t, space.default_0to1) for space, t in zip(spaces, song.session.tracks)]
    make_plan(song.session.with_tracks(tracks), stems)
    return song, spaces, chain
