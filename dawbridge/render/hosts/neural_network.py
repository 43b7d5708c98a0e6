"""From a neural device's table to its network with weights. All is checked before the network runs.

Weights are safetensors. Their names and shapes are compared with the network's before a tensor is read. Only worker
processes import this, since it loads torch.
"""

from pathlib import Path

import torch
from torch import nn

from dawbridge.devices.neural_table import NeuralTable
from dawbridge.errors import InputError
from dawbridge.networks.neural import make_neural
from dawbridge.networks.tensor_file import Shapes, read_tensors

MOST_WEIGHTS = 50_000_000
MOST_BYTES = 4 * MOST_WEIGHTS + 2**20  # float32, and the header


def load_network(table: NeuralTable) -> nn.Module:
    """The network, in evaluation mode on the processor. Raises InputError that names the table or the weights."""
    where = f"neural table {table.device.network_path}"
    try:
        with torch.device("meta"):
            _check_sizes(_made(table), table)
        network = _made(table)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except (RuntimeError, ValueError) as error:  # torch's own words for sizes that cannot be
        raise InputError(f"{where}: config cannot be built ({' '.join(str(error).split())[:200]})") from None
    network.load_state_dict(_read_weights(table.weights_path, network))
    return network.eval().requires_grad_(False)


def _made(table: NeuralTable) -> nn.Module:
    return make_neural(table.network, table.device.channels, len(table.device.parameters), table.config)


def _check_sizes(network: nn.Module, table: NeuralTable) -> None:
    """Raise InputError where the network is too large or does not fit its table. No tensor needs to be allocated."""
    count = sum(tensor.numel() for tensor in network.state_dict().values())
    if count > MOST_WEIGHTS:
        raise InputError(f"config makes {count} weights, more than {MOST_WEIGHTS}; take a smaller network")
    own, declared = network.receptive_field_samples, table.device.receptive_field_samples
    if own != declared:
        raise InputError(f"receptive_field_samples={declared}, but the network's is {own}; write that")


def _read_weights(path: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: {path.stat().st_size} bytes of weights, more than {MOST_BYTES}")
    tensors, _ = read_tensors(path, lambda shapes: _check_shapes(path, shapes, network))
    bad = sorted(name for name, tensor in tensors.items() if not _is_usable(tensor))
    if bad:
        raise InputError(f"{path}: {bad[0]} is no finite floating-point tensor; train or fetch the weights again")
    return tensors


def _check_shapes(path: Path, found: Shapes, network: nn.Module) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            difference = f"{name} is {found.get(name, 'missing')}, the network's {wanted.get(name, 'has none')}"
            raise InputError(f"{path}: weights of another network ({difference}); give those that belong to the table")


def _is_usable(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and bool(tensor.isfinite().all())
