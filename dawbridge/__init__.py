"""dawbridge: from a mix back to its settings, and on into the DAW.

    import dawbridge as db
    found = db.recover("stems/", "mix.wav", "out/")

Each verb is loaded on first use, so `import dawbridge` loads neither torch nor dawdreamer.
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # type checkers take it as true; importing `typing` for it would be most of the start-up
if TYPE_CHECKING:
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
    """The package. `dawbridge.render` is the verb, although there is a subpackage of that name.

    Python sets a subpackage as an attribute of its parent once it is imported. That must not replace the verb.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

if not TYPE_CHECKING:  # it would hide a name that is not there from a type checker

    def __getattr__(name: str) -> object:
        if name in __all__:
            return getattr(import_module("dawbridge.api"), name)
        raise AttributeError(f"module 'dawbridge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
