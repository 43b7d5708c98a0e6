"""JSFX: built-in devices as effects that REAPER compiles from their text. Not run in REAPER."""

from dawbridge.formats.jsfx.text import jsfx_text, slider_names, strip_jsfx_text

__all__ = ["jsfx_text", "slider_names", "strip_jsfx_text"]
