"""The verbs as functions: wiring only. Each is loaded on first use, with what it alone needs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dawbridge.api.evaluation import evaluate
    from dawbridge.api.exporting import export
    from dawbridge.api.importing import import_session
    from dawbridge.api.recovery import Recovered, recover
    from dawbridge.api.rendering import RenderOptions, load_session, render, render_many
    from dawbridge.api.translation import Translated, translate

_MODULES = {
    "Recovered": "recovery",
    "RenderOptions": "rendering",
    "Translated": "translation",
    "evaluate": "evaluation",
    "export": "exporting",
    "import_session": "importing",
    "load_session": "rendering",
    "recover": "recovery",
    "render": "rendering",
    "render_many": "rendering",
    "translate": "translation",
}
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


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"dawbridge.api.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'dawbridge.api' has no attribute {name!r}")
