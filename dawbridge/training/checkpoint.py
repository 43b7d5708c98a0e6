"""Checkpoints: a network, its Adam and what else a loop must remember, in one safetensors file; weights
alone too.

In and out: modules and JSON facts ↔ a file that appears whole or not at all. Tensors are named `network.…`,
`adam.<parameter>.<quantity>` and `torch_rng`; the facts are JSON text in the file's header. Nothing is
pickled. Read back, training goes on exactly as if it had not stopped, as long as the facts hold the
caller's own Generators.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from dawbridge.errors import InputError
from dawbridge.files import write_bytes
from dawbridge.networks.tensor_file import read_tensors

_FACTS = "dawbridge"


def write_checkpoint(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, facts: dict) -> None:
    """Write everything a loop needs to go on. `facts` is JSON. Raises OutputError where it cannot be
    written."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for name, state in _adam_states(network, optimizer).items():
        tensors |= {f"adam.{name}.{quantity}": value for quantity, value in state.items()}
    tensors["torch_rng"] = torch.get_rng_state()
    _write(path, tensors, facts)


def read_checkpoint(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    """Put the network, its Adam and torch's random state back as they were written; the facts.

    Raises InputError for a file that is no checkpoint, or one of another network.
    """
    tensors, facts = _read(path)
    try:
        network.load_state_dict(_under("network.", tensors))
        torch.set_rng_state(tensors["torch_rng"])
        for name, parameter in network.named_parameters():
            if state := _under(f"adam.{name}.", tensors):
                optimizer.state[parameter] = {key: _placed(key, value, parameter) for key, value in state.items()}
    except (RuntimeError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: a checkpoint of another network ({reason}); use the same configuration") from None
    return facts


def write_weights(path: Path, network: nn.Module, facts: dict) -> None:
    """The network's weights alone, as float32."""
    _write(path, {name: tensor.float() for name, tensor in network.state_dict().items()}, facts)


def write_tensors(path: Path, tensors: dict[str, Tensor], facts: dict) -> None:
    """Tensors as they are; `read_weights` reads them."""
    _write(path, tensors, facts)


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors by name, and the facts. Raises InputError for a file that `write_weights` did not write."""
    return _read(path)


def _adam_states(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, dict[str, Tensor]]:
    named = ((name, optimizer.state.get(parameter, {})) for name, parameter in network.named_parameters())
    return {name: {key: torch.as_tensor(value) for key, value in state.items()} for name, state in named}


def _placed(key: str, value: Tensor, parameter: Tensor) -> Tensor:
    """Adam keeps its step counts in main memory, the rest beside the parameter."""
    return value if key == "step" else value.to(parameter.device)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _write(path: Path, tensors: dict[str, Tensor], facts: dict) -> None:
    packed = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(packed, metadata={_FACTS: json.dumps(facts)}))


def _read(path: Path) -> tuple[dict[str, Tensor], dict]:
    tensors, texts = read_tensors(path)
    try:
        facts = json.loads(texts[_FACTS])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: not weights of dawbridge ({error}); give a file that training wrote") from None
    if not isinstance(facts, dict):
        raise InputError(f"{path}: not weights of dawbridge (its facts are no JSON object)")
    return tensors, facts
