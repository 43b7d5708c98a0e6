"""dawbridge: from a mix back to its settings, and on into the DAW.

    import dawbridge as db
    found = db.recover("stems/", "mix.wav", "out/")

Everything is loaded on first use: importing dawbridge loads neither torch nor dawdreamer.
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # type checkers take it for theirs; the module typing would be most of the start-up
if TYPE_CHECKING:
    from typing import Any

    from dawbridge.api import (
        Recovered,
        RenderOptions,
        Translated,
        evaluate,
        export,
        import_session,
        load_session,
        recover,
        render,
        render_many,
        translate,
    )

__all__ = [
    "Recovered",
    "RenderOptions",
    "Translated",
    "evaluate",
    "export",
    "import_session",
    "load_session",
    "recover",
    "render",
    "render_many",
    "translate",
]


class _Package(ModuleType):
    """`render` is a verb and a room of the package. Importing the room would put it in the verb's place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> "Any":
    if name in __all__:
        return getattr(import_module("dawbridge.api"), name)
    raise AttributeError(f"module 'dawbridge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
