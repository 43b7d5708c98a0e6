"""The render graph: a session planned as strips, what goes into each, and the order in which they are rendered."""
