"""Words and units of an .ardour document, which its writer and its reader share. Measured on Ardour 7.3.

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
# What a route sends where, as far as a mute is concerned; monitoring ("Listen") aside.
BEFORE_FADER, AFTER_FADER, LISTEN, MAIN = "PreFader", "PostFader", "Listen", "Main"
EVERY_MUTE_POINT = ",".join((BEFORE_FADER, AFTER_FADER, LISTEN, MAIN))

# In the document's `Extra`, which Ardour keeps: what of a session is none of Ardour's.
EXTRA = "dawbridge"
# A processor of this name is a channel's trim or polarity, where Ardour has none: on MIDI tracks.
TRIM_NAME, POLARITY_NAME = "Channel trim", "Channel polarity"
_PARAMETER = re.compile(r"parameter-(\d+)")


def audio_time(samples: float, sample_rate: int) -> str:
    """A position in audio time, from samples."""
    return f"a{superclocks(samples, sample_rate)}"


def superclocks(samples: float, sample_rate: int) -> int:
    """Samples, or a part of one, as superclocks."""
    return round(samples * SUPERCLOCKS_PER_SECOND / sample_rate)


def beat_time(beats: float) -> str:
    """A position in musical time, from quarter notes."""
    return f"b{round(beats * TICKS_PER_BEAT)}"


def parameter_id(index: int) -> str:
    """What automation of a plugin's parameter is called."""
    return f"parameter-{index}"


def parameter_index(automation_id: str) -> int | None:
    """The parameter's number, or None for automation of anything else."""
    match = _PARAMETER.fullmatch(automation_id)
    return int(match[1]) if match else None
