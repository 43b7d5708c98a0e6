"""Writes a Session as the folder of an Ardour session."""
