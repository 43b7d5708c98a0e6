"""Inversion's weights: the chain whose parameters a network answers, checked against the tracks' chains."""

from pathlib import Path
from typing import Any

from dawbridge.errors import InputError
from dawbridge.networks import InversionNetwork, LeastSquaresNetwork
from dawbridge.session.chain import TrackChain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.training import read_network, read_weights, shipped_weights

Network = InversionNetwork | LeastSquaresNetwork


def chain_facts(chain: TrackChain) -> dict[str, Any]:
    """What a file of weights says of the chain it was trained for."""
    return {"chain": chain.model_dump(mode="json")}


def shipped_for(spaces: tuple[ParameterSpace, ...]) -> Path:
    """The shipped weights of the chain that all tracks have; InputError where there are none."""
    wanted = {space.chain.model_dump_json() for space in spaces}
    for path in shipped_weights("inversion-").values():
        if wanted == {_trained_chain(read_weights(path)[1])}:
            return path
    raise InputError("weights: none ship for this chain; train some with `dawbridge train inversion`, or do without")


def network_for(path: Path, spaces: tuple[ParameterSpace, ...]) -> Network:
    """The network in a file of weights, for tracks that all have the chain it was trained on.

    Raises InputError for a file that is not inversion's weights, and for weights of another chain.
    """
    network, facts = read_network(path)
    if not isinstance(network, Network):
        raise InputError(f"{path}: weights of a {facts['kind']} network, not of inversion; give others")
    if {space.chain.model_dump_json() for space in spaces} != {_trained_chain(facts)}:
        devices = ", ".join(device.device for device in TrackChain.model_validate(facts.get("chain", {})).devices)
        raise InputError(f"{path}: trained for another chain, of {devices}; give that chain, or no weights")
    return network


def _trained_chain(facts: dict[str, Any]) -> str:
    return TrackChain.model_validate(facts.get("chain", {})).model_dump_json()
