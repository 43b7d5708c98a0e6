"""REAPER: a project that REAPER 6 and 7 should open, its audio, and chains of effects.

    <path>/<name>.rpp
    <path>/<channel>.RfxChain           a chain for any track of any project
    <path>/audio/*.wav
    <path>/Effects/dawbridge/*.jsfx     built-in devices, to be copied into REAPER's own folder
    <path>/README.txt                   how to

Read are projects of REAPER 5 to 7. Nothing here was opened in REAPER: what is written is checked by two parsers of the
format, and its plugin states by other hosts.
"""

from dawbridge.formats.reaper.reader.session import read
from dawbridge.formats.reaper.writer.session import write

NAME = "reaper"
SUFFIX = ".rpp"

__all__ = ["NAME", "SUFFIX", "read", "write"]
