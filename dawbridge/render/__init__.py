"""Sessions become audio: plan, graph, worker farm, store. Loaded on first use: a worker process needs little of it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dawbridge.render.farm import Farm
    from dawbridge.render.idle_states import render_idle_states
    from dawbridge.render.impulses import render_impulses
    from dawbridge.render.plan import Plan
    from dawbridge.render.planner import make_plan
    from dawbridge.render.render import render_plan, render_session
    from dawbridge.render.store import StripStore

_PLACES = {
    "Farm": "farm",
    "Plan": "plan",
    "StripStore": "store",
    "make_plan": "planner",
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


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(import_module(f"dawbridge.render.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'dawbridge.render' has no attribute {name!r}")
