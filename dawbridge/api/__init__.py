"""The verbs as functions: wiring only."""

from dawbridge.api.recover import Recovered, recover
from dawbridge.api.render import evaluate, export, load_session, render

__all__ = ["Recovered", "evaluate", "export", "load_session", "recover", "render"]
