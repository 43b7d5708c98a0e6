"""A Session written as the folder of an Ardour session."""
