"""REAPER: a project for REAPER 6 and 7, its audio, and its chains of effects.

    <path>/<name>.rpp
    <path>/<channel>.RfxChain           a chain for any track of any project
    <path>/audio/*.wav
    <path>/Effects/dawbridge/*.jsfx     built-in devices, to be copied into REAPER's own folder
    <path>/README.txt                   instructions

Projects of REAPER 5 to 7 can be read. No project was ever opened in REAPER itself: tests check what is written with two
parsers of the format, and load the plugin states into other hosts.
"""

from dawbridge.formats.reaper.reader.session import read
from dawbridge.formats.reaper.writer.session import write

NAME = "reaper"
SUFFIX = ".rpp"

__all__ = ["NAME", "SUFFIX", "read", "write"]
