"""Which of the network's outputs belong to which track: each distinct chain has a slice of its own."""

from dataclasses import dataclass

from dawbridge.session.parameter_space import ParameterSpace


@dataclass(frozen=True)
class Layout:
    """Per track the (first, last) outputs of its chain, out of `size`."""

    slices: tuple[tuple[int, int], ...]
    size: int

    def of(self, track: int) -> slice:
        return slice(*self.slices[track])


def make_layout(spaces: tuple[ParameterSpace, ...]) -> Layout:
    """Tracks with equal chains share outputs, in the order in which the chains first appear."""
    ends: dict[str, tuple[int, int]] = {}
    size, slices = 0, []
    for space in spaces:
        key = space.chain.model_dump_json()
        if key not in ends:
            ends[key] = (size, size + space.size)
            size += space.size
        slices.append(ends[key])
    return Layout(tuple(slices), size)
