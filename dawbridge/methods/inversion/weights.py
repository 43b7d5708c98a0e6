"""Shipped networks: which weights in `presets/weights` suit a song's chain."""

from dataclasses import asdict
from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.places import data_folder
from dawbridge.session.chain import TrackChain
from dawbridge.session.space import Space
from dawbridge.training import read_weights


def weights_facts(config: InversionConfig, chain: TrackChain) -> dict:
    """What a file of weights says of itself: the network's sizes, and the chain whose parameters it
    answers."""
    return {"network": asdict(config), "chain": chain.model_dump(mode="json")}


def read_network(path: Path) -> tuple[InversionNetwork, dict]:
    """The network in a file of weights, and its facts. Raises InputError for one that does not fit the
    code."""
    tensors, facts = read_weights(path)
    try:
        network = InversionNetwork(InversionConfig(**facts["network"]))
        network.load_state_dict(tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: weights of another network ({reason}); train them anew") from None
    return network, facts


def shipped_network(spaces: tuple[Space, ...]) -> InversionNetwork | None:
    """The shipped network for this chain, where every track has the same one and weights for it ship."""
    chains = {space.chain.model_dump_json() for space in spaces}
    for path in sorted((data_folder("presets") / "weights").glob("inversion-*.safetensors")):
        network, facts = read_network(path)
        if chains == {TrackChain.model_validate(facts["chain"]).model_dump_json()}:
            return network
    return None
