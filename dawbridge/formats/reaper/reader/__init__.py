"""Reads a REAPER project as a Session."""
