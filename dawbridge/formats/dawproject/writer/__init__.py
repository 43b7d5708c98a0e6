"""A Session written as a DAWproject archive."""
