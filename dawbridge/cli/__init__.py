"""The verbs as commands over `api`."""

from dawbridge.cli.main import main

__all__ = ["main"]
