"""Writes a Session as a REAPER project and chains of effects."""
