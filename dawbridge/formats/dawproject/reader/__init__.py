"""A DAWproject archive read into a Session."""
