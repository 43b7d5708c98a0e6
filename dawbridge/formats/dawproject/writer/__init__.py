"""Writes a Session as a DAWproject archive."""
