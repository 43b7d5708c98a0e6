"""The error tree: what can go wrong, and the exit code the command line gives it.

    DawbridgeError          1   anything else
    ├── InputError          2   bad input or usage: files, values, names, sessions
    │   └── OutputError     2   the result cannot be written: folder in use, disk full
    └── PluginError         3   a plugin is missing, crashed, hung or gave unusable samples

A message is one line: where it happened, what was given, what is legal, and what to do.
"""


class DawbridgeError(Exception):
    """Root of all errors a caller can act on."""

    exit_code = 1


class InputError(DawbridgeError):
    """A file, value, name or session that cannot be used as given."""

    exit_code = 2


class OutputError(InputError):
    """The result cannot be written where it was asked for."""


def reason_of(error: Exception) -> str:
    """The system's text for an error of a file, without number and path; for any other error, its own text."""
    return str(getattr(error, "strerror", None) or error)


class PluginError(DawbridgeError):
    """A hosted plugin failed. `plugin` is its name, `reason` what it did."""

    exit_code = 3

    def __init__(self, plugin: str, reason: str, where: str = ""):
        self.plugin, self.reason, self.where = plugin, reason, where
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}plugin {plugin!r} {reason}")
