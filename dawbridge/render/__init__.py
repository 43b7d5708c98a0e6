"""From sessions to audio: plan, graph, worker farm, store. Names are loaded on first use: a worker needs few."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dawbridge.render.farm.farm import Farm
    from dawbridge.render.graph.plan import Plan
    from dawbridge.render.graph.planner import make_plan
    from dawbridge.render.idle_states import render_idle_states
    from dawbridge.render.impulses import render_impulses
    from dawbridge.render.render import render_plan, render_session
    from dawbridge.render.store.strip_store import StripStore

_MODULES = {
    "Farm": "farm.farm",
    "Plan": "graph.plan",
    "StripStore": "store.strip_store",
    "make_plan": "graph.planner",
    "render_idle_states": "idle_states",
    "render_impulses": "impulses",
    "render_plan": "render",
    "render_session": "render",
}
__all__ = [
    "Farm",
    "Plan",
    "StripStore",
    "make_plan",
    "render_idle_states",
    "render_impulses",
    "render_plan",
    "render_session",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"dawbridge.render.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'dawbridge.render' has no attribute {name!r}")
