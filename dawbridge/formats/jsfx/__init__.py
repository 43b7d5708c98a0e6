"""JSFX: built-in devices as effects that REAPER compiles from their text.

The texts are proven in EEL2, the language's own compiler, as jsusfx holds it; they were not run in REAPER.
"""

from dawbridge.formats.jsfx.text import jsfx_text, slider_names, strip_jsfx_text

__all__ = ["jsfx_text", "slider_names", "strip_jsfx_text"]
