"""An Ardour session, version 6 or 7, read into a Session."""
