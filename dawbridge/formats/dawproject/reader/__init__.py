"""Reads a DAWproject archive as a Session."""
