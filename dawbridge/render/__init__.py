"""Sessions become audio: plan, worker farm, cache."""

from dawbridge.render.cache import StemCache
from dawbridge.render.farm import Farm
from dawbridge.render.plan import Plan, make_plan
from dawbridge.render.render import render_plan, render_session

__all__ = ["Farm", "Plan", "StemCache", "make_plan", "render_plan", "render_session"]
