"""Trained weights: finding a file by name, reading the network in it, and its card.

A file of weights is safetensors with JSON facts in its header: the network's kind and sizes (`networks.registry`) and
whatever the method that trained it adds, such as the chain it answers for. Shipped ones lie in `presets/weights/`, each
beside a card of the same name, `.md`: data, training cost and measured results.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from dawbridge.errors import InputError
from dawbridge.networks import describe_network, make_network
from dawbridge.paths import data_folder
from dawbridge.training.checkpoint import read_weights, write_weights

SUFFIX = ".safetensors"


def shipped_weights(method: str = "") -> dict[str, Path]:
    """Name → file of the weights that ship, sorted; of one `method`, those whose name begins with it."""
    paths = sorted((data_folder("presets") / "weights").glob(f"{method}*{SUFFIX}"))
    return {path.stem: path for path in paths}


def find_weights(name_or_path: str) -> Path:
    """The file, or the shipped weights of that name. Raises InputError where there is neither."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = shipped_weights()
    if name_or_path not in shipped:
        raise InputError(f"weights {name_or_path!r}: neither a file nor one of {', '.join(shipped)}")
    return shipped[name_or_path]


def card_of(weights: Path) -> Path | None:
    """The card beside a file of weights: Markdown. None where it has none."""
    card = weights.with_suffix(".md")
    return card if card.is_file() else None


def read_network(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The network in a file of weights, in evaluation mode on the processor, and the file's facts.

    Raises InputError for a file that is not weights, and for one whose network this version cannot build.
    """
    tensors, facts = read_weights(path)
    try:
        network = make_network(facts["kind"], facts["network"])
        network.load_state_dict(tensors)
    except (InputError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: weights of another network ({reason}); train them anew") from None
    return network.eval(), facts


def write_network(path: Path, network: nn.Module, facts: Mapping[str, Any]) -> None:
    """Write the network's weights as float32, with what builds it again and the method's own `facts`.

    Raises OutputError where the file cannot be written.
    """
    write_weights(path, network, {**describe_network(network), **facts})
