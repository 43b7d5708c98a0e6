"""Words and units of an .ardour document, shared by its writer and its reader. Measured on Ardour 7.3.

Times are text: `a<superclocks>` counts audio time, `b<ticks>` musical time; a length is `<length>@<position>`.
"""

import re
import sys

SUPERCLOCKS_PER_SECOND = 282240000
TICKS_PER_BEAT = 1920
VERSION = "7002"
PROGRAM = "Ardour 7.3.0"
MASTER_NAME = "Master"

BALANCE = "http://ardour.org/plugin/panner_balance"
VST2_TYPES = ("lxvst", "windows-vst", "mac-vst")
VST2_TYPE = {"win32": "windows-vst", "darwin": "mac-vst"}.get(sys.platform, "lxvst")
# The points of a route that a mute can close: sends before and after the fader, the monitor, and the output.
BEFORE_FADER, AFTER_FADER, LISTEN, MAIN = "PreFader", "PostFader", "Listen", "Main"
EVERY_MUTE_POINT = ",".join((BEFORE_FADER, AFTER_FADER, LISTEN, MAIN))

# The element in the document's `Extra` (which Ardour keeps) for fields of a Session that Ardour does not have.
EXTRA = "dawbridge"
# Ardour's MIDI tracks have no trim and no polarity. Processors with these names stand in for them.
TRIM_NAME, POLARITY_NAME = "Channel trim", "Channel polarity"
_PARAMETER = re.compile(r"parameter-(\d+)")


def audio_time(samples: float, sample_rate: int) -> str:
    """A position in audio time: `a<superclocks>`."""
    return f"a{superclocks(samples, sample_rate)}"


def superclocks(samples: float, sample_rate: int) -> int:
    """A number of samples (fractions are allowed) in superclocks."""
    return round(samples * SUPERCLOCKS_PER_SECOND / sample_rate)


def beat_time(beats: float) -> str:
    """A position in musical time: `b<ticks>`. `beats` are quarter notes."""
    return f"b{round(beats * TICKS_PER_BEAT)}"


def parameter_id(index: int) -> str:
    """The automation id of a plugin's parameter."""
    return f"parameter-{index}"


def parameter_index(automation_id: str) -> int | None:
    """The parameter's index in an automation id; None for automation of anything else."""
    match = _PARAMETER.fullmatch(automation_id)
    return int(match[1]) if match else None
