"""JSFX: built-in devices as effects that REAPER compiles from their text.

Tests run the texts with EEL2, the language's own compiler, in jsusfx. They were never run in REAPER itself.
"""

from dawbridge.formats.jsfx.text import jsfx_text, slider_names, strip_jsfx_text

__all__ = ["jsfx_text", "slider_names", "strip_jsfx_text"]
