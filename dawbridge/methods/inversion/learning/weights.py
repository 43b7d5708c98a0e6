"""Weights that `dawbridge train inversion` wrote: the network in them, and the chain it answers for."""

from dataclasses import asdict
from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.networks import InversionConfig, InversionNetwork, TransferConfig, TransferNetwork
from dawbridge.paths import data_folder
from dawbridge.session.chain import TrackChain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.training import read_weights

KINDS = {"inversion": (InversionConfig, InversionNetwork), "transfer": (TransferConfig, TransferNetwork)}
Network = InversionNetwork | TransferNetwork


def weights_facts(config: InversionConfig | TransferConfig, chain: TrackChain) -> dict:
    """What a file of weights says of itself: the network's kind and sizes, and the chain whose parameters it
    answers."""
    (kind,) = [kind for kind, (sizes, _) in KINDS.items() if isinstance(config, sizes)]
    return {"kind": kind, "network": asdict(config), "chain": chain.model_dump(mode="json")}


def read_network(path: Path) -> tuple[Network, dict]:
    """The network in a file of weights, and its facts. Raises InputError for one that does not fit the
    code."""
    tensors, facts = read_weights(path)
    try:
        sizes, made = KINDS[facts.get("kind", "inversion")]
        network = made(sizes(**facts["network"]))
        network.load_state_dict(tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: weights of another network ({reason}); train them anew") from None
    return network, facts


def find_weights(name_or_path: str) -> Path:
    """The file, or the shipped weights of that name. Raises InputError where there is neither."""
    shipped = {path.stem: path for path in sorted((data_folder("presets") / "weights").glob("*.safetensors"))}
    path = Path(name_or_path)
    if not path.is_file() and name_or_path not in shipped:
        raise InputError(f"weights {name_or_path!r}: neither a file nor one of {', '.join(shipped)}")
    return path if path.is_file() else shipped[name_or_path]


def shipped_for(spaces: tuple[ParameterSpace, ...]) -> Path:
    """The shipped weights of the chain that all tracks have; InputError where there are none."""
    wanted = {space.chain.model_dump_json() for space in spaces}
    for path in sorted((data_folder("presets") / "weights").glob("inversion-*.safetensors")):
        if wanted == {_trained_chain(read_weights(path)[1])}:
            return path
    raise InputError("weights: none ship for this chain; train some with `dawbridge train inversion`, or do without")


def network_for(path: Path, spaces: tuple[ParameterSpace, ...]) -> Network:
    """The network in a file of weights, for tracks that all have the chain it was trained on; else InputError."""
    network, facts = read_network(path)
    if {space.chain.model_dump_json() for space in spaces} != {_trained_chain(facts)}:
        devices = ", ".join(device.device for device in TrackChain.model_validate(facts.get("chain", {})).devices)
        raise InputError(f"{path}: trained for another chain, of {devices}; give that chain, or no weights")
    return network


def _trained_chain(facts: dict) -> str:
    return TrackChain.model_validate(facts.get("chain", {})).model_dump_json()
