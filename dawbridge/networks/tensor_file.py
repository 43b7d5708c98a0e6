"""Reading .safetensors: names, shapes and text facts first, tensors only once those are right. Nothing is executed."""

from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from dawbridge.errors import InputError

Shapes = dict[str, tuple[int, ...]]


def read_tensors(
    path: Path, check: Callable[[Shapes], None] = lambda shapes: None
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors by name, and the file's own facts (its metadata, text by name).

    `check` gets each tensor's shape before one of them is read, and may raise. Raises InputError for a file that is
    not whole safetensors.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            check({name: tuple(file.get_slice(name).get_shape()) for name in names})
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: no readable weights ({reason}); give a whole .safetensors file") from None
